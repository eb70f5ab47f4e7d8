//! Figures of NVIDIA's GPUs, from their driver's own library (NVML). Where there is none, there are no figures.

use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::{Device, Nvml};

/// The library, if the machine has one. It is looked for once: a driver does not come while a run goes on.
pub(super) struct Gpus(Option<Nvml>);

impl Gpus {
    pub(super) fn find() -> Self {
        Self(Nvml::init().ok())
    }

    /// Each under the stock client's names: `gpu.0.gpu`, `gpu.0.memoryAllocated`, …
    pub(super) fn figures(&self, mut add: impl FnMut(&str, f64)) {
        let Some(nvml) = &self.0 else { return };
        for index in 0..nvml.device_count().unwrap_or(0) {
            if let Ok(device) = nvml.device_by_index(index) {
                of(&device, |name, value| add(&format!("gpu.{index}.{name}"), value));
            }
        }
    }
}

/// Not every card knows everything of itself.
fn of(device: &Device<'_>, mut add: impl FnMut(&str, f64)) {
    if let Ok(rates) = device.utilization_rates() {
        add("gpu", rates.gpu.into());
        add("memory", rates.memory.into());
    }
    if let Ok(memory) = device.memory_info() {
        add("memoryAllocated", 100.0 * memory.used as f64 / (memory.total as f64).max(1.0));
        add("memoryAllocatedBytes", memory.used as f64);
    }
    if let Ok(degrees) = device.temperature(TemperatureSensor::Gpu) {
        add("temp", degrees.into());
    }
    if let Ok(milliwatts) = device.power_usage() {
        add("powerWatts", f64::from(milliwatts) / 1000.0);
        if let Ok(limit) = device.enforced_power_limit() {
            add("powerPercent", 100.0 * f64::from(milliwatts) / f64::from(limit.max(1)));
        }
    }
}
