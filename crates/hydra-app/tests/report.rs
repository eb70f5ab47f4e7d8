//! `sweep report`, as a script sees it: of sweeps that the program itself has run.

mod report_sweeps;

use report_sweeps::Sweep;
use serde_json::Value;
use std::fs;

const LOSSES: &str = r#"
i=0
while [ $i -lt 20 ]; do
  i=$((i+1))
  echo "{\"event\":\"step\",\"step\":$i,\"epoch\":1,\"loss\":$((40-i)).5,\"lr\":0.1}" >> metrics.jsonl
done"#;

/// The page, where it is when no other place is named.
fn page(sweep: &Sweep) -> String {
    fs::read_to_string(sweep.dir.join("report.html")).expect("a page")
}

/// The data in a page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("data");
    let (json, _) = rest.split_once("</script>").expect("the end of the data");
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn the_table_says_what_differed_and_how_it_ended() {
    let sweep = Sweep::run(
        "optimizer: {name: adam, lr: 1.0}\nseed: 0\nout: ${hydra:runtime.output_dir}\n",
        &["optimizer.lr=0.1,0.01", "seed=0,1"],
        &format!(
            "{LOSSES}\ngrep -q 'seed: 1' config.yaml && grep -q 'lr: 0.01' config.yaml && exit 3; exit 0"
        ),
    );
    let (table, note) = sweep.report(&[]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "#  state     loss  lowest  step  time  optimizer.lr  seed");
    let words = |line: usize| -> Vec<&str> {
        let words: Vec<&str> = lines[line].split_whitespace().collect();
        // Without the seconds.
        [&words[..5], &words[7..]].concat()
    };
    assert_eq!(words(1), ["0", "done", "20.500", "20.500", "20", "0.1", "0"]);
    assert_eq!(words(4), ["3", "failed", "20.500", "20.500", "20", "0.01", "1"]);
    assert_eq!(
        lines[5..],
        [
            "4 jobs: 3 done, 1 failed",
            "#3 failed: exit status 3",
            "lowest loss: 20.500, job #0 (optimizer.lr=0.1 seed=0)"
        ]
    );
    assert_eq!(note, "report: multirun/all/report.html\n");

    let html = page(&sweep);
    let data = data(&html);
    let columns: Vec<&Value> =
        data["columns"].as_array().expect("a list").iter().map(|one| &one["key"]).collect();
    assert_eq!(columns, ["optimizer.lr", "seed"]);
    let common = serde_json::json!([["optimizer.name", "adam"], ["out", "<run directory>"]]);
    assert_eq!(data["common"], common);
    assert_eq!(data["jobs"][3]["cause"], "exit status 3");
    assert_eq!(data["jobs"][3]["href"], "./3");
    assert_eq!(data["metrics"][0]["name"], "loss");
    assert_eq!(data["metrics"][0]["curves"][0]["last"], 20.5);
    // A rate that stays is a line between two points.
    assert_eq!(data["metrics"][1]["curves"][0]["points"]["y"], serde_json::json!([0.1, 0.1]));
}

