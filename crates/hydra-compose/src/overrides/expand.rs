//! A sweep to its values, as Hydra's basic sweeper takes them.

use super::decimal;
use super::glob::Patterns;
use super::ordering;
use super::parsed::Override;
use super::value::{ChoiceSweep, Element, GlobSweep, Number, Order, RangeSweep, SeedSweep, Sweep};
use crate::error::{Code, Error, Result};
use crate::mix;
use crate::tree::{Int, Origin, float_repr};
use num_traits::{ToPrimitive, Zero};

/// More jobs than anyone waits for. Hydra has no limit and would run until the memory is full.
pub(super) const MOST: usize = 1_000_000;

impl Override {
    /// The values that the jobs take, one after another, as text that parses to the value again.
    /// An override without a sweep has one. `options` gives the sorted options of a config group, for `glob(…)`.
    ///
    /// # Errors
    /// [`Code::OverrideInvalid`]: an interval, a zip (whose columns can be expanded), a sweep inside of another value, a range without an end or with the step 0.
    ///
    /// ```
    /// use hydra_compose::overrides::parse;
    /// let options = |_group: &str| vec!["adam".to_owned(), "adamw".to_owned(), "sgd".to_owned()];
    /// assert_eq!(parse("optimizer=glob(adam*)", 0)?.expand(&options)?, ["adam", "adamw"]);
    /// assert_eq!(parse("lr=range(0,0.3,0.1)", 0)?.expand(&options)?, ["0.0", "0.1", "0.2"]);
    /// # Ok::<(), hydra_compose::Error>(())
    /// ```
    pub fn expand(&self, options: &dyn Fn(&str) -> Vec<String>) -> Result<Vec<String>> {
        match self.sweep() {
            None => match self.value.as_ref().and_then(Element::find_sweep) {
                Some(sweep) => Err(self.misplaced_sweep(sweep)),
                None => Ok(vec![self.printed_value()]),
            },
            Some(Sweep::Choice(choice)) => self.choices(choice),
            Some(Sweep::Range(range)) => self.numbers(range),
            Some(Sweep::Interval(_)) => Err(self
                .invalid(
                    "BasicSweeper does not support sweep type : INTERVAL_SWEEP",
                    "an interval has no first value",
                )
                .help("give the values: range(0,1,0.1), or choice(0.1,0.5); to draw from it: hydra/sweeper=random")),
            Some(Sweep::Glob(glob)) => self.options(glob, options(&self.key)),
            Some(Sweep::Seeds(seeds)) => Ok(seeds.values().map(|seed| seed.to_string()).collect()),
            Some(Sweep::Zip(_)) => {
                Err(self.invalid("several keys have several values each", "take the columns of this zip"))
            }
        }
    }

    fn choices(&self, choice: &ChoiceSweep) -> Result<Vec<String>> {
        if let Some(sweep) = choice.list.iter().find_map(Element::find_sweep) {
            return Err(self.misplaced_sweep(sweep));
        }
        Ok(in_order(choice.list.iter().map(Element::to_string).collect(), choice.order))
    }

    fn numbers(&self, range: &RangeSweep) -> Result<Vec<String>> {
        let Some((start, stop, step)) = decimal::bounds(range) else {
            return match is_empty(range) {
                true => Ok(Vec::new()),
                false => Err(self.invalid("a range without an end", "not finite")),
            };
        };
        let integers = match (&range.start, &range.stop, &range.step) {
            (Number::Int(start), Number::Int(_), Number::Int(step)) => Some((start, step)),
            _ => None,
        };
        if !step.is_positive() && !step.is_negative() {
            return Err(self.invalid("the step of a range must not be zero", "this range"));
        }
        let count = decimal::count(&start, &stop, &step);
        let count = match count.to_usize() {
            Some(count @ 0..=MOST) => count,
            _ => {
                return Err(
                    self.invalid(format!("a sweep over {count} values; {MOST} are the most"), "this range")
                );
            }
        };
        let numbers = match integers {
            Some((start, step)) => (0..count).map(|index| (start + step * index).to_string()).collect(),
            None => {
                // The sign of a zero comes out as Python's.
                let first = range.start.to_float() + range.step.to_float() * 0.0;
                std::iter::once(first)
                    .chain((1..count).map(|index| {
                        start.plus(&step.times(&Int::from(index)).rounded()).rounded().to_float()
                    }))
                    .take(count)
                    .map(float_repr)
                    .collect()
            }
        };
        Ok(in_order(numbers, range.order))
    }

    fn options(&self, sweep: &GlobSweep, options: Vec<String>) -> Result<Vec<String>> {
        if options.is_empty() {
            return Ok(options);
        }
        let patterns = self.patterns(sweep)?;
        Ok(options.into_iter().filter(|name| patterns.take(name)).collect())
    }

    /// The patterns of a `glob(…)`.
    pub(super) fn patterns(&self, sweep: &GlobSweep) -> Result<Patterns> {
        let texts = |list: &[Element]| -> Result<Vec<String>> {
            let text = |element: &Element| {
                element.as_str().map(str::to_owned).ok_or_else(|| {
                    Error::new(Code::OverrideInvalid, "a pattern must be a text")
                        .label(&Origin::argument(&self.argument, element.span), "not a text")
                })
            };
            list.iter().map(text).collect()
        };
        Ok(Patterns { include: texts(&sweep.include)?, exclude: texts(&sweep.exclude)? })
    }

    fn invalid(&self, message: impl Into<String>, label: &str) -> Error {
        let span = self.value.as_ref().map_or(self.key_span, |value| value.span);
        Error::new(Code::OverrideInvalid, message).label(&Origin::argument(&self.argument, span), label)
    }
}

impl SeedSweep {
    /// The seeds. Each is a function of the root and its place alone, and no two are equal.
    ///
    /// ```
    /// use hydra_compose::overrides::SeedSweep;
    /// let three: Vec<u32> = SeedSweep { count: 3, root: 0 }.values().collect();
    /// let five: Vec<u32> = SeedSweep { count: 5, root: 0 }.values().collect();
    /// assert_eq!(three, five[..3]);
    /// ```
    pub fn values(&self) -> impl Iterator<Item = u32> + use<> {
        let root = self.root;
        (0..u32::try_from(self.count).unwrap_or(u32::MAX)).map(move |place| mix::permuted(root, place))
    }
}

/// Whether the numbers go away from `stop` at once, where one of the bounds is infinite.
fn is_empty(range: &RangeSweep) -> bool {
    let [start, stop, step] = [&range.start, &range.stop, &range.step].map(Number::to_float);
    step.is_finite() && (step > 0.0 && start >= stop || step < 0.0 && start <= stop)
}

impl Number {
    fn to_float(&self) -> f64 {
        match self {
            Number::Int(int) if int.is_zero() => 0.0,
            Number::Int(int) => int.to_string().parse().unwrap_or(f64::NAN),
            Number::Float(float) => *float,
        }
    }
}

fn in_order(mut values: Vec<String>, order: Order) -> Vec<String> {
    if order == Order::Shuffled {
        ordering::at_random(&mut values);
    }
    values
}
