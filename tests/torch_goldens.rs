//! The trainer against PyTorch: from the same weights and inputs the same output, losses, gradients, steps of sampling and
//! of optimizers. `make test-torch` asks PyTorch anew; scripts/torch_goldens.py says how its answers were made.
//!
//! Its numbers are of double precision. A rounding next to where ReLU cuts, or of two numbers that a maximum is taken of,
//! would change gradients by more than the tolerances here; the script has chosen weights for which no number is that near.

use ddpm::diffusion::{Process, Sampler, Schedule};
use ddpm::model::{Engine, Gradients, UNet};
use ddpm::random;
use ddpm::training::{Optimizer, load_weights};
use ddpm_config::{BetaSchedule, Objective, Optimizer as Settings, Sampling};
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tch::{Device, Kind, Tensor, nn};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torch/goldens.safetensors");
const HIDDEN: i64 = 8;
/// Of the largest entry.
const NEAR: f64 = 1e-5;
/// The same after 20 steps.
const NEAR_AFTER_STEPS: f64 = 1e-4;

/// PyTorch's answers, by name.
struct Goldens(BTreeMap<String, Tensor>);

impl Goldens {
    fn read() -> Self {
        let bytes = fs::read(PATH).expect("tests/torch/goldens.safetensors");
        let file = SafeTensors::deserialize(&bytes).expect("safetensors");
        let tensors = file.iter().map(|(name, view)| {
            let kind = if view.dtype() == Dtype::I64 { Kind::Int64 } else { Kind::Float };
            let shape: Vec<i64> = view.shape().iter().map(|&side| side as i64).collect();
            (name.to_owned(), Tensor::from_data_size(view.data(), &shape, kind))
        });
        Self(tensors.collect())
    }

    fn get(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("{PATH} has no {name}"))
    }

    fn number(&self, name: &str) -> f64 {
        self.get(name).double_value(&[])
    }

    /// The tensors whose names begin with `prefix`, without it.
    fn under(&self, prefix: &str) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().filter_map(move |(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)))
    }
}

/// A batch, noised.
struct Batch {
    clean: Tensor,
    noise: Tensor,
    timesteps: Tensor,
    noisy: Tensor,
}

impl Batch {
    fn of(goldens: &Goldens) -> Self {
        let [clean, noise, timesteps] =
            ["clean", "noise", "timesteps"].map(|name| goldens.get(name).shallow_clone());
        let noisy = process(Objective::Epsilon).add_noise(&clean, &timesteps, &noise);
        Self { clean, noise, timesteps, noisy }
    }
}

/// The network with PyTorch's weights.
struct Network {
    model: UNet,
    weights: BTreeMap<String, Tensor>,
    engine: Engine,
}

impl Network {
    fn new(engine: Engine) -> Self {
        // Fresh weights are drawn.
        let _generator = seeded(0);
        let vs = nn::VarStore::new(Device::Cpu);
        let model = UNet::new(&vs.root(), 3, HIDDEN);
        engine.lay_out(&vs);
        load_weights(Path::new(PATH), vs.variables()).expect("PyTorch's names and layouts");
        Self { model, weights: vs.variables().into_iter().collect(), engine }
    }

    /// Adds the gradients of the loss of ε to `gradients`, and returns it.
    fn descend(&mut self, batch: &Batch, gradients: &mut Gradients) -> f64 {
        let process = process(Objective::Epsilon);
        let loss =
            |prediction: &Tensor| process.loss(prediction, &batch.clean, &batch.timesteps, &batch.noise);
        let Self { model, engine, .. } = self;
        engine.descend(model, &batch.noisy, &batch.timesteps, loss, gradients).double_value(&[])
    }
}

/// Both that there are; where a processor has no kernels of our own, twice the same.
fn engines() -> [Engine; 2] {
    [Engine::new(Kind::Float, Device::Cpu), Engine::autograd(Kind::Float)]
}

fn schedule() -> Schedule {
    Schedule::new(&BetaSchedule::Linear { beta_start: 1e-4, beta_end: 0.02 }, 1000).expect("valid")
}

fn process(objective: Objective) -> Process {
    Process::new(schedule(), objective, Device::Cpu)
}

/// Seeds libtorch's generator, and keeps it from the other tests here until the guard is dropped.
fn seeded(seed: i64) -> MutexGuard<'static, ()> {
    static GENERATOR: Mutex<()> = Mutex::new(());
    let guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed);
    guard
}

fn largest(tensor: &Tensor) -> f64 {
    tensor.detach().abs().max().double_value(&[])
}

