//! What happens in a run, as one stream of events, and those who listen to it.
//!
//! Training emits; listeners record. A listener that fails costs one warning and never a training step.

mod console;
mod event;
mod log;
mod metrics;
mod wandb;

pub use console::Console;
pub use event::Event;
pub use log::{Log, log_panics};
pub use metrics::Metrics;
pub use wandb::{Wandb, WandbOptions};

use std::io;

/// Someone who records events.
pub trait Listener {
    /// What a warning calls it: "metrics.jsonl", "the log".
    fn name(&self) -> &str;

    /// Records one event.
    ///
    /// # Errors
    /// Whatever kept it from recording; the caller warns and goes on.
    fn on(&mut self, event: &Event) -> io::Result<()>;

    /// Makes what was recorded outlast a power cut.
    ///
    /// # Errors
    /// As those of [`on`](Listener::on).
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All listeners of a run.
#[derive(Default)]
pub struct Tracker {
    listeners: Vec<Attached>,
}

struct Attached {
    listener: Box<dyn Listener>,
    /// It has failed, and that was said. It is tried again each time and complains once: an event that it passes over
    /// would look like a recovery.
    failed: bool,
}

impl Tracker {
    /// Nobody listens yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more listener.
    #[must_use]
    pub fn with(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners.push(Attached { listener: Box::new(listener), failed: false });
        self
    }

    /// Tells every listener.
    pub fn emit(&mut self, event: &Event) {
        self.each(|listener| listener.on(event));
    }

    /// Has every listener see to it that what it recorded is on disk.
    pub fn flush(&mut self) {
        self.each(|listener| listener.flush());
    }

    fn each(&mut self, mut act: impl FnMut(&mut dyn Listener) -> io::Result<()>) {
        let mut warnings = Vec::new();
        for Attached { listener, failed } in &mut self.listeners {
            if let Err(error) = act(listener.as_mut())
                && !std::mem::replace(failed, true)
            {
                let message = format!("{} could not be written: {error}; training goes on", listener.name());
                warnings.push(Event::Warning { message });
            }
        }
        for warning in &warnings {
            for Attached { listener, failed } in &mut self.listeners {
                if !*failed {
                    // A second failure in the same moment has nobody left to be told to.
                    let _ = listener.on(warning);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    struct Full;
    impl Listener for Full {
        fn name(&self) -> &str {
            "metrics.jsonl"
        }
        fn on(&mut self, event: &Event) -> io::Result<()> {
            match event {
                // It passes over these.
                Event::Notice { .. } => Ok(()),
                _ => Err(io::Error::from(io::ErrorKind::StorageFull)),
            }
        }
    }

    struct Ear(Rc<RefCell<Vec<String>>>);
    impl Listener for Ear {
        fn name(&self) -> &str {
            "an ear"
        }
        fn on(&mut self, event: &Event) -> io::Result<()> {
            if let Event::Warning { message } = event {
                self.0.borrow_mut().push(message.clone());
            }
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_costs_one_warning() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let mut tracker = Tracker::new().with(Full).with(Ear(Rc::clone(&heard)));
        for _ in 0..3 {
            tracker.emit(&Event::Warning { message: "x".into() });
            tracker.emit(&Event::Notice { message: "y".into() });
            tracker.flush();
        }
        let heard = heard.borrow();
        let complaints: Vec<_> = heard.iter().filter(|line| line.starts_with("metrics.jsonl")).collect();
        assert_eq!(complaints.len(), 1, "{heard:?}");
    }
}
