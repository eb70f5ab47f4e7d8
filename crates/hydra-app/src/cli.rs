//! Hydra's command line. Parsing gives plain data; nothing is opened.

use clap::{Arg, Args, ValueEnum};
use hydra_compose::Composer;
use std::path::PathBuf;

/// The flags that Hydra's programs share, to be flattened into a program's own.
///
/// ```
/// use clap::Parser;
/// #[derive(Parser)]
/// #[command(disable_help_flag = true)] // `--help` is among the flags.
/// struct Cli {
///     #[command(flatten)]
///     hydra: hydra_app::cli::HydraArgs,
/// }
/// let argv = ["app", "optimizer=sgd", "--cfg", "job", "~data", "-cn", "main"].map(hydra_app::cli::long_flag);
/// let cli = Cli::parse_from(argv);
/// assert_eq!(cli.hydra.compose.overrides, ["optimizer=sgd", "~data"]);
/// assert_eq!(cli.hydra.compose.config.config_name.as_deref(), Some("main"));
/// ```
#[derive(Args, Clone, Debug, Default)]
pub struct HydraArgs {
    /// What to compose.
    #[command(flatten)]
    pub compose: ComposeArgs,

    /// Print the composed configuration instead of running
    #[arg(long, short = 'c', value_name = "WHAT", help_heading = HEADING, group = "mode")]
    pub cfg: Option<Cfg>,

    /// Resolve interpolations in what --cfg and --help print
    #[arg(long, help_heading = HEADING)]
    pub resolve: bool,

    /// Beside each value that --cfg prints, the place that set it
    #[arg(long, requires = "cfg", help_heading = HEADING)]
    pub annotate: bool,

    /// Print only this package of the configuration
    #[arg(long, short = 'p', value_name = "PACKAGE", help_heading = HEADING)]
    pub package: Option<String>,

    /// Print what the configuration is made of
    #[arg(
        long, short = 'i', value_name = "WHAT", help_heading = HEADING, group = "mode",
        num_args = 0..=1, default_missing_value = "all"
    )]
    pub info: Option<Info>,

    /// Print why a value is what it is: all places that set it, last first; of a part, all its values
    #[arg(long, value_name = "KEY", help_heading = HEADING, group = "mode", conflicts_with = "multirun")]
    pub why: Option<String>,

    /// Run one job (the default)
    #[arg(long, short = 'r', help_heading = HEADING, group = "mode", conflicts_with = "multirun")]
    pub run: bool,

    /// Run one job for each combination of swept values
    #[arg(long, short = 'm', help_heading = HEADING)]
    pub multirun: bool,

    /// Print the jobs of a sweep instead of running them
    #[arg(long, requires = "multirun", help_heading = HEADING, group = "mode")]
    pub dry_run: bool,

    /// After a failure start no other job
    #[arg(long, requires = "multirun", help_heading = HEADING)]
    pub fail_fast: bool,

    /// Return when all jobs have ended, also of a sweep on a cluster
    #[arg(long, requires = "multirun", help_heading = HEADING)]
    pub wait: bool,

    /// Repeat a run from its frozen configuration, with the values that OVERRIDES change
    #[arg(long, value_name = "RUN_DIR", help_heading = HEADING, group = "mode", conflicts_with = "multirun")]
    pub rerun: Option<PathBuf>,

    /// Let an interrupted run go on in its own directory
    #[arg(
        long, value_name = "RUN_DIR", help_heading = HEADING, group = "mode",
        conflicts_with_all = ["multirun", "overrides"]
    )]
    pub resume: Option<PathBuf>,

    /// How results and errors are printed
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_default_value = true, help_heading = HEADING)]
    pub format: Format,

    /// Install, remove or answer shell completion: install=SHELL, uninstall=SHELL, query=SHELL (-sc)
    #[arg(long, value_name = "DO=SHELL", help_heading = HEADING, group = "mode", conflicts_with = "multirun")]
    pub shell_completion: Option<String>,

    /// Print help on the program and its configuration
    #[arg(long, short = 'h', help_heading = HEADING)]
    pub help: bool,

    /// Print help on Hydra's part of the configuration
    #[arg(long, help_heading = HEADING)]
    pub hydra_help: bool,
}

/// Where these flags stand in a program's help.
const HEADING: &str = "Hydra";

/// The flags that say what to compose.
#[derive(Args, Clone, Debug, Default)]
pub struct ComposeArgs {
    /// Overrides: group=option, key=value, +key=value, ++key=value, ~key
    #[arg(value_name = "OVERRIDES")]
    pub overrides: Vec<String>,

    /// Which configuration they belong to.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// The flags that say which configuration is meant: those of a composition, and of subcommands that are about one.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfigArgs {
    /// Folder of the configuration, relative to the current one (-cp)
    #[arg(long, value_name = "DIR", help_heading = HEADING)]
    pub config_path: Option<PathBuf>,

    /// Name of the primary config (-cn)
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub config_name: Option<String>,

    /// Another folder to look for configurations in (-cd)
    #[arg(long, value_name = "DIR", help_heading = HEADING)]
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

/// What `--info` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Info {
    /// Everything
    All,
    /// Search path, defaults tree, defaults list and configuration
    Config,
    /// The files that are merged, in order
    Defaults,
    /// How they came to be merged
    DefaultsTree,
    /// The program's plugins
    Plugins,
    /// Where files are looked for
    Searchpath,
}

/// How results and errors are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    #[default]
    Text,
    /// For a program: one JSON value on one line
    Json,
}

impl ComposeArgs {
    /// The first flag that was given, if one was.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        let flags = [
            ("--config-path", self.config.config_path.is_some()),
            ("--config-name", self.config.config_name.is_some()),
            ("--config-dir", self.config.config_dir.is_some()),
        ];
        flags.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }

    /// The composition that the flags ask for; `conf` is the program's own folder.
    pub fn composer(&self, program: &str, conf: &str) -> Composer {
        self.config.composer(program, conf).overrides(self.overrides.iter().cloned())
    }
}

/// The name of the primary config, unless `--config-name` says another.
pub(crate) const PRIMARY: &str = "config";

impl ConfigArgs {
    /// The composition of the configuration as it stands; `conf` is the program's own folder.
    pub fn composer(&self, program: &str, conf: &str) -> Composer {
        let folder = self.config_path.clone().unwrap_or_else(|| conf.into());
        let mut composer = Composer::new(folder)
            .config_name(self.config_name.as_deref().unwrap_or(PRIMARY))
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

/// Makes one of [`ConfigArgs`] a subcommand's own: with its words, and without the heading.
pub(crate) fn with_help(help: &'static str) -> impl FnOnce(Arg) -> Arg {
    move |arg| arg.help(help).help_heading(None::<&'static str>)
}

/// Hydra's short flags of two letters, which clap cannot spell, as the long ones: `-cp` is `--config-path`.
///
/// ```
/// assert_eq!(hydra_app::cli::long_flag("-cn=main"), "--config-name=main");
/// assert_eq!(hydra_app::cli::long_flag("-c"), "-c");
/// ```
pub fn long_flag(argument: impl Into<String>) -> String {
    const FLAGS: [(&str, &str); 4] = [
        ("-cp", "--config-path"),
        ("-cn", "--config-name"),
        ("-cd", "--config-dir"),
        ("-sc", "--shell-completion"),
    ];
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
