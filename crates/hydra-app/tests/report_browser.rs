//! `sweep report` in a real browser: `tests/report/check.py` opens a page in headless Chromium and uses it.
//!
//! Without Chromium and Python there is nothing to test with, and it says so. `REPORT_BROWSER=required` makes that an
//! error; `REPORT_SCREENSHOTS=FOLDER` keeps pictures of what was seen.
#![cfg(unix)]

mod report_sweeps;

use report_sweeps::Sweep;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Two pixels by two.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02\x08\x02\0\0\0\xfd\xd4\x9as\0\0\0\x13\
    IDATx\xdac\xf8\xdf\xc0\0D\x0c\x0c\r\xff\x81\x08\0)\xf2\x05\xfd\xb6\xd7\xfa\x1c\0\0\0\0IEND\xaeB`\x82";

/// A loss that falls, the lower the more the smaller the rate is; job 0 loses it, job 3 fails.
const SCRIPT: &str = r#"
num=$(basename "$PWD")
echo '{"event":"started","steps":60}' > metrics.jsonl
i=0
while [ $i -lt 60 ]; do
  i=$((i+1))
  loss=0.$((990 - i * (num + 1)))
  [ $num = 0 ] && [ $i -gt 40 ] && loss=NaN
  echo "{\"event\":\"step\",\"step\":$i,\"loss\":$loss,\"accuracy\":0.$((100 + i))}" >> metrics.jsonl
  [ $num = 3 ] && [ $i = 30 ] && { echo 'it was the <b>third</b> one' >&2; exit 3; }
done
exit 0"#;

#[test]
fn the_page_works_in_a_browser() {
    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/check.py");
    let sweep = Sweep::run(
        "lr: 1.0\nnote: ''\nseed: 0\n",
        &["lr=0.1,0.02,0.003", "note='<script>alert(1)</script>',\"it's\""],
        SCRIPT,
    );
    for job in [1, 2] {
        let samples = sweep.dir.join(format!("{job}/samples"));
        fs::create_dir(&samples).expect("made");
        fs::write(samples.join("epoch_0001.png"), PNG).expect("written");
    }
    sweep.report(&[]);
    let output = Command::new("python3").arg(check).arg(sweep.dir.join("report.html")).output();
    let (status, said) = match &output {
        Ok(output) => (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => (Some(SKIPPED), format!("python3: {error}")),
    };
    let is_required = std::env::var_os("REPORT_BROWSER").is_some_and(|value| value == "required");
    if status == Some(SKIPPED) && !is_required {
        eprintln!("skipped: {said}");
        return;
    }
    assert_eq!(status, Some(0), "{said}");
}

/// What the script says where there is no browser.
const SKIPPED: i32 = 77;