#[test]
fn the_page_asks_for_nothing_and_is_the_same_every_time() {
    let sweep = Sweep::run("seed: 0\n", &["seed=0,1"], LOSSES);
    let (table, _) = sweep.report(&[]);
    let html = page(&sweep);
    for word in ["http:", "https:", "src=\"", "@import", "<link rel=\"stylesheet", " onclick", " onload"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "));
    assert!(!html.contains("unsafe-inline"));
    assert!(!html.contains(&*sweep.folder.path().to_string_lossy()), "where it is, is nobody's business");
    assert_eq!(sweep.report(&[]).0, table);
    assert_eq!(page(&sweep), html);
}

#[test]
fn values_from_outside_stay_text() {
    let long = "x".repeat(10_000);
    let note = format!(
        "note='</script><script>alert(1)</script>','<!-- \" &amp; {{{{script}}}}',\"it's\",\"日本\",'{long}'"
    );
    let sweep = Sweep::run(
        "'<img src=x onerror=alert(1)>': \"a\\tb\\e[31mc\\u202ed\"\nnote: ''\n",
        &[&note],
        "echo '{\"step\":1,\"loss\":1,\"</script><b>\":2}' > metrics.jsonl; echo '<script>' >&2; exit 1",
    );
    let (table, _) = sweep.report(&[]);
    assert!(!table.contains(&long) && !table.contains('\u{1b}'), "{table}");
    let html = page(&sweep);
    assert!(html.len() < 150_000, "{}", html.len());
    // The page's own two and no other.
    assert_eq!((html.matches("<script").count(), html.matches("</script").count()), (2, 2));
    assert!(!html.contains("<!--") && !html.contains("<img src"));
    let data = data(&html);
    let notes: Vec<&str> = data["columns"][0]["values"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|value| value[0].as_str())
        .collect();
    assert_eq!(
        notes[..4],
        ["</script><script>alert(1)</script>", "<!-- \" &amp; {{script}}", "it's", "日本"]
    );
    assert!(notes[4].contains("… (10000 characters, SHA-256 "), "{}", notes[4]);
    assert_eq!(data["common"][0][0], "<img src=x onerror=alert(1)>");
    assert_eq!(data["common"][0][1], r"a\tb\u{1b}[31mc\u{202e}d");
    assert_eq!(data["metrics"][1]["name"], "</script><b>");
    assert_eq!(data["jobs"][0]["log"][0], "<script>");
}

#[test]
fn any_program_can_be_a_job() {
    let sweep = Sweep::run("seed: 0\n", &["seed=0,1,2"], "true");
    let (table, _) = sweep.report(&[]);
    assert_eq!(table.lines().next(), Some("#  state  time  seed"));
    assert_eq!(data(&page(&sweep))["metrics"], serde_json::json!([]));
    // What is damaged is said, and the rest is compared.
    fs::write(sweep.dir.join("1/config.yaml"), "seed: [").expect("written");
    fs::write(sweep.dir.join("2/metrics.jsonl"), b"\xff\xfe\0{\n{\"loss\": NaN}\n").expect("written");
    fs::remove_file(sweep.dir.join("0/status.json")).expect("removed");
    let (table, _) = sweep.report(&[]);
    assert!(table.contains("0  planned") && table.contains("NaN"), "{table}");
    let data = data(&page(&sweep));
    assert!(
        data["jobs"][1]["cause"].as_str().is_some_and(|cause| cause.starts_with("config.yaml: ")),
        "{data}"
    );
    assert_eq!(data["columns"][0]["cells"], serde_json::json!([0, null, 1]));
}

#[test]
fn a_sweep_that_runs_is_reported_as_it_stands() {
    // Reported by its own first job.
    let program = env!("CARGO_BIN_EXE_hydra-compose");
    let report = format!("'{program}' sweep report .. --output ../../seen.html > ../../seen.txt");
    let script = format!("{LOSSES}\n[ -e ../../seen.txt ] || {report}");
    let sweep = Sweep::run("seed: 0\n", &["seed=0,1"], &script);
    let seen = |name: &str| fs::read_to_string(sweep.dir.with_file_name(name)).expect("it was seen");
    let table = seen("seen.txt");
    assert!(table.contains("\n0  running  20.500  20.500    20  "), "{table}");
    assert!(table.contains("\n1  planned  "), "{table}");
    assert!(table.contains("\n2 jobs: 1 running, 1 planned\n"), "{table}");
    let data = data(&seen("seen.html"));
    assert_eq!((&data["jobs"][0]["state"], &data["jobs"][0]["href"]), (&"running".into(), &"./all/0".into()));
    assert_eq!(data["metrics"][0]["curves"][1], Value::Null);
}

#[test]
fn pictures_are_in_the_page_and_links_lead_to_the_jobs() {
    let sweep = Sweep::run("seed: 0\n", &["seed=0,1"], "mkdir samples; printf 'no picture' > samples/a.png");
    let png = b"\x89PNG\r\n\x1a\n and so on";
    fs::write(sweep.dir.join("0/samples/epoch_10.png"), png).expect("written");
    fs::write(sweep.dir.join("0/samples/epoch_9.png"), "older").expect("written");
    let elsewhere = sweep.folder.path().join("pages");
    fs::create_dir(&elsewhere).expect("made");
    let output = elsewhere.join("a.html");
    sweep.report(&["--output", &output.to_string_lossy()]);
    assert!(!sweep.dir.join("report.html").exists());
    let data = data(&fs::read_to_string(output).expect("a page"));
    let picture = &data["jobs"][0]["picture"];
    assert_eq!(picture["name"], "samples/epoch_10.png");
    assert_eq!(picture["uri"], "data:image/png;base64,iVBORw0KGgogYW5kIHNvIG9u");
    assert_eq!(data["jobs"][1]["picture"]["why"], "is no PNG");
    let (href, below) = (picture["href"].as_str().expect("a link"), "/0/samples/epoch_10.png");
    assert!(href.starts_with("./../multirun/") && href.ends_with(below), "{href}");
    assert!(elsewhere.join(href).exists());
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let sweep = Sweep::run("seed: 0\n", &["seed=0,1"], "true");
    let (_, err, status) = sweep.program(&["sweep", "report", "multirun"]);
    assert!(status == Some(1) && err.starts_with("error: there is no sweep in "), "{err}");
    let output = sweep.folder.path().join("nowhere/a.html");
    let dir = sweep.dir.to_string_lossy();
    let (_, err, status) = sweep.program(&["sweep", "report", &dir, "-o", &output.to_string_lossy()]);
    assert!(status == Some(1) && err.contains("help: another place can be named with --output"), "{err}");
}
