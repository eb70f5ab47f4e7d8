//! Lets the programs and tests that use libtorch find it without an exported variable.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // torch-sys says where it found libtorch: in `.libtorch`, or where the user's own LIBTORCH points.
    let Some(folder) = env::var("DEP_TCH_LIBTORCH_LIB").ok().filter(|folder| !folder.is_empty()) else {
        return;
    };
    if env::var("CARGO_CFG_TARGET_FAMILY").as_deref() != Ok("unix") {
        return;
    }
    // Word by word: a comma in the path would end an argument of -Wl.
    for word in ["-Xlinker", "-rpath", "-Xlinker", &folder] {
        println!("cargo::rustc-link-arg={word}");
    }
}
