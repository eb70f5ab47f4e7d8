"""PyTorch's answers that tests/torch_goldens.rs holds the trainer to: tests/torch/goldens.safetensors.

    make test-torch                                            # asks PyTorch anew, and then runs the test
    .venv-torch/bin/python scripts/torch_goldens.py            # writes the file
    .venv-torch/bin/python scripts/torch_goldens.py --check    # fails if PyTorch answers something else than the file

The network is that of scripts/torch_reference.py and the optimizers are torch.optim's. All is computed in double
precision from float32 weights and inputs, so that the numbers are PyTorch's without its rounding: what a float32
implementation differs by is its own. PyTorch's float32 itself is 4e-6 of the largest entry away from these gradients.

Where ReLU or a maximum is about to choose otherwise, a rounding changes gradients by far more than itself. SEED is
one for which no number of the network comes that near (see `nearest_kink`).
"""

from __future__ import annotations

import argparse
import json
import struct
from collections.abc import Callable, Iterable

from setup_common import WORKSPACE, SetupError, run_main
from torch_reference import Diffusion, Down, UNet

# After torch_reference, which silences a warning of the import.
import torch  # isort: skip
import torch.nn.functional as F  # isort: skip
from torch import Tensor, nn  # isort: skip

GOLDENS = WORKSPACE / "tests" / "torch" / "goldens.safetensors"

SEED = 169
HIDDEN = 8
TIMES = torch.tensor([37, 412])
"""Min-SNR-γ cuts the ratio of signal to noise of the first, and leaves that of the second."""
GAMMA = 5.0
KINKS_FROM = 2e-5
"""Twenty times what float32 gets wrong before ReLU."""
TOLERANCE = 1e-5
"""Of the largest entry: what another processor's PyTorch may compute otherwise."""

LARGE, EVERY = 600, 7
"""Of gradients with more entries than LARGE the file has each seventh, and the norm."""
STEPS = 20
FARTHER = 3.0
"""The way of 20 steps would meet a kink sooner or later, so it starts with the biases of norms so many times as large:
most channels then always pass ReLU or never do."""
# With eps = 1e-8 Adam moves a weight whose gradient is nothing but rounding as far as any other, in either direction.
OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]] = {
    "adam": lambda weights: torch.optim.Adam(weights, lr=1e-3, eps=1e-4),
    "adamw": lambda weights: torch.optim.AdamW(weights, lr=1e-3, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1),
    "sgd": lambda weights: torch.optim.SGD(weights, lr=5e-4, momentum=0.9, weight_decay=1e-2, nesterov=True),
}
KEPT = (
    "init.layer1.conv.weight",
    "init.layer1.norm.weight",
    "init.layer1.norm.bias",
    "down3.layer2.conv.bias",
    "timestep.linear1.weight",
    "timestep.linear2.bias",
    "spread.norm.weight",
    "up2.transposed.bias",
    "up3.block2.layer3.norm.bias",
    "out.weight",
    "out.bias",
)
"""Weights whose entries after the 20 steps are in the file; of the others there is how far they have moved."""

STEP_FROM, STEP_TO = 500, 489
"""A DDIM step of 50 over the first 501 timesteps."""

Weights = dict[str, Tensor]


def drawn() -> tuple[Weights, Tensor, Tensor]:
    """Weights, pictures and noise, in float32."""
    torch.manual_seed(SEED)
    model = UNet(HIDDEN)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            # Fresh norms scale by 1 and shift by 0, which would hide half of their gradient. A channel mostly passes
            # ReLU, or mostly does not: that keeps numbers away from 0.
            if name.endswith("norm.weight"):
                weight += 0.3 * torch.randn_like(weight)
            if name.endswith("norm.bias"):
                weight.copy_((torch.arange(len(weight)) % 2 * 2 - 1) * 1.5 + 0.3 * torch.randn_like(weight))
    shape = (len(TIMES), 3, 32, 32)
    # Normal numbers of double precision are the same on every processor.
    clean = torch.rand(shape, dtype=torch.float64) * 2 - 1
    noise = torch.randn(shape, dtype=torch.float64)
    return {name: weight.detach() for name, weight in model.named_parameters()}, clean.float(), noise.float()


def exact(weights: Weights) -> UNet:
    """The network with these weights in double precision.

    All but the sines of timesteps, whose angles go up to hundreds: they are of float32 in any implementation, or they
    would be others.
    """
    model = UNet(HIDDEN)
    model.load_state_dict(weights)
    frequencies = model.timestep.frequencies
    model.double()
    model.timestep.frequencies = frequencies
    model.timestep.linear1.register_forward_pre_hook(lambda _layer, inputs: (inputs[0].double(),))
    return model


