//! The schema of one file: what an editor may say about it.

use hydra_compose::tree::SourceFile;
use hydra_compose::typed::{schema_of, to_json};
use hydra_compose::{Code, Composer, Error, yaml};
use schemars::JsonSchema;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Config {
    seed: u64,
    server: Server,
    store: Option<Store>,
    limits: BTreeMap<String, u32>,
    pair: (u8, String),
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Server {
    /// The port.
    #[schemars(range(min = 1))]
    port: u16,
    level: Level,
    #[schemars(length(min = 1))]
    host: String,
    db: Store,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Level {
    Info,
    Debug,
}

/// Where data is.
#[derive(JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
enum Store {
    /// A file.
    Sqlite { file: String, size: u32 },
    /// A server.
    Mysql { host: String, size: u32 },
}

fn conf() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("config.yaml", "defaults: [server: local]\nseed: 0\n"),
        ("server/local.yaml", "port: 80\n"),
        ("server/db/sqlite.yaml", "kind: sqlite\nsize: 3\n"),
        ("server/db/mysql.yaml", "kind: mysql\n"),
        ("server/db/other.yaml", "size: 3\n"),
        ("place/here.yaml", "# @package server.db\nkind: mysql\n"),
        ("place/top.yaml", "# @package _global_\nseed: 1\n"),
        ("elsewhere/one.yaml", "kind: mysql\n"),
        (".schema/server.json", "{}"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }
    folder
}

fn schema(name: &str) -> Result<Value, Error> {
    Composer::new(conf().path()).file_schema(&schema_of::<Config>(), name)
}

/// Whether a file with this text is as its schema says.
fn fits(name: &str, text: &str) -> bool {
    let schema = schema(name).expect(name);
    let tree = yaml::load(&SourceFile::new("x.yaml", text)).expect(text);
    jsonschema::validator_for(&schema).expect("a schema").is_valid(&to_json(&tree))
}

#[test]
fn a_file_may_leave_out_what_another_one_sets() {
    for text in ["port: 80", "level: info", "{}", "db: {size: 3}", "db: {kind: sqlite}"] {
        assert!(fits("server/local", text), "{text}");
    }
    for text in ["prot: 80", "port: http", "port: 0", "level: loud", "host: ''", "db: {sise: 3}", "db: 1"] {
        assert!(!fits("server/local", text), "{text}");
    }
}

#[test]
fn what_is_not_resolved_stands_for_anything() {
    for text in [
        "port: ${seed}",
        "level: ???",
        "host: '${x}'",
        "db: ${store}",
        "db: {kind: '${x}', file: a, size: '???'}",
    ] {
        assert!(fits("server/local", text), "{text}");
    }
    assert!(!fits("server/local", "port: 'a$b'"));
}

#[test]
fn a_tag_decides_which_keys_there_are() {
    for text in
        ["{kind: sqlite, file: a}", "{kind: mysql, host: a}", "{size: 3, host: a}", "{kind: '???', file: a}"]
    {
        assert!(fits("server/db", text), "{text}");
        assert!(fits("server/local", &format!("db: {text}")), "{text}");
    }
    for text in
        ["{kind: sqlite, host: a}", "{kind: mysql, file: a}", "{kind: sqlit}", "{sise: 3}", "{size: big}"]
    {
        assert!(!fits("server/db", text), "{text}");
        assert!(!fits("server/local", &format!("db: {text}")), "{text}");
    }
}

#[test]
fn a_file_that_names_its_variant_is_about_that_one() {
    let sqlite = schema("server/db/sqlite").expect("a schema");
    assert_eq!(sqlite["description"], "A file.");
    let keys: Vec<&String> = sqlite["properties"].as_object().expect("keys").keys().collect();
    assert_eq!(keys, ["kind", "file", "size", "defaults"]);
    assert!(!fits("server/db/sqlite", "host: a"));
    assert!(fits("server/db/other", "host: a"), "it names none");
}

#[test]
fn the_header_says_what_a_file_is_about() {
    assert!(fits("place/here", "{kind: mysql, host: a}") && !fits("place/here", "seed: 1"));
    assert!(
        fits("place/top", "{server: {port: 1}, hydra: {job: {name: x}}}") && !fits("place/top", "port: 1")
    );
    assert!(fits("elsewhere/one@server.db", "kind: mysql") && fits("elsewhere@server.db", "kind: mysql"));
    assert!(fits("hydra/launcher", "n_jobs: 3"), "Hydra's own, of which the schema knows nothing");
}

#[test]
fn every_file_may_have_a_defaults_list() {
    let fits = |list: &str| fits("server/db", &format!("defaults: {list}"));
    for list in [
        "[sqlite, _self_]",
        "[{override /server: local}, {optional x: [a, b]}, {/a/b@c: null}, {y: '${z}'}]",
        "[]",
    ] {
        assert!(fits(list), "{list}");
    }
    for list in ["{a: b}", "[{a: b, c: d}]", "[{a: 1}]", "[1]", "[{overide /a: b}]", "[{}]"] {
        assert!(!fits(list), "{list}");
    }
}

#[test]
fn mappings_lists_and_null_keep_their_types() {
    for text in
        ["limits: {a: 1, b: '${x}'}", "pair: [1, x]", "pair: ['${x}', y]", "store: null", "store: {size: 1}"]
    {
        assert!(fits("config", text), "{text}");
    }
    for text in
        ["limits: {a: x}", "pair: [1]", "pair: [x, y]", "pair: [1, x, 2]", "store: 1", "store: {sise: 1}"]
    {
        assert!(!fits("config", text), "{text}");
    }
}

#[test]
fn what_an_editor_shows_is_kept() {
    let server = schema("server").expect("a schema");
    let port = json!({
        "description": "The port.", "type": ["integer", "string"], "format": "uint16", "minimum": 1, "maximum": 65535,
        "pattern": r"\$\{.*\}|^\?\?\?$",
    });
    assert_eq!(server["properties"]["port"], port);
    assert_eq!(server["title"], "server");
}

fn refused(name: &str) -> (Code, String) {
    let error = schema(name).expect_err(name);
    (error.code(), error.to_string())
}

#[test]
fn what_is_not_there_names_what_is() {
    let (code, text) = refused("server/db/sqlight");
    assert_eq!(code, Code::MissingConfig);
    assert_eq!(
        text,
        "Could not find 'server/db/sqlight'\n\nAvailable options in 'server/db':\n\tmysql\n\tother\n\tsqlite\n  help: did \
         you mean server/db/sqlite?"
    );
    let (_, text) = refused("servr/local");
    assert!(
        text.contains("Available groups and files:\n\tconfig\n\telsewhere\n\tplace\n\tserver\n"),
        "{text}"
    );
    assert!(text.ends_with("help: did you mean server/local?"), "{text}");
    for name in ["", "/config", "../config", "server//local", ".schema"] {
        assert!(refused(name).1.starts_with("Could not find '"), "{name}");
    }
}

#[test]
fn what_goes_nowhere_or_to_several_places_is_told() {
    let (code, text) = refused("elsewhere/one");
    assert_eq!(code, Code::UnknownKey);
    assert!(text.starts_with("the schema has no key 'elsewhere' where 'elsewhere/one' goes"), "{text}");
    let (_, text) = refused("elsewhere/one@server.bd");
    assert!(text.ends_with("help: did you mean 'db'?"), "{text}");
    let (code, text) = refused("place");
    assert_eq!(code, Code::DefaultsList);
    assert!(text.ends_with("help: ask for one of them: place/OPTION"), "{text}");
}
