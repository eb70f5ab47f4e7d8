//! How long to wait before the next attempt.

use std::time::Duration;

/// The first wait, and the longest.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
/// While somebody waits for the end, a server that is back is found sooner.
const LONGEST_AT_THE_END: Duration = Duration::from_secs(10);

/// Waits that double from 2 s to 60 s, each shortened at random by up to a quarter, so that a hundred runs that lost
/// their server at once do not come back at once.
#[derive(Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure. What the server asked for is the least.
    pub(crate) fn next(&mut self, asked: Option<Duration>, ending: bool) -> Duration {
        let longest = if ending { LONGEST_AT_THE_END } else { LONGEST };
        let full = FIRST.saturating_mul(1 << self.failures.min(5)).min(longest);
        self.failures += 1;
        let wait = full.mul_f64(1.0 - 0.25 * fastrand::f64());
        asked.map_or(wait, |asked| asked.max(wait.min(FIRST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let mut backoff = Backoff::default();
        for longest in [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0] {
            let wait = backoff.next(None, false).as_secs_f64();
            assert!(wait <= longest && wait >= longest * 0.75, "{wait} of {longest}");
        }
        assert!(backoff.next(None, true) <= LONGEST_AT_THE_END);
    }

    #[test]
    fn what_the_server_asked_for_is_heard() {
        let asked = Duration::from_secs(90);
        assert_eq!(Backoff::default().next(Some(asked), false), asked);
    }
}
