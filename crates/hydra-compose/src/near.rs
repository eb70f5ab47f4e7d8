//! Did you mean …?

/// The candidate that is most like `word`, if one is near enough to be what was meant.
///
/// ```
/// assert_eq!(hydra_compose::near::among("batch_sze", &["epochs", "batch_size"]), Some("batch_size"));
/// assert_eq!(hydra_compose::near::among("xyz", &["epochs", "batch_size"]), None);
/// ```
pub fn among<'a, S: AsRef<str>>(word: &str, candidates: &'a [S]) -> Option<&'a str> {
    candidates
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate.as_ref()), candidate.as_ref()))
        .filter(|(likeness, _)| *likeness >= 0.8)
        // Of equally near ones the first in order, so that messages do not change from run to run.
        .fold(None, |best: Option<(f64, &str)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, candidate)| candidate)
}
