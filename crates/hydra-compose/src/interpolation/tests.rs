//! What the goldens cannot settle: errors that point, resolvers of one's own, what a session remembers, limits.

mod limits;

use super::*;
use crate::error::{Code, Error};
use crate::tree::{Argument, Key, Map, Node, Origin, SourceFile, Span, Value};
use std::cell::Cell;
use std::sync::Arc;

const HERE: Origin = Origin::Builtin("a test");

/// A tree of JSON, all of whose numbers are integers.
fn tree(json: &str) -> Node {
    fn node(json: serde_json::Value) -> Node {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(bool) => Value::Bool(bool),
            Json::Number(number) => Value::Int(number.to_string().parse().expect("an integer")),
            Json::String(text) => Value::Str(text),
            Json::Array(items) => Value::List(items.into_iter().map(node).collect()),
            Json::Object(entries) => {
                Value::Map(map(entries.into_iter().map(|(key, value)| (key, node(value)))))
            }
        };
        Node::new(value, HERE)
    }
    node(serde_json::from_str(json).expect("JSON"))
}

fn map(entries: impl IntoIterator<Item = (String, Node)>) -> Map {
    let mut map = Map::new();
    for (key, node) in entries {
        map.insert(Key::Str(key), HERE, node);
    }
    map
}

fn text(text: &str) -> Node {
    Node::new(Value::Str(text.into()), HERE)
}

fn failure(root: &Node) -> Error {
    Session::new(root, &Resolvers::standard()).resolve_all().expect_err("it cannot be resolved")
}

/// The bytes that the first label points at.
fn pointed_at(error: &Error) -> String {
    let origin = &error.labels()[0].origin;
    let (source, span) = origin.snippet().expect("a place with text");
    source[span.start..span.end].to_owned()
}

#[test]
fn label_is_the_interpolation_itself() {
    let file = SourceFile::new(
        "conf/config.yaml",
        "name: run-${seed}-x\nquoted: \"a ${seed}\"\nfolded: >\n  ${seed}\n",
    );
    let at = |start, end| Origin::file(&file, Span::new(start, end));
    let node = |value: &str, origin| Node::new(Value::Str(value.into()), origin);
    let argument = Arc::new(Argument { text: "+run=${seed}".into(), index: 0 });
    let root = Node::new(
        Value::Map(map([
            ("name".into(), node("run-${seed}-x", at(6, 19))),
            ("quoted".into(), node("a ${seed}", at(28, 39))),
            ("folded".into(), node("${seed}\n", at(48, 60))),
            ("run".into(), node("${seed}", Origin::argument(&argument, Span::new(5, 12)))),
        ])),
        HERE,
    );
    let error = failure(&root);
    let pointed: Vec<String> = error.each().into_iter().map(pointed_at).collect();
    // A folded scalar's text is not what stands in the file, so all of it is shown.
    assert_eq!(pointed, ["${seed}", "${seed}", ">\n  ${seed}\n", "${seed}"]);
    assert_eq!(error.each()[1].labels()[0].text, "in 'quoted'");
}

#[test]
fn one_cause_is_told_once() {
    let root = tree(
        r#"{"a": "${b}", "b": "${c}", "c": "${nosuch}", "d": ["${a}"], "loop": "${pool}", "pool": "${loop}"}"#,
    );
    let error = failure(&root);
    let messages: Vec<&str> = error.each().into_iter().map(Error::message).collect();
    assert_eq!(
        messages,
        ["Interpolation key 'nosuch' not found", "Recursive interpolation detected: loop -> pool -> loop"]
    );
    let labels: Vec<&str> = error.each()[0].labels().iter().map(|label| label.text.as_str()).collect();
    assert_eq!(labels, ["in 'c'", "needed in 'a'"]);
}

