//! What a person is told about an interpolation that cannot be resolved.

use hydra_compose::{Composer, Error};
use std::fs;

/// What resolving says of a configuration whose key `a` has this value.
fn refused(value: &str) -> Error {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), format!("a: {value}\n")).expect("written");
    Composer::new(folder.path()).compose().and_then(|config| config.resolve()).expect_err(value)
}

#[test]
fn it_is_said_what_was_given_and_what_is_wanted() {
    for (value, words) in [
        ("${oc.create:3}", "oc.create: an integer cannot become a configuration"),
        ("${oc.create:{,}}", "a key"),
        ("${oc.create:{a,}}", "':'"),
        (r#"'${oc.create:"{a: ''\${''}"}'"#, "Malformed interpolation in `${`"),
    ] {
        let error = refused(value);
        assert!(error.to_string().contains(words), "{value}: {error}");
    }
}
