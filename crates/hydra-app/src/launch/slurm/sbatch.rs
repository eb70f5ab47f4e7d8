//! Settings to `sbatch`: its options, the script of a task, the indices of an array.

use super::settings::SlurmSettings;
use serde_json::Value;
use std::path::Path;

/// Arrays are named by text of at most 4,096 bytes.
const LONGEST_SPEC: usize = 4000;

/// The options that the settings come to. As arguments and not as `#SBATCH` lines: nothing overrides them, and nothing
/// needs quoting.
pub(super) fn options(settings: &SlurmSettings, sweep_dir: &Path) -> Vec<String> {
    let mut options = vec![
        "--parsable".to_owned(),
        // Without it a preempted job would be gone.
        "--requeue".to_owned(),
        "--open-mode=append".to_owned(),
        "--export=ALL".to_owned(),
        // To the runner alone: Slurm sends what ends a job to all of its processes.
        format!("--signal=B:USR2@{}", settings.signal_delay_s),
        format!("--time={}", settings.timeout_min),
        format!("--nodes={}", settings.nodes),
        format!("--ntasks-per-node={}", settings.tasks_per_node),
        format!("--job-name={}", settings.name),
    ];
    // A percent sign of the path would be read as a pattern.
    let logs = sweep_dir.join(super::FOLDER).display().to_string().replace('%', "%%");
    options.push(format!("--output={logs}/%A_%a.log"));
    if !settings.stderr_to_stdout {
        options.push(format!("--error={logs}/%A_%a.err"));
    }
    let text = |value: &Option<String>| value.clone();
    let number = |value: &Option<u32>| value.map(|number| number.to_string());
    let optional = [
        ("partition", text(&settings.partition)),
        ("qos", text(&settings.qos)),
        ("account", text(&settings.account)),
        ("cpus-per-task", number(&settings.cpus_per_task)),
        ("mem", settings.mem_gb.map(|gigabytes| format!("{gigabytes}G"))),
        ("mem-per-cpu", text(&settings.mem_per_cpu)),
        ("mem-per-gpu", text(&settings.mem_per_gpu)),
        ("gpus-per-node", settings.gpus_per_node.as_ref().map(ToString::to_string)),
        ("gpus-per-task", settings.gpus_per_task.as_ref().map(ToString::to_string)),
        ("cpus-per-gpu", number(&settings.cpus_per_gpu)),
        ("gres", text(&settings.gres)),
        ("constraint", text(&settings.constraint)),
        ("exclude", text(&settings.exclude)),
        ("comment", text(&settings.comment)),
    ];
    options.extend(optional.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value?))));
    // Last: what a person adds wins.
    options.extend(settings.additional_parameters.iter().filter_map(|(name, value)| further(name, value)));
    options
}

fn further(name: &str, value: &Value) -> Option<String> {
    let name = name.replace('_', "-");
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some(format!("--{name}")),
        Value::String(text) => Some(format!("--{name}={text}")),
        other => Some(format!("--{name}={other}")),
    }
}

/// The script of a task; its argument is what is to be added to the index of the task for the number of the job.
pub(super) fn script(settings: &SlurmSettings, program: &Path, sweep_dir: &Path) -> String {
    let setup: String = settings.setup.iter().flatten().map(|line| format!("{line}\n")).collect();
    // `exec`: the signal that Slurm sends to the script is for the runner.
    format!(
        "#!/bin/bash\n{setup}exec {} run-job --sweep {} --slurm \"$1\"\n",
        quoted(&program.display().to_string()),
        quoted(&sweep_dir.display().to_string())
    )
}

/// Text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// An array: jobs whose numbers are the indices of its tasks, plus `base`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    /// What is added to an index. 0 as long as the numbers are below the cluster's `MaxArraySize`: then index and number are
    /// the same for ever.
    pub(super) base: usize,
    /// The numbers of its jobs.
    pub(super) nums: Vec<usize>,
    /// The indices, as sbatch reads them: `0-3,7`.
    pub(super) spec: String,
}

