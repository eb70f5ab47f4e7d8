//! Interpolations as the real OmegaConf reads them: `interpolation/make_goldens.py` asks it, and this asks us the same.
//! `INTERPOLATION_GOLDENS=file cargo test --test interpolation_goldens` takes other answers.

use hydra_compose::interpolation::{Caching, Description, Resolvers, Session, ToMissing, check};
use hydra_compose::tree::{Key, Map, Node, Origin, Value, float_repr};
use hydra_compose::{Code, Error};
use serde_json::Value as Json;

/// A way in which we differ on purpose.
struct Difference {
    name: &'static str,
    why: &'static str,
    /// Whether a case may show it.
    touches: fn(&Json) -> bool,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "null keys",
        why: "oc.decode makes a dict with a null key; no configuration may hold one, so it is an error",
        touches: |case| {
            let is_dict_with_one = |json: &Json| {
                json["d"].as_array().is_some_and(|pairs| pairs.iter().any(|pair| pair[0].is_null()))
            };
            mentions(&case["want"]["v"], is_dict_with_one)
        },
    },
    Difference {
        name: "arguments in depth",
        why: "a registered resolver gets its containers resolved, where Python's resolves what it touches",
        touches: |case| has(&case["text"], "test:") && has(&case["want"]["v"], "'${"),
    },
    Difference {
        name: "the order of resolving does not matter",
        why: "OmegaConf.resolve changes the tree while it reads it: later nodes see what earlier ones have become, \
              escaped text turns into interpolations and ??? through an interpolation into plain ???",
        touches: |case| {
            let tree = &case["tree"];
            !case["keep"].is_null()
                && (has(tree, "\\${")
                    || has(tree, "oc.env:ESC")
                    || has(tree, "oc.select")
                    || has(tree, "oc.create"))
        },
    },
    Difference {
        name: "made values are kept",
        why: "OmegaConf.resolve cannot put the list or dict that oc.decode makes back into the tree",
        touches: |case| !case["keep"].is_null() && case["want"]["e"] == "UnsupportedValueType",
    },
];

/// Whether some text in `json` has `part` in it.
fn has(json: &Json, part: &str) -> bool {
    mentions(json, |json| json.as_str().is_some_and(|text| text.contains(part)))
}

/// Whether `is` holds of `json` or of anything in it.
fn mentions(json: &Json, is: impl Fn(&Json) -> bool + Copy) -> bool {
    is(json)
        || match json {
            Json::Array(items) => items.iter().any(|item| mentions(item, is)),
            Json::Object(entries) => entries.values().any(|entry| mentions(entry, is)),
            _ => false,
        }
}

fn origin() -> Origin {
    Origin::Builtin("a golden case")
}

fn node(json: &Json) -> Node {
    Node::new(value(json), origin())
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => {
            Value::Int(number.to_string().parse().expect("only integers are written as numbers"))
        }
        Json::String(text) => Value::Str(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(node).collect()),
        Json::Object(tagged) => match tagged.iter().next().map(|(tag, of)| (tag.as_str(), of)) {
            Some(("f", Json::String(float))) => Value::Float(float.parse().expect("a float")),
            Some(("b", Json::String(hex))) => Value::Bytes(bytes(hex)),
            Some(("d", Json::Array(pairs))) => {
                let mut map = Map::new();
                for pair in pairs {
                    map.insert(key(&pair[0]), origin(), node(&pair[1]));
                }
                Value::Map(map)
            }
            other => panic!("unknown tag {other:?}"),
        },
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| {
            u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal digits")
        })
        .collect()
}

fn key(json: &Json) -> Key {
    match value(json) {
        Value::Str(text) => Key::Str(text),
        Value::Int(int) => Key::Int(int),
        Value::Float(float) => Key::Float(float),
        Value::Bool(bool) => Key::Bool(bool),
        Value::Bytes(bytes) => Key::Bytes(bytes),
        other => panic!("no key: {other:?}"),
    }
}

