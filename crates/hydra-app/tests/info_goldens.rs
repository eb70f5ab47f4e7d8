//! `--info` prints what the real Hydra prints: every question in `info/goldens.jsonl`, which `info/make_goldens.py` asked it.

use hydra_app::info::{About, Info, PLUGINS, json, text};
use hydra_compose::{Composer, RunMode};
use serde_json::Value;
use std::fs;
use std::path::Path;

enum Answer {
    Error(String),
    Found { list: Vec<Value>, tree: Vec<Value> },
}

fn composer(golden: &Value, conf: &Path) -> Composer {
    let args = golden["args"].as_array().expect("arguments");
    let mode = if golden["multirun"] == true { RunMode::Multirun } else { RunMode::Run };
    Composer::new(conf)
        .config_name(golden["config_name"].as_str().unwrap_or("config"))
        .overrides(args.iter().map(|arg| arg.as_str().expect("an argument")))
        .mode(mode)
}

fn read(line: hydra_compose::Result<Option<String>>) -> Result<Value, String> {
    let line = line.map_err(|error| error.to_string())?.expect("it has a form in JSON");
    Ok(serde_json::from_str(&line).expect("JSON"))
}

fn answer(golden: &Value, usual: &Value, conf: &Path) -> Answer {
    let list = read(json(Info::Defaults, composer(golden, conf)));
    let tree = read(json(Info::DefaultsTree, composer(golden, conf)));
    match (list, tree) {
        (Ok(Value::Array(list)), Ok(tree)) => {
            const KEYS: [&str; 5] = ["config_path", "package", "parent", "is_self", "override_key"];
            let mut list: Vec<Value> =
                list.iter().map(|row| KEYS.iter().map(|key| row[key].clone()).collect()).collect();
            let mut rows = Vec::new();
            flatten(&tree, 0, &mut rows);
            if golden["unusual"] != true {
                list = without(list, 0, &usual["usual_list"]);
                rows = without(rows, 1, &usual["usual_tree"]);
            }
            Answer::Found { list, tree: rows }
        }
        (Err(error), _) | (_, Err(error)) => Answer::Error(error),
        _ => panic!("the list is no list"),
    }
}

fn flatten(branch: &Value, depth: usize, rows: &mut Vec<Value>) {
    rows.push(vec![depth.into(), branch["node"].clone(), branch["package"].clone()].into());
    for child in branch["children"].as_array().expect("children") {
        flatten(child, depth + 1, rows);
    }
}

/// The rows without Hydra's own, which must be there.
fn without(mut rows: Vec<Value>, at: usize, usual: &Value) -> Vec<Value> {
    let usual = usual.as_array().expect("rows");
    if rows.len() >= at + usual.len() && rows[at..at + usual.len()] == **usual {
        rows.drain(at..at + usual.len());
    }
    rows
}

fn agree(golden: &Value, ours: &Answer) -> bool {
    match ours {
        Answer::Error(_) => golden.get("error").is_some(),
        Answer::Found { list, tree } => {
            golden["list"].as_array() == Some(list) && golden["tree"].as_array() == Some(tree)
        }
    }
}

fn shown(ours: &Answer) -> String {
    match ours {
        Answer::Error(error) => format!("error: {error}"),
        Answer::Found { list, tree } => {
            format!("{}\n         {}", Value::from(list.clone()), Value::from(tree.clone()))
        }
    }
}

#[test]
fn info_is_what_hydra_prints() {
    let lines: Vec<Value> = include_str!("info/goldens.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    let usual = &lines[0];
    let (mut folder, mut files) = (tempfile::tempdir().expect("a folder"), &Value::Null);
    let (mut wrong, mut count, mut texts) = (Vec::new(), 0, 0);
    for golden in &lines[1..] {
        if golden.get("files").is_some() {
            files = &golden["files"];
            folder = tempfile::tempdir().expect("a folder");
            for (path, text) in files.as_object().expect("files") {
                let path = folder.path().join(path);
                fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
                fs::write(path, text.as_str().expect("text")).expect("a file");
            }
            continue;
        }
        count += 1;
        let ours = answer(golden, usual, folder.path());
        if !agree(golden, &ours) {
            wrong.push(format!("{files}\n{}\n  Hydra: {golden}\n  here:  {}", golden["args"], shown(&ours)));
        }
        for (what, theirs) in golden["text"].as_object().into_iter().flatten() {
            texts += 1;
            let ours = printed(what, golden, folder.path());
            // How wide the table of folders is depends on the folder.
            let has_folders = matches!(what.as_str(), "config" | "searchpath");
            let comparable = |text: &str| if has_folders { squeezed(text) } else { text.to_owned() };
            let [theirs, ours] = [theirs.as_str(), ours.as_deref()].map(|text| text.map(comparable));
            if theirs != ours {
                wrong.push(format!("{files}\n{} {what}\n{theirs:?}\n{ours:?}", golden["args"]));
            }
        }
    }
    assert!(count >= 300 && texts >= 20, "{count} questions, {texts} texts");
    assert!(wrong.is_empty(), "{} of {count} + {texts} differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

fn printed(what: &str, golden: &Value, conf: &Path) -> Option<String> {
    let what = clap::ValueEnum::from_str(what, false).expect("a kind of --info");
    let about = About { version: "Hydra 1.3.8", plugins: PLUGINS };
    let text = text(what, composer(golden, conf), &about).ok()?;
    Some(text.replace(conf.to_str().expect("a path"), "$CONF"))
}

/// Runs of blanks and dashes as one of each.
fn squeezed(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if !(matches!(character, ' ' | '-') && out.ends_with(character)) {
            out.push(character);
        }
    }
    out
}

#[test]
fn folders_are_shown_in_full() {
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path().join("conf");
    fs::create_dir_all(&conf).expect("a folder");
    fs::create_dir_all(folder.path().join("more")).expect("a folder");
    fs::write(conf.join("config.yaml"), "hydra:\n  searchpath: [relative]\n").expect("a file");
    let composer = Composer::new(&conf).config_dir(conf.join("../more")).cwd(folder.path());
    let line = json(Info::Searchpath, composer).expect("it composes").expect("it has a form in JSON");
    let here = folder.path().display();
    let sources = [
        ("hydra", "pkg://hydra.conf".to_owned()),
        ("main", format!("file://{here}/conf")),
        ("command-line", format!("file://{here}/more")),
        ("hydra.searchpath in main", "file://relative".to_owned()),
        ("schema", "structured://".to_owned()),
    ];
    let rows: Vec<String> = sources
        .iter()
        .map(|(provider, path)| format!(r#"{{"provider":"{provider}","path":"{path}"}}"#))
        .collect();
    assert_eq!(line, format!("[{}]\n", rows.join(",")));
}

#[test]
fn all_is_version_and_plugins_and_config() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), "seed: 0\n").expect("a file");
    let about = About { version: "app 1.0", plugins: &[("Launcher", &["BasicLauncher"])] };
    let all = text(Info::All, Composer::new(folder.path()), &about).expect("it composes");
    let plugins =
        "Installed Hydra Plugins\n***********************\n\tLauncher:\n\t---------\n\t\tBasicLauncher\n";
    assert!(all.starts_with(&format!("app 1.0\n=======\n{plugins}\nConfig search path\n")), "{all}");
    assert!(all.ends_with("Config\n******\nseed: 0\n\n"), "{all}");
}
