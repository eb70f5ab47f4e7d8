//! Runs: keys, offsets, names, the end, and the API.

use serde_json::{Value, json};

use crate::raw::{self, KEY};
use crate::{rules, start, with_run};

fn history(offset: u64, lines: &[&str]) -> Value {
    json!({ "files": { "wandb-history.jsonl": { "offset": offset, "content": lines } } })
}

fn end() -> Value {
    json!({ "complete": true, "exitcode": 0 })
}

#[test]
fn requests_without_a_valid_key_are_refused() {
    let (server, client) = with_run();
    let body = json!({ "query": "{ viewer { id } }" }).to_string();
    for header in [None, Some(raw::basic("api", "short")), Some(raw::basic("me", KEY))] {
        let headers: Vec<(&str, &str)> =
            header.as_deref().map(|value| ("Authorization", value)).into_iter().collect();
        assert_eq!(client.send("POST", "/graphql", &headers, body.as_bytes()).0, 401);
        assert_eq!(client.send("POST", "/files/tester/p/r/file_stream", &headers, b"{}").0, 401);
    }
    assert_eq!(rules(&server), ["auth"; 6]);
    let key = raw::basic("api", KEY);
    assert_eq!(
        client.send("POST", "/graphql", &[("Authorization", &key)], body.as_bytes()).0,
        400,
        "no type"
    );
    assert_eq!(rules(&server).last().map(String::as_str), Some("content-type"));
    assert_eq!(server.snapshot()["with_key"], 1 + 4 + 1);
}

#[test]
fn a_key_on_an_upload_url_is_refused() {
    let (server, client) = with_run();
    let url = client.upload_url("output.log");
    let key = raw::basic("api", KEY);
    assert_eq!(client.send("PUT", &url, &[("X-Signed-For", "strict"), ("Authorization", &key)], b"x").0, 400);
    assert_eq!(client.send("PUT", &url, &[], b"x").0, 403);
    assert_eq!(rules(&server), ["auth-on-upload", "upload-headers"]);
    assert_eq!(client.send("PUT", &url, &[("X-Signed-For", "strict")], b"x").0, 200);
    assert_eq!(server.file("tester", "p", "r", "output.log").as_deref(), Some(&b"x"[..]));
}

