//! What a person is told about values that do not fit their type.

use hydra_compose::Composer;
use schemars::JsonSchema;
use serde::Deserialize;
use std::fs;

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only whether it fits is asked")]
struct Limited {
    #[schemars(range(min = 1, max = 8))]
    workers: u8,
}

#[test]
fn the_limit_is_named() {
    for (workers, words) in [("0", "workers must be at least 1"), ("9", "workers must be at most 8")] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("config.yaml"), format!("workers: {workers}\n")).expect("written");
        let config = Composer::new(folder.path()).compose().expect("composed");
        let error = config.validate::<Limited>().expect_err(workers);
        assert!(error.message().contains(words), "{error}");
        let (text, span) = error.labels()[0].origin.snippet().expect("a place");
        assert_eq!(&text[span.start..span.end], workers);
    }
}
