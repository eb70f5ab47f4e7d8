//! Value overrides where Hydra's next release differs from 1.3, whose answers the goldens hold.

use hydra_compose::{Code, Composer};
use std::fs;

#[test]
fn deleting_by_value_compares_what_is_missing_too() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.yaml"), "a: ???\nb: null\nc: 1\n").expect("written");
    let compose = |over: &str| Composer::new(folder.path()).overrides([over]).compose();
    for refused in ["~a=1", "~b=1", "~c=2"] {
        assert_eq!(compose(refused).expect_err(refused).code(), Code::OverrideInvalid);
    }
    for (deleted, left) in
        [("~a", "b: null\nc: 1\n"), ("~b=null", "a: ???\nc: 1\n"), ("~c=1", "a: ???\nb: null\n")]
    {
        assert_eq!(compose(deleted).expect(deleted).to_yaml(), left);
    }
}
