//! What sweeps can do here and not in Hydra: zips, exclusions, repeats, seeds.

mod planning;

use hydra_compose::Code;
use hydra_compose::overrides::{Directive, parse};
use planning::{composer, conf, error, jobs, listed, message, plan, training};
use serde_json::Value;
use std::collections::HashSet;
use std::time::{Duration, Instant};

// Spelling

#[test]
fn every_addition_is_an_error_in_hydra() {
    let mut count = 0;
    for line in include_str!("overrides/additions.jsonl").lines() {
        let golden: Value = serde_json::from_str(line).expect("a line of JSON");
        let input = golden["input"].as_str().expect("an argument");
        assert!(golden["error"].is_string(), "{input} means something to Hydra");
        let printed = match Directive::parse(input, 0) {
            Some(directive) => directive.map(|directive| directive.to_string()),
            None => parse(input, 0).map(|over| over.to_string()),
        };
        let printed = printed.unwrap_or_else(|error| panic!("{input} means nothing here: {error}"));
        let again = match Directive::parse(&printed, 0) {
            Some(directive) => directive.map(|directive| directive.to_string()),
            None => parse(&printed, 0).map(|over| over.to_string()),
        };
        assert_eq!(again.expect("what is printed parses"), printed, "{input}");
        count += 1;
    }
    assert!(count >= 200);
}

#[test]
fn one_job_has_no_place_for_them() {
    for argument in ["lr,batch=zip([1],[2])", "seed=seeds(3)", "exclude(lr=1)", "repeat(3)"] {
        let error = composer(&training(), &[argument]).compose().expect_err("no sweep");
        assert_eq!(error.message(), format!("Sweep parameters '{argument}' requires --multirun"));
        assert_eq!(error.help_text(), Some("add --multirun to the command line"));
    }
    let error =
        composer(&training(), &["repeat(2)", "lr=1,2", "exclude(lr=1)"]).compose().expect_err("no sweep");
    let arguments: Vec<String> =
        error.each().iter().map(|error| error.labels()[0].origin.to_string()).collect();
    assert_eq!(arguments, ["argument 'repeat(2)'", "argument 'lr=1,2'", "argument 'exclude(lr=1)'"]);
}

#[test]
fn the_configuration_of_hydra_is_not_zipped() {
    let (message, _) = message(&["lr,hydra.verbose=zip([1,2],[true,false])"]);
    let argument = "lr,hydra.verbose=zip([1,2],[true,false])";
    assert_eq!(message, format!("Sweeping over Hydra's configuration is not supported : '{argument}'"));
}

#[test]
fn what_was_asked_for_stands_in_the_configuration_of_the_sweep() {
    let arguments = ["repeat(2)", "lr,batch=zip([1,2],[3,4])", "hydra.job.chdir=true", "exclude(lr=1)"];
    let plan = plan(&arguments);
    let task = plan.master().get::<Vec<String>>("hydra.overrides.task").expect("a list");
    assert_eq!(task, ["repeat(2)", "lr,batch=zip([1,2],[3,4])", "exclude(lr=1)"]);
    let job = plan.compose(&plan.job(1).expect("there are two")).expect("composed");
    assert_eq!(job.get::<Vec<String>>("hydra.overrides.task").expect("a list"), ["lr=2", "batch=4"]);
}

// Zips

#[test]
fn a_zip_is_one_axis_of_the_product() {
    assert_eq!(
        jobs(&["seed=1,2", "lr,batch=zip(choice(1e-3,1e-4),choice(64,128))", "name=a,b"]),
        [
            "seed=1 lr=0.001 batch=64 name=a",
            "seed=1 lr=0.001 batch=64 name=b",
            "seed=1 lr=0.0001 batch=128 name=a",
            "seed=1 lr=0.0001 batch=128 name=b",
            "seed=2 lr=0.001 batch=64 name=a",
            "seed=2 lr=0.001 batch=64 name=b",
            "seed=2 lr=0.0001 batch=128 name=a",
            "seed=2 lr=0.0001 batch=128 name=b",
        ]
    );
}

