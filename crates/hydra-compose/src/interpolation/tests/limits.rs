//! Every question ends, soon and in little memory.

use super::super::{Resolvers, Session, check};
use super::{HERE, failure, map, text, tree};
use crate::tree::{Node, Value};

#[test]
fn doubling_texts_and_lists_end_in_an_error() {
    for (first, double) in [(text("x".repeat(16).as_str()), "${a#}${a#}"), (tree("[1]"), "[list]")] {
        let mut entries = vec![("a0".to_owned(), first)];
        for index in 1..50 {
            let before = format!("${{a{}}}", index - 1);
            let node = match double {
                "[list]" => Node::new(Value::List(vec![text(&before), text(&before)]), HERE),
                _ => text(&before.repeat(2)),
            };
            entries.push((format!("a{index}"), node));
        }
        let error = failure(&Node::new(Value::Map(map(entries)), HERE));
        assert!(error.each()[0].message().contains("MiB"), "{error}");
    }
}

/// On a stack half as large as a thread usually has, in an unoptimised build.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work).expect("a thread");
    thread.join().expect("no overflow, no panic");
}

#[test]
fn depth_ends_in_an_error_not_in_an_overflow() {
    on_a_small_stack(|| {
        let chain = (1..500).map(|index| (format!("a{index}"), text(&format!("${{a{}}}", index - 1))));
        let root = Node::new(Value::Map(map(chain)), HERE);
        let resolvers = Resolvers::standard();
        let error = Session::new(&root, &resolvers).select("a499").expect_err("too deep");
        assert!(error.message().contains("levels deep"), "{error}");
        let error = check(&format!("{}a{}", "${".repeat(5000), "}".repeat(5000))).expect_err("too deep");
        assert!(error.message.contains("levels deep"), "{error}");
        assert!(check(&format!("${{f:{}1{}}}", "[{a:".repeat(5000), "}]".repeat(5000))).is_err());
    });
    on_a_small_stack(|| {
        let nested = format!("{}a{}", "${".repeat(190), "}".repeat(190));
        let root =
            Node::new(Value::Map(map([("a".to_owned(), text("a")), ("x".to_owned(), text(&nested))])), HERE);
        let resolvers = Resolvers::standard();
        let node = Session::new(&root, &resolvers).select("x").expect("within the limit").expect("there");
        assert_eq!(node.as_str(), Some("a"));
    });
    on_a_small_stack(|| {
        let mut deep = text("${x}");
        for _ in 0..240 {
            deep = Node::new(Value::List(vec![deep]), HERE);
        }
        let nested = format!("{}a{}", "${".repeat(190), "}".repeat(190));
        let root = Node::new(
            Value::Map(map([("a".into(), text("a")), ("x".into(), text(&nested)), ("deep".into(), deep)])),
            HERE,
        );
        Session::new(&root, &Resolvers::standard()).resolve_all().expect("within the limits");
    });
    on_a_small_stack(|| {
        let root = tree(
            r#"{"a": "${oc.select:b}", "b": "${oc.select:a}", "c": "${oc.create:{x: '${c}'}}", "d": "${oc.create:{x: '\\${oc.create:{x: \\'\\\\${d}\\'}}'}}"}"#,
        );
        assert!(Session::new(&root, &Resolvers::standard()).resolve_all().is_err());
    });
}

#[test]
fn ten_thousand_keys_take_milliseconds() {
    let entries = (0..10_000).map(|index| {
        let value = if index % 100 == 0 { "${k9999}".to_owned() } else { format!("value {index}") };
        (format!("k{index}"), text(&value))
    });
    let root = Node::new(Value::Map(map(entries)), HERE);
    let start = std::time::Instant::now();
    let all = Session::new(&root, &Resolvers::standard()).resolve_all().expect("resolved");
    // Some 10 ms unoptimised; the bound only has to tell it from seconds on a busy machine.
    assert!(start.elapsed().as_millis() < 1000, "{:?}", start.elapsed());
    assert_eq!(all.get("k100").and_then(Node::as_str), Some("value 9999"));
}
