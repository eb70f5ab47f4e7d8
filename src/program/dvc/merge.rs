//! Three configurations: what `conf/` was, what it is now, and what an experiment made of what it was.

use hydra_compose::tree::{Map, Node, Value};

/// What comes of three configurations.
pub(super) struct Merged {
    pub(super) node: Node,
    /// Keys at the top that the experiment has changed.
    pub(super) kept: Vec<String>,
    /// Keys at the top that both have changed, differently: nobody but the user knows what is meant.
    pub(super) conflicts: Vec<String>,
}

/// Each key at the top, a config group with all that it holds, is as the side has it that changed it.
///
/// Not value by value: `steps` of one option of a group is not that of another, and a mix of both is what nobody asked for.
pub(super) fn merged(was: &Node, now: &Node, experiment: &Node) -> Merged {
    let empty = Map::new();
    let map = |node: &'_ Node| node.as_map().cloned().unwrap_or_default();
    let (was, now_map, experiment) = (map(was), map(now), map(experiment));
    let (mut kept, mut conflicts, mut all) = (Vec::new(), Vec::new(), empty);
    let keys = now_map.keys().chain(experiment.keys().filter(|key| now_map.entry(key).is_none()));
    for key in keys {
        let node = |map: &Map| map.entry(key).map(|entry| entry.node.clone());
        let (before, here, there) = (node(&was), node(&now_map), node(&experiment));
        let chosen = if there == before || there == here {
            here
        } else {
            kept.push(key.to_string());
            if here != before {
                conflicts.push(key.to_string());
            }
            there
        };
        if let Some(node) = chosen {
            all.insert(key.clone(), node.origin.clone(), node);
        }
    }
    Merged { node: Node::new(Value::Map(all), now.origin.clone()), kept, conflicts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_compose::tree::SourceFile;
    use hydra_compose::yaml::{dump, load};

    fn text(was: &str, now: &str, experiment: &str) -> (String, Vec<String>, Vec<String>) {
        let node = |text: &str| load(&SourceFile::new("x.yaml", text)).expect("YAML");
        let Merged { node, kept, conflicts } = merged(&node(was), &node(now), &node(experiment));
        (dump(&node), kept, conflicts)
    }

    #[test]
    fn what_the_experiment_changed_stays_and_the_rest_follows() {
        let (text, kept, conflicts) = text(
            "o: {name: adam, lr: 1}\ns: {steps: 50, eta: 1.0}\nseed: 0\n",
            "o: {name: adam, lr: 1}\ns: {steps: 1000, eta: 1.0}\nseed: 0\nnew: 1\n",
            "o: {name: sgd, lr: 1, momentum: 0.9}\ns: {steps: 50, eta: 1.0}\nseed: 7\n",
        );
        let expected =
            "o:\n  name: sgd\n  lr: 1\n  momentum: 0.9\ns:\n  steps: 1000\n  eta: 1.0\nseed: 7\nnew: 1\n";
        assert_eq!((text.as_str(), kept.join(" "), conflicts.len()), (expected, "o seed".to_owned(), 0));
    }

    #[test]
    fn options_are_not_mixed() {
        // `sampling=ddim`, and then more steps for the other option.
        let (_, _, conflicts) =
            text("s: {steps: 50, eta: 1.0}\n", "s: {steps: 1000, eta: 1.0}\n", "s: {steps: 50, eta: 0.0}\n");
        assert_eq!(conflicts, ["s"]);
    }

    #[test]
    fn the_same_change_on_both_sides_is_none() {
        let (text, kept, conflicts) = text("a: 1\nb: 2\nc: 3\n", "a: 2\nc: 3\n", "a: 2\nb: 2\nc: 3\n");
        assert_eq!((text.as_str(), kept.len(), conflicts.len()), ("a: 2\nc: 3\n", 0, 0));
    }
}