#[test]
fn groups_prefixes_and_every_kind_of_sweep_are_zipped() {
    let plan = plan(&["opt,opt.lr,+db,++new.key=zip(glob(*),range(1,3),choice(pg,my),[a,{b: 1}])"]);
    assert_eq!(
        listed(&plan),
        ["opt=adam opt.lr=1 +db=pg ++new.key=a", "opt=sgd opt.lr=2 +db=my ++new.key={b:1}"]
    );
    let job = plan.compose(&plan.job(1).expect("there are two")).expect("composed");
    assert_eq!(job.get::<f64>("opt.momentum").expect("a number"), 0.9);
    assert_eq!(job.get::<u32>("db.port").expect("a number"), 3306);
    let shuffled: HashSet<String> = jobs(&["lr,batch=zip(shuffle(range(3)),range(3))"])
        .iter()
        .map(|job| job.split(' ').next().expect("an override").to_owned())
        .collect();
    assert_eq!(shuffled.len(), 3);
    assert_eq!(jobs(&["lr,batch=zip(sort(2,1),tag(a,int(3.5,4.5)))"]), ["lr=1 batch=3", "lr=2 batch=4"]);
    assert!(jobs(&["lr,batch=zip([],[])"]).is_empty());
}

#[test]
fn columns_of_different_length_are_counted() {
    let error = error(&["lr,batch=zip(choice(1,2),range(3))"]);
    assert_eq!(error.code(), Code::OverrideInvalid);
    assert_eq!(error.message(), "the sweeps of a zip differ in length: 'lr' has 2, 'batch' has 3");
    let labels: Vec<&str> = error.labels().iter().map(|label| label.text.as_str()).collect();
    assert_eq!(labels, ["2 values", "3 values"]);
    let (message, _) = message(&["opt,lr=zip(glob(a*),[1,2])"]);
    assert_eq!(message, "the sweeps of a zip differ in length: 'opt' has 1, 'lr' has 2");
}

#[test]
fn a_later_zip_replaces_its_keys_and_nothing_tears_it_apart() {
    let sweep = ["lr=1,2", "seed=5", "batch=7", "lr,batch=zip([3,4],[5,6])"];
    assert_eq!(jobs(&sweep), ["lr=3 batch=5 seed=5", "lr=4 batch=6 seed=5"]);
    let (message, help) = message(&["lr,batch=zip([3,4],[5,6])", "lr=1"]);
    assert_eq!(message, "'lr=1' sets a key of the zip 'lr,batch=zip([3,4],[5,6])'");
    assert_eq!(help, "set all of them again, 'lr,batch=zip(…)', or leave one of the two arguments out");
}

#[test]
fn a_comma_between_keys_is_for_zips_alone() {
    for argument in ["lr,batch=1", "lr,batch=choice(1,2)", "lr,batch=1,2"] {
        let error = error(&[argument]);
        assert_eq!((error.code(), error.message()), (Code::OverrideSyntax, "several keys before the '='"));
        assert_eq!(
            error.help_text(),
            Some("keys are swept together so: 'lr,batch=zip(choice(1,2),choice(3,4))'")
        );
    }
    assert!(message(&["lr=zip([1,2])"]).1.starts_with("zip(…) goes with several keys: "));
}

#[test]
fn parameters_of_the_sweeper_are_zipped_too() {
    let text =
        "lr: 0\nbatch: 0\nhydra: {sweeper: {params: {'lr,batch': 'zip([1,2],[3,4])', +s: seeds(1)}}}\n";
    let conf = conf(&[("config.yaml", text)]);
    let plan = composer(&conf, &["exclude(batch=4)"]).plan().expect("planned");
    let jobs = listed(&plan);
    assert!(jobs.len() == 1 && jobs[0].starts_with("lr=1 batch=3 +s="), "{jobs:?}");
}

// Exclusions

#[test]
fn jobs_that_fulfil_all_conditions_are_left_out_and_numbers_have_no_holes() {
    let plan = plan(&["opt=adam,sgd", "batch=32,64,128", "exclude(opt=sgd, batch=choice(64,128))"]);
    assert_eq!(
        listed(&plan),
        ["opt=adam batch=32", "opt=adam batch=64", "opt=adam batch=128", "opt=sgd batch=32"]
    );
    let numbers: Vec<usize> = plan.jobs().map(|job| job.num).collect();
    assert_eq!(numbers, [0, 1, 2, 3]);
    let last = plan.compose(&plan.job(3).expect("there are four")).expect("composed");
    assert_eq!(last.get::<u32>("hydra.job.num").expect("a number"), 3);
    assert_eq!(last.get::<String>("opt.name").expect("text"), "sgd");
}

