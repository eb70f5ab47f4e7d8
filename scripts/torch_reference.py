"""The trainer's network and step in PyTorch, as Python users write them; scripts/bench_train.py runs it beside ours.

Architecture, names of parameters, loss, optimizer and sampler are those of the Rust side, so weights of its checkpoints
load here (--weights). `eager` is PyTorch as it comes; `best` is all that a good Python user turns on, each part of it
by its own flag as well, and --compile on top.

It works by lines on standard input and answers each with a line of JSON; until then it sleeps:

    train N    N training steps on a fixed batch: {"seconds": [...], "loss": of the last step}
    sample N   N denoising steps of 8 pictures: {"seconds": [...]}
    memory     {"peak_kib": the most that this process ever had in memory}
    quit       as the end of the input: it ends

Its first line, {"ready": "..."}, says what it is. Wants the environment that scripts/bench_train.py makes.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import math
import struct
import sys
import tempfile
import time
import warnings
from pathlib import Path

# torch says at its import that there is no NumPy, which nothing here wants.
warnings.filterwarnings("ignore", message="Failed to initialize NumPy")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

GROUPS = 8
TIMESTEPS = 1000
SAMPLES = 8
PARTS = ("bf16", "channels_last", "malloc", "fused")


class Layer(nn.Module):
    """Convolution, GroupNorm, ReLU."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, padding=1)
        self.norm = nn.GroupNorm(GROUPS, out)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class ConvBlock(nn.Module):
    """Three layers."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.layer1 = Layer(channels, out)
        self.layer2 = Layer(out, out)
        self.layer3 = Layer(out, out)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer3(self.layer2(self.layer1(x)))


class ResidualBlock(ConvBlock):
    """Three layers with a bridge from the first to the end."""

    def forward(self, x: Tensor) -> Tensor:
        first = self.layer1(x)
        return (first + self.layer3(self.layer2(first))) / math.sqrt(2)


class Down(ConvBlock):
    """A block, then every square of four becomes its maximum."""

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(super().forward(x), 2)


class Up(nn.Module):
    """Joined with the skip connection, of double size, then two blocks."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.transposed = nn.ConvTranspose2d(channels, out, 2, stride=2)
        self.block1 = ConvBlock(out, out)
        self.block2 = ConvBlock(out, out)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.block2(self.block1(self.transposed(torch.cat([x, skip], 1))))


class Spread(nn.Module):
    """A map of one point becomes one of 4×4."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.transposed = nn.ConvTranspose2d(channels, channels, 4, stride=4)
        self.norm = nn.GroupNorm(GROUPS, channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.transposed(x)))


class TimestepEmbedding(nn.Module):
    """Sines and cosines of the timestep through two linear layers."""

    def __init__(self, features: int) -> None:
        super().__init__()
        half = features // 2
        frequencies = torch.exp(torch.arange(half) * (-math.log(10_000) / half))
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.linear1 = nn.Linear(features, features)
        self.linear2 = nn.Linear(features, features)

    def forward(self, timesteps: Tensor) -> Tensor:
        angles = timesteps.float()[:, None] * self.frequencies
        features = torch.cat([angles.sin(), angles.cos()], 1)
        return self.linear2(F.silu(self.linear1(features)))[:, :, None, None]


class UNet(nn.Module):
    """Three stages down, three up, with skips; for pictures of 32×32."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        deep = 2 * hidden
        self.init = ResidualBlock(3, hidden)
        self.down1 = Down(hidden, hidden)
        self.down2 = Down(hidden, deep)
        self.down3 = Down(deep, deep)
        self.timestep = TimestepEmbedding(deep)
        self.spread = Spread(deep)
        self.up1 = Up(2 * deep, deep)
        self.up2 = Up(2 * deep, hidden)
        self.up3 = Up(2 * hidden, hidden)
        self.out = nn.Conv2d(2 * hidden, 3, 3, padding=1)

    def forward(self, pictures: Tensor, timesteps: Tensor) -> Tensor:
        init = self.init(pictures)
        down1 = self.down1(init)
        down2 = self.down2(down1)
        down3 = self.down3(down2)
        timestep = self.timestep(timesteps)
        up0 = self.spread(F.relu(down3.mean((2, 3), keepdim=True)) + timestep)
        up1 = self.up1(up0, down3) + timestep
        up2 = self.up2(up1, down2)
        up3 = self.up3(up2, down1)
        return self.out(torch.cat([up3, init], 1))


