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
    println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Nothing refers to libtorch_cuda by name; without this it is dropped, and no GPU is found.
        println!("cargo::rustc-link-arg-bin=ddpm-worker=-Wl,--no-as-needed,-ltorch,--as-needed");
        println!("cargo::rustc-link-arg-tests=-Wl,--no-as-needed,-ltorch,--as-needed");
    }
}