def nearest_kink(model: UNet, noisy: Tensor) -> float:
    """How near a number comes to 0 before ReLU, or to the maximum that it loses to."""
    nearest: list[float] = []

    def before_relu(_layer: nn.Module, _inputs: object, result: Tensor) -> None:
        nearest.append(result.abs().min().item())

    def before_pool(_layer: nn.Module, _inputs: object, result: Tensor) -> None:
        squares = F.unfold(result.flatten(0, 1)[:, None], 2, stride=2).transpose(1, 2)
        first, second = squares.topk(2).values.unbind(-1)
        # Zeros that ReLU made are equal and stay so.
        nearest.extend((first - second)[second > 0].tolist())

    for layer in model.modules():
        if isinstance(layer, nn.GroupNorm):
            layer.register_forward_hook(before_relu)
        if isinstance(layer, Down):
            layer.layer3.register_forward_hook(before_pool)
    with torch.no_grad():
        model(noisy, TIMES)
    return min(nearest)


def levels(diffusion: Diffusion, timesteps: Iterable[int]) -> tuple[Tensor, Tensor]:
    """√ᾱ and √(1−ᾱ), each to be multiplied with pictures."""
    chosen = torch.tensor([diffusion.steps[timestep][:2] for timestep in timesteps], dtype=torch.float64)
    return chosen[:, 0].reshape(-1, 1, 1, 1), chosen[:, 1].reshape(-1, 1, 1, 1)


def losses(diffusion: Diffusion, predicted: Tensor, clean: Tensor, noise: Tensor) -> dict[str, Tensor]:
    """The loss of one and the same prediction under each objective, and weighted by min-SNR-γ (Hang et al. 2023).

    Its weight is written here as the paper means it: the error of x_0 counts min(SNR, γ) times, whatever is predicted.
    """
    signal, level = levels(diffusion, TIMES.tolist())
    noisy = clean * signal + noise * level
    targets = {"epsilon": noise, "x0": clean, "v": noise * signal - clean * level}
    pictures = {
        "epsilon": (noisy - predicted * level) / signal,
        "x0": predicted,
        "v": noisy * signal - predicted * level,
    }
    weight = (signal / level).square().clamp(max=GAMMA)
    found = {f"loss.{name}": F.mse_loss(predicted, target) for name, target in targets.items()}
    return found | {f"min_snr.{name}": ((clean - of) ** 2 * weight).mean() for name, of in pictures.items()}


def thinned(tensor: Tensor) -> Tensor:
    """All entries, or each seventh if they are many."""
    flat = tensor.flatten()
    return flat[::EVERY] if len(flat) > LARGE else flat


def norms(of: Weights) -> Tensor:
    """The norm of each, by the order of the names."""
    return torch.stack([of[name].norm() for name in sorted(of)])


def gradients(weights: Weights, diffusion: Diffusion, clean: Tensor, noise: Tensor) -> dict[str, Tensor]:
    """What the network predicts, its losses, and the gradients of that of ε."""
    model = exact(weights)
    signal, level = levels(diffusion, TIMES.tolist())
    noisy = clean * signal + noise * level
    kink = nearest_kink(exact(weights), noisy)
    if kink < KINKS_FROM:
        raise SetupError(f"with SEED = {SEED} a number of the network is {kink:.0e} from a kink. Choose another seed.")
    predicted = model(noisy, TIMES)
    found = losses(diffusion, predicted, clean, noise)
    found["loss.epsilon"].backward()
    by_weights = {name: weight.grad for name, weight in model.named_parameters()}
    for name, gradient in by_weights.items():
        found[f"gradient.{name}"] = thinned(gradient)
    return found | {"output": predicted, "gradient_norms": norms(by_weights)}


def steps_of_sampling(diffusion: Diffusion) -> dict[str, Tensor]:
    """One step from the same x_t and prediction, ancestral and by DDIM."""
    shape = (2, 3, 8, 8)
    # What Sampler::sample draws after the same seed: what it starts from, then the noise of its first step.
    torch.manual_seed(SEED)
    noisy = torch.randn(shape)
    before_noise = torch.get_rng_state()
    noise = torch.randn(shape)
    (signal, level), (signal_to, level_to) = (levels(diffusion, [timestep]) for timestep in (STEP_FROM, STEP_TO))
    # A third of the pictures' numbers are to be clamped.
    picture = 3 * torch.rand(shape, dtype=torch.float64) - 1.5
    predicted = ((noisy - picture * signal) / level).float()
    torch.set_rng_state(before_noise)
    ancestral = diffusion.denoise(noisy, predicted, STEP_FROM)
    clean = ((noisy - predicted * level) / signal).clamp(-1, 1)
    ddim = clean * signal_to + (noisy - clean * signal) / level * level_to
    return {
        "step.seed": torch.tensor([SEED]),
        "step.timestep": torch.tensor([STEP_FROM]),
        "step.noisy": noisy,
        "step.noise": noise,
        "step.prediction": predicted,
        "step.ancestral": ancestral,
        "step.ddim": ddim,
    }


