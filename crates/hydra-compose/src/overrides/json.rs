//! What an override means, as data: one object for each line of `parse --format json`.

use super::directive::Directive;
use super::parsed::{Override, OverrideKind, ValueType};
use super::value::{Element, ElementKind, Number, Order, Sweep};
use crate::tree::float_repr;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use std::collections::BTreeSet;

/// `{"input","type","key","package","value_type","value"}`. Texts are plain, with or without quotes; integers keep their size;
/// floats that are not finite are `".nan"`, `".inf"`, `"-.inf"`. Keys of mappings are texts, spelled as in YAML, and keys
/// that become equal are all written, which is why this serializes and does not build a `serde_json::Value`.
///
/// ```
/// let over = hydra_compose::overrides::parse("+lr=1e-3,'a b'", 0)?;
/// assert_eq!(
///     serde_json::to_string(&over).unwrap(),
///     r#"{"input":"+lr=1e-3,'a b'","type":"ADD","key":"lr","package":null,"value_type":"SIMPLE_CHOICE_SWEEP","#.to_owned()
///         + r#""value":{"sweep":"choice","list":[0.001,"a b"],"shuffle":false,"tags":[]}}"#
/// );
/// # Ok::<(), hydra_compose::Error>(())
/// ```
impl Serialize for Override {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Override", 6)?;
        out.serialize_field("input", &self.argument.text)?;
        serialize_parts(self, &mut out)?;
        out.end()
    }
}

fn serialize_parts<S: SerializeStruct>(over: &Override, out: &mut S) -> Result<(), S::Error> {
    out.serialize_field("type", over.kind.as_str())?;
    out.serialize_field("key", &over.key)?;
    out.serialize_field("package", &over.package)?;
    out.serialize_field("value_type", &over.value_type().map(ValueType::as_str))?;
    out.serialize_field("value", &over.value)
}

impl OverrideKind {
    /// Hydra's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Change => "CHANGE",
            Self::Add => "ADD",
            Self::ForceAdd => "FORCE_ADD",
            Self::Delete => "DEL",
            Self::ExtendList => "EXTEND_LIST",
        }
    }
}

impl ValueType {
    /// Hydra's word for it, or one in its manner.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Element => "ELEMENT",
            Self::SimpleChoiceSweep => "SIMPLE_CHOICE_SWEEP",
            Self::ChoiceSweep => "CHOICE_SWEEP",
            Self::RangeSweep => "RANGE_SWEEP",
            Self::IntervalSweep => "INTERVAL_SWEEP",
            Self::GlobChoiceSweep => "GLOB_CHOICE_SWEEP",
            Self::SeedSweep => "SEED_SWEEP",
            Self::ZipSweep => "ZIP_SWEEP",
        }
    }
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            ElementKind::Null => serializer.serialize_unit(),
            ElementKind::Bool(bool) => serializer.serialize_bool(*bool),
            ElementKind::Int(int) => serialize_digits(&int.to_string(), serializer),
            ElementKind::Float(float) => serialize_float(*float, serializer),
            ElementKind::Str(text) | ElementKind::Quoted { text, .. } => serializer.serialize_str(text),
            ElementKind::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            ElementKind::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(&key_text(key), value)?;
                }
                map.end()
            }
            ElementKind::Sweep(sweep) => sweep.serialize(serializer),
        }
    }
}

impl Serialize for Sweep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        match self {
            Self::Choice(choice) => {
                out.serialize_entry("sweep", "choice")?;
                out.serialize_entry("list", &choice.list)?;
                reordered(&mut out, choice.order, &choice.tags)?;
            }
            Self::Range(range) => {
                out.serialize_entry("sweep", "range")?;
                out.serialize_entry("start", &range.start)?;
                out.serialize_entry("stop", &range.stop)?;
                out.serialize_entry("step", &range.step)?;
                reordered(&mut out, range.order, &range.tags)?;
            }
            Self::Interval(interval) => {
                out.serialize_entry("sweep", "interval")?;
                out.serialize_entry("start", &interval.start)?;
                out.serialize_entry("end", &interval.end)?;
                out.serialize_entry("tags", &interval.tags)?;
            }
            Self::Glob(glob) => {
                out.serialize_entry("sweep", "glob")?;
                out.serialize_entry("include", &glob.include)?;
                out.serialize_entry("exclude", &glob.exclude)?;
            }
            Self::Seeds(seeds) => {
                out.serialize_entry("sweep", "seeds")?;
                out.serialize_entry("count", &seeds.count)?;
                out.serialize_entry("root", &seeds.root)?;
            }
            Self::Zip(zip) => {
                let columns: Vec<Part<'_>> = zip.columns.iter().map(Part).collect();
                out.serialize_entry("sweep", "zip")?;
                out.serialize_entry("columns", &columns)?;
            }
        }
        out.end()
    }
}

