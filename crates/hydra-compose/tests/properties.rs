//! Laws that hold for every input.

use hydra_compose::interpolation::{Resolvers, Session, escaped};
use hydra_compose::overrides::parse;
use hydra_compose::tree::{Key, Map, Node, Origin, SourceFile, Value};
use hydra_compose::{Composer, yaml};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::fs;
use std::path::Path;

fn node(value: Value) -> Node {
    Node::new(value, Origin::Builtin("a property"))
}

/// Text as people write it, with a taste for what YAML and the override grammar find special.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{0,12}",
        Just("yes".to_owned()),
        Just("1e3".to_owned()),
        Just("a, b: [c] {d} = \\ 'e'".to_owned()),
        Just("näh ☺".to_owned()),
    ]
    // Interpolations are not values but promises of one.
    .prop_filter("no interpolation, not missing", |text| !text.contains("${") && text != "???")
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(|int| Value::Int(int.into())),
        any::<f64>().prop_filter("equal to itself", |float| !float.is_nan()).prop_map(Value::Float),
        text().prop_map(Value::Str),
    ]
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = scalar().prop_map(node);
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| node(Value::List(items))),
            mapping(inner),
        ]
    })
}

fn mapping(inner: impl Strategy<Value = Node>) -> impl Strategy<Value = Node> {
    prop::collection::vec(("[a-e]{1,2}", inner), 0..5).prop_map(|entries| {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(Key::Str(key), Origin::Builtin("a property"), value);
        }
        node(Value::Map(map))
    })
}

fn write(folder: &Path, name: &str, tree: &Node) {
    fs::write(folder.join(name), yaml::dump(tree)).expect("written");
}

/// What the files compose to, merged in this order.
fn merged(trees: &[&Node]) -> Option<Node> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut list = String::from("defaults:\n");
    for (index, tree) in trees.iter().enumerate() {
        write(folder.path(), &format!("file{index}.yaml"), tree);
        list.push_str(&format!("- file{index}\n"));
    }
    fs::write(folder.path().join("config.yaml"), list).expect("written");
    Composer::new(folder.path()).compose().ok().map(|config| config.job().clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn yaml_that_is_dumped_loads_as_the_same(tree in mapping(tree())) {
        let text = yaml::dump(&tree);
        let again = yaml::load(&SourceFile::new("x.yaml", text.as_str())).expect("our own text loads");
        prop_assert_eq!(again, tree, "{}", text);
    }

    #[test]
    fn an_override_that_is_printed_parses_as_the_same(argument in "[+~]{0,2}[a-c.@/]{1,8}=[ -~]{0,16}") {
        if let Ok(over) = parse(&argument, 0) {
            let printed = over.to_string();
            let again = parse(&printed, 0).expect("our own text parses");
            prop_assert_eq!(again.to_string(), printed);
        }
    }

    #[test]
    fn merging_with_nothing_or_with_itself_changes_nothing(tree in mapping(tree())) {
        let empty = node(Value::Map(Map::new()));
        let alone = merged(&[&tree]).expect("composes");
        prop_assert_eq!(merged(&[&tree, &empty]).expect("composes"), alone.clone());
        prop_assert_eq!(merged(&[&empty, &tree]).expect("composes"), alone.clone());
        prop_assert_eq!(merged(&[&tree, &tree]).expect("composes"), alone);
    }

    #[test]
    fn the_last_file_wins_and_the_first_gives_the_order(a in mapping(tree()), b in mapping(tree())) {
        // A mapping and a list do not merge; then there is nothing to check.
        let Some(both) = merged(&[&a, &b]) else { return Ok(()) };
        let (a, b) = (a.as_map().expect("a mapping"), b.as_map().expect("a mapping"));
        let keys: Vec<_> = both.as_map().expect("a mapping").keys().cloned().collect();
        let later = b.keys().filter(|key| a.entry(key).is_none());
        let wanted: Vec<_> = a.keys().chain(later).cloned().collect();
        prop_assert_eq!(keys, wanted);
        for (key, value) in b.iter().filter(|(_, value)| !matches!(value.value, Value::Map(_))) {
            let won = &both.as_map().expect("a mapping").entry(key).expect("a key").node;
            prop_assert_eq!(won, value);
        }
    }

    #[test]
    fn composing_never_panics(config in "[-a-d:{}\\[\\],&*?!|>%@#'\"$ \n]{0,60}", over in "[ -~]{0,20}") {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("config.yaml"), config).expect("written");
        if let Ok(config) = Composer::new(folder.path()).overrides([over]).compose() {
            let _ = config.resolve();
            let _ = config.to_yaml();
        }
    }

    #[test]
    fn an_escaped_text_resolves_to_itself(text in r"[a$\{}\\ .'\x22]{0,12}") {
        let mut map = Map::new();
        let origin = Origin::Builtin("a property");
        map.insert(Key::Str("key".into()), origin, node(Value::Str(escaped(&text))));
        let (root, resolvers) = (node(Value::Map(map)), Resolvers::standard());
        let resolved = Session::new(&root, &resolvers).resolve_all().expect("no interpolation is left");
        prop_assert_eq!(&resolved.get("key").expect("it is there").value, &Value::Str(text));
    }
}
