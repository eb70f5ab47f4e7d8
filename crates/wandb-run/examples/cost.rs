//! What tracking costs: microseconds for each call of `log`, records each second, bytes of the log, and the memory of
//! the uploader while the server is away.
//!
//! `cargo run --release -p wandb-run --example cost [STEPS]`

use std::net::TcpListener;
use std::time::{Duration, Instant};
use wandb_run::{About, ApiKey, Mode, Resume, Run, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    println!("| mode | µs/call | records/s | longest call, µs | log, bytes/step | resident, MB more |");
    println!("|---|---|---|---|---|---|");
    // It accepts connections, as the system does for it, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let cases = [
        ("disabled", Mode::Disabled, String::new()),
        ("offline", Mode::Offline, String::new()),
        ("online, nobody there", Mode::Online, "http://127.0.0.1:9".to_owned()),
        ("online, never answers", Mode::Online, format!("http://{}", silent.local_addr()?)),
    ];
    for (name, mode, base_url) in cases {
        measure(name, mode, base_url, steps)?;
    }
    if let Ok(url) = std::env::var("COST_SERVER") {
        measure("online, answers", Mode::Online, url, steps)?;
    }
    Ok(())
}

fn measure(name: &str, mode: Mode, base_url: String, steps: u64) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        mode,
        base_url,
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
    let took = started.elapsed();
    let log = run.dir().join("run-cost.wandb");
    let bytes = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
    // Time for the uploader to hold whatever it would hold.
    std::thread::sleep(Duration::from_secs(1));
    let more = resident().saturating_sub(before) as f64 / 1024.0;
    println!(
        "| {name} | {:.2} | {:.0} | {} | {:.1} | {more:.1} |",
        took.as_secs_f64() * 1e6 / steps as f64,
        steps as f64 / took.as_secs_f64(),
        longest.as_micros(),
        bytes as f64 / steps as f64,
    );
    let patience = if name.ends_with("answers") && !name.contains("never") { 60_000 } else { 10 };
    let finishing = Instant::now();
    let summary = run.finish_within(0, Duration::from_millis(patience));
    if summary.complete && summary.uploaded > 0 {
        println!(
            "\n{} rows were uploaded {:.1} s after the end",
            summary.uploaded,
            finishing.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// Kilobytes of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
