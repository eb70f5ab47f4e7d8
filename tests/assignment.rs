//! The bugs that the assignment was handed out with, and some of their kin: what fails when one is put back in and is not
//! tested beside the code. `make mutants` puts them back in.

mod common;

use common::{Place, losses};
use ddpm::diffusion::{Process, Sampler, Schedule};
use ddpm::model::{Engine, Gradients, UNet};
use ddpm::training::{Checkpoint, Ema};
use ddpm::{pictures, random};
use ddpm_config::{BetaSchedule, Model, Objective, Sampling};
use safetensors::SafeTensors;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tch::{Device, Kind, Tensor, nn};

/// Seeds libtorch's generator, and keeps it from the other tests here until the guard is dropped.
fn seeded(seed: i64) -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    let guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed);
    guard
}

fn process(objective: Objective, device: Device) -> Process {
    let linear = BetaSchedule::Linear { beta_start: 1e-4, beta_end: 0.02 };
    Process::new(Schedule::new(&linear, 1000).expect("valid"), objective, device)
}

fn sampler(steps: i64, eta: f64) -> Sampler {
    let settings = Sampling { steps, eta, pictures: 1, every_epochs: 1, strip: false, animation: false };
    Sampler::new(&settings, 1000)
}

#[test]
fn without_a_network_the_loss_is_the_variance_of_the_noise() {
    let place = Place::new();
    // A first step that takes all of each weight away leaves a network that predicts 0, and a loss that is the mean of ε².
    let run = place.train(
        "run",
        &[
            "diffusion=linear",
            "optimizer=sgd",
            "optimizer.lr=1",
            "optimizer.momentum=0",
            "optimizer.weight_decay=1",
            "training.max_grad_norm=1e-30",
            "training.ema_decay=null",
            "training.batch_size=8",
            "training.epochs=20",
            "sampling.every_epochs=0",
            "validation.every_epochs=0",
        ],
    );
    let losses = losses(&run);
    assert_eq!(losses.len(), 20);
    // The mean of 24,576 squares of standard normal numbers is 1 ± 0.009; of uniform ones it would be 1/3.
    for loss in &losses[1..] {
        assert!((loss - 1.0).abs() < 0.06, "{losses:?}");
    }
    let different: BTreeSet<u64> = losses[1..].iter().map(|loss| loss.to_bits()).collect();
    assert_eq!(different.len(), 19, "steps share their noise: {losses:?}");
}

#[test]
fn timesteps_are_uniform_and_each_its_own() {
    let _generator = seeded(0);
    let drawn = Vec::<i64>::try_from(&random::timesteps(10_000, 10, Device::Cpu)).expect("integers");
    let mut counts = BTreeMap::new();
    drawn.into_iter().for_each(|t| *counts.entry(t).or_insert(0) += 1);
    assert!(counts.keys().copied().eq(0..10), "{counts:?}");
    // Five standard deviations.
    assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
}

/// No machine has so many GPUs.
const NOWHERE: Device = Device::Cuda(99);

/// Whether libtorch refuses to make it.
fn is_refused<T>(make: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(make)).is_err()
}

/// Where there is only a CPU, what forgets its device is seen by succeeding on one that there is not.
#[test]
fn what_is_asked_for_on_a_device_is_made_there_or_not_at_all() {
    let _generator = seeded(0);
    assert!(is_refused(|| random::normal(&[2], NOWHERE)), "noise is made elsewhere");
    assert!(is_refused(|| random::timesteps(2, 10, NOWHERE)), "timesteps are made elsewhere");
    assert!(is_refused(|| process(Objective::Epsilon, NOWHERE)), "the schedule is elsewhere");
    let (process, sampler) = (process(Objective::Epsilon, Device::Cpu), sampler(4, 1.0));
    let mut begun = false;
    let draw = || {
        let look = |_: &Tensor| {
            begun = true;
            false
        };
        sampler.sample(&process, |x, _| x.shallow_clone(), [1, 3, 4, 4], NOWHERE, look)
    };
    assert!(is_refused(draw) && !begun, "samples begin elsewhere");
}

#[test]
fn a_schedule_has_as_many_steps_as_are_asked_for_be_it_one() {
    for count in [1, 2, 1000] {
        let linear = BetaSchedule::Linear { beta_start: 1e-3, beta_end: 2e-3 };
        let schedule = Schedule::new(&linear, count).expect("valid");
        assert_eq!((schedule.timesteps(), schedule.betas().len() as i64), (count, count));
        let last = schedule.betas()[count as usize - 1];
        assert!((schedule.betas()[0] - 1e-3).abs() < 1e-12, "{count}");
        assert!((last - if count == 1 { 1e-3 } else { 2e-3 }).abs() < 1e-12, "{count}: {last}");
    }
}

