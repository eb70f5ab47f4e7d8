//! What can be turned on in training: schedules, clipping, accumulation, precision, checkpoints, limits, evaluation.

mod common;

use common::{Place, losses, metrics, worker};
use ddpm::training::Signals;
use ddpm::worker::EvalRequest;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// The tensors of a checkpoint whose names begin with `prefix`, without it.
fn tensors(path: &Path, prefix: &str) -> Weights {
    let bytes = fs::read(path).expect("a checkpoint");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
    let named = file.iter().filter_map(|(name, view)| {
        let numbers = view.data().chunks_exact(4).map(number).collect();
        Some((name.strip_prefix(prefix)?.to_owned(), (view.shape().to_vec(), numbers)))
    });
    named.collect()
}

/// The distance between two sets of weights.
fn distance(a: &Weights, b: &Weights) -> f64 {
    assert!(!a.is_empty() && a.keys().eq(b.keys()));
    let pairs = a.values().zip(b.values()).flat_map(|(a, b)| a.1.iter().zip(&b.1));
    pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>().sqrt()
}

fn rates(run: &Path) -> Vec<f64> {
    let steps = metrics(run).into_iter().filter(|line| line["event"] == "step");
    steps.map(|line| line["lr"].as_f64().expect("a rate")).collect()
}

#[test]
fn the_learning_rate_follows_its_schedule() {
    let place = Place::new();
    let cosine = ["lr_schedule=cosine", "lr_schedule.warmup_steps=2", "training.epochs=3"];
    let run = place.train("cosine", &cosine);
    // Two steps up, four along the cosine.
    let along = |done: f64| 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
    let want = [0.5, 1.0, 1.0, along(0.25), along(0.5), along(0.75)].map(|factor| 1e-3 * factor);
    assert_eq!(rates(&run).len(), want.len());
    for (got, want) in rates(&run).iter().zip(want) {
        assert!((got - want).abs() < 1e-15, "{got}, not {want}");
    }
    // It reaches the optimizer: at half the rate SGD goes half as far.
    let far = |name: &str, overrides: &[&str]| {
        let sgd = ["optimizer=sgd", "optimizer.momentum=0", "training.max_steps=1"];
        let run = place.train(name, &[&sgd, overrides].concat());
        tensors(&run.join("checkpoints/epoch_0001.safetensors"), "model.")
    };
    let start = far("start", &["optimizer.lr=0"]);
    let whole = distance(&start, &far("whole", &["optimizer.lr=0.1"]));
    let half = distance(&start, &far("half", &["optimizer.lr=0.1", "lr_schedule.warmup_steps=2"]));
    assert!((half / whole - 0.5).abs() < 1e-3, "{half} of {whole}");
}

#[test]
fn a_gradient_is_clipped_to_its_norm() {
    let place = Place::new();
    let sgd = |name: &str, lr: &str, most: &str| {
        let overrides = ["optimizer=sgd", "optimizer.momentum=0", "training.max_steps=1", lr, most];
        tensors(&place.train(name, &overrides).join("checkpoints/epoch_0001.safetensors"), "model.")
    };
    let start = sgd("start", "optimizer.lr=0", "training.max_grad_norm=null");
    let free = distance(&start, &sgd("free", "optimizer.lr=1", "training.max_grad_norm=null"));
    assert!(free > 0.01, "the gradient is {free} long");
    let clipped = distance(&start, &sgd("clipped", "optimizer.lr=1", "training.max_grad_norm=0.001"));
    assert!((clipped - 0.001).abs() < 2e-5, "{clipped}");
    let not_needed = distance(&start, &sgd("long", "optimizer.lr=1", "training.max_grad_norm=1000"));
    assert!((not_needed - free).abs() < 1e-6 * free, "{not_needed}, not {free}");
}

