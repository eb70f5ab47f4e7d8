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
        .filter_map(|candidate| Some((likeness(word, candidate.as_ref())?, candidate.as_ref())))
        // Of equally near ones the first in order, so that messages do not change from run to run.
        .fold(None, |best: Option<(f64, &str)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, candidate)| candidate)
}

/// How alike two words are, if they could be one word typed twice: a slip of the fingers for every four letters
/// (swapped neighbours are one slip), or nearly the same beginning.
fn likeness(word: &str, candidate: &str) -> Option<f64> {
    let length = word.chars().count().max(candidate.chars().count());
    let slips = strsim::osa_distance(word, candidate);
    let likeness = strsim::jaro_winkler(word, candidate);
    (slips <= (length / 4).max(1) && slips < length || likeness >= 0.85).then_some(likeness)
}

#[cfg(test)]
mod tests {
    use super::among;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let keys = ["adam", "sgd", "batch_size", "epochs", "lr"];
        for (typed, meant) in [
            ("sdg", Some("sgd")),
            ("batchsize", Some("batch_size")),
            ("epoch", Some("epochs")),
            ("rl", Some("lr")),
            ("momentum", None),
            ("a", None),
        ] {
            assert_eq!(among(typed, &keys), meant, "{typed}");
        }
    }
}
