//! What Slurm's queue says of a sweep's jobs.

use super::record::Submission;
use super::submit::command;
use crate::job::{State, Status};
use std::collections::{HashMap, HashSet};

/// The tasks of a sweep that Slurm knows: those that wait and run, and for some minutes those that have ended.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    tasks: HashMap<usize, Task>,
    /// All jobs that were ever submitted.
    submitted: HashSet<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Task {
    state: String,
    reason: String,
}

impl Queue {
    /// Asks Slurm about submissions. Empty, if it knows none of them any more.
    ///
    /// # Errors
    /// Slurm cannot be asked, in its own words.
    pub(crate) fn ask(submissions: &[Submission]) -> Result<Self, String> {
        if submissions.is_empty() {
            return Ok(Self::default());
        }
        let ids: Vec<&str> = submissions.iter().map(|submission| submission.array.as_str()).collect();
        // Text: the shape of its JSON has changed from version to version.
        let mut command = command("squeue");
        command.args([
            "--noheader",
            "--array",
            "--states=all",
            "--format=%i|%T|%r",
            "--jobs",
            &ids.join(","),
        ]);
        let output = command.output().map_err(|error| format!("squeue: {error}"))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() && !errors.contains("Invalid job id") {
            return Err(errors.trim().to_owned());
        }
        Ok(Self::read(&String::from_utf8_lossy(&output.stdout), submissions))
    }

    fn read(text: &str, submissions: &[Submission]) -> Self {
        let mut tasks = HashMap::new();
        for submission in submissions {
            for line in text.lines() {
                let mut fields = line.split('|');
                let (Some(id), Some(state), Some(reason)) = (fields.next(), fields.next(), fields.next())
                else {
                    continue;
                };
                let task = Task { state: state.trim().to_owned(), reason: reason.trim().to_owned() };
                match id.trim().split_once('_') {
                    Some((array, index)) if array == submission.array => {
                        if let Ok(index) = index.parse::<usize>() {
                            // A later submission of the same job wins.
                            tasks.insert(submission.base + index, task);
                        }
                    }
                    // An array that was cancelled before any of it ran is one line.
                    None if id.trim() == submission.array => {
                        tasks.extend(submission.nums.iter().map(|num| (*num, task.clone())));
                    }
                    _ => {}
                }
            }
        }
        Self { tasks, submitted: submissions.iter().flat_map(|submission| submission.nums.clone()).collect() }
    }

    /// Whether Slurm runs a job, or is going to.
    pub(crate) fn has(&self, num: usize) -> bool {
        self.tasks.get(&num).is_some_and(|task| !task.is_over())
    }

    /// How a job stands, by what its runner wrote and by what Slurm knows of one that could not write.
    pub(crate) fn judge(&self, num: usize, status: Status) -> Status {
        let state = status.state;
        let Some(task) = self.tasks.get(&num) else {
            // Submitted, never started, and forgotten: ended by somebody, or before its first line.
            if state == State::Planned && self.submitted.contains(&num) {
                let cause =
                    Some("submitted, and Slurm knows it no more (see slurm/ in the sweep's folder)".into());
                return Status { state: State::Interrupted, cause, ..status };
            }
            return status;
        };
        let is_waiting = task.state == "PENDING" || task.state.starts_with("REQUEUE");
        if is_waiting && state != State::Done && state != State::Running {
            let why = if task.reason == "None" { String::new() } else { format!(" ({})", task.reason) };
            let before = status.cause.as_ref().map(|cause| format!("{cause}; ")).unwrap_or_default();
            return Status { cause: Some(format!("{before}queued{why}")), ..status };
        }
        // What a job that ended has written, or is still to come.
        if !matches!(state, State::Planned | State::Running) || !task.is_over() {
            return status;
        }
        let state = match task.state.as_str() {
            // Its runner ended well, and has written so; the file is on its way. Or it was not to start any more.
            "COMPLETED" => return status,
            "FAILED" | "OUT_OF_MEMORY" | "BOOT_FAIL" => State::Failed,
            _ => State::Interrupted,
        };
        let cause = match task.state.as_str() {
            "OUT_OF_MEMORY" => "out of memory (Slurm: OUT_OF_MEMORY)".to_owned(),
            other => format!("Slurm: {other} ({})", task.reason),
        };
        Status { state, cause: Some(cause), ..status }
    }
}

impl Task {
    fn is_over(&self) -> bool {
        const GOES_ON: [&str; 12] = [
            "PENDING",
            "RUNNING",
            "SUSPENDED",
            "COMPLETING",
            "CONFIGURING",
            "RESIZING",
            "REQUEUED",
            "REQUEUE_FED",
            "REQUEUE_HOLD",
            "SPECIAL_EXIT",
            "STAGE_OUT",
            "STOPPED",
        ];
        !GOES_ON.contains(&self.state.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission(array: &str, base: usize, nums: &[usize]) -> Submission {
        Submission { array: array.into(), base, nums: nums.to_vec() }
    }

    #[test]
    fn what_slurm_says_of_each_job() {
        let submissions =
            [submission("7", 0, &[0, 1, 2, 3]), submission("12", 4, &[4, 5]), submission("20", 0, &[1])];
        let text = "7_0|RUNNING|None\n7_1|FAILED|NonZeroExitCode\n7_2|NODE_FAIL|NodeDown\n\
                    7_3|PENDING|JobArrayTaskLimit\n12|CANCELLED|None\n20_1|PENDING|Priority\n";
        let queue = Queue::read(text, &submissions);
        assert_eq!(
            (0..6).map(|num| queue.has(num)).collect::<Vec<_>>(),
            [true, true, false, true, false, false]
        );
        let judged = |num, state| {
            let status = queue.judge(num, Status { state, ..Status::default() });
            (status.state, status.cause.unwrap_or_default())
        };
        assert_eq!(judged(0, State::Running), (State::Running, String::new()));
        // What runs the second time is not what failed the first time.
        assert_eq!(judged(1, State::Planned), (State::Planned, "queued (Priority)".into()));
        assert_eq!(judged(2, State::Running), (State::Interrupted, "Slurm: NODE_FAIL (NodeDown)".into()));
        assert_eq!(judged(4, State::Planned), (State::Interrupted, "Slurm: CANCELLED (None)".into()));
        assert_eq!(judged(2, State::Done), (State::Done, String::new()));
    }
}
