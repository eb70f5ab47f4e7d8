//! Hydra's command line. Parsing gives plain data; nothing is opened.

use clap::{Args, ValueEnum};
use hydra_compose::Composer;
use std::path::PathBuf;

/// The flags that Hydra's programs share, to be flattened into a program's own.
///
/// ```
/// use clap::Parser;
/// #[derive(Parser)]
/// struct Cli {
///     #[command(flatten)]
///     hydra: hydra_app::cli::HydraArgs,
/// }
/// let argv = ["app", "optimizer=sgd", "--cfg", "job", "~data", "-cn", "main"].map(hydra_app::cli::long_flag);
/// let cli = Cli::parse_from(argv);
/// assert_eq!(cli.hydra.compose.overrides, ["optimizer=sgd", "~data"]);
/// assert_eq!(cli.hydra.compose.config_name.as_deref(), Some("main"));
/// ```
#[derive(Args, Clone, Debug, Default)]
pub struct HydraArgs {
    /// What to compose.
    #[command(flatten)]
    pub compose: ComposeArgs,

    /// Print the composed configuration instead of running
    #[arg(long, short = 'c', value_name = "WHAT", help_heading = "Hydra")]
    pub cfg: Option<Cfg>,

    /// Resolve interpolations in what --cfg prints
    #[arg(long, requires = "cfg", help_heading = "Hydra")]
    pub resolve: bool,

    /// Print only this package of the configuration
    #[arg(long, short = 'p', value_name = "PACKAGE", requires = "cfg", help_heading = "Hydra")]
    pub package: Option<String>,

    /// Run one job (the default)
    #[arg(long, short = 'r', conflicts_with = "cfg", help_heading = "Hydra")]
    pub run: bool,
}

/// The flags that say what to compose.
#[derive(Args, Clone, Debug, Default)]
pub struct ComposeArgs {
    /// Overrides: group=option, key=value, +key=value, ++key=value, ~key
    #[arg(value_name = "OVERRIDES")]
    pub overrides: Vec<String>,

    /// Folder of the configuration, relative to the current one (-cp)
    #[arg(long, value_name = "DIR", help_heading = "Hydra")]
    pub config_path: Option<PathBuf>,

    /// Name of the primary config (-cn)
    #[arg(long, value_name = "NAME", help_heading = "Hydra")]
    pub config_name: Option<String>,

    /// Another folder to look for configurations in (-cd)
    #[arg(long, value_name = "DIR", help_heading = "Hydra")]
    pub config_dir: Option<PathBuf>,
}

/// Which part of the configuration `--cfg` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cfg {
    /// The application's part
    Job,
    /// Hydra's own part
    Hydra,
    /// Both
    All,
}

impl ComposeArgs {
    /// The composition that the flags ask for; `conf` is the program's own folder.
    pub fn composer(&self, program: &str, conf: &str) -> Composer {
        let folder = self.config_path.clone().unwrap_or_else(|| conf.into());
        let mut composer = Composer::new(folder)
            .config_name(self.config_name.as_deref().unwrap_or("config"))
            .overrides(self.overrides.iter().cloned())
            .job_name(program);
        if let Ok(cwd) = std::env::current_dir() {
            composer = composer.cwd(cwd);
        }
        match &self.config_dir {
            Some(folder) => composer.config_dir(folder),
            None => composer,
        }
    }
}

/// Hydra's short flags of two letters, which clap cannot spell, as the long ones: `-cp` is `--config-path`.
///
/// ```
/// assert_eq!(hydra_app::cli::long_flag("-cn=main"), "--config-name=main");
/// assert_eq!(hydra_app::cli::long_flag("-c"), "-c");
/// ```
pub fn long_flag(argument: impl Into<String>) -> String {
    const FLAGS: [(&str, &str); 3] =
        [("-cp", "--config-path"), ("-cn", "--config-name"), ("-cd", "--config-dir")];
    let argument = argument.into();
    for (short, long) in FLAGS {
        if argument == short {
            return long.into();
        }
        if let Some(value) = argument.strip_prefix(short).and_then(|rest| rest.strip_prefix('=')) {
            return format!("{long}={value}");
        }
    }
    argument
}