/// Divides jobs into arrays that a cluster takes, whose indices are all below `max_array_size`.
pub(super) fn arrays(nums: &[usize], max_array_size: usize) -> Vec<Array> {
    let size = max_array_size.max(1);
    let mut arrays: Vec<Array> = Vec::new();
    for range in nums.chunk_by(|one, next| *next == one + 1 && one / size == next / size) {
        let [first, .., last] = range else {
            push(&mut arrays, size, range, &(range[0] % size).to_string());
            continue;
        };
        push(&mut arrays, size, range, &format!("{}-{}", first % size, last % size));
    }
    arrays
}

fn push(arrays: &mut Vec<Array>, size: usize, nums: &[usize], spec: &str) {
    let base = nums[0] / size * size;
    match arrays.last_mut() {
        Some(array) if array.base == base && array.spec.len() + spec.len() < LONGEST_SPEC => {
            array.nums.extend(nums);
            array.spec = format!("{},{spec}", array.spec);
        }
        _ => arrays.push(Array { base, nums: nums.to_vec(), spec: spec.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(changes: Value) -> SlurmSettings {
        let mut all = json!({
            "timeout_min": 60, "nodes": 1, "tasks_per_node": 1, "name": "a b", "array_parallelism": 4,
            "signal_delay_s": 120, "max_num_timeout": 3, "stderr_to_stdout": true, "additional_parameters": {},
        });
        for (key, value) in changes.as_object().expect("an object") {
            all[key] = value.clone();
        }
        serde_json::from_value(all).expect("settings")
    }

    #[test]
    fn settings_become_options_of_sbatch() {
        let settings = settings(json!({
            "partition": "low", "mem_gb": 8, "gpus_per_node": "a100:2", "cpus_per_task": 4,
            "additional_parameters": {"mail_type": "END", "exclusive": true, "wckey": null, "nice": 10},
        }));
        let options = options(&settings, Path::new("/s"));
        for option in [
            "--job-name=a b",
            "--time=60",
            "--signal=B:USR2@120",
            "--output=/s/slurm/%A_%a.log",
            "--partition=low",
            "--mem=8G",
            "--gpus-per-node=a100:2",
            "--cpus-per-task=4",
            "--mail-type=END",
            "--exclusive",
            "--nice=10",
        ] {
            assert!(options.iter().any(|given| given == option), "{option}: {options:?}");
        }
        assert!(!options.iter().any(|option| option.contains("wckey") || option.contains("error")));
    }

    #[test]
    fn paths_are_words_of_the_shell() {
        let settings = settings(json!({"setup": ["module load cuda", "export A=1"]}));
        let script = script(&settings, Path::new("/it's here/ddpm"), Path::new("/a b"));
        let expected = "#!/bin/bash\nmodule load cuda\nexport A=1\n\
                        exec '/it'\\''s here/ddpm' run-job --sweep '/a b' --slurm \"$1\"\n";
        assert_eq!(script, expected);
    }

    #[test]
    fn jobs_are_divided_into_arrays_that_the_cluster_takes() {
        let of = |nums: &[usize], size| {
            arrays(nums, size).into_iter().map(|array| (array.base, array.spec)).collect::<Vec<_>>()
        };
        assert_eq!(of(&[0, 1, 2, 3, 4, 5], 1001), [(0, "0-5".into())]);
        assert_eq!(of(&[1, 3, 4, 9], 1001), [(0, "1,3-4,9".into())]);
        // An index is below the limit, also that of a single job.
        assert_eq!(of(&[0, 1, 2, 3, 4, 5], 4), [(0, "0-3".into()), (4, "0-1".into())]);
        assert_eq!(of(&[3, 4, 11], 4), [(0, "3".into()), (4, "0".into()), (8, "3".into())]);
        assert!(of(&[], 4).is_empty());
    }

    #[test]
    fn no_array_is_named_by_more_text_than_slurm_reads() {
        let odd: Vec<usize> = (0..5000).map(|num| 2 * num + 1).collect();
        let arrays = arrays(&odd, 100_000);
        assert!(arrays.len() > 1 && arrays.iter().all(|array| array.spec.len() < 4096));
        let nums: Vec<usize> = arrays.into_iter().flat_map(|array| array.nums).collect();
        assert_eq!(nums, odd);
    }
}