/// No entry is further away than `tolerance` times the largest.
fn assert_near(got: &Tensor, want: &Tensor, tolerance: f64, what: &str) {
    assert_eq!(got.size(), want.size(), "{what}");
    let (apart, largest) = (largest(&(got.detach() - want)), largest(want));
    assert!(apart <= tolerance * largest, "{what}: {apart} apart, and the largest is {largest}");
}

fn assert_number(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!((got - want).abs() <= tolerance * want.abs(), "{what}: {got}, not {want}");
}

/// As the script thins gradients: all entries, or each seventh if they are more than 600.
fn thinned(tensor: &Tensor) -> Tensor {
    let flat = tensor.flatten(0, -1);
    if flat.numel() > 600 { flat.slice(0, None::<i64>, None::<i64>, 7) } else { flat }
}

/// Whether this is the bias of a convolution whose channels are each normalised alone. What is added to a whole channel
/// goes away again: the gradient is 0, and what is computed of it is nothing but rounding.
fn goes_away(name: &str, weight: &Tensor) -> bool {
    name.ends_with(".conv.bias") && weight.numel() == 8
}

#[test]
fn output_loss_and_gradients_are_pytorchs() {
    let goldens = Goldens::read();
    let batch = Batch::of(&goldens);
    let norms = Vec::<f32>::try_from(goldens.get("gradient_norms")).expect("numbers");
    for engine in engines() {
        let by = engine.description();
        let mut network = Network::new(engine);
        let predicted = network.engine.predict(&network.model, &batch.noisy, &batch.timesteps);
        assert_near(&predicted, goldens.get("output"), NEAR, &format!("output, {by}"));

        let mut gradients = Gradients::new(network.weights.values());
        let loss = network.descend(&batch, &mut gradients);
        assert_number(loss, goldens.number("loss.epsilon"), NEAR, &format!("loss, {by}"));

        assert_eq!(norms.len(), network.weights.len());
        let gradients: BTreeMap<&str, &Tensor> =
            network.weights.keys().map(String::as_str).zip(gradients.iter()).collect();
        for ((name, gradient), norm) in gradients.iter().zip(&norms) {
            let what = format!("gradient of {name}, {by}");
            if goes_away(name, gradient) {
                let beside = largest(gradients[name.replace("bias", "weight").as_str()]);
                assert!(largest(gradient) <= NEAR * beside, "{what}: {} beside {beside}", largest(gradient));
                continue;
            }
            assert_near(&thinned(gradient), goldens.get(&format!("gradient.{name}")), NEAR, &what);
            assert_number(gradient.norm().double_value(&[]), f64::from(*norm), NEAR, &what);
        }
    }
}

#[test]
fn losses_of_every_objective_are_pytorchs() {
    let goldens = Goldens::read();
    let Batch { clean, noise, timesteps, .. } = Batch::of(&goldens);
    let predicted = goldens.get("output");
    for (name, objective) in [("epsilon", Objective::Epsilon), ("x0", Objective::X0), ("v", Objective::V)] {
        for (kind, process) in
            [("loss", process(objective)), ("min_snr", process(objective).with_min_snr(5.0))]
        {
            let what = format!("{kind}.{name}");
            let loss = process.loss(predicted, &clean, &timesteps, &noise).double_value(&[]);
            assert_number(loss, goldens.number(&what), NEAR, &what);
        }
    }
}

/// x at the second timestep of a sampler that starts at the golden `step.timestep`, from the golden x and prediction.
///
/// The sampler draws what it starts from and its noise from libtorch's generator, the first after the other: with the
/// script's seed they are the script's.
fn first_step(goldens: &Goldens, steps: i64, eta: f64) -> Tensor {
    let first = goldens.get("step.timestep").int64_value(&[0]);
    let noisiest = schedule().betas()[..=first as usize].to_vec();
    let schedule = Schedule::from_betas(noisiest).expect("valid");
    let settings = Sampling { steps, eta, pictures: 2, every_epochs: 1, strip: false, animation: false };
    let sampler = Sampler::new(&settings, schedule.timesteps());
    let process = Process::new(schedule, Objective::Epsilon, Device::Cpu);

    let seed = goldens.get("step.seed").int64_value(&[0]);
    let _generator = seeded(seed);
    for name in ["step.noisy", "step.noise"] {
        let drawn = random::normal(&[2, 3, 8, 8], Device::Cpu);
        assert_near(&drawn, goldens.get(name), NEAR, name);
    }
    tch::manual_seed(seed);
    let model = |_: &Tensor, timesteps: &Tensor| {
        assert_eq!(timesteps.int64_value(&[0]), first);
        goldens.get("step.prediction").shallow_clone()
    };
    let mut seen = Vec::new();
    // Asked before each step whether to go on, which it is shown x for: it stops before the second.
    let drawn = sampler.sample(&process, model, [2, 3, 8, 8], Device::Cpu, |x| {
        seen.push(x.copy());
        seen.len() < 2
    });
    assert!(drawn.is_none(), "there are more steps");
    let [start, next]: [Tensor; 2] = seen.try_into().expect("x before two steps");
    assert_near(&start, goldens.get("step.noisy"), NEAR, "the start");
    next
}

