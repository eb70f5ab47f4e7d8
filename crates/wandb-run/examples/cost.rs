//! What tracking costs, as one line of JSON: microseconds for each call of `log`, records each second, bytes of the log
//! for each step, and what the process holds besides.
//!
//! `cost disabled|offline|URL STEPS`; `scripts/bench_tracking.py` (`make bench-tracking`) makes a table of it.

use std::time::{Duration, Instant};
use wandb_run::{About, ApiKey, Mode, Resume, Run, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(place), Some(steps)) = (arguments.next(), arguments.next()) else {
        return Err("cost disabled|offline|URL STEPS".into());
    };
    let steps: u64 = steps.parse()?;
    let mode = match place.as_str() {
        "disabled" => Mode::Disabled,
        "offline" => Mode::Offline,
        _ => Mode::Online,
    };
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        mode,
        base_url: place,
        api_key: Some(ApiKey::new("0".repeat(40))),
        entity: None,
        project: "cost".to_owned(),
        run_id: "cost".to_owned(),
        name: None,
        notes: None,
        tags: Vec::new(),
        group: None,
        job_type: None,
        resume: Resume::No,
        dir: folder.path().to_owned(),
        sweep_id: None,
        http_timeout: Duration::from_secs(20),
        // Seventy times as often as by default: whatever an upload costs is there to be seen.
        upload_interval: Duration::from_millis(200),
        silent: true,
    };
    let before = resident();
    let mut run = Run::start(settings, serde_json::json!({"lr": 0.001}), About::default())?;
    let (started, mut longest) = (Instant::now(), Duration::ZERO);
    for step in 0..steps {
        let at = Instant::now();
        let loss = 1.0 / (step + 1) as f64;
        run.log(
            step,
            &[("train/loss", loss.into()), ("train/lr", 0.001.into()), ("images_per_s", 93.7.into())],
        )?;
        longest = longest.max(at.elapsed());
    }
    let took = started.elapsed().as_secs_f64();
    let log = run.dir().join("run-cost.wandb");
    let bytes = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
    // Time for the uploader to hold whatever it would hold.
    std::thread::sleep(Duration::from_secs(1));
    let more = resident().saturating_sub(before);
    let finishing = Instant::now();
    let summary = run.finish_within(0, Duration::from_secs(if mode == Mode::Online { 3 } else { 0 }));
    let result = serde_json::json!({
        "microseconds": took * 1e6 / steps as f64,
        "records_per_second": steps as f64 / took,
        "longest_microseconds": longest.as_micros() as u64,
        "bytes_per_step": bytes as f64 / steps as f64,
        "resident_kib": more,
        "uploaded": summary.uploaded,
        "finish_seconds": finishing.elapsed().as_secs_f64(),
    });
    println!("{result}");
    Ok(())
}

/// Kilobytes of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
