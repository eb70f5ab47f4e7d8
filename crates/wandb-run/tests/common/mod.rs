//! What the tests against the strict server share.

use serde_json::Value as Seen;
use std::path::Path;
use std::time::Duration;
use wandb_run::{ApiKey, Artifact, Histogram, Image, Json, Mode, Resume, Run, Settings, Value};

/// As long as a real one, and easy to find where it must not be.
pub(crate) const KEY: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2";

pub(crate) fn settings(folder: &Path, url: &str) -> Settings {
    Settings {
        mode: Mode::Online,
        base_url: url.to_owned(),
        api_key: Some(ApiKey::new(KEY)),
        entity: None,
        project: "project".to_owned(),
        run_id: "run1".to_owned(),
        name: Some("a name".to_owned()),
        notes: None,
        tags: vec!["tag".to_owned()],
        group: Some("group".to_owned()),
        job_type: None,
        resume: Resume::No,
        dir: folder.to_owned(),
        sweep_id: None,
        http_timeout: Duration::from_secs(3),
        upload_interval: Duration::from_millis(50),
        silent: true,
    }
}

/// A PNG of 2 by 2 pixels, as far as a tracker looks: its header.
pub(crate) fn png(shade: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0, shade]);
    bytes
}

/// Logs these steps: numbers with odd names and values, now and then a picture and a histogram.
pub(crate) fn log(run: &mut Run, steps: std::ops::Range<u64>) {
    for step in steps {
        run.log(
            step,
            &[
                ("train/loss", (1.0 / (step + 1) as f64).into()),
                ("größe.λ", f64::INFINITY.into()),
                ("nan", f64::NAN.into()),
            ],
        )
        .expect("logged");
        if step % 20 == 5 {
            let image = Image { png: png(step as u8), caption: Some("a".to_owned()) };
            run.log(step, &[("samples/ema", image.into())]).expect("logged");
            let pair = vec![Image { png: png(1), caption: None }, Image { png: png(2), caption: None }];
            let histogram = Histogram::of(&[1.0, 2.0, 2.0], 4);
            run.log(step, &[("pair", Value::Images(pair)), ("weights", histogram.into())]).expect("logged");
        }
    }
}

pub(crate) fn artifact() -> Artifact {
    Artifact {
        name: "config-run1".to_owned(),
        kind: "config".to_owned(),
        files: vec![
            ("config.yaml".to_owned(), b"lr: 0.001\nmodel:\n  dim: 64\n".to_vec()),
            ("provenance/overrides.txt".to_owned(), b"lr=0.001\n".to_vec()),
        ],
        description: Some("what was run".to_owned()),
        metadata: Some(Json::Object(vec![("commit".to_owned(), "abc".into())])),
        aliases: Vec::new(),
    }
}

pub(crate) fn config() -> Json {
    let mut config = serde_json::json!({"lr": 0.001, "model": {"dim": 64, "mults": [1, 2]}}).into();
    if let Json::Object(entries) = &mut config {
        entries.push(("clip".to_owned(), Json::Float(f64::INFINITY)));
    }
    config
}

/// The steps of the rows that the server has.
pub(crate) fn steps(seen: &Seen) -> Vec<u64> {
    let rows = seen["history"].as_array().expect("a run");
    rows.iter().map(|row| row["_step"].as_u64().expect("a step")).collect()
}