#[test]
fn history_continues_where_it_ends() {
    let (server, client) = with_run();
    let (zero, one) = (r#"{"_step":0,"loss":NaN}"#, r#"{"_step":1,"loss":-Infinity}"#);
    assert_eq!(client.stream(&history(0, &[zero])).0, 200);
    assert_eq!(client.stream(&history(0, &[zero])).0, 400, "again");
    assert_eq!(client.stream(&history(2, &[one])).0, 400, "a gap");
    assert_eq!(client.stream(&history(1, &[one])).0, 200);
    assert_eq!(client.stream(&history(2, &[zero])).0, 400, "a step back");
    assert_eq!(client.stream(&history(2, &["{loss:1}"])).0, 400, "no JSON");
    assert_eq!(client.stream(&history(2, &[r#"{"loss":1}"#])).0, 400, "no step");
    let expected = ["stream-offset", "stream-offset", "history-step", "history-json", "history-step"];
    assert_eq!(rules(&server), expected);
    assert_eq!(server.run("tester", "p", "r")["history"].as_array().map(Vec::len), Some(2));
}

#[test]
fn output_may_be_written_again_but_not_ahead() {
    let (server, client) = with_run();
    let output = |offset: u64, lines: &[&str]| json!({ "files": { "output.log": { "offset": offset, "content": lines } } });
    assert_eq!(client.stream(&output(0, &["a", "b"])).0, 200);
    assert_eq!(client.stream(&output(1, &["c", "d"])).0, 200);
    assert_eq!(client.stream(&output(4, &["e"])).0, 400);
    assert_eq!(rules(&server), ["stream-offset"]);
    assert_eq!(server.run("tester", "p", "r")["output"], json!(["a", "c", "d"]));
}

#[test]
fn nothing_follows_the_end() {
    let (server, client) = with_run();
    let url = client.upload_url("late.txt");
    assert_eq!(client.stream(&json!({ "complete": true })).0, 400, "without an exit code");
    assert_eq!(client.stream(&end()).0, 200);
    assert_eq!(client.stream(&end()).0, 400, "twice");
    assert_eq!(client.stream(&history(0, &[r#"{"_step":0}"#])).0, 400);
    assert_eq!(client.send("PUT", &url, &[("X-Signed-For", "strict")], b"x").0, 400);
    assert_eq!(client.create_files(&["more.txt"]).0, 400);
    assert_eq!(client.upsert(json!({ "name": "r", "project": "p", "config": "{}" })).0, 400);
    let mut expected = vec!["stream-end"];
    expected.extend(["after-complete"; 5]);
    assert_eq!(rules(&server), expected);
    assert_eq!(server.run("tester", "p", "r")["state"], "finished");
}

#[test]
fn a_run_goes_on_for_those_who_ask_where() {
    let (server, client) = with_run();
    assert_eq!(client.stream(&history(0, &[r#"{"_step":0}"#])).0, 200);
    assert_eq!(client.stream(&json!({ "complete": true, "exitcode": 3 })).0, 200);
    assert_eq!(server.run("tester", "p", "r")["state"], "failed");
    let query = "query RunResumeStatus($p: String, $n: String!) { model(name: $p) { bucket(name: $n, missingOk: true) \
                 { id historyLineCount historyTail wandbConfig(keys: [\"t\"]) } } }";
    let answer = client.graphql(query, &json!({ "p": "p", "n": "r" }));
    let bucket = &answer.1["data"]["model"]["bucket"];
    assert_eq!(bucket["historyLineCount"], 1);
    assert_eq!(bucket["historyTail"], r#"["{\"_step\":0}"]"#);
    assert_eq!(client.upsert(json!({ "id": bucket["id"], "name": "r", "project": "p" })).0, 200);
    assert_eq!(client.stream(&history(1, &[r#"{"_step":1}"#])).0, 200);
    let run = server.run("tester", "p", "r");
    assert_eq!((&run["state"], &run["sessions"]), (&json!("running"), &json!(2)));
    assert!(server.violations().is_empty());
}

#[test]
fn only_what_is_there_counts_as_uploaded() {
    let (server, client) = with_run();
    let url = client.upload_url("a.txt");
    assert_eq!(client.stream(&json!({ "uploaded": ["a.txt"] })).0, 400);
    assert_eq!(client.send("PUT", &url, &[("X-Signed-For", "strict")], b"x").0, 200);
    assert_eq!(client.stream(&json!({ "uploaded": ["a.txt"] })).0, 200);
    let picture = json!({ "_step": 0, "p": { "_type": "image-file", "path": "media/p.png", "sha256": "0", "size": 1 } });
    assert_eq!(client.stream(&history(0, &[&picture.to_string()])).0, 200);
    assert_eq!(client.stream(&end()).0, 400, "the picture is missing");
    client.put_file("media/p.png", b"other");
    assert_eq!(client.stream(&end()).0, 400, "the picture is another");
    assert_eq!(rules(&server), ["uploaded", "media", "media"]);
}

#[test]
fn names_and_settings_follow_the_rules() {
    let (server, client) = start();
    let cases = [
        (json!({ "name": "a/b", "project": "p" }), "run-id"),
        (json!({ "name": "", "project": "p" }), "run-id"),
        (json!({ "project": "p" }), "run-id"),
        (json!({ "name": "r", "project": "p?" }), "project"),
        (json!({ "name": "r", "project": "p".repeat(129) }), "project"),
        (json!({ "name": "r", "project": "p", "tags": ["ok", ""] }), "tags"),
        (json!({ "name": "r", "project": "p", "config": "[]" }), "config"),
        (json!({ "name": "r", "project": "p", "config": "{" }), "graphql"),
        (json!({ "id": "bm9uZQ==", "name": "r", "project": "p" }), "unknown-run"),
    ];
    for (variables, rule) in cases {
        assert_eq!(client.upsert(variables.clone()).0, 400, "{variables}");
        assert_eq!(rules(&server).last().map(String::as_str), Some(rule), "{variables}");
    }
    assert_eq!(
        client.upsert(json!({ "name": "r", "project": "p", "config": r#"{"a":{"value":NaN}}"# })).0,
        200
    );
    assert_eq!(server.run("tester", "p", "r")["config"]["a"]["value"], "float:NaN");
    assert_eq!(client.create_files(&["../secret"]).0, 400);
    assert_eq!(rules(&server).last().map(String::as_str), Some("file-name"));
}

#[test]
fn what_the_server_does_not_know_it_refuses_with_the_query() {
    let (server, client) = with_run();
    for query in [
        "mutation DropAll { dropAll(input: {}) { success } }",
        "{ viewer { shoeSize } }",
        "{ viewer }",
        "{ viewer { id { more } } }",
        "query Q($id: ID!) { artifact(id: $id) { id } }",
        "query Q($n: Int) { project(name: $n) { id } }",
        "{ project(name: \"p\", colour: \"red\") { id } }",
        "{ ...Missing }",
        "query Q { viewer { id }",
    ] {
        assert_eq!(client.graphql(query, &json!({ "n": "text" })).0, 400, "{query}");
        let last = server.violations().pop().expect("a violation");
        assert_eq!(last["rule"], "graphql");
        assert!(last["message"].as_str().is_some_and(|message| message.contains(query)), "{last}");
    }
    assert_eq!(client.send("GET", "/elsewhere", &[], b"").0, 404);
    assert_eq!(rules(&server).last().map(String::as_str), Some("unknown-path"));
}

#[test]
fn queries_are_answered_field_by_field() {
    let (server, client) = with_run();
    let query = "query Q($with: Boolean = false) { it: project(name: \"p\", entityName: \"tester\") { ...P \
                 run(name: \"r\") { name ... on Run { state } ... on User { shoeSize } } } } \
                 fragment P on Project { __typename name @include(if: $with) run(name: \"r\") { readOnly } }";
    let (status, answer) = client.graphql(query, &json!({}));
    let run = json!({ "name": "r", "state": "running", "readOnly": false });
    assert_eq!((status, &answer["data"]), (200, &json!({ "it": { "__typename": "Project", "run": run } })));
    assert!(server.violations().is_empty());
}