#[test]
fn gradients_of_several_batches_make_one_step() {
    let place = Place::new();
    let run = place.train("run", &["training.batch_size=2", "training.accumulate_batches=3"]);
    // Eight pictures are four batches: three and one.
    let steps = metrics(&run).iter().filter(|line| line["event"] == "step").count();
    assert_eq!(steps, 4);
    assert_eq!(metrics(&run)[0]["steps_per_epoch"], 2);
    // The gradient of two batches is the mean over their pictures, whatever their sizes: eight pictures at once, or as five and
    // three. Only the noise differs, so the losses are near, and with no noise levels but one they would be equal.
    let steps = |name: &str, overrides: &[&str]| {
        let one = ["diffusion.timesteps=1", "diffusion.schedule.offset=0.9", "data.random_flip=false"];
        losses(&place.train(name, &[&one, overrides].concat()))
    };
    let whole = steps("whole", &["training.batch_size=8"]);
    let split = steps("split", &["training.batch_size=5", "training.accumulate_batches=2"]);
    assert_eq!((whole.len(), split.len()), (2, 2));
    for (whole, split) in whole.iter().zip(&split) {
        assert!((whole - split).abs() < 0.02 * whole, "{whole} and {split}");
    }
}

#[test]
fn min_snr_weighs_the_loss() {
    let place = Place::new();
    let loss = |name: &str, gamma: &str| losses(&place.train(name, &[gamma, "training.max_steps=1"]))[0];
    let (all, weighed) =
        (loss("all", "diffusion.min_snr_gamma=null"), loss("some", "diffusion.min_snr_gamma=5"));
    assert_ne!(all, weighed);
    // No weight is above gamma, and with a tiny one all weigh as much: the loss of x_0, times it.
    let tiny = loss("tiny", "diffusion.min_snr_gamma=1e-9");
    assert!((tiny / all - 1e-9).abs() < 1e-13, "{tiny} is not {all} times 1e-9");
}

#[test]
fn in_bfloat16_it_trains_as_well_and_repeats_itself() {
    let place = Place::new();
    let train = |name: &str, precision: &str| {
        let overrides = [precision, "training.epochs=20", "training.batch_size=8", "sampling.every_epochs=0"];
        losses(&place.train(name, &overrides))
    };
    let (fp32, bf16) = (train("fp32", "training.precision=fp32"), train("bf16", "training.precision=bf16"));
    assert_eq!(bf16, train("again", "training.precision=bf16"));
    assert_ne!(fp32, bf16, "it is not computed in bfloat16");
    let end = |losses: &[f64]| losses[losses.len() - 10..].iter().sum::<f64>() / 10.0;
    assert!((end(&fp32) - end(&bf16)).abs() < 0.05 * end(&fp32), "{} and {}", end(&fp32), end(&bf16));
}

#[test]
fn the_best_checkpoint_is_that_of_the_least_validation_loss() {
    let place = Place::new();
    // With a large rate it gets worse.
    let run = place.train(
        "run",
        &["training.epochs=2", "optimizer.lr=0.05", "training.ema_decay=null", "sampling.every_epochs=0"],
    );
    let losses: Vec<f64> = metrics(&run)
        .iter()
        .filter(|line| line["event"] == "validation")
        .map(|line| line["loss"].as_f64().expect("a loss"))
        .collect();
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).expect("some");
    let bytes = fs::read(run.join("checkpoints/best.safetensors")).expect("the best");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
    let saved = header.metadata().as_ref().expect("metadata")["ddpm"].clone();
    let saved: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
    assert!(best + 1 < losses.len(), "the best is the last, which proves nothing: {losses:?}");
    assert_eq!(saved["epoch"], best + 1, "{losses:?}");
    let other = place.train("other", &["training.keep_best=false"]);
    assert!(!other.join("checkpoints/best.safetensors").exists());
}

