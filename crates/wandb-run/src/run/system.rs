//! Figures of the machine, from `/proc` and from the driver of its GPUs. Where there is neither, there are no figures.

use super::gpu::Gpus;
use crate::json::Json;
use std::fs;

/// What is remembered between two looks: processor time is counted, and its share is a difference.
pub(super) struct System {
    last: Option<Times>,
    gpus: Gpus,
}

/// Ticks so far.
#[derive(Clone, Copy)]
struct Times {
    busy: u64,
    total: u64,
    process: u64,
}

impl System {
    pub(super) fn new() -> Self {
        Self { last: None, gpus: Gpus::find() }
    }

    /// Names as the stock client has them, without its `system.`.
    pub(super) fn figures(&mut self) -> Vec<(String, Json)> {
        let mut figures = Vec::new();
        let mut add = |name: &str, value: f64| figures.push((name.to_owned(), Json::Float(value)));
        let now = times();
        if let (Some(last), Some(now)) = (self.last, now) {
            let total = now.total.saturating_sub(last.total);
            if total > 0 {
                let share = |ticks: u64| 100.0 * ticks as f64 / total as f64;
                let cores = std::thread::available_parallelism().map_or(1, |count| count.get());
                add("cpu", share(now.busy.saturating_sub(last.busy)));
                // Of one core, as `top` has it, where `cpu` is of all.
                add("proc.cpu", share(now.process.saturating_sub(last.process)) * cores as f64);
            }
        }
        self.last = now;
        self.gpus.figures(&mut add);
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        if let (Some(total), Some(free)) =
            (kilobytes(&memory, "MemTotal"), kilobytes(&memory, "MemAvailable"))
        {
            add("memory_percent", 100.0 * (1.0 - free / total.max(1.0)));
            add("proc.memory.availableMB", free / 1024.0);
            let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
            if let Some(resident) = kilobytes(&status, "VmRSS") {
                add("proc.memory.rssMB", resident / 1024.0);
                add("proc.memory.percent", 100.0 * resident / total.max(1.0));
            }
            if let Some(threads) = kilobytes(&status, "Threads") {
                add("proc.cpu.threads", threads);
            }
        }
        figures
    }
}

/// Bytes of memory, if the system says.
pub(super) fn memory_total() -> Option<u64> {
    let memory = fs::read_to_string("/proc/meminfo").ok()?;
    Some(kilobytes(&memory, "MemTotal")? as u64 * 1024)
}

/// What the processor calls itself.
pub(super) fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The number after `name:`.
fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn times() -> Option<Times> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let all: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
    let total = all.iter().sum();
    let idle: u64 = all.get(3..5)?.iter().sum();
    let own = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may have spaces in it.
    let fields: Vec<&str> = own.rsplit_once(')')?.1.split_whitespace().collect();
    let process = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Times { busy: total - idle, total, process })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn figures_of_this_machine() {
        let mut system = System::new();
        system.figures();
        std::thread::sleep(std::time::Duration::from_millis(50));
        let figures = Json::Object(system.figures());
        for name in ["memory_percent", "proc.memory.rssMB", "cpu"] {
            let value = figures.get(name).and_then(Json::as_f64).expect(name);
            assert!(value >= 0.0, "{name} {value}");
        }
    }
}
