//! Three configurations: what `conf/` was, what it is now, and what an experiment made of what it was.

use hydra_compose::tree::{Map, Node, Value};

/// What `conf/` is now, with what the experiment changed: a value, a key more, a key less. `changed` gets the dotted key of
/// each. A value that both have changed is the experiment's, as an override wins over a file.
pub(super) fn merged(was: &Node, now: &Node, experiment: &Node, changed: &mut Vec<String>) -> Node {
    at("", Some(was), Some(now), Some(experiment), changed).unwrap_or_else(|| now.clone())
}

fn at(
    key: &str,
    was: Option<&Node>,
    now: Option<&Node>,
    experiment: Option<&Node>,
    changed: &mut Vec<String>,
) -> Option<Node> {
    let map = |node: Option<&'_ Node>| node.and_then(Node::as_map).cloned();
    if let (Some(now_map), Some(experiment), Some(now)) = (map(now), map(experiment), now) {
        let merged = maps(key, map(was).as_ref(), &now_map, &experiment, changed);
        return Some(Node::new(Value::Map(merged), now.origin.clone()));
    }
    if same(was, experiment) {
        return now.cloned();
    }
    changed.push(key.to_owned());
    experiment.cloned()
}

fn maps(key: &str, was: Option<&Map>, now: &Map, experiment: &Map, changed: &mut Vec<String>) -> Map {
    let mut map = Map::new();
    // In the order of the experiment, which DVC wrote, and then what is new in `conf/`.
    let keys = experiment.keys().chain(now.keys().filter(|key| experiment.entry(key).is_none()));
    for name in keys {
        let node = |map: Option<&Map>| map.and_then(|map| map.entry(name)).map(|entry| entry.node.clone());
        let below = match key {
            "" => name.to_string(),
            key => format!("{key}.{name}"),
        };
        let (was, now, experiment) = (node(was), node(Some(now)), node(Some(experiment)));
        if let Some(node) = at(&below, was.as_ref(), now.as_ref(), experiment.as_ref(), changed) {
            let origin = node.origin.clone();
            map.insert(name.clone(), origin, node);
        }
    }
    map
}

/// The same value, wherever it stands.
fn same(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_compose::tree::SourceFile;
    use hydra_compose::yaml::{dump, load};

    fn merged_text(was: &str, now: &str, experiment: &str) -> (String, Vec<String>) {
        let node = |text: &str| load(&SourceFile::new("x.yaml", text)).expect("YAML");
        let mut changed = Vec::new();
        (dump(&merged(&node(was), &node(now), &node(experiment), &mut changed)), changed)
    }

    #[test]
    fn what_the_experiment_changed_stays_and_the_rest_follows() {
        let (text, changed) = merged_text(
            "a: 1\nb: {c: 2, d: [1, 2]}\ne: 5\n",
            "a: 1\nb: {c: 3, d: [1, 2], new: 1}\ne: 6\n",
            "a: 1\nb: {c: 2, d: [1]}\ne: 7\n",
        );
        assert_eq!(text, "a: 1\nb:\n  c: 3\n  d:\n  - 1\n  new: 1\ne: 7\n");
        assert_eq!(changed, ["b.d", "e"]);
    }

    #[test]
    fn another_option_of_a_group_stays_whole() {
        let (text, changed) = merged_text(
            "o: {name: adam, lr: 0.001, betas: [0.9, 0.999]}\n",
            "o: {name: adam, lr: 0.002, betas: [0.9, 0.999]}\n",
            "o: {name: sgd, lr: 0.01, momentum: 0.9}\n",
        );
        assert_eq!(text, "o:\n  name: sgd\n  lr: 0.01\n  momentum: 0.9\n");
        assert_eq!(changed, ["o.name", "o.lr", "o.momentum", "o.betas"]);
    }

    #[test]
    fn without_an_experiment_it_is_what_conf_says() {
        let (text, changed) = merged_text("a: 1\nb: 2\n", "b: 3\nc: 4\n", "a: 1\nb: 2\n");
        assert_eq!((text.as_str(), changed.len()), ("b: 3\nc: 4\n", 0));
    }
}