#[test]
fn one_of_several_exclusions_is_enough() {
    assert_eq!(jobs(&["exclude(seed=1)", "seed=range(5)", "exclude(seed=range(3,9))"]), ["seed=0", "seed=2"]);
}

#[test]
fn values_are_compared_as_values() {
    assert_eq!(jobs(&["lr=0.001,0.01", "exclude(lr=1e-3)"]), ["lr=0.01"]);
    assert_eq!(jobs(&["lr=1,2.0", "exclude(lr=choice(1.0,2))", "batch=1"]), [""; 0]);
    assert_eq!(jobs(&["name='a b',1,'1'", "exclude(name=a b)", "exclude(name=1)"]), ["name='1'"]);
    assert_eq!(jobs(&["lr=range(0,1,0.25)", "exclude(lr=interval(0.25,0.5))"]), ["lr=0.0", "lr=0.75"]);
    assert_eq!(jobs(&["name=resnet18,resnet50,vgg", "exclude(name=glob(res*))"]), ["name=vgg"]);
    assert_eq!(jobs(&["name=[1,2],[2,1]", "exclude(name=[1.0,2])"]), ["name=[2,1]"]);
    assert_eq!(jobs(&["flag=true,false", "exclude(flag=TRUE)"]), ["flag=False"]);
    assert_eq!(jobs(&["name=null,a", "exclude(name=null)"]), ["name=a"]);
}

#[test]
fn conditions_name_keys_as_the_sweep_does_or_without_symbols() {
    assert_eq!(jobs(&["+a=1,2", "exclude(a=1)"]), ["+a=2"]);
    assert_eq!(jobs(&["+a=1,2", "exclude(+a=1)"]), ["+a=2"]);
    assert_eq!(jobs(&["opt,lr=zip([adam,sgd],[1,2])", "exclude(lr=2)"]), ["opt=adam lr=1"]);
    assert_eq!(jobs(&["lr=1,2", "seed=3", "exclude(lr=1,seed=3)"]), ["lr=2 seed=3"]);
    assert_eq!(message(&["+a=1,2", "exclude(++a=1)"]).0, "no override of the sweep sets '++a'");
    assert_eq!(
        message(&["~lr", "exclude(lr=1)"]),
        ("no override of the sweep sets 'lr'".to_owned(), "nothing is swept".to_owned())
    );
}

#[test]
fn a_key_that_is_not_swept_is_named_with_those_that_are() {
    let error = error(&["batch=1,2", "lr=1,2", "exclude(lr=1,bacth=2)"]);
    assert_eq!(error.code(), Code::UnknownKey);
    assert_eq!(error.message(), "no override of the sweep sets 'bacth'");
    assert_eq!(error.help_text(), Some("did you mean batch?"));
    assert_eq!(error.labels()[0].origin.to_string(), "argument 'exclude(lr=1,bacth=2)'");
    assert_eq!(message(&["batch=1,2", "lr=1", "exclude(zzz=1)"]).1, "the keys of the sweep: batch, lr");
    assert_eq!(message(&["lr=1", "exclude(lr=interval(1,0))"]).0, "an interval that holds no number");
    assert_eq!(
        message(&["lr=1", "exclude(lr=[choice(1,2)])"]).0,
        "a sweep cannot be inside of another value"
    );
}

#[test]
fn an_exclusion_that_leaves_nothing_out_is_told() {
    let plan = plan(&["opt=adam,sgd", "lr=1,2", "exclude(opt=adam,lr=3)", "exclude(lr=2)"]);
    assert_eq!(plan.unmatched_exclusions().collect::<Vec<_>>(), ["exclude(opt=adam,lr=3)"]);
    assert_eq!(plan.len(), 2);
    // Conditions that contradict each other.
    let plan = self::plan(&["lr=1,2", "exclude(lr=1,lr=2)"]);
    assert_eq!(plan.unmatched_exclusions().count(), 1);
    // Nothing can be said where there are no jobs.
    let plan = self::plan(&["lr=range(0)", "seed=1", "exclude(seed=1)"]);
    assert_eq!((plan.len(), plan.unmatched_exclusions().count()), (0, 0));
}

