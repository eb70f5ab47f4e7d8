//! From a tree to text: block style, as `OmegaConf.to_yaml` lays it out.

use super::style::{Position, Scalar, Style};
use super::writer::{Fold, Writer};
use crate::tree::{Map, Node, Value};

/// One level of nesting.
const INDENT: usize = 2;

/// Writes a tree as `OmegaConf.to_yaml(config, resolve=False)` does, byte for byte.
///
/// Keys keep their order, dashes are not indented, long text is folded at 80 columns, interpolations and `???`
/// stay as they are. What another loader would read back as something else is quoted.
///
/// ```
/// use hydra_compose::{tree::SourceFile, yaml};
/// let file = SourceFile::new("config.yaml", "db: {port: 3306, tags: [a, 'no'], path: '${root}/db'}");
/// let text = "db:\n  port: 3306\n  tags:\n  - a\n  - 'no'\n  path: ${root}/db\n";
/// assert_eq!(yaml::dump(&yaml::load(&file)?), text);
/// # Ok::<(), hydra_compose::Error>(())
/// ```
pub fn dump(node: &Node) -> String {
    let mut dumper = Dumper { writer: Writer::new() };
    dumper.value(&node.value, Parent::Document);
    dumper.writer.indent = None;
    dumper.writer.write_indent();
    let mut text = dumper.writer.text;
    // A plain scalar that is the whole document could go on; PyYAML says that it does not.
    let open_ended =
        Scalar::of_value(&node.value).is_some_and(|scalar| scalar.style(Position::Free) == Style::Plain);
    if open_ended {
        text.push_str("...\n");
    }
    text
}

/// What a value stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Document,
    List,
    Map,
}

struct Dumper {
    writer: Writer,
}

impl Dumper {
    fn value(&mut self, value: &Value, parent: Parent) {
        match value {
            Value::List(items) if items.is_empty() => self.writer.opening("[]"),
            Value::Map(map) if map.is_empty() => self.writer.opening("{}"),
            Value::List(items) => self.list(items, parent),
            Value::Map(map) => self.map(map),
            _ => {
                if let Some(scalar) = Scalar::of_value(value) {
                    self.scalar(&scalar, Position::Free);
                }
            }
        }
    }

    fn list(&mut self, items: &[Node], parent: Parent) {
        let outer = self.writer.indent;
        // Dashes stand right below their key; not so behind the `:` of a `? ` key, which is on their line.
        let step = if parent == Parent::Map && !self.writer.indention { 0 } else { INDENT };
        self.writer.indent = Some(outer.map_or(0, |indent| indent + step));
        for item in items {
            self.writer.write_indent();
            self.writer.block_indicator("-");
            self.value(&item.value, Parent::List);
        }
        self.writer.indent = outer;
    }

    fn map(&mut self, map: &Map) {
        let outer = self.writer.indent;
        self.writer.indent = Some(outer.map_or(0, |indent| indent + INDENT));
        for (key, node) in map.iter() {
            let key = Scalar::of_key(key);
            self.writer.write_indent();
            if key.is_simple_key() {
                self.scalar(&key, Position::SimpleKey);
                self.writer.closing(":");
            } else {
                self.writer.block_indicator("?");
                self.scalar(&key, Position::Free);
                self.writer.write_indent();
                self.writer.block_indicator(":");
            }
            self.value(&node.value, Parent::Map);
        }
        self.writer.indent = outer;
    }

    fn scalar(&mut self, scalar: &Scalar<'_>, position: Position) {
        if let Some(tag) = scalar.tag {
            self.writer.opening(tag);
        }
        let outer = self.writer.indent;
        self.writer.indent = Some(outer.unwrap_or(0) + INDENT);
        let fold = if position == Position::SimpleKey { Fold::No } else { Fold::Yes };
        match scalar.style(position) {
            Style::Plain => self.writer.plain(&scalar.text, fold),
            Style::Single => self.writer.single_quoted(&scalar.text, fold),
            Style::Double => self.writer.double_quoted(&scalar.text, fold),
            Style::Literal => self.writer.literal(&scalar.text),
        }
        self.writer.indent = outer;
    }
}
