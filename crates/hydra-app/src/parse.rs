//! The subcommand `parse`: what overrides mean, without any configuration.

use crate::cli::Format;
use crate::plan::one_line;
use clap::Args;
use hydra_compose::overrides::{
    ChoiceSweep, Directive, Element, GlobSweep, Order, Override, OverrideKind, SeedSweep, Sweep, ValueType,
    ZipSweep, parse,
};
use hydra_compose::{Code, Error, Result};
use serde::Serialize;
use std::collections::BTreeSet;

/// Wider columns than this do not push the others to the right.
const WIDEST: usize = 40;

/// The arguments of `parse`.
///
/// ```
/// use clap::Parser;
/// #[derive(Parser)]
/// struct Cli {
///     #[command(flatten)]
///     parse: hydra_app::parse::ParseArgs,
/// }
/// let cli = Cli::parse_from(["parse", "--format", "json", "lr=0.1", "--", "--cfg", "~db"]);
/// assert_eq!(cli.parse.overrides, ["lr=0.1", "--cfg", "~db"]);
/// ```
#[derive(Args, Clone, Debug, Default)]
pub struct ParseArgs {
    /// Overrides to explain; after -- nothing is a flag
    #[arg(value_name = "OVERRIDE")]
    pub overrides: Vec<String>,