#[test]
fn an_ancestral_step_is_pytorchs() {
    let goldens = Goldens::read();
    assert_near(&first_step(&goldens, 501, 1.0), goldens.get("step.ancestral"), NEAR, "ancestral step");
}

#[test]
fn a_step_of_ddim_is_pytorchs() {
    let goldens = Goldens::read();
    assert_near(&first_step(&goldens, 50, 0.0), goldens.get("step.ddim"), NEAR, "DDIM step");
}

/// 20 steps on one batch from the golden weights, but for the norms' biases: three times as far from 0, they keep all
/// 20 networks away from where ReLU cuts.
fn follow(name: &str, settings: &Settings) {
    let goldens = Goldens::read();
    let batch = Batch::of(&goldens);
    let numbers = |of: &str| Vec::<f32>::try_from(goldens.get(&format!("{name}.{of}"))).expect("numbers");
    for engine in engines() {
        let by = engine.description();
        let mut network = Network::new(engine);
        for (_, bias) in network.weights.iter().filter(|(name, _)| name.ends_with("norm.bias")) {
            tch::no_grad(|| bias.shallow_clone().copy_(&(bias * 3.0)));
        }
        network.engine.weights_changed();
        let start: Vec<Tensor> = network.weights.values().map(|weight| weight.detach().copy()).collect();

        let named = network.weights.iter().map(|(name, weight)| (name.clone(), weight.shallow_clone()));
        let mut optimizer = Optimizer::new(settings.clone(), named.collect());
        let mut gradients = Gradients::new(optimizer.parameters());
        let want = numbers("losses");
        assert_eq!(want.len(), 20);
        for (step, want) in want.into_iter().enumerate() {
            gradients.clear();
            let loss = network.descend(&batch, &mut gradients);
            let what = format!("loss before step {step} of {name}, {by}");
            assert_number(loss, f64::from(want), NEAR_AFTER_STEPS, &what);
            optimizer.step(&gradients, settings.lr(), 1.0);
            network.engine.weights_changed();
        }

        let kept: Vec<_> = goldens.under(&format!("{name}.after.")).collect();
        assert_eq!(kept.len(), 11);
        for (weight, want) in kept {
            let what = format!("{weight} after 20 steps of {name}, {by}");
            assert_near(&network.weights[weight], want, NEAR_AFTER_STEPS, &what);
        }
        // Of the others only how far from 0 and from the start they are.
        let (norms, moved) = (numbers("norms"), numbers("moved"));
        assert_eq!((norms.len(), moved.len()), (start.len(), start.len()));
        for (place, (weight, tensor)) in network.weights.iter().enumerate() {
            if goes_away(weight, tensor) {
                continue;
            }
            let what = format!("norm of {weight} after 20 steps of {name}, {by}");
            let (norm, distance) = (f64::from(norms[place]), f64::from(moved[place]));
            let tensor = tensor.detach();
            assert_number(tensor.norm().double_value(&[]), norm, NEAR_AFTER_STEPS, &what);
            let far = (tensor - &start[place]).norm().double_value(&[]);
            // A small step of a large weight is rounded to the digits that the weight has.
            let tolerance = NEAR_AFTER_STEPS * distance + 1e-6 * norm;
            assert!((far - distance).abs() <= tolerance, "{what}: {far} from its start, not {distance}");
        }
    }
}

#[test]
fn twenty_steps_of_adam_are_pytorchs() {
    // With the usual eps of 1e-8 Adam moves a weight whose gradient is nothing but rounding as far as any other.
    follow("adam", &Settings::Adam { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-4, weight_decay: 0.0 });
}

#[test]
fn twenty_steps_of_adamw_are_pytorchs() {
    follow("adamw", &Settings::AdamW { lr: 1e-3, betas: [0.8, 0.95], eps: 1e-4, weight_decay: 0.1 });
}

#[test]
fn twenty_steps_of_sgd_are_pytorchs() {
    follow("sgd", &Settings::Sgd { lr: 5e-4, momentum: 0.9, weight_decay: 1e-2, nesterov: true });
}
