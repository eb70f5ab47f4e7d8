//! The functions of the grammar, each declared once: parser, help and reference read this table.

use super::call::{Bound, Failure, Given, Outcome, Parameter, Presence, Type, bind};
use super::casts::{self, Cast};
use super::value::ElementKind;
use super::{ordering, sweeps};

/// Its values are appended instead of replacing: the parser has to know.
pub(super) const EXTEND_LIST: &str = "extend_list";

/// A function that a value may call.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Name and parameters as Hydra's documentation writes them.
    pub signature: &'static str,
    /// What it makes, in a line.
    pub doc: &'static str,
    parameters: &'static [Parameter],
    body: fn(Bound) -> Outcome,
}

/// All functions, by name.
pub static FUNCTIONS: &[Function] = &[
    Function {
        name: "bool",
        signature: "bool(*args, value=None)",
        doc: "The same value, list, mapping or choice with booleans in it: numbers are true unless 0, of texts only true and false are taken.",
        parameters: CAST,
        body: |bound| casts::call(Cast::Bool, bound),
    },
    Function {
        name: "choice",
        signature: "choice(*args)",
        doc: "One job for each argument, as `a,b` without a function.",
        parameters: &[Parameter { name: "args", accepts: CHOICE, presence: Presence::Variadic }],
        body: sweeps::choice,
    },
    Function {
        name: EXTEND_LIST,
        signature: "extend_list(*args)",
        doc: "Appends the arguments to the list that the key holds. Only as the whole value, and only without `+`.",
        parameters: &[Parameter { name: "args", accepts: ANY, presence: Presence::Variadic }],
        body: |bound| Ok(ElementKind::List(bound.variadic)),
    },
    Function {
        name: "float",
        signature: "float(*args, value=None)",
        doc: "The same value, list, mapping or sweep with floats in it.",
        parameters: CAST,
        body: |bound| casts::call(Cast::Float, bound),
    },
    Function {
        name: "glob",
        signature: "glob(include, exclude=None)",
        doc: "One job for each option of the config group whose name matches a pattern of `include` and none of `exclude`.",
        parameters: &[
            Parameter { name: "include", accepts: PATTERNS, presence: Presence::Required },
            Parameter { name: "exclude", accepts: PATTERNS_OR_NULL, presence: Presence::Optional },
        ],
        body: sweeps::glob,
    },
    Function {
        name: "int",
        signature: "int(*args, value=None)",
        doc: "The same value, list, mapping or sweep with integers in it: floats are cut off, texts must be integers.",
        parameters: CAST,
        body: |bound| casts::call(Cast::Int, bound),
    },
    Function {
        name: "interval",
        signature: "interval(start, end)",
        doc: "All numbers from `start` to `end`, for sweepers that search.",
        parameters: &[
            Parameter { name: "start", accepts: NUMBER, presence: Presence::Required },
            Parameter { name: "end", accepts: NUMBER, presence: Presence::Required },
        ],
        body: sweeps::interval,
    },
    Function {
        name: "range",
        signature: "range(start, stop=None, step=1)",
        doc: "One job for each number from `start` to below `stop`; `range(n)` starts at 0.",
        parameters: &[
            Parameter { name: "start", accepts: NUMBER, presence: Presence::Required },
            Parameter { name: "stop", accepts: NUMBER_OR_NULL, presence: Presence::Optional },
            Parameter { name: "step", accepts: NUMBER, presence: Presence::Optional },
        ],
        body: sweeps::range,
    },
    Function {
        name: "seeds",
        signature: "seeds(count, root=0)",
        doc: "One job for each of `count` different seeds of 32 bits, which follow from `root`; more of them begin with the same.",
        parameters: &[
            Parameter { name: "count", accepts: INT, presence: Presence::Required },
            Parameter { name: "root", accepts: INT_OR_NULL, presence: Presence::Optional },
        ],
        body: sweeps::seeds,
    },
    Function {
        name: "shuffle",
        signature: "shuffle(*args, sweep=None, list=None)",
        doc: "The values of a choice, a range or a list in random order.",
        parameters: &[
            Parameter { name: "args", accepts: SORTABLE, presence: Presence::Variadic },
            Parameter { name: "sweep", accepts: DISCRETE_OR_NULL, presence: Presence::Optional },
            Parameter { name: "list", accepts: LIST_OR_NULL, presence: Presence::Optional },
        ],
        body: ordering::shuffle,
    },
    Function {
        name: "sort",
        signature: "sort(*args, sweep=None, list=None, reverse=False)",
        doc: "The values of a choice, a range or a list in order.",
        parameters: &[
            Parameter { name: "args", accepts: SORTABLE, presence: Presence::Variadic },
            Parameter { name: "sweep", accepts: DISCRETE_OR_NULL, presence: Presence::Optional },
            Parameter { name: "list", accepts: LIST_OR_NULL, presence: Presence::Optional },
            Parameter { name: "reverse", accepts: BOOL, presence: Presence::Optional },
        ],
        body: ordering::sort,
    },
    Function {
        name: "str",
        signature: "str(*args, value=None)",
        doc: "The same value, list, mapping or choice with texts in it.",
        parameters: CAST,
        body: |bound| casts::call(Cast::Str, bound),
    },
    Function {
        name: "tag",
        signature: "tag(*args, sweep=None)",
        doc: "The sweep, which is the last argument, with the other arguments as tags for the sweeper.",
        parameters: &[
            Parameter { name: "args", accepts: TAGGABLE, presence: Presence::Variadic },
            Parameter { name: "sweep", accepts: SWEEP_OR_NULL, presence: Presence::Optional },
        ],
        body: sweeps::tag,
    },
];

