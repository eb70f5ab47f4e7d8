//! One job or a sweep: what `hydra.mode` and the flags say together.

use super::convert::converted;
use super::schema::{MODES, Type};
use crate::compose::{Composer, RunMode};
use crate::tree::Value;

impl Composer {
    /// Decides whether a call runs one job or sweeps, from its flag (`--multirun`, or none) and `hydra.mode`, and gives
    /// the composer for it, the mode, and a warning if the flag overrules the configuration.
    ///
    /// Without `hydra.mode` the flag decides, and `hydra.mode=RUN` or `hydra.mode=MULTIRUN` becomes one more override.
    /// With `hydra.mode: MULTIRUN` a plain call sweeps. A configuration that does not compose has no mode; composing it
    /// again, for the mode that the flag names, tells why.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # std::fs::write(folder.path().join("config.yaml"), "hydra: {mode: MULTIRUN}\n")?;
    /// use hydra_compose::{Composer, RunMode};
    /// let (composer, mode, warning) = Composer::new(folder.path()).decide_mode(RunMode::Run);
    /// assert_eq!((mode, warning), (RunMode::Multirun, None));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn decide_mode(self, flag: RunMode) -> (Self, RunMode, Option<String>) {
        let configured = configured(self.clone().mode(RunMode::Multirun));
        let (mode, warning) = match (configured, flag) {
            (None, flag) => (flag, None),
            (Some(RunMode::Run), RunMode::Multirun) => (
                RunMode::Multirun,
                Some("hydra.mode is RUN, and --multirun overrules it with hydra.mode=MULTIRUN".to_owned()),
            ),
            (Some(configured), _) => return (self.mode(configured), configured, None),
        };
        (self.overrides([format!("hydra.mode={}", name(mode))]).mode(mode), mode, warning)
    }
}

/// `hydra.mode`, if the configuration composes and says.
fn configured(composer: Composer) -> Option<RunMode> {
    let config = composer.compose().ok()?;
    let value = config.select_in(config.root(), "hydra.mode").ok()??.value;
    // An interpolation has not been converted yet.
    let value = converted(&Type::Mode, &value).ok()?.unwrap_or(value);
    [RunMode::Run, RunMode::Multirun].into_iter().find(|mode| value == Value::Str(name(*mode).to_owned()))
}

fn name(mode: RunMode) -> &'static str {
    match mode {
        RunMode::Run => MODES[0],
        RunMode::Multirun => MODES[1],
    }
}
