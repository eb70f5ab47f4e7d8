//! Where a run runs, and what.

use crate::log::record::{Cpu, Environment, Git, Memory, Timestamp};
use std::fs;
use std::path::PathBuf;

/// What is known of the program that runs. All of it is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The name or the path of the program.
    pub program: Option<String>,
    /// The folder it works in; the current one if none.
    pub root: Option<PathBuf>,
    /// The machine's name; asked of the system if none.
    pub host: Option<String>,
    /// The address of the repository. A name and a password in it are left out.
    pub git_remote: Option<String>,
    /// The commit that was built.
    pub git_commit: Option<String>,
}

impl About {
    pub(super) fn host(&self) -> String {
        let named = || fs::read_to_string("/proc/sys/kernel/hostname").ok();
        self.host.clone().or_else(named).map(|name| name.trim().to_owned()).unwrap_or_default()
    }

    pub(super) fn git(&self) -> Option<Git> {
        let commit = self.git_commit.clone().unwrap_or_default();
        let remote_url = self.git_remote.as_deref().map(without_password).unwrap_or_default();
        (!commit.is_empty() || !remote_url.is_empty()).then_some(Git { remote_url, commit })
    }

    pub(super) fn environment(&self, started: Timestamp) -> Environment {
        let root = self.root.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
        let executable = std::env::current_exe().unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(0, |count| count.get() as u32);
        Environment {
            os: os(),
            started_at: Some(started),
            program: self.program.clone().unwrap_or_default(),
            root: root.display().to_string(),
            host: self.host(),
            executable: executable.display().to_string(),
            cpu_count: cores,
            cpu_count_logical: cores,
            memory: super::system::memory_total().map(|total| Memory { total }),
            cpu: super::system::cpu_model().map(|model| Cpu { model }),
            writer_id: crate::files::random_id(32),
        }
    }
}

/// Such as `Linux-6.8.0`.
fn os() -> String {
    match fs::read_to_string("/proc/sys/kernel/osrelease") {
        Ok(release) => format!("Linux-{}", release.trim()),
        Err(_) => std::env::consts::OS.to_owned(),
    }
}

/// An address without the name and the password that may stand in it.
///
/// ```
/// assert_eq!(wandb_run::without_password("https://me:secret@host/a.git"), "https://host/a.git");
/// ```
pub fn without_password(remote: &str) -> String {
    match remote.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            let bare = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{bare}{}", &rest[host.len()..])
        }
        None => remote.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_carries_no_password() {
        assert_eq!(without_password("https://me:tok@h.com/a@b.git"), "https://h.com/a@b.git");
        assert_eq!(without_password("git@github.com:a/b.git"), "git@github.com:a/b.git");
        assert_eq!(without_password("https://h.com"), "https://h.com");
    }
}