/// An override that is a part of an argument: `{"type","key","package","value_type","value"}`.
struct Part<'a>(&'a Override);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Part", 5)?;
        serialize_parts(self.0, &mut out)?;
        out.end()
    }
}

/// `{"input","type","key","package","value_type","value"}` as of an override: the type is `EXCLUDE` or `REPEAT`, the value is
/// the list of the conditions or the number, and what does not apply is null.
///
/// ```
/// let repeat = hydra_compose::overrides::Directive::parse("repeat(3)", 0).expect("one")?;
/// assert_eq!(
///     serde_json::to_string(&repeat).unwrap(),
///     r#"{"input":"repeat(3)","type":"REPEAT","key":null,"package":null,"value_type":"COUNT","value":3}"#
/// );
/// # Ok::<(), hydra_compose::Error>(())
/// ```
impl Serialize for Directive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Directive", 6)?;
        out.serialize_field("input", &self.argument().text)?;
        let (what, value_type) = match self {
            Self::Exclude(_) => ("EXCLUDE", "CONDITIONS"),
            Self::Repeat(_) => ("REPEAT", "COUNT"),
        };
        out.serialize_field("type", what)?;
        out.serialize_field("key", &())?;
        out.serialize_field("package", &())?;
        out.serialize_field("value_type", value_type)?;
        match self {
            Self::Exclude(exclusion) => {
                let conditions: Vec<Part<'_>> = exclusion.conditions.iter().map(Part).collect();
                out.serialize_field("value", &conditions)?;
            }
            Self::Repeat(repeat) => out.serialize_field("value", &repeat.count)?,
        }
        out.end()
    }
}

fn reordered<M: SerializeMap>(out: &mut M, order: Order, tags: &BTreeSet<String>) -> Result<(), M::Error> {
    out.serialize_entry("shuffle", &(order == Order::Shuffled))?;
    out.serialize_entry("tags", tags)
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(int) => serialize_digits(&int.to_string(), serializer),
            Self::Float(float) => serialize_float(*float, serializer),
        }
    }
}

fn serialize_float<S: Serializer>(float: f64, serializer: S) -> Result<S::Ok, S::Error> {
    match yaml_word(float) {
        Some(word) => serializer.serialize_str(word),
        None => serialize_digits(&float_repr(float), serializer),
    }
}

/// A number with these very digits.
fn serialize_digits<S: Serializer>(digits: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match digits.parse::<serde_json::Number>() {
        Ok(number) => number.serialize(serializer),
        Err(_) => serializer.serialize_str(digits),
    }
}

fn yaml_word(float: f64) -> Option<&'static str> {
    match float {
        _ if float.is_finite() => None,
        _ if float.is_nan() => Some(".nan"),
        _ if float > 0.0 => Some(".inf"),
        _ => Some("-.inf"),
    }
}

/// A key as YAML output spells it: an exponent there has a point before it.
fn key_text(key: &Element) -> String {
    match &key.kind {
        ElementKind::Str(text) | ElementKind::Quoted { text, .. } => text.clone(),
        ElementKind::Bool(bool) => bool.to_string(),
        ElementKind::Float(float) => match (yaml_word(*float), float_repr(*float)) {
            (Some(word), _) => word.to_owned(),
            (None, digits) if !digits.contains('.') => digits.replacen('e', ".0e", 1),
            (None, digits) => digits,
        },
        _ => key.to_string(),
    }
}
