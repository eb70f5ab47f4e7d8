//! The interpolation grammar and its resolution: never panic, whatever the text refers to.
#![no_main]

use hydra_compose::interpolation::{Resolvers, Session, check};
use hydra_compose::tree::{Map, Node, Origin, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let here = Origin::Builtin("fuzz");
    let _ = check(text);
    let node = |value| Node::new(value, here.clone());
    let mut map = Map::new();
    for (key, value) in [
        ("a", Value::Str(text.to_owned())),
        ("b", Value::Int(7.into())),
        ("c", Value::List(vec![node(Value::Str("${a}".into())), node(Value::Null)])),
    ] {
        map.insert(key.into(), here.clone(), node(value));
    }
    let root = node(Value::Map(map));
    let resolvers = Resolvers::standard();
    let nothing = |_: &str| None;
    let _ = Session::new(&root, &resolvers).with_environment(&nothing).resolve_all();
});
