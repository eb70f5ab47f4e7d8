//! What `load` settles beyond the goldens: places, limits, messages.

use super::{dump, load};
use crate::error::{Code, Error};
use crate::tree::{Key, Node, Origin, SourceFile, Value};

fn loaded(text: &str) -> Node {
    load(&SourceFile::new("conf/config.yaml", text)).expect("this text loads")
}

fn refused(text: &str) -> Error {
    let error = load(&SourceFile::new("conf/config.yaml", text)).expect_err("this text does not load");
    assert_eq!(error.code(), Code::Yaml);
    error
}

/// The text that an origin points at.
fn token(origin: &Origin) -> &str {
    let (text, span) = origin.snippet().expect("it comes from a file");
    &text[span.start..span.end]
}

fn labels(error: &Error) -> Vec<&str> {
    error.labels().iter().map(|label| token(&label.origin)).collect()
}

#[test]
fn every_value_knows_its_token() {
    let text = "é: \"ü\"\nlist: &a\n  - !!str 1 # one\n  - [2, {x: 3}]\ntext: |\n  many\n  lines\n\nnothing:\nlast: *a\n";
    let config = loaded(text);
    let at = |path: &str| token(&config.get(path).expect("it is there").origin).to_owned();
    assert_eq!(at("é"), "\"ü\"");
    assert_eq!(at("list.0"), "1");
    assert_eq!(at("list.1"), "[2, {x: 3}]");
    assert_eq!(at("list.1.1"), "{x: 3}");
    assert_eq!(at("list.1.1.x"), "3");
    assert_eq!(at("list"), "- !!str 1 # one\n  - [2, {x: 3}]");
    assert_eq!(at("text"), "|\n  many\n  lines");
    assert_eq!(at("nothing"), "");
    assert_eq!(at("last"), at("list"));
    assert_eq!(
        config.get("nothing").map(|node| node.origin.to_string()).as_deref(),
        Some("conf/config.yaml:9:9")
    );
    assert_eq!(token(&config.origin), text.trim_end());
    let keys: Vec<_> =
        config.as_map().expect("a mapping").entries().map(|(_, entry)| token(&entry.key_origin)).collect();
    assert_eq!(keys, ["é", "list", "text", "nothing", "last"]);
}

#[test]
fn a_merged_key_points_at_the_line_that_set_it() {
    let config = loaded("base: &base {lr: 1, wd: 2}\nsgd:\n  <<: *base\n  lr: 3\n");
    let sgd = config.get("sgd").and_then(Node::as_map).expect("a mapping");
    let lines: Vec<_> = sgd
        .entries()
        .map(|(key, entry)| (key.to_string(), entry.key_origin.position().map(|at| at.line)))
        .collect();
    assert_eq!(lines, [("lr".to_owned(), Some(4)), ("wd".to_owned(), Some(1))]);
}

#[test]
fn a_mapping_may_overrule_what_it_merges_and_be_merged_itself() {
    // OmegaConf says "found duplicate key x" here, because PyYAML flattens `b` before it is checked.
    let config = loaded("defs:\n  a: &a {x: 1}\n  b: &b {<<: *a, x: 2}\nuse: {<<: *b}\n");
    assert_eq!(config.get("use.x").map(|node| node.value.clone()), Some(Value::Int(2.into())));
}

#[test]
fn duplicate_keys_are_shown_at_both_places() {
    let error = refused("a: 1\nb: 2\n'a': 3\n");
    assert_eq!(error.message(), "found duplicate key a");
    assert_eq!(labels(&error), ["'a'", "a"]);
}

#[test]
fn one_word_is_a_key_and_a_number_is_nothing() {
    let config = loaded("word\n");
    assert_eq!(config.get("word").map(|node| &node.value), Some(&Value::Null));
    assert_eq!(refused("5").message(), "Invalid loaded object type: int");
    assert_eq!(loaded("# nothing\n").value, loaded("").value);
    assert!(loaded("").as_map().is_some_and(crate::tree::Map::is_empty));
}