#[test]
fn within_an_epoch_the_newest_checkpoint_is_kept() {
    let place = Place::new();
    let run = place.train(
        "run",
        &[
            "training.epochs=1",
            "training.batch_size=1",
            "training.checkpoint_every_steps=2",
            "sampling.every_epochs=0",
        ],
    );
    let log = fs::read_to_string(run.join("ddpm.log")).expect("a log");
    for step in [2, 4, 6] {
        assert!(
            log.contains(&format!("saved step {step}: checkpoints/step_0000000{step}.safetensors")),
            "{log}"
        );
    }
    // The epoch's takes the place of them all.
    let mut names: Vec<_> = fs::read_dir(run.join("checkpoints"))
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["best.safetensors", "epoch_0001.safetensors"]);
}

#[test]
fn out_of_time_it_saves_and_goes_on_when_started_again() {
    let place = Place::new();
    // Long before the first step is done; each start takes one at least.
    let run = place.train("run", &["training.epochs=1000000", "training.max_minutes=1e-9"]);
    let steps = |run: &Path| metrics(run).iter().filter(|line| line["event"] == "step").count();
    assert_eq!(steps(&run), 1);
    let log = fs::read_to_string(run.join("ddpm.log")).expect("a log");
    assert!(log.contains("training.max_minutes are over after step"), "{log}");
    let drawn = fs::read_dir(run.join("samples")).expect("a folder").flatten().count();
    assert!(drawn >= 1, "the end draws, whenever it comes");
    let ran = place.ddpm(["--resume".as_ref(), run.as_os_str()]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("going on after step 1"), "{}", ran.stderr);
    assert_eq!(steps(&run), 2);
}

