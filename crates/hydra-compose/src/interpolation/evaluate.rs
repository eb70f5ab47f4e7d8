//! What a parsed interpolation reads.

use super::grammar::{Argument, Element, Interpolation, Kind, Part, Piece, Scalar, Text};
use super::item::{Item, ItemKey};
use super::place::Place;
use super::resolvers::Call;
use super::select::{Missing, Stray};
use crate::error::{Code, Error, Result};
use crate::tree::Value;
use std::rc::Rc;

fn error(message: impl Into<String>) -> Error {
    Error::new(Code::Interpolation, message)
}

impl<'s, 't> Call<'s, 't> {
    /// The value of a whole text: what it reads if it is one interpolation, else a string.
    pub(super) fn text(&self, text: &Text) -> Result<Item<'t>> {
        match text.single() {
            Some(only) => self.interpolation(only),
            None => self.joined(&text.pieces),
        }
    }

    fn joined(&self, pieces: &[Piece]) -> Result<Item<'t>> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => out.push_str(literal),
                Piece::Interpolation(interpolation) => {
                    let before = out.len();
                    self.interpolation(interpolation)?.write_str(&mut out);
                    self.session.charge_text(out.len(), out.len() - before)?;
                }
            }
        }
        Ok(Item::text(out))
    }

    /// The value of an argument, or of what `oc.decode` is given.
    pub(super) fn element(&self, element: &Element) -> Result<Item<'t>> {
        Ok(match element {
            Element::Scalar(scalar) => Item::scalar(match scalar {
                Scalar::Null => Value::Null,
                Scalar::Bool(bool) => Value::Bool(*bool),
                Scalar::Int(int) => Value::Int(int.clone()),
                Scalar::Float(float) => Value::Float(*float),
                Scalar::Str(text) => Value::Str(text.clone()),
                Scalar::Blank => return Err(error("a value of nothing but blanks must be quoted")),
            }),
            Element::Interpolation(interpolation) => self.interpolation(interpolation)?,
            Element::Joined(pieces) => self.joined(pieces)?,
            Element::Quoted(text) => {
                let item = self.text(text)?;
                if item.as_str().is_some() { item } else { Item::text(item.to_str()) }
            }
            Element::List(items) => Item::List(Rc::new(self.sequence(items)?)),
            Element::Dict(pairs) => Item::Dict(Rc::new(self.dict(pairs)?)),
        })
    }

    fn sequence(&self, arguments: &[Argument]) -> Result<Vec<Item<'t>>> {
        let value = |argument: &Argument| match &argument.element {
            Some(element) => self.session.deeper(|| self.element(element)),
            None => {
                let message = "an element between commas is missing and taken for an empty string: write ''";
                self.session.warn(message.to_owned(), self.place.node());
                Ok(Item::text(""))
            }
        };
        arguments.iter().map(value).collect()
    }

    /// In Python's order: a repeated key keeps its first place and its first spelling, and takes the last value.
    fn dict(&self, pairs: &[(Scalar, Element)]) -> Result<Vec<(ItemKey, Item<'t>)>> {
        let mut entries: Vec<(ItemKey, Item<'t>)> = Vec::new();
        for (key, element) in pairs {
            let key = ItemKey::from_scalar(key).ok_or_else(|| error("a key of nothing but blanks"))?;
            let item = self.session.deeper(|| self.element(element))?;
            match entries.iter_mut().find(|(before, _)| before.same(&key)) {
                Some((_, before)) => *before = item,
                None => entries.push((key, item)),
            }
        }
        Ok(entries)
    }

    pub(super) fn interpolation(&self, interpolation: &Interpolation) -> Result<Item<'t>> {
        let read = || match &interpolation.kind {
            Kind::Node(parts) => self.node(parts),
            Kind::Resolver { name, arguments } => self.resolver(name, arguments),
        };
        self.session.deeper(read).map_err(|error| self.blame(error, interpolation.span))
    }

    /// `${a.b}`
    fn node(&self, parts: &[Part]) -> Result<Item<'t>> {
        let key = self.names(parts, "a key of the configuration")?;
        let found =
            self.session.find(&self.container, &key, Missing::Refuse).map_err(|stray| match stray {
                Stray::Missing(missing) => Error::new(
                    Code::MissingValue,
                    format!("Interpolation to a missing value: '{missing}' is ???"),
                )
                .help(format!("give it a value: {missing}=…")),
                stray => stray.into(),
            })?;
        let Some(found) = found else {
            let shown = key.trim_start_matches('.');
            return Err(error(format!("Interpolation key '{shown}' not found")).maybe_help(self.hint(&key)));
        };
        if let Item::Node(target) = &found.item {
            let mut above = Some(&self.container);
            while let Some(place) = above {
                if place.is(target) {
                    return Err(error("Interpolation to parent node detected"));
                }
                above = place.container();
            }
        }
        Ok(found.item)
    }

    fn names(&self, parts: &[Part], what: &str) -> Result<String> {
        let mut name = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => name.push_str(literal),
                Part::Nested(interpolation) => {
                    let item = self.interpolation(interpolation)?;
                    let Some(text) = item.as_str() else {
                        let written = shorten(&item.to_str());
                        let message = format!(
                            "A nested interpolation names {what} and must be a string, but it is {} `{written}`",
                            item.kind()
                        );
                        return Err(self.blame(error(message), interpolation.span));
                    };
                    name.push_str(text);
                }
            }
        }
        Ok(name)
    }

    /// `${name:arguments}`
    fn resolver(&self, name: &[Part], arguments: &[Argument]) -> Result<Item<'t>> {
        let name = self.names(name, "a resolver")?;
        let items = self.sequence(arguments)?;
        let written = || arguments.iter().map(|argument| argument.text.clone()).collect();
        self.session.call_resolver(&name, &items, written, self)
    }

    /// What a key counts from: the container that holds the node.
    pub(super) fn container(&self) -> &Rc<Place<'t>> {
        &self.container
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(60).chain(['…']).collect() }
}