    /// Write for a person, or for a program
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

impl ParseArgs {
    /// The text to print: a line for each override.
    ///
    /// # Errors
    /// All overrides that do not parse; then nothing is to be printed.
    ///
    /// ```
    /// use hydra_app::parse::ParseArgs;
    /// let args = ParseArgs { overrides: vec!["lr=1e-3,0.1".into(), "~db".into()], ..ParseArgs::default() };
    /// assert_eq!(args.answer()?, "lr=1e-3,0.1  CHANGE  lr  SIMPLE_CHOICE_SWEEP  0.001, 0.1\n~db          DEL     db\n");
    /// # Ok::<(), hydra_compose::Error>(())
    /// ```
    pub fn answer(&self) -> Result<String> {
        let overrides = parsed(&self.overrides)?;
        match self.format {
            Format::Text => Ok(text(&overrides)),
            Format::Json => json(&overrides),
        }
    }
}

/// What one argument is.
#[derive(Serialize)]
#[serde(untagged)]
enum Parsed {
    Override(Override),
    Directive(Directive),
}

fn parsed(arguments: &[String]) -> Result<Vec<Parsed>> {
    let (mut parsed, mut errors) = (Vec::new(), Vec::new());
    for (index, argument) in arguments.iter().enumerate() {
        let one = match Directive::parse(argument, index) {
            Some(directive) => directive.map(Parsed::Directive),
            None => parse(argument, index).map(Parsed::Override),
        };
        match one {
            Ok(one) => parsed.push(one),
            Err(error) => errors.push(error),
        }
    }
    Error::several(errors).map_or(Ok(parsed), Err)
}

/// One object a line.
fn json(arguments: &[Parsed]) -> Result<String> {
    let mut out = String::new();
    for argument in arguments {
        let object = serde_json::to_string(argument);
        out.push_str(&object.map_err(|error| Error::new(Code::OverrideInvalid, error.to_string()))?);
        out.push('\n');
    }
    Ok(out)
}

/// Columns: the argument, what is done, to which key, what the value is, and the value.
fn text(arguments: &[Parsed]) -> String {
    let rows: Vec<[String; 5]> = arguments.iter().map(row).collect();
    let widths: [usize; 4] = std::array::from_fn(|column| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.filter(|length| *length <= WIDEST).max().unwrap_or(0)
    });
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        line.push_str(&row[4]);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn row(argument: &Parsed) -> [String; 5] {
    match argument {
        Parsed::Override(over) => row_of(over),
        Parsed::Directive(directive) => {
            let (what, meaning) = match directive {
                Directive::Exclude(exclusion) => {
                    let conditions: Vec<String> = exclusion.conditions.iter().map(condition).collect();
                    ("EXCLUDE", format!("jobs with {}", conditions.join(" and ")))
                }
                Directive::Repeat(repeat) if repeat.count == 1 => ("REPEAT", "every job once".to_owned()),
                Directive::Repeat(repeat) => ("REPEAT", format!("every job {} times", repeat.count)),
            };
            let input = one_line(&directive.argument().text);
            [input, what.to_owned(), String::new(), String::new(), one_line(&meaning)]
        }
    }
}

fn row_of(over: &Override) -> [String; 5] {
    let value_type = if over.kind == OverrideKind::ExtendList { None } else { over.value_type() };
    [
        one_line(&over.argument.text),
        over.kind.as_str().to_owned(),
        key(over),
        value_type.map_or(String::new(), |value_type: ValueType| value_type.as_str().to_owned()),
        value(over),
    ]
}

fn key(over: &Override) -> String {
    match &over.package {
        Some(package) => format!("{}@{package}", over.key),
        None => over.key.clone(),
    }
}

fn value(over: &Override) -> String {
    match (over.sweep(), &over.value) {
        (Some(sweep), _) => one_line(&described(over, sweep)),
        (None, Some(value)) => shown(value),
        (None, None) => String::new(),
    }
}

fn condition(condition: &Override) -> String {
    let values = value(condition);
    match condition.sweep() {
        Some(Sweep::Choice(_)) => format!("{} in {values}", condition.key_element()),
        Some(_) => format!("{} {values}", condition.key_element()),
        None => format!("{} = {values}", condition.key_element()),
    }
}

/// A value as JSON spells it: text is in quotes, a float has a point.
fn shown(value: &Element) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// The values of a sweep, in words as far as they are not listed.
fn described(over: &Override, sweep: &Sweep) -> String {
    match sweep {
        Sweep::Choice(choice) => choices(choice),
        Sweep::Range(range) => {
            let count = over.expand(&|_| Vec::new()).map(|values| format!("; {} values", values.len()));
            let steps = format!("from {} to {} by {}", range.start, range.stop, range.step);
            noted(steps + &count.unwrap_or_default(), range.order, &range.tags)
        }
        Sweep::Interval(interval) => {
            noted(format!("between {} and {}", interval.start, interval.end), Order::Given, &interval.tags)
        }
        Sweep::Glob(glob) => options(glob),
        Sweep::Seeds(sweep) => seeds(sweep),
        Sweep::Zip(zip) => columns(zip),
    }
}

/// The seeds, or the first few of them.
fn seeds(sweep: &SeedSweep) -> String {
    let shown: Vec<String> = sweep.values().take(3).map(|seed| seed.to_string()).collect();
    let more = if sweep.count > shown.len() { ", …" } else { "" };
    format!("{} from the root {}: {}{more}", sweep.count, sweep.root, shown.join(", "))
}

/// Each key with its values.
fn columns(zip: &ZipSweep) -> String {
    let column = |over: &Override| format!("{} takes {}", over.key_element(), value(over));
    format!("together: {}", zip.columns.iter().map(column).collect::<Vec<_>>().join(" | "))
}

fn choices(choice: &ChoiceSweep) -> String {
    let values: Vec<String> = choice.list.iter().map(shown).collect();
    noted(values.join(", "), choice.order, &choice.tags)
}

fn options(glob: &GlobSweep) -> String {
    let list = |patterns: &[Element]| patterns.iter().map(shown).collect::<Vec<_>>().join(", ");
    let included = format!("options like {}", list(&glob.include));
    match glob.exclude.as_slice() {
        [] => included,
        excluded => format!("{included}, but not {}", list(excluded)),
    }
}

fn noted(mut values: String, order: Order, tags: &BTreeSet<String>) -> String {
    if order == Order::Shuffled {
        values.push_str("; shuffled");
    }
    if !tags.is_empty() {
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        values.push_str(&format!("; tags: {}", tags.join(", ")));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(overrides: &[&str], format: Format) -> Result<String> {
        ParseArgs { overrides: overrides.iter().map(ToString::to_string).collect(), format }.answer()
    }

    #[test]
    fn every_kind_of_override_is_explained() {
        let overrides = [
            "training.lr=choice(1,2)",
            "x=007",
            "+a@p=[1, {b: 'c'}]",
            "++n='line\nline'",
            "~db=mysql",
            "s=shuffle(range(0,10,2))",
            "i=tag(b,a,interval(0,1))",
            "db=glob([my*,post*],exclude=*2)",
            "l=extend_list(1,b)",
            "e=",
        ];
        let want = r#"
training.lr=choice(1,2)          CHANGE       training.lr  CHOICE_SWEEP       1, 2
x=007                            CHANGE       x            ELEMENT            "007"
+a@p=[1, {b: 'c'}]               ADD          a@p          ELEMENT            [1,{"b":"c"}]
++n='line\nline'                 FORCE_ADD    n            ELEMENT            "line\nline"
~db=mysql                        DEL          db           ELEMENT            "mysql"
s=shuffle(range(0,10,2))         CHANGE       s            RANGE_SWEEP        from 0 to 10 by 2; 5 values; shuffled
i=tag(b,a,interval(0,1))         CHANGE       i            INTERVAL_SWEEP     between 0.0 and 1.0; tags: a, b
db=glob([my*,post*],exclude=*2)  CHANGE       db           GLOB_CHOICE_SWEEP  options like "my*", "post*", but not "*2"
l=extend_list(1,b)               EXTEND_LIST  l                               [1,"b"]
e=                               CHANGE       e            ELEMENT            ""
"#;
        let lines = answer(&overrides, Format::Text).expect("they parse");
        assert_eq!(lines, want.trim_start());
    }

    #[test]
    fn what_hydra_has_not_is_explained_as_well() {
        let arguments = [
            "s=seeds(4,7)",
            "lr,+bs@p=zip([1e-3,0.1],range(64,192,64))",
            "exclude(lr=interval(0.01,1),+bs@p=choice(64,'a'),e=x)",
            "repeat(3)",
        ];
        let want = "\
s=seeds(4,7)  CHANGE   s         SEED_SWEEP  4 from the root 7: 3503418263, 738508283, 2124329299, …
lr,+bs@p=zip([1e-3,0.1],range(64,192,64))  CHANGE   lr,+bs@p  ZIP_SWEEP   together: lr takes 0.001, 0.1 | +bs@p takes from 64 to 192 by 64; 2 values
exclude(lr=interval(0.01,1),+bs@p=choice(64,'a'),e=x)  EXCLUDE                        jobs with lr between 0.01 and 1.0 and +bs@p in 64, \"a\" and e = \"x\"
repeat(3)     REPEAT                         every job 3 times
";
        assert_eq!(answer(&arguments, Format::Text).expect("they parse"), want);
        let json = answer(&["a,+b@p=zip([1],[x])", "exclude(a=1)"], Format::Json).expect("they parse");
        let column = |head: &str, value: &str| {
            format!(
                r#"{{{head},"value_type":"CHOICE_SWEEP","value":{{"sweep":"choice","list":[{value}],"shuffle":false,"tags":[]}}}}"#
            )
        };
        let columns = [
            column(r#""type":"CHANGE","key":"a","package":null"#, "1"),
            column(r#""type":"ADD","key":"b","package":"p""#, "\"x\""),
        ];
        let want = format!(
            r#"{{"input":"a,+b@p=zip([1],[x])","type":"CHANGE","key":"a,+b@p","package":null,"value_type":"ZIP_SWEEP","value":{{"sweep":"zip","columns":[{}]}}}}
{{"input":"exclude(a=1)","type":"EXCLUDE","key":null,"package":null,"value_type":"CONDITIONS","value":[{{"type":"CHANGE","key":"a","package":null,"value_type":"ELEMENT","value":1}}]}}
"#,
            columns.join(",")
        );
        assert_eq!(json, want);
    }

    #[test]
    fn json_is_one_object_a_line() {
        let lines = answer(&["~db", "x=1e3"], Format::Json).expect("they parse");
        let want = concat!(
            r#"{"input":"~db","type":"DEL","key":"db","package":null,"value_type":null,"value":null}"#,
            "\n",
            r#"{"input":"x=1e3","type":"CHANGE","key":"x","package":null,"value_type":"ELEMENT","value":1000.0}"#,
            "\n"
        );
        assert_eq!(lines, want);
        assert_eq!(answer(&[], Format::Json).expect("nothing"), "");
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let error = answer(&["a=1", "b", "c=["], Format::Text).expect_err("two are wrong");
        assert_eq!(error.each().len(), 2);
    }
}
