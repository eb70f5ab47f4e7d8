//! Threads and GPUs, divided among jobs that run at once.

use super::settings::{Gpu, LauncherSettings, LocalSettings};
use std::ffi::OsStr;
use std::fs;
use std::num::NonZeroUsize;

/// The places that jobs run in, and the environment of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slots {
    /// One for each job that runs at once.
    pub(super) slots: Vec<Slot>,
    /// Threads of each, if they are told.
    pub(super) threads: Option<u32>,
}

/// Variables for the jobs of one place.
pub(super) type Slot = Vec<(&'static str, String)>;

/// Variables that libraries of tensors and arrays take their number of threads from.
const THREADS: [&str; 6] = [
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
];
const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// Those of them that nobody has set.
pub(crate) fn thread_variables() -> impl Iterator<Item = &'static str> {
    THREADS.into_iter().filter(|name| std::env::var_os(name).is_none())
}

/// What the machine has to divide.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) gpus: Vec<String>,
    /// Variables that are set already: what a person has set stays.
    pub(super) set: Vec<&'static str>,
}

impl Machine {
    /// This one, as far as this process may use it.
    pub(super) fn this() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let unset: Vec<&str> = thread_variables().collect();
        let set = THREADS.into_iter().filter(|name| !unset.contains(name)).collect();
        Self { cores, gpus: visible(std::env::var_os(VISIBLE).as_deref(), number_of_gpus()), set }
    }
}

impl Slots {
    /// What the settings ask for on a machine, for at most `jobs` jobs.
    pub(super) fn new(settings: &LauncherSettings, machine: &Machine, jobs: usize) -> Self {
        match settings {
            LauncherSettings::Local(local) => Self::local(local, machine, jobs),
            LauncherSettings::Basic(_) | LauncherSettings::Slurm(_) => {
                Self { slots: vec![Slot::new()], threads: None }
            }
        }
    }

    fn local(settings: &LocalSettings, machine: &Machine, jobs: usize) -> Self {
        let gpus: Vec<String> = match &settings.gpus {
            Some(gpus) => gpus.iter().map(Gpu::to_string).collect(),
            None => machine.gpus.clone(),
        };
        let at_once = match settings.n_jobs {
            Some(n_jobs) if n_jobs > 0 => usize::try_from(n_jobs).unwrap_or(usize::MAX),
            None if !gpus.is_empty() => gpus.len().saturating_mul(settings.jobs_per_gpu as usize),
            _ => machine.cores,
        };
        let at_once = at_once.clamp(1, jobs.max(1));
        let divided = u32::try_from((machine.cores / at_once).max(1)).unwrap_or(u32::MAX);
        let threads = settings.threads_per_job.unwrap_or(divided);
        let slot = |index: usize| {
            let unset = THREADS.into_iter().filter(|name| !machine.set.contains(name));
            let mut slot: Slot = unset.map(|name| (name, threads.to_string())).collect();
            if !gpus.is_empty() {
                slot.push((VISIBLE, gpus[index % gpus.len()].clone()));
            } else if settings.gpus.is_some() {
                slot.push((VISIBLE, String::new()));
            }
            slot
        };
        Self { slots: (0..at_once).map(slot).collect(), threads: Some(threads) }
    }
}

impl std::fmt::Display for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Uuid(uuid) => uuid.fmt(f),
        }
    }
}

/// The GPUs that CUDA would show this process: those that the variable names, or all.
fn visible(variable: Option<&OsStr>, number: usize) -> Vec<String> {
    match variable.and_then(OsStr::to_str) {
        // CUDA stops at the first that it does not know; -1 and the empty text hide all.
        Some(names) => {
            let names = names.split(',').map(str::trim);
            names.take_while(|name| !name.is_empty() && *name != "-1").map(str::to_owned).collect()
        }
        None => (0..number).map(|number| number.to_string()).collect(),
    }
}

/// Devices that NVIDIA's driver has made.
fn number_of_gpus() -> usize {
    let devices = fs::read_dir("/dev").into_iter().flatten().flatten();
    let is_gpu = |name: &str| {
        name.strip_prefix("nvidia")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    devices.filter(|entry| entry.file_name().to_str().is_some_and(is_gpu)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(cores: usize, gpus: &[&str]) -> Machine {
        Machine { cores, gpus: gpus.iter().map(ToString::to_string).collect(), set: Vec::new() }
    }

    fn local(n_jobs: Option<i64>) -> LocalSettings {
        LocalSettings { n_jobs, jobs_per_gpu: 1, ..LocalSettings::default() }
    }

    fn of(slot: &Slot, name: &str) -> Option<String> {
        slot.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn threads_are_divided_so_that_jobs_do_not_fight() {
        let threads = |n_jobs, cores, jobs| {
            let slots = Slots::local(&local(n_jobs), &machine(cores, &[]), jobs);
            (slots.slots.len(), of(&slots.slots[0], "OMP_NUM_THREADS"))
        };
        assert_eq!(threads(Some(2), 2, 20), (2, Some("1".into())));
        assert_eq!(threads(Some(3), 16, 20), (3, Some("5".into())));
        // More jobs than cores: one thread each.
        assert_eq!(threads(Some(8), 2, 20), (8, Some("1".into())));
        // One for each core; no more than there are jobs.
        assert_eq!(threads(None, 4, 20), (4, Some("1".into())));
        assert_eq!(threads(Some(-1), 4, 2), (2, Some("2".into())));
    }

    #[test]
    fn what_a_person_has_set_stays() {
        let machine = Machine { set: vec!["OMP_NUM_THREADS"], ..machine(4, &[]) };
        let slots = Slots::local(&local(Some(2)), &machine, 9);
        assert_eq!(of(&slots.slots[0], "OMP_NUM_THREADS"), None);
        assert_eq!(of(&slots.slots[0], "MKL_NUM_THREADS"), Some("2".into()));
    }

    #[test]
    fn each_gpu_has_its_job() {
        let devices = |settings: LocalSettings, gpus: &[&str]| {
            let slots = Slots::local(&settings, &machine(8, gpus), 20).slots;
            slots.iter().map(|slot| of(slot, VISIBLE)).collect::<Vec<_>>()
        };
        let some = |names: &[&str]| names.iter().map(|name| Some(name.to_string())).collect::<Vec<_>>();
        assert_eq!(devices(local(None), &["0", "1"]), some(&["0", "1"]));
        assert_eq!(devices(LocalSettings { jobs_per_gpu: 2, ..local(None) }, &["3"]), some(&["3", "3"]));
        assert_eq!(devices(local(Some(3)), &["0", "1"]), some(&["0", "1", "0"]));
        let named = LocalSettings { gpus: Some(vec![Gpu::Uuid("GPU-1".into())]), ..local(None) };
        assert_eq!(devices(named, &["0", "1"]), some(&["GPU-1"]));
        let hidden = LocalSettings { gpus: Some(Vec::new()), ..local(Some(1)) };
        assert_eq!(devices(hidden, &["0"]), some(&[""]));
    }

    #[test]
    fn gpus_are_those_that_cuda_shows() {
        assert_eq!(visible(None, 2), ["0", "1"]);
        assert_eq!(visible(Some(OsStr::new("3, 5")), 8), ["3", "5"]);
        assert_eq!(visible(Some(OsStr::new("")), 8), Vec::<String>::new());
        assert_eq!(visible(Some(OsStr::new("2,-1,3")), 8), ["2"]);
    }
}
