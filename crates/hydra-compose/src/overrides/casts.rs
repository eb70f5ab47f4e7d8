//! `int`, `float`, `str`, `bool`, with Python's rules for single values and Hydra's for all others.

use super::call::{Bound, Failure, Outcome};
use super::python;
use super::sweeps::simple_choice;
use super::value::{ChoiceSweep, Element, ElementKind, IntervalSweep, Number, Order, RangeSweep, Sweep};
use crate::tree::{Int, float_repr};
use num_traits::{FromPrimitive, Zero};

/// The type to cast to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cast {
    Int,
    Float,
    Str,
    Bool,
}

/// Casts the one argument, or several as a choice.
pub(super) fn call(cast: Cast, mut bound: Bound) -> Outcome {
    let named = bound.take("value");
    let mut args = bound.variadic;
    match (named, args.len()) {
        (Some(_), 1..) => Err(Failure::type_("cannot use both position and named arguments")),
        (Some(value), 0) => cast.apply(value.kind),
        (None, 0) => Err(Failure::type_("No positional args or value specified")),
        (None, 1) => cast.apply(args.remove(0).kind),
        (None, _) => cast.apply(Sweep::Choice(simple_choice(args)?).into()),
    }
}

impl Cast {
    fn apply(self, kind: ElementKind) -> Outcome {
        match kind {
            ElementKind::List(items) => Ok(ElementKind::List(self.each(items)?)),
            ElementKind::Map(entries) => entries
                .into_iter()
                .map(|(key, value)| Ok((key, self.element(value)?)))
                .collect::<Result<_, _>>()
                .map(ElementKind::Map),
            ElementKind::Sweep(sweep) => match *sweep {
                Sweep::Choice(choice) => self.choice(choice),
                Sweep::Range(range) => self.range(range),
                Sweep::Interval(interval) => self.interval(interval),
                // Inside of a list, where nothing checked its type.
                Sweep::Seeds(_) | Sweep::Zip(_) => Err(Failure::value("seeds cannot be cast")),
                Sweep::Glob(_) if self == Cast::Bool => Ok(ElementKind::Bool(true)),
                Sweep::Glob(_) => Err(Failure::assertion()),
            },
            single => self.single(single),
        }
    }

    fn element(self, element: Element) -> Result<Element, Failure> {
        Ok(Element::new(self.apply(element.kind)?, element.span))
    }

    fn each(self, items: Vec<Element>) -> Result<Vec<Element>, Failure> {
        items.into_iter().map(|item| self.element(item)).collect()
    }

    /// Tags and order are lost, as in Hydra 1.3.
    fn choice(self, choice: ChoiceSweep) -> Outcome {
        let list = self.each(choice.list)?;
        if list.iter().any(|element| element.as_sweep().is_some()) {
            return Err(Failure::assertion());
        }
        Ok(Sweep::Choice(ChoiceSweep::new(list, choice.form)).into())
    }

    /// The bounds are cast, not the numbers between. Tags and order are lost, as in Hydra 1.3.
    fn range(self, range: RangeSweep) -> Outcome {
        if !matches!(self, Cast::Int | Cast::Float) {
            return Err(Failure::value("Range can only be cast to int or float"));
        }
        let (start, stop, step) =
            (self.number(range.start)?, self.number(range.stop)?, self.number(range.step)?);
        Ok(Sweep::Range(RangeSweep { start, stop, step, order: Order::Given, tags: Default::default() })
            .into())
    }

    fn interval(self, interval: IntervalSweep) -> Outcome {
        match self {
            Cast::Int | Cast::Float => {
                let (start, end) = (self.number(interval.start)?, self.number(interval.end)?);
                Ok(Sweep::Interval(IntervalSweep { start, end, tags: interval.tags }).into())
            }
            Cast::Str => Err(Failure::value("Intervals cannot be cast to str")),
            Cast::Bool => Err(Failure::value("Intervals cannot be cast to bool")),
        }
    }

    fn number(self, number: Number) -> Result<Number, Failure> {
        match self {
            Cast::Float => Ok(Number::Float(number_to_float(&number)?)),
            _ => Ok(Number::Int(match number {
                Number::Int(int) => int,
                Number::Float(float) => truncated(float)?,
            })),
        }
    }

    fn single(self, kind: ElementKind) -> Outcome {
        Ok(match (self, kind) {
            (Cast::Bool, ElementKind::Null) => ElementKind::Bool(false),
            (_, ElementKind::Null) => return Err(Failure::assertion()),

            (Cast::Int, ElementKind::Bool(bool)) => ElementKind::Int(Int::from(bool)),
            (Cast::Int, ElementKind::Float(float)) => ElementKind::Int(truncated(float)?),
            (Cast::Int, ElementKind::Str(text) | ElementKind::Quoted { text, .. }) => {
                ElementKind::Int(python::int_from_str(&text)?)
            }

            (Cast::Float, ElementKind::Bool(bool)) => ElementKind::Float(f64::from(u8::from(bool))),
            (Cast::Float, ElementKind::Int(int)) => ElementKind::Float(int_to_float(&int)?),
            (Cast::Float, ElementKind::Str(text) | ElementKind::Quoted { text, .. }) => {
                ElementKind::Float(python::float_from_str(&text)?)
            }

            (Cast::Str, ElementKind::Bool(bool)) => ElementKind::Str(bool.to_string()),
            (Cast::Str, ElementKind::Int(int)) => ElementKind::Str(int.to_string()),
            (Cast::Str, ElementKind::Float(float)) => ElementKind::Str(float_repr(float)),
            (Cast::Str, ElementKind::Quoted { text, .. }) => ElementKind::Str(text),

            (Cast::Bool, ElementKind::Int(int)) => ElementKind::Bool(!int.is_zero()),
            (Cast::Bool, ElementKind::Float(float)) => ElementKind::Bool(float != 0.0),
            (Cast::Bool, ElementKind::Str(text) | ElementKind::Quoted { text, .. }) => {
                match text.to_lowercase().as_str() {
                    "true" => ElementKind::Bool(true),
                    "false" => ElementKind::Bool(false),
                    _ => return Err(Failure::value(format!("Cannot cast '{text}' to bool"))),
                }
            }

            (_, same) => same,
        })
    }
}

/// As Python's `float`.
pub(super) fn number_to_float(number: &Number) -> Result<f64, Failure> {
    match number {
        Number::Int(int) => int_to_float(int),
        Number::Float(float) => Ok(*float),
    }
}

fn int_to_float(int: &Int) -> Result<f64, Failure> {
    // By way of the digits: reading a float rounds correctly at any size.
    let float: f64 = int.to_string().parse().unwrap_or(f64::INFINITY);
    if float.is_finite() { Ok(float) } else { Err(Failure::overflow("int too large to convert to float")) }
}

fn truncated(float: f64) -> Result<Int, Failure> {
    if float.is_nan() {
        return Err(Failure::value("cannot convert float NaN to integer"));
    }
    Int::from_f64(float.trunc()).ok_or_else(|| Failure::overflow("cannot convert float infinity to integer"))
}
