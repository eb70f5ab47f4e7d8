//! What `--multirun --dry-run` prints: the jobs of a sweep.

use hydra_compose::sweep::Plan;
use serde_json::Value;

/// A line for each job, as Hydra logs it when it is launched; overrides of `hydra.…` are left out.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
/// let plan = hydra_compose::Composer::new(folder.path()).overrides(["seed=1,2", "+note='a b'"]).plan()?;
/// assert_eq!(hydra_app::plan::text(&plan), "#0 : seed=1 +note='a b'\n#1 : seed=2 +note='a b'\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    for job in plan.jobs() {
        let overrides: Vec<&str> = job.task_overrides().collect();
        // One line a job, also where a quoted text has several.
        out.push_str(&format!("#{} : {}\n", job.num, one_line(&overrides.join(" "))));
    }
    out
}

/// The same as one JSON object on one line: `{"jobs":[{"num":0,"overrides":["a=1","db=mysql"]}…]}`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
/// let plan = hydra_compose::Composer::new(folder.path()).overrides(["seed=1,2"]).plan()?;
/// let json = r#"{"jobs":[{"num":0,"overrides":["seed=1"]},{"num":1,"overrides":["seed=2"]}]}"#;
/// assert_eq!(hydra_app::plan::json(&plan), format!("{json}\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn json(plan: &Plan) -> String {
    // Piece by piece: a plan can have a million jobs.
    let mut out = String::from("{\"jobs\":[");
    for job in plan.jobs() {
        if job.num > 0 {
            out.push(',');
        }
        let overrides: Value = job.task_overrides().collect();
        out.push_str(&format!("{{\"num\":{},\"overrides\":{overrides}}}", job.num));
    }
    out.push_str("]}\n");
    out
}

/// What to tell a person whose sweep has no jobs, or whose exclusions leave none out.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("config.yaml"), "seed: 0\n")?;
/// use hydra_app::plan::warning;
/// let plan = |overrides: [&str; 2]| hydra_compose::Composer::new(folder.path()).overrides(overrides).plan();
/// let empty = plan(["seed=range(3,0)", "+a=1"])?;
/// assert_eq!(warning(&empty).as_deref(), Some("the sweep has no jobs: 'seed=range(3,0)' has no values"));
/// let unused = plan(["seed=range(3)", "exclude(seed=7)"])?;
/// assert_eq!(warning(&unused).as_deref(), Some("no job is left out by 'exclude(seed=7)'"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn warning(plan: &Plan) -> Option<String> {
    let mut warnings = Vec::new();
    let empty: Vec<String> =
        plan.without_values().map(|argument| format!("'{argument}' has no values")).collect();
    if !empty.is_empty() {
        warnings.push(format!("the sweep has no jobs: {}", empty.join(", ")));
    } else if plan.is_empty() {
        warnings.push("the sweep has no jobs: all are excluded".to_owned());
    }
    let unused: Vec<String> =
        plan.unmatched_exclusions().map(|argument| format!("'{}'", one_line(argument))).collect();
    if !unused.is_empty() {
        warnings.push(format!("no job is left out by {}", unused.join(", ")));
    }
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

/// Control characters as escapes.
pub(crate) fn one_line(text: &str) -> String {
    let escaped = |character: char| {
        let (plain, escape) = match character.is_control() {
            true => (None, Some(character.escape_default())),
            false => (Some(character), None),
        };
        plain.into_iter().chain(escape.into_iter().flatten())
    };
    text.chars().flat_map(escaped).collect()
}