/// What only a second device would show when it runs: what computes is told where, and names no device.
#[test]
fn the_process_the_step_and_the_sampler_choose_no_device() {
    for file in [
        "src/diffusion/process.rs",
        "src/diffusion/sampler.rs",
        "src/training/step.rs",
        "src/training/validation.rs",
        "src/drawing.rs",
        "src/evaluation/drawn.rs",
    ] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for device in ["Device::Cpu", "Device::Cuda", "cuda_if_available"] {
            assert!(!code.contains(device), "{file} chooses {device}");
        }
    }
}

/// Lets the kernel of a convolution see the pixel in its middle only, and one that enlarges make all its pixels alike.
fn see_no_neighbours(name: &str, mut kernel: Tensor) {
    if name.contains("transposed") {
        let alike = kernel.mean_dim([2i64, 3].as_slice(), true, None).expand_as(&kernel);
        kernel.copy_(&alike);
    } else {
        let middle = kernel.narrow(2, 1, 1).narrow(3, 1, 1).copy();
        let _ = kernel.zero_();
        kernel.narrow(2, 1, 1).narrow(3, 1, 1).copy_(&middle);
    }
}

#[test]
fn the_timestep_reaches_every_pixel_alike() {
    let _generator = seeded(0);
    let vs = nn::VarStore::new(Device::Cpu);
    // Narrower, a group of channels would be one or two, of which a norm leaves at most the sign.
    let model = UNet::new(&vs.root(), 3, 32);
    tch::no_grad(|| {
        for (name, kernel) in vs.variables().into_iter().filter(|(_, weight)| weight.dim() == 4) {
            see_no_neighbours(&name, kernel);
        }
    });
    // One colour comes in, no pixel knows its place: one colour has to come out, and the timestep decides which.
    let pictures = Tensor::from_slice(&[0.5f32, -0.2, 0.1]).reshape([1, 3, 1, 1]).repeat([2, 1, 32, 32]);
    let timesteps = Tensor::from_slice(&[10i64, 900]);
    let ours = Engine::new(Kind::Float, Device::Cpu).predict(&model, &pictures, &timesteps);
    let theirs = Engine::autograd(Kind::Float).predict(&model, &pictures, &timesteps);
    for (predicted, engine) in [(ours, "ours"), (theirs, "libtorch's")] {
        let corner = predicted.narrow(2, 0, 1).narrow(3, 0, 1);
        let unlike = (&predicted - &corner).abs().max().double_value(&[]);
        assert!(unlike < 1e-4, "by {engine}, pixels are {unlike} apart");
        let by_timestep = (corner.get(0) - corner.get(1)).abs().max().double_value(&[]);
        assert!(by_timestep > 1e-3, "by {engine}, the timestep changes nothing");
    }
}

#[test]
fn the_loss_of_a_step_keeps_no_graph_alive() {
    let _generator = seeded(0);
    let vs = nn::VarStore::new(Device::Cpu);
    let model = UNet::new(&vs.root(), 3, 8);
    let pictures = Tensor::randn([1, 3, 32, 32], (Kind::Float, Device::Cpu));
    let timesteps = Tensor::from_slice(&[10i64]);
    let weights = vs.trainable_variables();
    let mut gradients = Gradients::new(&weights);
    for mut engine in [Engine::new(Kind::Float, Device::Cpu), Engine::autograd(Kind::Float)] {
        let loss = |predicted: &Tensor| predicted.square().mean(Kind::Float);
        let loss = engine.descend(&model, &pictures, &timesteps, loss, &mut gradients);
        assert!(!loss.requires_grad(), "{}: whoever keeps the loss keeps the graph", engine.description());
    }
    assert!(gradients.iter().all(|gradient| !gradient.requires_grad()), "gradients have a graph");
}

#[test]
fn the_average_of_the_weights_keeps_no_graph_alive() {
    let _generator = seeded(0);
    let vs = nn::VarStore::new(Device::Cpu);
    UNet::new(&vs.root(), 3, 8);
    let mut ema = Ema::new(&vs, &Model { hidden_size: 8 }, 0.9, false, Device::Cpu).expect("memory");
    (1..4).for_each(|step| ema.update(step));
    for (name, average) in ema.variables().variables() {
        assert!(!average.requires_grad(), "{name} remembers every step");
    }
}