def trajectory(name: str, weights: Weights, noisy: Tensor, noise: Tensor) -> dict[str, Tensor]:
    """20 steps of an optimizer, all on the same batch."""
    far = {name: FARTHER * weight for name, weight in weights.items() if name.endswith("norm.bias")}
    model = exact(weights | far)
    start = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    optimizer = OPTIMIZERS[name](model.parameters())
    found = []
    for _ in range(STEPS):
        loss = F.mse_loss(model(noisy, TIMES), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.detach())
    end = {name: weight.detach() for name, weight in model.named_parameters()}
    kept = {f"{name}.after.{kept}": end[kept] for kept in KEPT}
    moved = norms({name: weight - start[name] for name, weight in end.items()})
    return kept | {f"{name}.losses": torch.stack(found), f"{name}.norms": norms(end), f"{name}.moved": moved}


def answers() -> dict[str, Tensor]:
    """All that the file has."""
    weights, clean, noise = drawn()
    diffusion = Diffusion()
    found = {"timesteps": TIMES, "clean": clean, "noise": noise}
    found |= {f"model.{name}": weight for name, weight in weights.items()}
    clean, noise = clean.double(), noise.double()
    found |= gradients(weights, diffusion, clean, noise) | steps_of_sampling(diffusion)
    signal, level = levels(diffusion, TIMES.tolist())
    for name in OPTIMIZERS:
        found |= trajectory(name, weights, clean * signal + noise * level, noise)
    detached = {name: tensor.detach() for name, tensor in found.items()}
    return {name: tensor if tensor.dtype == torch.int64 else tensor.float() for name, tensor in detached.items()}


KINDS = {torch.int64: ("I64", "q"), torch.float32: ("F32", "f")}
"""Their names in a safetensors file and in `struct`."""


def serialised(tensors: dict[str, Tensor]) -> bytes:
    """A safetensors file; the larger kind comes first, so that all are aligned."""
    header: dict[str, object] = {"__metadata__": {"made by": "scripts/torch_goldens.py"}}
    content = b""
    for name, tensor in sorted(tensors.items(), key=lambda entry: (entry[1].dtype != torch.int64, entry[0])):
        kind, code = KINDS[tensor.dtype]
        begin = len(content)
        content += struct.pack(f"<{tensor.numel()}{code}", *tensor.flatten().tolist())
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [begin, len(content)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + content


def deserialised(file: bytes) -> dict[str, Tensor]:
    """What `serialised` was given."""
    (length,) = struct.unpack("<Q", file[:8])
    header, content = json.loads(file[8 : 8 + length]), file[8 + length :]
    del header["__metadata__"]
    kinds = {kind: (dtype, code) for dtype, (kind, code) in KINDS.items()}
    tensors = {}
    for name, entry in header.items():
        dtype, code = kinds[entry["dtype"]]
        begin, end = entry["data_offsets"]
        numbers = struct.unpack(f"<{(end - begin) // struct.calcsize(code)}{code}", content[begin:end])
        tensors[name] = torch.tensor(numbers, dtype=dtype).reshape(entry["shape"])
    return tensors


def drift(found: dict[str, Tensor], want: dict[str, Tensor]) -> list[str]:
    """What differs, a line each."""
    lines = [f"{name} is only in one of both" for name in sorted(found.keys() ^ want.keys())]
    for name in sorted(found.keys() & want.keys()):
        if found[name].shape != want[name].shape:
            lines.append(f"{name} is {list(found[name].shape)}, not {list(want[name].shape)}")
            continue
        apart, largest = (tensor.double().abs().max().item() for tensor in (found[name] - want[name], want[name]))
        # Some gradients are 0 but for rounding.
        if not apart <= TOLERANCE * largest + 1e-12:
            lines.append(f"{name} is off by {apart:.1e}; its largest entry is {largest:.1e}")
    return lines


def main() -> None:
    """Writes the file, or compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    path, version = GOLDENS.relative_to(WORKSPACE), torch.__version__.partition("+")[0]
    found = answers()
    if arguments.check:
        if lines := drift(found, deserialised(GOLDENS.read_bytes())):
            raise SetupError("\n  ".join([f"{path} is not what PyTorch {version} computes:", *lines]))
        print(f"{path} is what PyTorch {version} computes: {len(found)} tensors")
        return
    GOLDENS.parent.mkdir(exist_ok=True)
    GOLDENS.write_bytes(serialised(found))
    print(f"{path}: {len(found)} tensors, {GOLDENS.stat().st_size / 1024:.0f} KiB, by PyTorch {version}")


if __name__ == "__main__":
    run_main(main)