def keep_memory() -> None:
    """Tells glibc to keep what is freed: else every step maps its large tensors anew, page by page."""
    libc = ctypes.CDLL(None)
    trim_threshold, mmap_max = -1, -4  # malloc.h's numbers for these settings
    # -1 is no threshold at all.
    if not (libc.mallopt(mmap_max, 0) and libc.mallopt(trim_threshold, -1)):
        sys.exit("mallopt failed: --malloc wants glibc")


def load(model: nn.Module, path: Path) -> None:
    """Weights out of a checkpoint of the Rust trainer; all of them, under the same names."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    state = {}
    for name, entry in header.items():
        if name.startswith("model."):
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            flat = torch.frombuffer(bytearray(content[begin:end]), dtype=torch.float32)
            state[name.removeprefix("model.")] = flat.reshape(entry["shape"])
    model.load_state_dict(state)


class Diffusion:
    """DDPM (Ho et al. 2020) with its linear schedule."""

    def __init__(self) -> None:
        betas = torch.linspace(1e-4, 0.02, TIMESTEPS, dtype=torch.float64)
        bars = torch.cumprod(1 - betas, 0)
        self.signal, self.noise = bars.sqrt().float(), (1 - bars).sqrt().float()
        before = torch.cat([torch.ones(1, dtype=torch.float64), bars[:-1]])
        # Of each timestep, as numbers: √ᾱ, √(1−ᾱ), the weights of x_0 and x_t in the posterior's mean, and its σ.
        self.steps = torch.stack([
            bars.sqrt(),
            (1 - bars).sqrt(),
            before.sqrt() * betas / (1 - bars),
            (1 - betas).sqrt() * (1 - before) / (1 - bars),
            ((1 - before) / (1 - bars) * betas).sqrt(),
        ], 1).tolist()  # fmt: skip

    def noisy(self, clean: Tensor, timesteps: Tensor, noise: Tensor) -> Tensor:
        """A draw of x_t given x_0."""
        signal, level = (table[timesteps].reshape(-1, 1, 1, 1) for table in (self.signal, self.noise))
        return clean * signal + noise * level

    def denoise(self, x: Tensor, predicted: Tensor, timestep: int) -> Tensor:
        """One step of ancestral sampling, x_0 kept in [-1, 1]."""
        signal, level, of_clean, of_noisy, sigma = self.steps[timestep]
        clean = ((x - predicted * level) / signal).clamp(-1, 1)
        return clean * of_clean + x * of_noisy + torch.randn_like(x) * sigma


class Trainer:
    """A network, its optimizer and a fixed batch of pictures."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.bf16 = arguments.bf16
        self.layout = torch.channels_last if arguments.channels_last else torch.contiguous_format
        self.model = UNet(arguments.hidden)
        if arguments.weights:
            load(self.model, arguments.weights)
        self.model.to(memory_format=self.layout)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-4, fused=arguments.fused or None)
        self.diffusion = Diffusion()
        self.pictures = (torch.rand(arguments.batch, 3, 32, 32) * 2 - 1).contiguous(memory_format=self.layout)
        # Sizes never change but between training and sampling, and kernels that know theirs are faster.
        self.forward = torch.compile(self.model, dynamic=False) if arguments.compile else self.model

    def autocast(self) -> contextlib.AbstractContextManager:
        """Where the network runs."""
        return torch.autocast("cpu", torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def step(self) -> float:
        """A training step; the loss."""
        noise = torch.randn_like(self.pictures)
        timesteps = torch.randint(TIMESTEPS, (len(self.pictures),))
        noisy = self.diffusion.noisy(self.pictures, timesteps, noise)
        with self.autocast():
            loss = F.mse_loss(self.forward(noisy, timesteps), noise)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def train(self, steps: int) -> dict:
        """The time of each step, and the last loss."""
        self.model.train()
        seconds, loss = [], math.nan
        for _ in range(steps):
            start = time.perf_counter()
            loss = self.step()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, "loss": loss}

    def sample(self, steps: int) -> dict:
        """The time of each denoising step."""
        self.model.eval()
        x = torch.randn(SAMPLES, 3, 32, 32).contiguous(memory_format=self.layout)
        seconds = []
        # Around all of them, so that the weights are cast once.
        with torch.inference_mode(), self.autocast():
            for step in range(steps):
                start = time.perf_counter()
                timestep = TIMESTEPS - 1 - step % TIMESTEPS
                predicted = self.forward(x, torch.full((SAMPLES,), timestep))
                x = self.diffusion.denoise(x, predicted.float(), timestep)
                seconds.append(time.perf_counter() - start)
        return {"seconds": seconds}


