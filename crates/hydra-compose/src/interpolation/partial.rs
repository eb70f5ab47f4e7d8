//! A tree with everything resolved that can be: for looking at configurations, which may be broken or cut out of their
//! context, and not for running them.

use super::place::Place;
use super::session::{Session, ToMissing};
use crate::tree::{Map, Node, Value};
use std::rc::Rc;

impl<'t> Session<'t> {
    /// The whole tree, where an interpolation stays as it is written if anything that it leads to cannot be resolved.
    /// Otherwise as [`resolve_all_with`](Self::resolve_all_with), keeping `???`.
    ///
    /// ```
    /// use hydra_compose::interpolation::{Resolvers, Session};
    /// use hydra_compose::tree::{SourceFile, Value};
    /// let file = SourceFile::new("x.yaml", "seed: 1\ntitle: run ${seed}\nbad: ${nowhere}\n");
    /// let (tree, resolvers) = (hydra_compose::yaml::load(&file)?, Resolvers::standard());
    /// let resolved = Session::new(&tree, &resolvers).resolve_where_possible();
    /// let value = |key| resolved.get(key).map(|node| node.value.clone());
    /// assert_eq!(value("title"), Some(Value::Str("run 1".into())));
    /// assert_eq!(value("bad"), Some(Value::Str("${nowhere}".into())));
    /// # Ok::<(), hydra_compose::Error>(())
    /// ```
    pub fn resolve_where_possible(&self) -> Node {
        self.resolve_all_with(ToMissing::Keep).unwrap_or_else(|_| {
            // One limit on what is copied holds for all of them together.
            self.copied.set(0);
            self.one_by_one(self.root())
        })
    }

    fn one_by_one(&self, place: &Rc<Place<'t>>) -> Node {
        let node = place.node();
        if node.is_interpolation() {
            return self.in_depth(place, ToMissing::Keep).unwrap_or_else(|_| node.clone());
        }
        let children = place.children().into_iter();
        let children = children.map(|(step, held)| self.one_by_one(&Place::below(place, held, step)));
        let value = match &node.value {
            Value::Map(map) => {
                let mut copied = Map::new();
                for ((key, entry), child) in map.entries().zip(children) {
                    copied.insert(key.clone(), entry.key_origin.clone(), child);
                }
                Value::Map(copied)
            }
            Value::List(_) => Value::List(children.collect()),
            scalar => scalar.clone(),
        };
        Node { value, origin: node.origin.clone(), replaced: node.replaced.clone() }
    }
}

#[cfg(test)]
mod tests {
    use crate::interpolation::{Resolvers, Session};
    use crate::tree::SourceFile;
    use crate::yaml;

    #[track_caller]
    fn resolved(text: &str) -> String {
        let tree = yaml::load(&SourceFile::new("x.yaml", text)).expect("YAML");
        yaml::dump(&Session::new(&tree, &Resolvers::standard()).resolve_where_possible())
    }

    #[test]
    fn one_that_fails_does_not_keep_the_others_from_being_resolved() {
        assert_eq!(
            resolved("a: 1\nb:\n- ${a}\n- ${nowhere}\n- c: ${.d}\n  d: ${a}\ne: ${hydra:job.name}\n"),
            "a: 1\nb:\n- 1\n- ${nowhere}\n- c: 1\n  d: 1\ne: ${hydra:job.name}\n"
        );
    }

    #[test]
    fn what_leads_to_something_that_fails_is_left_whole() {
        let text = "a:\n  x: 1\n  'y': ${nowhere}\nb: ${a}\nc: ${c}\nd:\n  e: ${d}\n";
        assert_eq!(resolved(text), text);
    }

    #[test]
    fn missing_stays_missing() {
        assert_eq!(resolved("a: ???\nb: ${a}\n"), "a: ???\nb: ???\n");
    }
}
