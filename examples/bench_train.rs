//! Our side of `make bench-train`: steps of training and of drawing, timed as they are asked for.
//!
//! It speaks lines: `train N` and `sample N` answer `{"seconds":[…]}`, `memory` answers `{"peak_kib":…}`, `quit` ends it.
//! scripts/torch_reference.py speaks the same for PyTorch.

use ddpm::diffusion::{Process, Schedule};
use ddpm::drawing::Artist;
use ddpm::model::{Engine, Gradients, UNet};
use ddpm::training::Optimizer;
use ddpm::{device, random};
use ddpm_config::{BetaSchedule, Objective, Optimizer as Settings, Precision, Sampling};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::Instant;
use tch::{Device, Kind, Tensor, nn};

/// Pictures of a drawing.
const DRAWN: i64 = 8;
const TIMESTEPS: i64 = 1000;

#[derive(clap::Parser)]
struct Args {
    /// fp32, bf16
    #[arg(long)]
    precision: String,
    #[arg(long)]
    hidden: i64,
    #[arg(long)]
    batch: i64,
    #[arg(long)]
    threads: u32,
    /// By libtorch's autograd, for comparison
    #[arg(long)]
    plain: bool,
}

/// A network in training, on one batch of random pictures.
struct Bench {
    model: UNet,
    engine: Engine,
    kind: Kind,
    process: Process,
    optimizer: Optimizer,
    gradients: Gradients,
    pictures: Tensor,
    _weights: nn::VarStore,
}

impl Bench {
    fn new(args: &Args) -> Result<Self, Box<dyn Error>> {
        let precision = if args.precision == "bf16" { Precision::Bf16 } else { Precision::Fp32 };
        let kind = device::kind_for(precision, Device::Cpu);
        tch::manual_seed(0);
        let vs = nn::VarStore::new(Device::Cpu);
        let model = UNet::new(&vs.root(), 3, args.hidden);
        let engine = if args.plain { Engine::autograd(kind) } else { Engine::new(kind, Device::Cpu) };
        engine.lay_out(&vs);
        let weights: BTreeMap<String, Tensor> = vs.variables().into_iter().collect();
        let schedule = Schedule::new(&BetaSchedule::Linear { beta_start: 1e-4, beta_end: 0.02 }, TIMESTEPS)?;
        let settings = Settings::Adam { lr: 1e-4, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0 };
        let optimizer = Optimizer::new(settings, weights.into_iter().collect());
        Ok(Self {
            model,
            engine,
            kind,
            process: Process::new(schedule, Objective::Epsilon, Device::Cpu),
            gradients: Gradients::new(optimizer.parameters()),
            optimizer,
            pictures: random::normal(&[args.batch, 3, 32, 32], Device::Cpu).clamp(-1.0, 1.0),
            _weights: vs,
        })
    }

    fn train(&mut self) -> f64 {
        let clean = &self.pictures;
        let timesteps = random::timesteps(clean.size()[0], TIMESTEPS, Device::Cpu);
        let noise = random::normal(&clean.size(), Device::Cpu);
        let noisy = self.process.add_noise(clean, &timesteps, &noise);
        self.gradients.clear();
        let loss = |prediction: &Tensor| self.process.loss(prediction, clean, &timesteps, &noise);
        let loss = self.engine.descend(&self.model, &noisy, &timesteps, loss, &mut self.gradients);
        let loss = loss.double_value(&[]);
        self.optimizer.step(&self.gradients, self.optimizer.lr(), 1.0);
        self.engine.weights_changed();
        loss
    }

    /// Seconds of each of `steps` denoising steps.
    fn sample(&self, steps: usize) -> Vec<f64> {
        let engine = Engine::new(self.kind, Device::Cpu);
        let mut artist = Artist { process: &self.process, model: &self.model, engine, device: Device::Cpu };
        let settings = Sampling {
            steps: steps as i64,
            eta: 1.0,
            pictures: DRAWN as usize,
            every_epochs: 1,
            strip: false,
            animation: false,
        };
        // Asked before each step.
        let mut begun = Vec::new();
        artist.draw(&settings, DRAWN, || {
            begun.push(Instant::now());
            true
        });
        begun.push(Instant::now());
        begun.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs_f64()).collect()
    }
}

/// The most memory that this process has had at once, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn main() -> Result<(), Box<dyn Error>> {
    device::keep_memory();
    let args: Args = clap::Parser::parse();
    device::use_threads(Some(args.threads));
    let mut bench = Bench::new(&args)?;
    let mut out = io::stdout();
    let ready = format!("ddpm, {}, {} threads", bench.engine.description(), tch::get_num_threads());
    writeln!(out, "{}", serde_json::json!({ "ready": ready }))?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (word, count) = line.split_once(' ').unwrap_or((&line, "1"));
        let count: usize = count.parse()?;
        let answer = match word {
            "train" => {
                let mut loss = 0.0;
                let mut seconds = Vec::new();
                for _ in 0..count {
                    let start = Instant::now();
                    loss = bench.train();
                    seconds.push(start.elapsed().as_secs_f64());
                }
                serde_json::json!({ "seconds": seconds, "loss": loss })
            }
            "sample" => serde_json::json!({ "seconds": bench.sample(count) }),
            "memory" => serde_json::json!({ "peak_kib": peak() }),
            _ => break,
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