#[test]
fn a_saved_grid_has_the_bytes_of_its_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes: Vec<u8> = (0..3072u32).map(|place| (place * 7 % 256) as u8).collect();
    let numbers: Vec<f32> = bytes.iter().copied().map(ddpm_data::normalise).collect();
    let path = folder.path().join("grid.png");
    pictures::write_grid(&Tensor::from_slice(&numbers).reshape([1, 3, 32, 32]), &path).expect("written");
    let grid = image::open(&path).expect("a grid").to_rgb8();
    for place in 0..1024u32 {
        // At twice its size, with a border of two pixels.
        let pixel = grid.get_pixel(2 + place % 32 * 2, 2 + place / 32 * 2);
        let want = [0, 1, 2].map(|plane| bytes[plane * 1024 + place as usize]);
        assert_eq!(pixel.0, want, "pixel {place}");
    }
}

#[test]
fn samples_are_drawn_with_the_averaged_weights() {
    let place = Place::new();
    let run = place.train("run", &[]);
    let bytes = fs::read(run.join("checkpoints/epoch_0002.safetensors")).expect("a checkpoint");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let drawn_with = |prefix: &str| {
        let named = file.iter().filter_map(|(name, view)| Some((name.strip_prefix(prefix)?, view)));
        let weights = safetensors::serialize(named, None).expect("serialised");
        fs::write(place.path().join("weights"), weights).expect("written");
        let ran = place.ddpm(["sample", "run", "--output", "drawn.png", "--init", "weights"]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        fs::read(place.path().join("drawn.png")).expect("a grid")
    };
    let of_training = fs::read(run.join("samples/epoch_0002.png")).expect("a grid");
    assert!(of_training == drawn_with("ema."), "the run's samples are not the average's");
    assert!(of_training != drawn_with("model."), "the average is the weights, which proves nothing");
}

#[test]
fn a_predicted_picture_beyond_the_range_counts_as_its_end() {
    let _generator = seeded(0);
    let process = process(Objective::X0, Device::Cpu);
    for eta in [0.0, 1.0] {
        // All noisy pictures on the way, and the finished ones, when the network always says the same.
        let way = |says: f64| {
            tch::manual_seed(7);
            let mut seen = Vec::new();
            let look = |x: &Tensor| {
                seen.push(x.copy());
                true
            };
            let model = |x: &Tensor, _: &Tensor| x.ones_like() * says;
            let drawn = sampler(10, eta).sample(&process, model, [1, 3, 4, 4], Device::Cpu, look);
            seen.extend(drawn);
            seen
        };
        let (most, beyond) = (way(1.0), way(7.0));
        assert_eq!((most.len(), beyond.len()), (11, 11));
        assert!(most.iter().zip(&beyond).all(|(most, beyond)| most.equal(beyond)), "at eta {eta}");
    }
}

/// How far weights are apart.
fn distance(from: &Path, to: &Path) -> f64 {
    let [from, to] = [from, to].map(|path| Checkpoint::read(path).expect("a checkpoint"));
    let ends: BTreeMap<&str, &Tensor> = to.under("model.").collect();
    let squares = from
        .under("model.")
        .map(|(name, start)| (start - ends[name]).square().sum(Kind::Double).double_value(&[]));
    squares.sum::<f64>().sqrt()
}

#[test]
fn gradients_of_the_batches_of_a_step_are_averaged() {
    let place = Place::new();
    let after_a_step = |name: &str, overrides: &[&str]| {
        // One noise level that is nearly all noise, so that all draws of it are much alike; and SGD, to which the length of a
        // gradient matters.
        let alike = [
            "diffusion.timesteps=1",
            "diffusion.schedule.offset=0.9",
            "data.random_flip=false",
            "optimizer=sgd",
            "optimizer.momentum=0",
            "training.max_steps=1",
        ];
        let run = place.train(name, &[&alike, overrides].concat());
        run.join("checkpoints/epoch_0001.safetensors")
    };
    let start = after_a_step("start", &["optimizer.lr=0"]);
    let whole = after_a_step("whole", &["training.batch_size=8"]);
    let split = after_a_step("split", &["training.batch_size=5", "training.accumulate_batches=2"]);
    // Eight pictures at once, or as five and three: the mean of both goes as far as the one, and their sum twice as far.
    let ratio = distance(&start, &split) / distance(&start, &whole);
    assert!((0.8..1.25).contains(&ratio), "{ratio}");
}