#[test]
fn a_large_grid_is_cut_down_at_once() {
    let start = Instant::now();
    let sweep =
        ["+a=range(1000)", "+b=range(1000)", "exclude(a=range(1,1000))", "exclude(b=interval(0,998))"];
    assert_eq!(jobs(&sweep), ["+a=0 +b=999"]);
    assert_eq!(jobs(&["+a=range(1000000)", "exclude(a=range(1,1000000))"]), ["+a=0"]);
    let elapsed = start.elapsed();
    let limit = if cfg!(debug_assertions) { 10 } else { 1 };
    assert!(elapsed < Duration::from_secs(limit), "{elapsed:?}");
}

#[test]
fn no_more_jobs_than_a_million() {
    let large = ["+a=range(1000)", "+b=range(1001)"];
    for more in [&[][..], &["exclude(a=range(1000))"], &["repeat(2)"]] {
        let error = error(&[&large[..], more].concat());
        assert_eq!(error.message(), "the sweep has more than 1000000 jobs");
        assert_eq!(
            error.help_text(),
            Some("it multiplies 1000 of '+a=range(1000)', 1001 of '+b=range(1001)'")
        );
    }
    let (message, help) = message(&["+a=range(1000)", "repeat(1001)"]);
    assert_eq!(message, "the sweep has more than 1000000 jobs");
    assert_eq!(help, "it has 1000, each repeated 1001 times");
    assert_eq!(
        self::message(&[
            "hydra/sweeper=random",
            "lr=interval(0,1)",
            "hydra.sweeper.n_trials=1000",
            "repeat(1001)"
        ])
        .0,
        "the sweep has more than 1000000 jobs"
    );
}

// Repeats and seeds

#[test]
fn repeats_differ_in_their_number_alone() {
    let plan = plan(&["repeat(9)", "seed=1,2", "exclude(seed=3)", "repeat(2)"]);
    assert_eq!(listed(&plan), ["seed=1", "seed=1", "seed=2", "seed=2"]);
    let numbers: Vec<u32> = plan
        .jobs()
        .map(|job| plan.compose(&job).and_then(|config| config.get("hydra.job.num")).expect("a number"))
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3]);
    assert_eq!(jobs(&["repeat(3)"]), ["", "", ""]);
}

#[test]
fn seeds_are_different_and_begin_alike() {
    let seeds = |text: &str| parse(&format!("x={text}"), 0).and_then(|over| over.expand(&|_| Vec::new()));
    assert_eq!(seeds("seeds(3)").expect("three")[..], seeds("seeds(5)").expect("five")[..3]);
    assert_eq!(seeds("seeds(3)").expect("three"), seeds("seeds(3,0)").expect("three"));
    assert_ne!(seeds("seeds(3,1)").expect("three"), seeds("seeds(3,0)").expect("three"));
    // For good: a sweep that is repeated years later has the same.
    assert_eq!(seeds("seeds(4,7)").expect("four")[..3], ["3503418263", "738508283", "2124329299"]);
    let many = seeds("seeds(1000000)").expect("a million");
    assert!(many.iter().all(|seed| seed.parse::<u32>().is_ok()));
    assert_eq!(many.iter().collect::<HashSet<_>>().len(), 1_000_000);
    for (text, message) in [
        ("seeds(0)", "ValueError while evaluating 'seeds(0)': the number of seeds is from 1 to 1000000"),
        (
            "seeds(1,-1)",
            "ValueError while evaluating 'seeds(1,-1)': the root of the seeds is from 0 to 18446744073709551615",
        ),
        (
            "seeds(1.5)",
            "TypeError while evaluating 'seeds(1.5)': mismatch type argument count: float is incompatible with int",
        ),
        ("seeds()", "TypeError while evaluating 'seeds()': missing a required argument: 'count'"),
    ] {
        assert_eq!(seeds(text).expect_err(text).message(), message);
    }
    assert_eq!(jobs(&["seed=seeds(2)"]).len(), 2);
    assert!(
        seeds("shuffle(seeds(2))").is_err()
            && seeds("int(seeds(2))").is_err()
            && seeds("1,seeds(2)").is_err()
    );
}
