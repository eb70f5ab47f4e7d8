//! What the programs load.

use std::path::Path;
use std::process::Command;

/// The libraries that a program's dynamic section names.
fn needed(program: &str) -> String {
    let output = Command::new("readelf").args(["-d", program]).output().expect("readelf, of binutils");
    assert!(output.status.success(), "readelf fails on {}", Path::new(program).display());
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter(|line| line.contains("(NEEDED)")).collect()
}

/// It must start in milliseconds, and libtorch takes 200 to load.
#[test]
#[cfg(target_os = "linux")]
fn ddpm_loads_no_libtorch() {
    let needed = needed(env!("CARGO_BIN_EXE_ddpm"));
    assert!(needed.contains("libc.so"), "{needed}");
    for library in ["torch", "c10", "gomp", "stdc++", "fontconfig", "freetype"] {
        assert!(!needed.contains(library), "ddpm loads {library}:\n{needed}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_worker_does() {
    assert!(needed(env!("CARGO_BIN_EXE_ddpm-worker")).contains("libtorch"));
}
