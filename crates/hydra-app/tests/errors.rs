//! What errors say, each read by eye: would a tired person know what to do?

use std::fs;
use std::path::Path;
use std::process::Command;

/// A small application's configuration, with nothing wrong in it.
const CONF: &[(&str, &str)] = &[
    (
        "config.yaml",
        "defaults:\n  - db: mysql\n  - server: apache\n  - _self_\n\nname: shop\nport: 80\nurl: http://${name}:${port}\ntags: [a, b]\n",
    ),
    ("db/mysql.yaml", "driver: mysql\nuser: omry\ntimeout: 10\n"),
    ("db/postgresql.yaml", "driver: postgresql\nuser: postgres\nschema: public\n"),
    ("server/apache.yaml", "name: apache\nthreads: 4\n"),
    ("server/nginx.yaml", "name: nginx\nworkers: 2\n"),
];

/// What `hydra-compose` says about these arguments, with some files in the place of others.
fn said(files: &[(&str, &str)], args: &[&str]) -> String {
    let place = tempfile::tempdir().expect("a folder");
    for (name, text) in CONF.iter().chain(files) {
        write(&place.path().join("conf").join(name), text);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_hydra-compose"))
        .args(args)
        .current_dir(place.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("hydra-compose starts");
    if !matches!(output.status.code(), Some(1 | 2)) || !output.stdout.is_empty() {
        return format!("NO ERROR: {args:?} {files:?}");
    }
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    let error = error.replace(&place.path().display().to_string(), "PLACE");
    let changed: String = files.iter().map(|(name, text)| format!("# conf/{name}\n{text}")).collect();
    let quoted: Vec<String> = args
        .iter()
        .map(|arg| {
            if arg.chars().all(|c| c.is_alphanumeric() || "_./=+~-@,".contains(c)) {
                (*arg).to_owned()
            } else {
                format!("'{arg}'")
            }
        })
        .collect();
    format!("{changed}$ hydra-compose {}\n{error}", quoted.join(" "))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

fn snapshot(name: &str, errors: &[String]) {
    let none: Vec<&String> = errors.iter().filter(|error| error.starts_with("NO ERROR")).collect();
    assert!(none.is_empty(), "{none:#?}");
    // Each is an error of its own.
    for (index, error) in errors.iter().enumerate() {
        assert!(!errors[..index].contains(error), "twice: {error}");
    }
    insta::with_settings!({snapshot_path => "../../../snapshots/errors", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, errors.join("\n"));
    });
}

fn of_arguments(cases: &[&[&str]]) -> Vec<String> {
    cases.iter().map(|args| said(&[], args)).collect()
}

fn of_files(cases: &[&[(&str, &str)]]) -> Vec<String> {
    cases.iter().map(|files| said(files, &[])).collect()
}

#[test]
fn keys_and_options_that_are_not_there() {
    let errors = of_arguments(&[
        &["prot=1"],
        &["db.usr=me"],
        &["db.workers=3"],
        &["server.workers=3"],
        &["db.schema=mine"],
        &["nothing=1"],
        &["db.user.name=x"],
        &["+port=81"],
        &["~prot"],
        &["~port=81"],
        &["tags.7=c"],
        &["db=mysq"],
        &["sever=nginx"],
        &["+db=postgresql"],
        &["~cache"],
        &["db@backup=mysql"],
        &["prot=1", "db.usr=me", "db=oracle"],
    ]);
    snapshot("keys", &errors);
}

#[test]
fn arguments_that_are_no_overrides() {
    let errors = of_arguments(&[
        &["port"],
        &["=80"],
        &["port=[1,2"],
        &["port={a:1"],
        &["port='80"],
        &["name=a=b"],
        &["port=choice()"],
        &["port=range(1)x"],
        &["port=range(a,b)"],
        &["port=nosuch(1)"],
        &["port=int(x)"],
        &["a b=1"],
        &["port=80,81"],
        &["+db.new@x=1"],
    ]);
    snapshot("arguments", &errors);
}

#[test]
fn files_that_do_not_load() {
    let errors = of_files(&[
        &[("db/mysql.yaml", "driver: mysql\n user: omry\n")],
        &[("db/mysql.yaml", "driver: [mysql\n")],
        &[("db/mysql.yaml", "driver: mysql\ndriver: other\n")],
        &[("db/mysql.yaml", "driver:\tmysql\n\tuser: x\n")],
        &[("db/mysql.yaml", "driver: 'mysql\n")],
        &[("db/mysql.yaml", "driver: *mysql\n")],
        &[("db/mysql.yaml", "driver: !!python/object:os.system x\n")],
        &[("db/mysql.yaml", "a: 1\n---\nb: 2\n")],
    ]);
    snapshot("files", &errors);
}

#[test]
fn defaults_lists_that_lead_nowhere() {
    let rest = "\nname: shop\n";
    let list = |entries: &str| format!("defaults:\n{entries}{rest}");
    let lists = [
        "  - db: mysql\n  - cache: redis\n",
        "  - db: mysq\n",
        "  - nosuch\n",
        "  - db: mysql\n  - db: postgresql\n",
        "  - db: mysql\n  - override server: nginx\n",
        "  - override db: postgresql\n  - db: mysql\n",
        "  - db: mysql\n  - _self_\n  - _self_\n",
        "  - db: ???\n",
        "  - config\n",
        "  - 3\n",
        "  - {db: mysql, server: apache}\n",
        "  - db: ${nosuch}\n",
    ];
    let errors: Vec<String> =
        lists.iter().map(|entries| said(&[("config.yaml", &list(entries))], &[])).collect();
    snapshot("defaults", &errors);
}

#[test]
fn interpolations_that_lead_nowhere() {
    let with = |line: &str| format!("name: shop\nport: 80\nnested: {{a: 1}}\nmissing: ???\nvalue: {line}\n");
    let lines = [
        "${nosuch}",
        "${nested.b}",
        "${value}",
        "${oc.env:NO_SUCH_VARIABLE}",
        "${nosuch_resolver:1}",
        "${oc.decode:'[1'}",
        "'${port'",
        "${oc.select:}",
        "${nestd.a}",
        "${a}",
    ];
    let errors: Vec<String> = lines
        .iter()
        .map(|line| said(&[("config.yaml", &with(line))], &["--cfg", "job", "--resolve"]))
        .collect();
    snapshot("interpolations", &errors);
}

#[test]
fn sweeps_that_cannot_be_planned() {
    let errors = of_arguments(&[
        &["-m", "port=80,81"],
        &["-m", "--dry-run", "port=range(0,1e9)"],
        &["-m", "--dry-run", "db=mysql,oracle"],
        &["-m", "--dry-run", "prot=1,2"],
        &["-m", "--dry-run", "port,name=zip(choice(1,2),choice(a))"],
        &["-m", "--dry-run", "port=1,2", "exclude(prot=1)"],
        &["-m", "--dry-run", "port=1,2", "repeat(0)"],
        &["-m", "--dry-run", "port=interval(0,1)"],
    ]);
    snapshot("sweeps", &errors);
}

#[test]
fn questions_that_cannot_be_answered() {
    let errors = of_arguments(&[
        &["--config-path", "nowhere"],
        &["--config-name", "confg"],
        &["--config-dir", "nowhere", "port=1"],
        &["--why", "prot"],
        &["--cfg", "job", "--package", "dbb"],
        &["--cfg", "everything"],
        &["--resolve", "--info", "all"],
        &["--nosuch"],
        &["--resume", "nowhere"],
        &["--rerun", "conf"],
        &["sweep", "status", "nowhere"],
        &["diff", "nowhere", "conf"],
    ]);
    snapshot("questions", &errors);
}