/// Calls a function by its name.
pub(super) fn call(name: &str, given: Vec<Given>) -> Outcome {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
        return Err(Failure { class: "HydraException", message: format!("Unknown function '{name}'") });
    };
    let bound = bind(function.parameters, given)?;
    for parameter in function.parameters {
        parameter.check(&bound)?;
    }
    (function.body)(bound)
}

const ANY: Type = Type { annotation: "Any", classes: None };
const BOOL: Type = Type { annotation: "bool", classes: Some(&["bool"]) };
const INT: Type = Type { annotation: "int", classes: Some(&["int"]) };
const INT_OR_NULL: Type = Type { annotation: "Optional[int]", classes: Some(&["int", "NoneType"]) };
const NUMBER: Type = Type { annotation: "Union[int, float]", classes: Some(&["bool", "int", "float"]) };
const NUMBER_OR_NULL: Type =
    Type { annotation: "Optional[Union[int, float]]", classes: Some(&["bool", "int", "float", "NoneType"]) };
const PATTERNS: Type = Type { annotation: "Union[List[str], str]", classes: Some(&["list", "str"]) };
const PATTERNS_OR_NULL: Type =
    Type { annotation: "Optional[Union[str, List[str]]]", classes: Some(&["list", "str", "NoneType"]) };
const LIST_OR_NULL: Type = Type { annotation: "Optional[List[Any]]", classes: Some(&["list", "NoneType"]) };
const CHOICE: Type = Type {
    annotation: "Union[str, int, float, bool, Dict[Any, Any], List[Any], ChoiceSweep]",
    classes: Some(&["str", "int", "float", "bool", "dict", "list", "ChoiceSweep"]),
};
const SORTABLE: Type = Type {
    annotation: "Union[str, int, bool, float, list, dict, ChoiceSweep, RangeSweep]",
    classes: Some(&["str", "int", "bool", "float", "list", "dict", "ChoiceSweep", "RangeSweep"]),
};
const DISCRETE_OR_NULL: Type = Type {
    annotation: "Optional[Union[ChoiceSweep, RangeSweep]]",
    classes: Some(&["ChoiceSweep", "RangeSweep", "NoneType"]),
};
const TAGGABLE: Type = Type {
    annotation: "Union[str, Sweep]",
    classes: Some(&["str", "ChoiceSweep", "RangeSweep", "IntervalSweep"]),
};
const SWEEP_OR_NULL: Type = Type {
    annotation: "Optional[Sweep]",
    classes: Some(&["ChoiceSweep", "RangeSweep", "IntervalSweep", "NoneType"]),
};
// A glob is no `Sweep` to Hydra, so it can be neither tagged nor cast.
const CASTABLE: Type = Type {
    annotation: "Optional[Union[str, int, float, bool, List[Any], Dict[str, Any], QuotedString, Sweep]]",
    classes: Some(&[
        "str",
        "int",
        "float",
        "bool",
        "list",
        "dict",
        "ChoiceSweep",
        "RangeSweep",
        "IntervalSweep",
        "NoneType",
    ]),
};
const CAST: &[Parameter] = &[
    Parameter { name: "args", accepts: CASTABLE, presence: Presence::Variadic },
    Parameter { name: "value", accepts: CASTABLE, presence: Presence::Optional },
];