/// Values as text that tells all types apart, NaN equal to itself.
fn show(value: &Value) -> String {
    match value {
        Value::Float(float) => format!("float {}", float_repr(*float)),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| show(&item.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let entry = |(key, node): (&Key, &Node)| match key {
                Key::Float(float) => format!("float {}: {}", float_repr(*float), show(&node.value)),
                key => format!("{key:?}: {}", show(&node.value)),
            };
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Int(int) => format!("int {int}"),
        scalar => format!("{scalar:?}"),
    }
}

fn show_json(json: &Json) -> String {
    match json {
        // A null key may stand in what oc.decode makes, not in a tree.
        Json::Object(tagged)
            if let Some(Json::Array(pairs)) = tagged.get("d")
                && pairs.iter().any(|pair| pair[0].is_null()) =>
        {
            "a mapping with a null key".to_owned()
        }
        _ => show(&value(json)),
    }
}

enum Answer {
    Value(Value),
    Nothing,
    Refused,
    Failed(Error),
}

impl From<Result<Option<Node>, Error>> for Answer {
    fn from(result: Result<Option<Node>, Error>) -> Self {
        match result {
            Ok(Some(node)) => Self::Value(node.value),
            Ok(None) => Self::Nothing,
            Err(error) => Self::Failed(error.each()[0].clone()),
        }
    }
}

struct Shared {
    base: Node,
    hydra: Node,
    environment: Json,
    now: jiff::Zoned,
    python: [u32; 3],
    resolvers: Resolvers,
}

impl Shared {
    fn new(header: &Json) -> Self {
        let mut resolvers = Resolvers::standard();
        for name in ["test", "ns1.ns2.test"] {
            let about =
                Description { name: name.into(), arguments: "…".into(), doc: "Its arguments.".into() };
            let add = resolvers.register(about, Caching::Never, |arguments, _| {
                Ok(match arguments {
                    [only] => only.clone(),
                    several => {
                        Value::List(several.iter().map(|value| Node::new(value.clone(), origin())).collect())
                    }
                })
            });
            add.expect("the name is free");
        }
        let now: jiff::civil::DateTime =
            header["now"].as_str().and_then(|now| now.parse().ok()).expect("a time");
        let version = |index: usize| {
            header["python"][index].as_u64().and_then(|part| part.try_into().ok()).expect("a number")
        };
        Self {
            base: node(&header["base"]),
            hydra: node(&header["hydra"]),
            environment: header["env"].clone(),
            now: now.to_zoned(jiff::tz::TimeZone::UTC).expect("UTC has every time"),
            python: [version(0), version(1), version(2)],
            resolvers,
        }
    }

    fn ask(&self, root: &Node, decoded: &str, question: impl FnOnce(&Session<'_>) -> Answer) -> Answer {
        let environment = |name: &str| match name {
            "T" => Some(decoded.to_owned()),
            _ => self.environment[name].as_str().map(str::to_owned),
        };
        let session = Session::new(root, &self.resolvers)
            .with_hydra(&self.hydra)
            .with_time(self.now.clone())
            .with_python_version(self.python)
            .with_environment(&environment);
        question(&session)
    }

    fn answer(&self, case: &Json) -> Answer {
        let with_x = |text: &str| {
            let mut root = self.base.clone();
            let map = root.as_map_mut().expect("the shared tree is a mapping");
            map.insert("x".into(), origin(), Node::new(Value::Str(text.to_owned()), origin()));
            root
        };
        let (root, decoded) = match (&case["text"], &case["decode"], &case["tree"]) {
            (Json::String(text), _, _) => (with_x(text), ""),
            (_, Json::String(text), _) => (with_x("${oc.decode:${oc.env:T}}"), text.as_str()),
            (_, _, Json::Null) => (self.base.clone(), ""),
            (_, _, tree) => (node(tree), ""),
        };
        if !is_well_formed(&root) {
            return Answer::Refused;
        }
        self.ask(&root, decoded, |session| {
            if !case["all"].is_null() {
                session.resolve_all().map(Some).into()
            } else if !case["keep"].is_null() {
                session.resolve_all_with(ToMissing::Keep).map(Some).into()
            } else {
                session.select_all(case["select"].as_str().unwrap_or("x")).into()
            }
        })
    }
}

fn is_well_formed(node: &Node) -> bool {
    match &node.value {
        Value::Str(text) => check(text).is_ok(),
        Value::List(items) => items.iter().all(is_well_formed),
        Value::Map(map) => map.iter().all(|(_, node)| is_well_formed(node)),
        _ => true,
    }
}

/// What is wrong with an answer, if anything.
fn disagreement(want: &Json, got: &Answer) -> Option<String> {
    let shown = match got {
        Answer::Value(value) => show(value),
        Answer::Nothing => "nothing".to_owned(),
        Answer::Refused => "refused when loaded".to_owned(),
        Answer::Failed(error) => format!("{:?}: {}", error.code(), error.message()),
    };
    let agrees = match (got, &want["e"]) {
        (Answer::Failed(error), Json::String(class)) => {
            agrees_on_error(class, want["m"].as_str().unwrap_or_default(), error)
        }
        (Answer::Value(value), Json::Null) => {
            want.get("v").is_some_and(|want| show_json(want) == show(value))
        }
        (Answer::Nothing, Json::Null) => !want["none"].is_null(),
        (Answer::Refused, Json::Null) => !want["bad"].is_null(),
        _ => false,
    };
    (!agrees).then_some(shown)
}

/// Where OmegaConf's message says it well, ours is the same.
fn agrees_on_error(class: &str, message: &str, error: &Error) -> bool {
    // Python ran out of stack where we see a loop.
    if message.contains("RecursionError") {
        return true;
    }
    let ours = error.message();
    let same_start = |start: &str| message.starts_with(start) == ours.starts_with(start);
    (class == "InterpolationToMissingValueError") == (error.code() == Code::MissingValue)
        && same_start("Interpolation to parent node detected")
        && (!message.ends_with("' not found") || message == ours || is_not_a_container(message, ours))
        && (class != "UnsupportedInterpolationType" || message == ours)
        && (!message.starts_with("Recursive interpolation detected")
            || ours.starts_with("Recursive interpolation detected"))
}

/// Below a value that is no container nothing is found either. OmegaConf says the one or the other of the same key, by which
/// interpolation comes upon it first while the tree is resolved in place.
fn is_not_a_container(message: &str, ours: &str) -> bool {
    let key = message.strip_prefix("Interpolation key '").and_then(|rest| rest.strip_suffix("' not found"));
    key.is_some_and(|key| ours.starts_with(&format!("Error trying to access {key}: ")))
}

#[test]
fn answers_as_omegaconf() {
    let elsewhere = std::env::var_os("INTERPOLATION_GOLDENS");
    let text = match &elsewhere {
        Some(path) => std::fs::read_to_string(path).expect("the file named can be read"),
        None => include_str!("interpolation/goldens.jsonl").to_owned(),
    };
    let mut lines =
        text.lines().map(|line| serde_json::from_str::<Json>(line).expect("the goldens are JSON"));
    let shared = Shared::new(&lines.next().expect("a header"));
    let (mut agreed, mut wrong) = (0, Vec::new());
    let mut excused = vec![0; DIFFERENCES.len()];
    for case in lines {
        let Some(shown) = disagreement(&case["want"], &shared.answer(&case)) else {
            agreed += 1;
            continue;
        };
        match DIFFERENCES.iter().position(|difference| (difference.touches)(&case)) {
            Some(difference) => excused[difference] += 1,
            None => wrong.push(format!("{case}\n    we: {shown}")),
        }
    }
    for (Difference { name, why, .. }, count) in DIFFERENCES.iter().zip(&excused) {
        println!("{count} differ on purpose: {name} ({why})");
        assert!(*count > 0 || elsewhere.is_some(), "nothing differs any more in '{name}'");
    }
    println!("{agreed} agree");
    assert!(wrong.is_empty(), "{} of {} disagree:\n{}", wrong.len(), agreed + wrong.len(), wrong.join("\n"));
}
