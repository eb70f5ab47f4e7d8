//! A disk that is full: logging says so, and what is logged later is there.
//!
//! It needs a small file system of its own, and starts itself once more where it can have one: in a mount namespace.

#[expect(dead_code, reason = "the tests of one file need a part of it")]
mod common;
mod server;

use common::{config, settings, steps};
use server::Server;
use std::path::{Path, PathBuf};
use std::process::Command;
use wandb_run::{About, Mode, Run, Settings, sync};

/// Names the small disk to the second start.
const DISK: &str = "WANDB_RUN_SMALL_DISK";

#[test]
fn later_records_are_there() {
    if let Some(disk) = std::env::var_os(DISK).map(PathBuf::from) {
        return on(&disk);
    }
    let folder = tempfile::tempdir().expect("folder");
    let script = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(folder.path())
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", "later_records_are_there"])
        .env(DISK, folder.path())
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no unshare, of util-linux");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("unshare:") || said.contains("mount:") {
        eprintln!("skipped: no file system of one's own here: {said}");
        return;
    }
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

fn on(disk: &Path) {
    let server = Server::start().expect("server");
    let online = settings(disk, server.url());
    let mut run = Run::start(Settings { mode: Mode::Offline, ..online.clone() }, config(), About::default())
        .expect("started");
    let ballast = disk.join("ballast");
    let mut refused = Vec::new();
    for step in 0..100 {
        if step == 20 {
            // Whatever is left, but for an odd rest.
            let mut size = 1 << 24;
            while size > 100 && std::fs::write(&ballast, vec![0; size]).is_err() {
                size = size / 100 * 99;
            }
        }
        if step == 60 {
            std::fs::remove_file(&ballast).expect("removed");
        }
        let text = "x".repeat(1_000 + 37 * step as usize);
        if run.log(step, &[("text", text.as_str().into())]).is_err() {
            refused.push(step);
        }
    }
    assert!(!refused.is_empty() && refused.iter().all(|step| (20..60).contains(step)), "{refused:?}");
    let dir = run.dir().to_owned();
    run.finish(0);
    assert_eq!(sync(&dir, &online).expect("synced").damaged, 0);
    let expected: Vec<u64> = (0..100).filter(|step| !refused.contains(step)).collect();
    assert_eq!(steps(&server.run("tester", "project", "run1")), expected);
}
