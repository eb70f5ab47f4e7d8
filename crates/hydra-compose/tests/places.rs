//! The places that errors name.

use hydra_compose::{Composer, Error};
use std::fs;

fn refused(config: &str) -> Error {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), config).expect("written");
    Composer::new(folder.path()).compose().expect_err(config)
}

#[test]
fn a_wrong_header_is_shown_whole() {
    for config in ["# @package\na: 1\n", "\n# @package _global_\n# @package\na: 1\n"] {
        let error = refused(config);
        assert!(error.message().contains("Expected header format"), "{error}");
        let (text, span) = error.labels()[0].origin.snippet().expect("a place");
        assert_eq!(&text[span.start..span.end], "# @package", "{config:?}");
    }
}