#[test]
fn the_way_from_noise_is_drawn_when_it_is_asked_for() {
    let place = Place::new();
    let run = place.train("run", &["sampling.strip=true", "sampling.steps=6", "training.epochs=1"]);
    let size = |name: &str| {
        let file = std::io::BufReader::new(fs::File::open(run.join(name)).expect(name));
        let reader = png::Decoder::new(file).read_info().expect("a PNG");
        let info = reader.info();
        (info.width, info.height, info.animation_control.map(|control| control.num_frames))
    };
    // Four pictures are a square; in the strip each has a row, and its six stages of noise and the end are columns.
    let (side, _, _) = size("samples/epoch_0001.png");
    let (width, height, _) = size("samples/epoch_0001_strip.png");
    assert_eq!((side, width, height), (134, 7 * 66 + 2, 4 * 66 + 2));
    assert!(!run.join("samples/epoch_0001_animation.png").exists());
    let ran = place.ddpm(["sample", "run", "--animation", "--output", "run/a.png"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(size("a_animation.png"), (134, 134, Some(7)));
}

#[test]
fn drawn_pictures_are_compared_with_held_out_ones() {
    let place = Place::new();
    let run = place.train("run", &["eval.after_training=true", "eval.samples=8"]);
    let found = |run: &Path| -> serde_json::Value {
        serde_json::from_slice(&fs::read(run.join("evaluation.json")).expect("a result")).expect("JSON")
    };
    let first = found(&run);
    assert_eq!((&first["samples"], &first["step"]), (&8.into(), &4.into()));
    // Untrained, it draws something that is no picture; real ones are nearer than noise.
    for measure in ["sliced_wasserstein", "kernel_distance"] {
        assert!(first["real"][measure].as_f64() < first["noise"][measure].as_f64(), "{first}");
    }
    let evaluations = |run: &Path| metrics(run).iter().filter(|line| line["event"] == "evaluation").count();
    assert_eq!(evaluations(&run), 1);

    // The same by hand, and with more pictures another.
    let ran = place.ddpm(["eval", "run"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("sliced Wasserstein") && ran.stdout.contains("\nnoise"), "{}", ran.stdout);
    assert_eq!(found(&run), first);
    let ran = place.ddpm(["eval", "run", "eval.samples=12"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(found(&run)["samples"], 12);
    assert_eq!(evaluations(&run), 3);
    // How it draws matters, and what another checkpoint draws is not the run's result.
    let twelve = found(&run);
    let ran = place.ddpm(["eval", "run", "++sampling.eta=0", "sampling.steps=2", "eval.samples=12"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_ne!(found(&run)["drawn"], twelve["drawn"]);
    let checkpoint = "--checkpoint=run/checkpoints/epoch_0001.safetensors";
    let ran = place.ddpm(["eval", "run", "eval.samples=12", checkpoint]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(evaluations(&run), 4);
    // The run was to be measured in another way, and is not done before it is; then it is.
    for _ in 0..2 {
        assert!(worker(&run).status().expect("the worker starts").success());
        assert_eq!(found(&run), first);
        assert_eq!(evaluations(&run), 5);
    }

    for (args, words) in [
        (vec!["eval", "run", "model.hidden_size=16"], "'model.hidden_size' cannot be changed"),
        (vec!["eval", "run", "eval.sample=3"], "there is no key 'eval.sample'"),
        (vec!["eval", "run", "eval.samples=3,4"], "more than one value"),
        (vec!["eval", "run", "eval.samples=1"], "eval.samples"),
        (vec!["eval", "run", "eval.inception=run/config.yaml"], "run/config.yaml"),
        (vec!["eval", "."], "is not a run directory"),
    ] {
        let ran = place.ddpm(&args);
        assert_eq!(ran.status, Some(1), "{args:?}");
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

#[test]
fn what_was_measured_before_a_run_went_on_costs_no_metrics() {
    let place = Place::new();
    let run = place.freeze("run", &["training.max_steps=2", "eval.samples=8"]);
    let trains = || assert!(worker(&run).status().expect("the worker starts").success());
    trains();
    let found = ddpm::worker::eval(&run, &EvalRequest::default(), &Signals::none()).expect("it measures");
    let config = fs::read_to_string(run.join("config.yaml")).expect("a configuration");
    fs::write(run.join("config.yaml"), config.replace("max_steps: 2", "max_steps: 4")).expect("written");
    trains();
    let lines = fs::read_to_string(run.join("metrics.jsonl")).expect("metrics");
    assert!(lines.contains("\"step\":4"), "{lines}");
    let record =
        || ddpm::worker::record(&run, found.as_ref().expect("found"), Path::new(""), Signals::none());
    let refused = record().expect_err("the run is another one").to_string();
    assert_eq!(refused, "this is of step 2, and the run is at step 4 now: it is not kept");
    assert_eq!(fs::read_to_string(run.join("metrics.jsonl")).expect("metrics"), lines);
    assert!(!run.join("evaluation.json").exists());
    // What the newest checkpoint was is unknown when it is damaged: its metrics stay.
    let newest = run.join("checkpoints/epoch_0002.safetensors");
    fs::write(&newest, b"half").expect("written");
    record().expect("kept");
    let kept = fs::read_to_string(run.join("metrics.jsonl")).expect("metrics");
    assert!(kept.starts_with(&lines) && kept.len() > lines.len(), "{kept}");
}

#[test]
fn a_pipeline_that_draws_nothing_has_results() {
    let place = Place::new();
    let frozen = place.freeze("frozen", &["sampling.every_epochs=0"]).join("config.yaml");
    for name in ["params.yaml", "params.default.yaml"] {
        fs::copy(&frozen, place.path().join(name)).expect("copied");
    }
    fs::create_dir(place.path().join("conf")).expect("a folder");
    let ran = place.ddpm(["dvc", "train", "--results", "results"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let results = place.path().join("results");
    assert!(results.join("metrics.json").exists());
    assert_eq!(fs::read_dir(results.join("samples")).expect("a folder").count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_told_what_is_trained() {
    let place = Place::new();
    let run = place.freeze("run", &[]);
    let command = format!("'{}' train '{}'", env!("CARGO_BIN_EXE_ddpm-worker"), run.display());
    // A terminal of its own, from util-linux.
    let said = Command::new("script").args(["-qec", &command, "/dev/null"]).output().expect("script");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    for words in ["training ", " parameters on cpu", "epoch 1", "finished after 4 steps"] {
        assert!(said.contains(words), "no '{words}' in {said}");
    }
}

#[test]
fn weights_that_pytorch_saves_draw_what_ours_draw() {
    let place = Place::new();
    let run = place.train("run", &["training.ema_decay=null"]);
    let ours = tensors(&run.join("checkpoints/epoch_0002.safetensors"), "model.");
    // As `save_file(model.state_dict(), path)` names them, bare or wrapped.
    let save = |path: &Path, prefix: &str, drop: Option<&str>| {
        let buffers: Vec<(String, Vec<usize>, Vec<u8>)> = ours
            .iter()
            .filter(|(name, _)| Some(name.as_str()) != drop)
            .map(|(name, (shape, numbers))| {
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                (format!("{prefix}{name}"), shape.clone(), bytes)
            })
            .collect();
        let views = buffers.iter().map(|(name, shape, bytes)| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a view"))
        });
        fs::write(path, safetensors::serialize(views, None).expect("serialised")).expect("written");
    };
    let want = fs::read(run.join("samples/epoch_0002.png")).expect("a grid");
    for (name, prefix) in [("bare", ""), ("wrapped", "module."), ("compiled", "_orig_mod.")] {
        let weights = place.path().join(name);
        save(&weights, prefix, None);
        let ran = place.ddpm(["sample", "run", "--output", "drawn.png", "--init", name]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        assert_eq!(fs::read(place.path().join("drawn.png")).expect("a grid"), want, "{name}");
    }
    save(&place.path().join("less"), "", Some("out.bias"));
    for (file, words) in [("less", "it lacks out.bias"), ("run/config.yaml", "no safetensors file")] {
        let ran = place.ddpm(["sample", "run", "--init", file]);
        assert_eq!(ran.status, Some(1));
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

/// Two pictures that it knows by heart: what it draws is one or the other.
#[test]
fn two_pictures_are_learned_by_heart_and_drawn() {
    let place = Place::new();
    let run = place.train(
        "run",
        &[
            "dataset.limit=2",
            "data.random_flip=false",
            "training.batch_size=4",
            "dataset.repeat=80",
            "training.epochs=20",
            "training.ema_decay=null",
            "optimizer.lr=5e-3",
            "lr_schedule=cosine",
            "lr_schedule.warmup_steps=10",
            "sampling.every_epochs=0",
            "validation.every_epochs=0",
            "sampling.pictures=16",
            "sampling.steps=50",
        ],
    );
    let losses = losses(&run);
    let last = losses[losses.len() - 20..].iter().sum::<f64>() / 20.0;
    assert!(last < 0.05, "the loss is {last} in the end");
    let ran = place.ddpm(["sample", "run", "--output", "drawn.png"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let grid = image::open(place.path().join("drawn.png")).expect("a grid").to_rgb8();
    let records =
        fs::read(concat!(env!("CARGO_TARGET_TMPDIR"), "/data/emoji-faces/train.bin")).expect("pictures");
    let mut seen = [false; 2];
    for index in 0..16u32 {
        // A picture of the grid is at twice its size, two pixels apart; records are planes of red, green and blue.
        let (left, top) = (2 + index % 4 * 66, 2 + index / 4 * 66);
        let apart = |record: usize| -> f64 {
            let pixels = &records[record * 3073 + 1..(record + 1) * 3073];
            let squares = (0..1024u32).flat_map(|place| {
                let drawn = grid.get_pixel(left + place % 32 * 2, top + place / 32 * 2);
                (0..3).map(move |plane| (drawn[plane], pixels[plane * 1024 + place as usize]))
            });
            let sum: f64 = squares.map(|(a, b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
            (sum / 3072.0).sqrt()
        };
        let distances = [apart(0), apart(1)];
        let nearest = usize::from(distances[1] < distances[0]);
        seen[nearest] = true;
        // The two are 44 apart.
        let is_one = distances[nearest] < 20.0 && distances[1 - nearest] > 35.0;
        assert!(is_one, "picture {index} is neither: {distances:?} of 255");
    }
    assert_eq!(seen, [true; 2], "it draws one of them only");
}