#[test]
fn null_is_no_key() {
    let error = refused("a: 1\n~: 2\n");
    assert_eq!(error.message(), "Incompatible key type 'NoneType'");
    assert_eq!(labels(&error), ["~"]);
    assert!(matches!(loaded("1: a").as_map().and_then(|map| map.keys().next().cloned()), Some(Key::Int(_))));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let inner = level - 1;
        text += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{inner}"); 10].join(", "));
    }
    let error = refused(&text);
    assert!(error.message().contains("copy more than 1000000"), "{error}");
    assert!(labels(&error)[0].starts_with("*a"));
}

#[test]
fn a_merge_bomb_is_refused() {
    let keys: Vec<_> = (0..1000).map(|key| format!("k{key}: 1")).collect();
    let text = format!("a: &a {{{}}}\nb: {{<<: [{}]}}\n", keys.join(",\n  "), vec!["*a"; 2000].join(",\n  "));
    assert!(refused(&text).message().contains("copy more than 1000000"));
}

#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    for depth in [129, 100_000] {
        assert!(refused(&format!("a: {}{}", "[".repeat(depth), "]".repeat(depth))).labels().len() == 1);
        assert!(!refused(&"- ".repeat(depth)).labels().is_empty());
    }
    let nested: String = (0..127).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert!(dump(&loaded(&nested)).ends_with("a: null\n"));
    let doubled =
        format!("a: &a {}{}\nb: {}*a{}", "[".repeat(100), "]".repeat(100), "[".repeat(100), "]".repeat(100));
    assert!(refused(&doubled).message().contains("nested more than"));
}

#[test]
fn a_long_chain_of_merges_needs_no_stack() {
    let chain: String = (1..20_000).map(|link| format!("- &a{link} {{<<: *a{}}}\n", link - 1)).collect();
    assert!(refused(&format!("list:\n- &a0 {{x: 1}}\n{chain}<<: *a19999\n")).labels().len() <= 2);
    let in_order = format!("list:\n- &a0 {{x: 1}}\n{chain}");
    assert_eq!(
        loaded(&in_order).get("list.19999.x").map(|node| node.value.clone()),
        Some(Value::Int(1.into()))
    );
}

#[test]
fn a_value_may_not_contain_itself() {
    assert!(!refused("a: &a [*a]").labels().is_empty());
    assert!(!refused("a: &a {b: {<<: *a}}").labels().is_empty());
}

#[test]
fn several_documents_are_refused() {
    let error = refused("a: 1\n---\nb: 2\n");
    assert_eq!(error.message(), "more than one document in the file");
    assert_eq!(labels(&error), ["---"]);
}

#[test]
fn a_file_that_is_one_quoted_text_is_read_once_more() {
    let config = loaded("'a: [1, 2]'");
    assert_eq!(config.get("a.1").map(|node| token(&node.origin)), Some("'a: [1, 2]'"));
}

#[test]
fn interpolations_and_missing_values_stay_text() {
    assert_eq!(dump(&loaded("a: ${b}\nc: '${d:e, f}'\ng: ???\n")), "a: ${b}\nc: ${d:e, f}\ng: ???\n");
}

#[test]
fn scalars_dump_as_pyyaml_dumps_them() {
    let dumped = |value: Value| dump(&Node::new(value, Origin::Schema));
    assert_eq!(dumped(Value::Str("a".into())), "a\n...\n");
    assert_eq!(dumped(Value::Str("1".into())), "'1'\n");
    assert_eq!(dumped(Value::Null), "null\n...\n");
    assert_eq!(dumped(Value::Float(1e16)), "1.0e+16\n...\n");
    assert_eq!(dumped(Value::Bytes(b"hello".to_vec())), "!!binary |\n  aGVsbG8=\n");
    assert_eq!(dumped(Value::List(Vec::new())), "[]\n");
}
