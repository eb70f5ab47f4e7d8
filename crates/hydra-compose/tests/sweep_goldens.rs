//! Every command line in `sweep/goldens.jsonl` has here the jobs that it has in the real Hydra.
//! `sweep/make_goldens.py` asks it, and says what the lines hold.

use hydra_compose::sweep::Plan;
use hydra_compose::{Composer, Result};
use serde_json::{Value, json};
use std::path::Path;

/// Where we differ from Hydra, and why.
fn excused(golden: &Value, ours: &Value) -> Option<&'static str> {
    let error = golden["error"].as_str().unwrap_or_default();
    match () {
        // Its next release deletes them as well.
        () if ours.is_array()
            && ["'note'", "'must'"]
                .iter()
                .any(|key| error.contains(&format!("Could not delete from config. {key}"))) =>
        {
            Some("a key whose value is null or ??? can be deleted")
        }
        () => None,
    }
}

#[test]
fn sweeps_have_the_jobs_that_hydra_gives_them() {
    let mut lines = include_str!("sweep/goldens.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let folder = tempfile::tempdir().expect("a folder");
    let files = lines.next().expect("a first line")["files"].take();
    for (name, text) in files.as_object().expect("path to text") {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text.as_str().expect("text")).expect("written");
    }

    let (mut disagreements, mut excuses, mut count) = (Vec::new(), Vec::new(), 0);
    for golden in lines {
        count += 1;
        let (ours, said) = match plan(folder.path(), &golden) {
            Ok(plan) => (batches(&plan), String::new()),
            Err(error) => (Value::Null, error.to_string()),
        };
        if golden["batches"] == ours {
            continue;
        }
        match excused(&golden, &ours) {
            Some(excuse) => excuses.push(format!("{}: {excuse}", golden["overrides"])),
            None => disagreements.push(format!("Hydra: {golden}\n  here: {ours} {said}")),
        }
    }
    println!("{count} command lines, {} excused:\n{}", excuses.len(), excuses.join("\n"));
    assert!(
        disagreements.is_empty(),
        "{} of {count} differ:\n{}",
        disagreements.len(),
        disagreements.join("\n")
    );
}

fn plan(conf: &Path, golden: &Value) -> Result<Plan> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let overrides = golden["overrides"].as_array().expect("a list").iter().map(text);
    Composer::new(conf).config_name(text(&golden["config"])).overrides(overrides).plan()
}

fn batches(plan: &Plan) -> Value {
    plan.batches()
        .map(|jobs| jobs.into_iter().map(|job| job.overrides).collect::<Vec<_>>())
        .map(|jobs| json!(jobs))
        .collect()
}
