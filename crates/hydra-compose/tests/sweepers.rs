//! Sweepers beside Hydra's basic one: `grid` and `random`, their settings, and a person's own.

mod planning;

use planning::{composer, conf, error, jobs, listed, message, plan};

#[test]
fn grid_takes_from_a_file_what_the_command_line_says() {
    let text = "defaults:\n- override hydra/sweeper: grid\n- _self_\nlr: 0\nseed: 0\nbad: seed=2\nhydra:\n  sweeper:\n    params: {lr: '1,2'}\n    exclude: ['lr=2,seed=1', '${bad}']\n    repeat: 2\n    max_batch_size: 3\n";
    let conf = conf(&[("config.yaml", text)]);
    let jobs = |arguments: &[&str]| {
        listed(&composer(&conf, arguments).plan().unwrap_or_else(|error| panic!("{error}")))
    };
    assert_eq!(jobs(&["seed=0,1,2"]).len(), 6);
    assert_eq!(jobs(&["seed=0,1,2", "repeat(1)"]), ["lr=1 seed=0", "lr=1 seed=1", "lr=2 seed=0"]);
    assert_eq!(jobs(&["seed=0,1,2", "repeat(1)", "exclude(seed=0)"]), ["lr=1 seed=1"]);
    let plan = composer(&conf, &["seed=0,1,2"]).plan().expect("planned");
    assert_eq!(plan.batches().map(|batch| batch.len()).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn settings_are_checked_in_their_place() {
    for (sweeper, setting, message, help) in [
        ("grid", "repeat: 0", "hydra.sweeper.repeat is 0", "it is a whole number from 1 to 1000000"),
        (
            "grid",
            "repeat: x",
            "In 'config': Value 'x' of type 'str' could not be converted to Integer",
            "give an integer, such as 0",
        ),
        (
            "grid",
            "repeet: 2",
            "In 'config': there is no key 'repeet' in 'hydra.sweeper'",
            "did you mean hydra.sweeper.repeat?",
        ),
        (
            "grid",
            "n_trials: 2",
            "In 'config': there is no key 'n_trials' in 'hydra.sweeper'",
            "known keys: _target_, max_batch_size, params, exclude, repeat",
        ),
        (
            "grid",
            "exclude: lr=1",
            "In 'config': 'hydra.sweeper.exclude' must be a list, and is a string",
            "give a list: [a, b]",
        ),
        (
            "grid",
            "exclude: [lr]",
            "a condition is KEY=VALUE",
            "several values of one key: exclude(a=choice(1,2))",
        ),
        ("grid", "exclude: [lrr=1]", "no override of the sweep sets 'lrr'", "did you mean lr?"),
        ("random", "n_trials: 0", "hydra.sweeper.n_trials is 0", "it is a whole number from 1 to 1000000"),
        (
            "random",
            "n_trials: 1.5",
            "In 'config': Value '1.5' of type 'float' could not be converted to Integer",
            "give an integer, such as 0",
        ),
        (
            "random",
            "seed: -1",
            "hydra.sweeper.seed is -1",
            "it is a whole number from 0 to 18446744073709551615",
        ),
        (
            "random",
            "max_batch_size: 0",
            "hydra.sweeper.max_batch_size is 0",
            "it is a whole number from 1 on, or null for all jobs in one batch",
        ),
        ("random", "params: {lr: 'a=b'}", "'=' in a value without quotes", "quote the value: 'lr=\"a=b\"'"),
    ] {
        let text = format!(
            "defaults:\n- override hydra/sweeper: {sweeper}\n- _self_\nlr: 0\nhydra:\n  sweeper: {{{setting}}}\n"
        );
        let conf = conf(&[("config.yaml", &text)]);
        let error = composer(&conf, &["lr=1,2"]).plan().expect_err(setting);
        assert_eq!((error.message(), error.help_text()), (message, Some(help)), "{setting}");
        let places: Vec<String> = error.labels().iter().map(|label| label.origin.to_string()).collect();
        let is_shown = places.iter().any(|place| place.contains("config.yaml:6:"));
        assert!(is_shown, "{setting}: {places:?}");
    }
    let error = error(&["hydra/sweeper=grid", "+hydra.sweeper.repet=2", "lr=1,2"]);
    assert_eq!(error.message(), "the grid sweeper has no setting 'repet'");
    assert_eq!(error.help_text(), Some("did you mean hydra.sweeper.repeat?"));
}

#[test]
fn an_interval_needs_the_random_sweeper() {
    for sweeper in ["basic", "grid"] {
        let (message, help) = message(&[&format!("hydra/sweeper={sweeper}"), "lr=interval(0,1)"]);
        assert_eq!(message, "BasicSweeper does not support sweep type : INTERVAL_SWEEP");
        assert!(help.ends_with("to draw from it: hydra/sweeper=random"), "{help}");
    }
}

#[test]
fn what_is_printed_of_the_basic_sweeper_is_hydras() {
    let plan = plan(&["lr=1,2"]);
    let sweeper = plan.master().root().get("hydra.sweeper").expect("it is there");
    let want = "_target_: hydra._internal.core_plugins.basic_sweeper.BasicSweeper\nmax_batch_size: null\nparams: null\n";
    assert_eq!(hydra_compose::yaml::dump(sweeper), want);
}

fn search(trials: usize, arguments: &[&str]) -> Vec<String> {
    let trials = format!("hydra.sweeper.n_trials={trials}");
    jobs(&[&["hydra/sweeper=random", trials.as_str()], arguments].concat())
}

/// The value of a key in each job.
fn values(jobs: &[String], key: &str) -> Vec<f64> {
    let start = format!("{key}=");
    let of = |job: &String| {
        let found = job.split(' ').find_map(|over| over.strip_prefix(&start)).expect("the key");
        found.parse().expect("a number")
    };
    jobs.iter().map(of).collect()
}

const SPACE: [&str; 6] = [
    "lr=tag(log,interval(1e-5,1e-1))",
    "+drop=interval(0,0.5)",
    "+depth=int(interval(1,8))",
    "opt=adam,sgd",
    "batch,seed=zip([32,64,128],[1,2,3])",
    "name=fixed",
];

#[test]
fn a_trial_follows_from_the_seed_its_number_and_the_key() {
    let ten = search(10, &SPACE);
    assert_eq!(ten.len(), 10);
    assert_eq!(ten, search(10, &SPACE));
    assert_eq!(ten[..], search(25, &SPACE)[..10], "more trials begin with the same");
    assert_ne!(ten, search(10, &[&SPACE[..], &["hydra.sweeper.seed=1"]].concat()));
    // Another key, and another order of the keys, change nothing for the others.
    let more = search(10, &["flag=true,false", SPACE[1], SPACE[0]]);
    assert_eq!(values(&more, "lr"), values(&ten, "lr"));
    assert_eq!(values(&more, "+drop"), values(&ten, "+drop"));
    assert_ne!(
        values(&search(10, &["lr=interval(0,1)", "+b=interval(0,1)"]), "lr"),
        values(&search(10, &["lr=interval(0,1)", "+b=interval(0,1)"]), "+b")
    );
    // Shuffling has no seed, and what is drawn at random needs none.
    assert_eq!(search(10, &["seed=shuffle(range(100))"]), search(10, &["seed=range(100)"]));
}

#[test]
fn draws_are_spread_as_they_should_be() {
    let jobs = search(1200, &SPACE);
    let share = |count: usize| count as f64 / 1200.0;
    let logs = values(&jobs, "lr");
    assert!(logs.iter().all(|lr| (1e-5..=1e-1).contains(lr)));
    for decade in -5..-1 {
        let share = share(logs.iter().filter(|lr| lr.log10().floor() as i32 == decade).count());
        assert!((share - 0.25).abs() < 0.06, "{share} in the decade of 1e{decade}");
    }
    let drops = values(&jobs, "+drop");
    assert!(drops.iter().all(|drop| (0.0..0.5).contains(drop)));
    assert!((drops.iter().sum::<f64>() / 1200.0 - 0.25).abs() < 0.02);
    let depths = values(&jobs, "+depth");
    for depth in 1..=8 {
        assert!(
            (share(depths.iter().filter(|found| **found == f64::from(depth)).count()) - 0.125).abs() < 0.05
        );
    }
    assert!((share(jobs.iter().filter(|job| job.contains("opt=sgd")).count()) - 0.5).abs() < 0.06);
    // A draw of a zip is a row.
    for (batch, seed) in values(&jobs, "batch").iter().zip(values(&jobs, "seed")) {
        assert_eq!(*batch, 16.0 * f64::from(2_u32.pow(seed as u32)));
    }
    assert!(jobs.iter().all(|job| job.ends_with("name=fixed")));
}

#[test]
fn what_is_excluded_is_drawn_again() {
    let all = search(50, &["lr=interval(0,1)", "seed=range(4)"]);
    let left =
        search(50, &["lr=interval(0,1)", "seed=range(4)", "exclude(lr=interval(0,0.5),seed=choice(0,1))"]);
    assert_eq!(left.len(), 50);
    for (before, after) in all.iter().zip(&left) {
        let (lr, seed) =
            (values(std::slice::from_ref(before), "lr")[0], values(std::slice::from_ref(before), "seed")[0]);
        let is_excluded = lr <= 0.5 && seed <= 1.0;
        assert_eq!(is_excluded, before != after, "{before} {after}");
        assert!(
            values(std::slice::from_ref(after), "lr")[0] > 0.5
                || values(std::slice::from_ref(after), "seed")[0] > 1.0
        );
    }
    let (message, help) = message(&["hydra/sweeper=random", "lr=1,2", "exclude(lr=choice(1,2))"]);
    assert_eq!(message, "trial 0: 1000 draws, one after another, are excluded");
    assert_eq!(help, "exclude less, or give the sweep more values to draw from");
    let plan = plan(&["hydra/sweeper=random", "lr=interval(0,1)", "exclude(lr=interval(2,3))"]);
    assert_eq!(plan.unmatched_exclusions().collect::<Vec<_>>(), ["exclude(lr=interval(2,3))"]);
}

#[test]
fn there_must_be_something_to_draw() {
    for arguments in [&["hydra/sweeper=random"][..], &["hydra/sweeper=random", "lr=1", "opt=glob(a*)"]] {
        let (message, help) = message(arguments);
        assert_eq!(message, "there is nothing to draw: no key has several values");
        assert!(help.contains("interval(0,1)") && help.contains("repeat(10)"), "{help}");
    }
    let plan = plan(&["hydra/sweeper=random", "lr=range(0)", "seed=interval(0,1)"]);
    assert_eq!((plan.len(), plan.without_values().collect::<Vec<_>>()), (0, vec!["lr=range(0)"]));
    assert_eq!(
        message(&["hydra/sweeper=random", "lr=tag(log,interval(0,1))"]).0,
        "'lr=tag(log,interval(0,1))': the logarithm of an interval needs bounds above zero"
    );
    assert_eq!(search(2, &["lr=interval(0,1)", "repeat(3)"]).len(), 6);
}

#[test]
fn a_sweeper_or_launcher_of_ones_own_wins_over_the_builtin_one() {
    let own = |sweeper: &str, launcher: &str| {
        conf(&[
            ("config.yaml", "lr: 0\n"),
            ("hydra/sweeper/basic.yaml", sweeper),
            ("hydra/launcher/basic.yaml", launcher),
        ])
    };
    // What it leaves out is Hydra's.
    let conf = own("max_batch_size: 1\nparams: {lr: '1,2'}\n", "_target_: my.Launcher\n");
    let plan = composer(&conf, &[]).plan().expect("planned");
    assert_eq!((listed(&plan), plan.batches().count()), (vec!["lr=1".to_owned(), "lr=2".to_owned()], 2));
    let target = |key: &str| plan.master().get::<String>(&format!("hydra.{key}._target_")).expect("text");
    assert_eq!(target("launcher"), "my.Launcher");
    assert_eq!(target("sweeper"), "hydra._internal.core_plugins.basic_sweeper.BasicSweeper");
    // It has the keys of Hydra's, and their types.
    for (sweeper, launcher, message) in [
        (
            "repeat: 2\n",
            "",
            "In 'hydra/sweeper/basic': Could not override 'repeat': there is no key 'repeat'",
        ),
        (
            "",
            "n_jobs: 2\n",
            "In 'hydra/launcher/basic': Could not override 'n_jobs': there is no key 'n_jobs'",
        ),
        (
            "max_batch_size: many\n",
            "",
            "In 'hydra/config': Value 'many' of type 'str' could not be converted to Integer",
        ),
    ] {
        let error = composer(&own(sweeper, launcher), &[]).plan().expect_err("refused");
        assert_eq!(error.message(), message);
    }
}

#[test]
fn a_file_named_as_a_sweeper_of_our_own_is_what_it_was() {
    let conf = conf(&[
        ("config.yaml", "lr: 0\n"),
        ("hydra/sweeper/grid.yaml", "_target_: hydra_app.sweeper.Random\nn_trials: 3\n"),
    ]);
    let plan = composer(&conf, &["hydra/sweeper=grid", "lr=interval(0,1)"]).plan().expect("planned");
    assert_eq!(plan.len(), 3);
    assert!(plan.master().root().get("hydra.sweeper.repeat").is_none());
}