#[test]
fn help_says_what_was_meant() {
    let help = |json: &str| failure(&tree(json)).help_text().unwrap_or_default().to_owned();
    assert_eq!(
        help(r#"{"train": {"batch_size": 1}, "x": "${train.batch_sze}"}"#),
        "did you mean ${train.batch_size}?"
    );
    assert!(help(r#"{"train": {"lr": 1, "x": "${lr}"}}"#).starts_with("did you mean ${.lr}?"));
    assert!(help(r#"{"lr": 1, "train": {"x": "${.lr}"}}"#).starts_with("did you mean ${lr}?"));
    assert_eq!(
        help(r#"{"optimizer": {"lr": 1}, "x": "${optimzer.lrr}"}"#),
        "did you mean ${optimizer.lr}?",
        "each part that is not there has one that is near"
    );
    assert_eq!(
        help(r#"{"optimizer": {"lr": 1}, "x": "${optimzer.momentum}"}"#),
        "did you mean ${optimizer}?"
    );
    assert_eq!(help(r#"{"train": {"lr": 1, "x": "${.lrr}"}}"#), "did you mean ${.lr}?");
    assert_eq!(help(r#"{"lr": 1, "train": {"deep": {"x": "${...lrr}"}}}"#), "did you mean ${...lr}?");
    assert_eq!(help(r#"{"l": [{"lr": 1}], "x": "${l.0.lrr}"}"#), "did you mean ${l.0.lr}?");
    assert_eq!(help(r#"{"x": "${oc.evn:HOME}"}"#), "did you mean 'oc.env'?");
    assert_eq!(help(r#"{"l": [1, 2], "x": "${l.2}"}"#), "the list has 2 items, counted from 0");
    assert_eq!(help(r#"{"x": "${oc.env:}"}"#), "write ${oc.env:NAME[,DEFAULT]}");
}

#[test]
fn a_name_that_is_elsewhere_is_meant_if_it_is_the_only_one() {
    let help = |json: &str| failure(&tree(json)).help_text().unwrap_or_default().to_owned();
    assert_eq!(help(r#"{"optimizer": {"lr": 1}, "x": "${lr}"}"#), "did you mean ${optimizer.lr}?");
    assert_eq!(help(r#"{"optimizer": {"lr": 1}, "a": {"x": "${.lr}"}}"#), "did you mean ${optimizer.lr}?");
    assert_eq!(help(r#"{"s": {"db": {"port": 1}}, "x": "${db.port}"}"#), "did you mean ${s.db.port}?");
    assert_eq!(help(r#"{"s": [{"port": 1}], "x": "${port}"}"#), "did you mean ${s.0.port}?");
    // Two of them; the one that asks; one that leads back to it.
    assert_eq!(help(r#"{"a": {"lr": 1}, "b": {"lr": 1}, "x": "${lr}"}"#), "");
    assert_eq!(help(r#"{"optimizer": {"lr": "${lr}"}}"#), "");
    assert_eq!(help(r#"{"a": {"lr": "${lr}"}, "b": {"lr": "${a.lr}"}}"#), "");
    assert_eq!(help(r#"{"value": "${valu}"}"#), "", "a value is not near to itself");
}

#[test]
fn hydra_is_read_with_a_colon() {
    let (job, full) = (
        tree(r#"{"a": "${hydra:job.name}", "b": "${hydra.job.name}"}"#),
        tree(r#"{"hydra": {"job": {"name": "app"}}}"#),
    );
    let resolvers = Resolvers::standard();
    let session = Session::new(&job, &resolvers).with_hydra(&full);
    assert_eq!(session.select("a").expect("resolved").expect("there").value, Value::Str("app".into()));
    let error = session.select("b").expect_err("the job has no hydra node");
    assert_eq!(error.help_text(), Some("Hydra's own node is read with a colon: ${hydra:job.name}"));
}

#[test]
fn resolved_node_remembers_its_interpolation() {
    let root = tree(r#"{"a": {"x": "${b}"}, "b": 1, "c": "${a}"}"#);
    let all = Session::new(&root, &Resolvers::standard()).resolve_all().expect("resolved");
    let x = all.get("c.x").expect("there");
    assert_eq!(x.value, Value::Int(1.into()));
    assert_eq!(x.replaced.last().and_then(Node::as_str), Some("${b}"));
    let c = all.get("c").expect("there");
    assert_eq!(c.replaced.last().and_then(Node::as_str), Some("${a}"));
}

#[test]
fn missing_is_an_error_only_through_an_interpolation() {
    let root = tree(r#"{"a": "???", "b": "${a}"}"#);
    assert_eq!(failure(&root).code(), Code::MissingValue);
    let all = Session::new(&root, &Resolvers::standard()).resolve_all_with(ToMissing::Keep).expect("kept");
    assert!(all.get("a").is_some_and(Node::is_missing) && all.get("b").is_some_and(Node::is_missing));
}

#[test]
fn environment_is_read_only_through_the_session() {
    let root = tree(r#"{"a": "${oc.env:USER_X}", "b": "${oc.env:OTHER,7}"}"#);
    let asked = Cell::new(0);
    let environment = |name: &str| {
        asked.set(asked.get() + 1);
        (name == "USER_X").then(|| "me".to_owned())
    };
    let resolvers = Resolvers::standard();
    let session = Session::new(&root, &resolvers).with_environment(&environment);
    let all = session.resolve_all().expect("resolved");
    assert_eq!(
        (all.get("a").and_then(Node::as_str), all.get("b").and_then(Node::as_str)),
        (Some("me"), Some("7"))
    );
    session.resolve_all().expect("resolved");
    assert_eq!(asked.get(), 2, "what was resolved is remembered");
}

#[test]
fn cached_resolver_is_called_once_for_the_same_text() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let mut resolvers = Resolvers::standard();
    let about =
        || Description { name: "id".into(), arguments: "ANY".into(), doc: "A number for each call.".into() };
    let count = |_: &[Value], _: &Call<'_, '_>| Ok(Value::Int(CALLS.fetch_add(1, Ordering::Relaxed).into()));
    resolvers.register(about(), Caching::PerArguments, count).expect("the name is free");
    assert!(resolvers.register(about(), Caching::Never, count).is_err(), "the name is taken");
    let root = tree(r#"{"a": "${id:${x}}", "b": "${id:${x}}", "c": "${id: ${x}}", "d": "${id:1}", "x": 1}"#);
    Session::new(&root, &resolvers).resolve_all().expect("resolved");
    assert_eq!(CALLS.load(Ordering::Relaxed), 2);
}

#[test]
fn deprecated_key_warns_once() {
    let root = tree(
        r#"{"old": "${oc.deprecated:new.key,'$OLD_KEY is $NEW_KEY now, $$1'}", "new": {"key": 1}, "x": "${old}${test}", "test": "${f:a}"}"#,
    );
    let resolvers = Resolvers::standard();
    let session = Session::new(&root, &resolvers);
    assert_eq!(session.select("old").expect("resolved").map(|node| node.value), Some(Value::Int(1.into())));
    session.select("old").expect("resolved");
    let messages: Vec<String> = session.warnings().into_iter().map(|warning| warning.message).collect();
    assert_eq!(messages, ["old is new.key now, $1"]);
}

#[test]
fn resolver_may_ask_for_other_values() {
    let mut resolvers = Resolvers::standard();
    let about = Description {
        name: "first".into(),
        arguments: "KEY".into(),
        doc: "The first item of a list.".into(),
    };
    let first = |arguments: &[Value], call: &Call<'_, '_>| match arguments {
        [Value::Str(key)] => match call.select(key)? {
            Some(Value::List(items)) if !items.is_empty() => Ok(items[0].value.clone()),
            _ => Err(Error::new(Code::Interpolation, format!("{}: no list", call.full_key()))),
        },
        _ => Ok(Value::Null),
    };
    resolvers.register(about, Caching::Never, first).expect("the name is free");
    let root = tree(r#"{"a": {"l": ["${b}"], "x": "${first:.l}", "y": "${first:nosuch}"}, "b": 7}"#);
    let session = Session::new(&root, &resolvers);
    assert_eq!(session.select("a.x").expect("resolved").map(|node| node.value), Some(Value::Int(7.into())));
    let error = session.select("a.y").expect_err("there is no list");
    assert_eq!((error.message(), error.labels().len()), ("a.y: no list", 1));
}

#[test]
fn every_standard_resolver_is_documented() {
    let resolvers = Resolvers::standard();
    let names: Vec<&str> = resolvers.descriptions().map(|about| about.name.as_str()).collect();
    assert_eq!(names.len(), 10);
    assert!(resolvers.descriptions().all(|about| about.doc.ends_with('.') && !about.arguments.is_empty()));
}

#[test]
fn at_reaches_keys_of_every_kind() {
    let mut inner = Map::new();
    inner.insert(Key::Int(1.into()), HERE, text("one"));
    let root = Node::new(
        Value::Map(map([("m".into(), Node::new(Value::Map(inner), HERE)), ("alias".into(), text("${m}"))])),
        HERE,
    );
    let resolvers = Resolvers::standard();
    let node = Session::new(&root, &resolvers).at(&["alias".into(), Key::Int(1.into())]).expect("resolved");
    assert_eq!(node.as_ref().and_then(Node::as_str), Some("one"));
}