def peak() -> dict:
    """The most memory that this process ever had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return {"peak_kib": next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))}


def first_step(arguments: argparse.Namespace) -> None:
    """What a Hydra user's script does up to its first step: composes its configuration, builds, takes the step."""
    from hydra import compose, initialize_config_dir

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "model").mkdir()
        (folder / "config.yaml").write_text("defaults:\n  - model: unet\n  - _self_\nlr: 1e-4\nbatch: 32\n")
        (folder / "model" / "unet.yaml").write_text("hidden: 32\n")
        with initialize_config_dir(str(folder), version_base="1.3"):
            config = compose("config", [f"model.hidden={arguments.hidden}", f"batch={arguments.batch}"])
    arguments.hidden, arguments.batch = config.model.hidden, config.batch
    Trainer(arguments).train(1)
    answer({"first_step": True})


def answer(what: dict) -> None:
    """A line, at once."""
    print(json.dumps(what), flush=True)


def serve(trainer: Trainer) -> None:
    """Answers lines until there are no more."""
    for line in sys.stdin:
        match line.split():
            case ["train", steps]:
                answer(trainer.train(int(steps)))
            case ["sample", steps]:
                answer(trainer.sample(int(steps)))
            case ["memory"]:
                answer(peak())
            case ["quit"]:
                return
            case _:
                sys.exit(f"not a request: {line!r}")


def parsed() -> argparse.Namespace:
    """The command line, `best` spelt out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", choices=("eager", "best"))
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--weights", type=Path, help="a checkpoint (.safetensors) of the Rust trainer to start from")
    switch = argparse.BooleanOptionalAction
    parser.add_argument("--bf16", action=switch, help="bfloat16 autocast")
    parser.add_argument("--channels-last", action=switch, help="NHWC")
    parser.add_argument("--malloc", action=switch, help="glibc keeps what is freed")
    parser.add_argument("--fused", action=switch, help="Adam in one kernel")
    parser.add_argument("--compile", action=switch, default=False, help="torch.compile; the first step takes a minute")
    parser.add_argument("--first-step", action="store_true", help="compose a configuration, take one step, say so, end")
    arguments = parser.parse_args()
    for part in PARTS:
        if getattr(arguments, part) is None:
            setattr(arguments, part, arguments.variant == "best")
    return arguments


def main() -> None:
    """Builds what the flags say, and works by lines."""
    arguments = parsed()
    if arguments.malloc:
        keep_memory()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    if arguments.first_step:
        first_step(arguments)
        return
    trainer = Trainer(arguments)
    on = [part.replace("_", "-") for part in (*PARTS, "compile") if getattr(arguments, part)]
    version, parts = torch.__version__.partition("+")[0], ", ".join(on) or "nothing turned on"
    answer({"ready": f"PyTorch {version}, {arguments.variant} ({parts}), {torch.get_num_threads()} threads"})
    serve(trainer)


if __name__ == "__main__":
    main()
