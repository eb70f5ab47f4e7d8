"""Runs the assignment's code as it was handed out, and measures how its bugs show: report/handed_out.json.

    git clone https://github.com/mryab/efficient-dl-systems course
    make test-torch                                              # for .venv-torch
    PYTHONPATH=scripts .venv-torch/bin/python scripts/handed_out.py course --write     # some minutes

Each file is taken as it was at a commit (COMMITS), or, where `course` is no clone, as it lies in it.
It needs no network and no GPU: in torchvision's place is what the code calls of it, and the pictures are made up, with the
mean, the deviation and the spectrum of natural ones. What is wrong on a GPU is asked of PyTorch's device `meta`,
which computes nothing and refuses what is on another.

Each bug can be mended by itself (FIXES), so that a test is tried on code of which one thing is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import io
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch_reference  # noqa: F401 (silences a warning of torch's import)
from files import write
from setup_common import WORKSPACE, SetupError, run_main, say

import torch  # isort: skip
from torch import Tensor, nn  # isort: skip

FIGURES = WORKSPACE / "report" / "handed_out.json"
HOMEWORK = "week02_management_and_testing/homework"
COMMITS = {
    "modeling/unet.py": "470ca1b07f241f642d754b165a8e2ed0859fafad",
    "modeling/diffusion.py": "bb1ccc2cc8d886101194db1a0c826c04076bee72",
    "modeling/training.py": "1125788f422a77b63c6c5ff2e848344713fd98ce",
    "tests/test_model.py": "1203ed063ea31db7431bfaa812bdbc8826ff7249",
    "tests/test_pipeline.py": "1203ed063ea31db7431bfaa812bdbc8826ff7249",
}
"""Commits that have them as they were handed out; the last years' differ in words and in single bugs."""
MODULES = ("unet", "diffusion", "training")
TESTS = ("test_model", "test_pipeline")

EMBEDDING, NOISE, COEFFICIENT = "embedding", "noise", "coefficient"
FIXES: dict[str, list[tuple[str, str, str]]] = {
    EMBEDDING: [
        ("unet", "thro + temb", "thro + temb[:, :, None, None]"),
        ("unet", "down3) + temb", "down3) + temb[:, :, None, None]"),
    ],
    NOISE: [("diffusion", "rand_like", "randn_like")],
    COEFFICIENT: [("diffusion", "one_minus_alpha_over_prod[timestep", "sqrt_one_minus_alpha_prod[timestep")],
}
"""Module, what is wrong, what is right."""
ALL = (EMBEDDING, NOISE, COEFFICIENT)
SEEDS = 20
GRAPH_STEPS = (1, 10, 100, 390)
"""The last is an epoch of 50,000 pictures, 128 at a time."""
TIMES = (1, 250, 500, 750, 1000)
BETAS = ((-0.5, 0.5), (0.0, 0.02), (0.5, 0.5), (0.1, 1.0), (math.nan, 0.5))


def pictures(count: int) -> Tensor:
    """Shape [count, 3, 32, 32], in [0, 1]; always the same."""
    generator = torch.Generator().manual_seed(0)
    frequency = torch.fft.fftfreq(32)
    distance = (frequency[:, None] ** 2 + frequency[None] ** 2).sqrt()
    distance[0, 0] = 1 / 32
    # Colours that go together, and a spectrum that falls with the frequency.
    noise = 0.35 * torch.randn(count, 3, 32, 32, generator=generator)
    noise = noise + torch.randn(count, 1, 32, 32, generator=generator)
    smooth = torch.fft.ifft2(torch.fft.fft2(noise) / distance).real
    return ((smooth - smooth.mean()) / smooth.std() * 0.25 + 0.47).clamp(0, 1)


# The code, and what it imports


def stand_ins(data: Callable[[], Tensor]) -> dict[str, ModuleType]:
    """What the code and its tests import besides torch."""

    class Dataset:
        def __init__(self, *_: object, transform: Callable[[Tensor], Tensor], **__: object) -> None:
            self.pictures, self.transform = data(), transform

        def __len__(self) -> int:
            return len(self.pictures)

        def __getitem__(self, index: int) -> tuple[Tensor, int]:
            return self.transform(self.pictures[index]), 0

    def normalize(*_: object) -> Callable[[Tensor], Tensor]:
        return lambda picture: picture * 2 - 1

    def parametrize(names: list[str], cases: list[Any]) -> Callable[[Any], Any]:
        def with_cases(test: Any) -> Any:
            test.cases = [dict(zip(names, case, strict=True)) for case in cases]
            return test

        return with_cases

    def compose(steps: list[Callable[[Tensor], Tensor]]) -> Callable[[Tensor], Tensor]:
        return lambda picture: steps[-1](picture)

    def save(grid: Tensor, path: str) -> None:
        with open(path, "wb") as file:
            torch.save((grid * 255 + 0.5).clamp(0, 255).to(torch.uint8), file)

    def grid_of(samples: Tensor, **_: object) -> Tensor:
        return samples

    transforms = module("torchvision.transforms", Compose=compose, ToTensor=lambda: None, Normalize=normalize)
    datasets = module("torchvision.datasets", CIFAR10=Dataset)
    mark = module("pytest.mark", parametrize=parametrize)
    return {
        "torchvision": module("torchvision", transforms=transforms, datasets=datasets),
        "torchvision.transforms": transforms,
        "torchvision.datasets": datasets,
        "torchvision.utils": module("torchvision.utils", make_grid=grid_of, save_image=save),
        "tqdm": module("tqdm", tqdm=lambda steps: steps),
        "pytest": module("pytest", fixture=lambda function: function, mark=mark),
    }


def module(name: str, **attributes: object) -> ModuleType:
    """One that is in no file."""
    made = ModuleType(name)
    vars(made).update(attributes)
    return made


def handed_out(folder: Path, path: str) -> str:
    """The text of a file."""
    if not (folder / ".git").exists():
        return (folder / path).read_text(encoding="utf-8")
    command = ["git", "-C", str(folder), "show", f"{COMMITS[path]}:{HOMEWORK}/{path}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    if shown.returncode != 0:
        raise SetupError(shown.stderr.strip())
    return shown.stdout


class Homework:
    """The code with some of its bugs mended."""

    def __init__(self, folder: Path, fixes: tuple[str, ...], data: Callable[[], Tensor] = lambda: pictures(64)) -> None:
        replaced = [fix for name in fixes for fix in FIXES[name]]
        known = dict(sys.modules)
        # `from modeling.unet import …` finds what is here, and nothing of it is left behind.
        sys.modules.update(stand_ins(data))
        sys.modules["modeling"] = module("modeling")
        try:
            self.modules: dict[str, Any] = {}
            for name in (*MODULES, *TESTS):
                path = f"{'modeling' if name in MODULES else 'tests'}/{name}.py"
                source = handed_out(folder, path)
                for _, wrong, right in (fix for fix in replaced if fix[0] == name):
                    if source.count(wrong) != 1:
                        raise SetupError(f"{path} has not '{wrong}' once: it is not as in commit {COMMITS[path]}")
                    source = source.replace(wrong, right)
                made = module(f"modeling.{name}")
                exec(compile(source, path, "exec"), vars(made))
                self.modules[name] = sys.modules[f"modeling.{name}"] = made
        finally:
            for name in set(sys.modules) - set(known):
                if name.partition(".")[0] in {"modeling", "torchvision", "tqdm", "pytest"}:
                    del sys.modules[name]
            sys.modules.update(known)

    def model(self, hidden: int, steps: int) -> Any:
        """A diffusion model as the tests make it."""
        network = self.modules["unet"].UnetModel(3, 3, hidden_size=hidden)
        return self.modules["diffusion"].DiffusionModel(network, (1e-4, 0.02), steps)

    def tests(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Each test with each of its cases."""
        for name in TESTS:
            found = vars(self.modules[name])
            for test in [value for key, value in found.items() if key.startswith("test_")]:
                takes = inspect.signature(test).parameters
                for number, case in enumerate(getattr(test, "cases", [{}])):
                    label = f"{test.__name__}[{number}]" if hasattr(test, "cases") else test.__name__

                    def run(test: Any = test, case: Any = case, takes: Any = takes, found: Any = found) -> None:
                        test(**case, **{key: found[key]() for key in takes if key in found and key not in case})

                    yield label, run


# What is asked


def said(run: Callable[[], object]) -> str:
    """What becomes of it: `passes`, or the error's first line."""
    try:
        run()
    except Exception as error:
        lines = str(error).splitlines() or [""]
        return f"{type(error).__name__}: {lines[0]}".rstrip(": ").replace("|", "/")
    return "passes"


def no_network() -> Tensor:
    """What torchvision's download does without one."""
    raise OSError("no network")


def losses(homework: Homework, label: str) -> list[float]:
    """The last loss that the test would judge, for several seeds."""
    found = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        if label == "test_diffusion":
            with torch.no_grad():
                found.append(homework.model(128, 20)(torch.randn(4, 3, 32, 32)).item())
            continue
        model = homework.model(32, 1000)
        optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
        batch = 2 * pictures(64)[torch.randperm(64)[:4]] - 1
        for _ in range(50):
            loss = homework.modules["training"].train_step(model, batch, optimizer, "cpu")
        found.append(loss.item())
    return found


def bounds(folder: Path) -> list[dict[str, Any]]:
    """What the two tests that have a bound let pass."""
    judged = {
        "test_diffusion": lambda loss: 1.0 <= loss <= 1.2,
        "test_train_on_one_batch": lambda loss: loss < 0.5,
    }
    rows = []
    for mended in ((EMBEDDING, NOISE, COEFFICIENT), (EMBEDDING, NOISE), (EMBEDDING, COEFFICIENT), (EMBEDDING,)):
        homework = Homework(folder, mended)
        row: dict[str, Any] = {"wrong": [name for name in ALL if name not in mended]}
        for label, right in judged.items():
            found = losses(homework, label)
            row[label] = {"least": min(found), "most": max(found), "passes": sum(map(right, found)), "of": len(found)}
        say(json.dumps(row))
        rows.append(row)
    return rows


def nodes(value: Tensor) -> int:
    """How many operations autograd remembers for it."""
    seen, left = set(), [value.grad_fn]
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            left += [before for before, _ in node.next_functions]
    return len(seen)


def remembered(homework: Homework) -> list[list[int]]:
    """The graph behind the running mean of the loss, after so many steps."""
    torch.manual_seed(0)
    model = homework.model(8, 1000)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    batch = 2 * pictures(2) - 1
    mean: Any = None
    found = []
    for step in range(1, GRAPH_STEPS[-1] + 1):
        loss = homework.modules["training"].train_step(model, batch, optimizer, "cpu")
        mean = loss if mean is None else 0.9 * mean + 0.1 * loss
        if step in GRAPH_STEPS:
            found.append([step, nodes(mean)])
    return found


def elsewhere(homework: Homework) -> dict[str, str]:
    """What training and sampling say where the model is on another device than the CPU."""
    model = homework.model(8, 1000).to("meta")
    return {
        "forward": said(lambda: model(torch.zeros(2, 3, 32, 32, device="meta"))),
        "sample": said(lambda: model.sample(2, (3, 32, 32), device="meta")),
    }


def saved(homework: Homework) -> dict[str, Any]:
    """What becomes of normalised pictures that are saved: how much of them is black; and where there is no folder."""

    class Drawn(nn.Module):
        def sample(self, *_: object, **__: object) -> Tensor:
            return 2 * pictures(8) - 1

    generate = homework.modules["training"].generate_samples
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/00.png"
        generate(Drawn(), "cpu", path)
        black = (torch.load(path) == 0).float().mean().item()
        missing = said(lambda: generate(Drawn(), "cpu", f"{folder}/samples/00.png"))
    real = (pictures(8) == 0).float().mean().item()
    return {"black": black, "really_black": real, "no_folder": missing.replace(folder, "…")}


def measured(folder: Path) -> dict[str, Any]:
    """All of it."""
    whole, mended = Homework(folder, (), no_network), Homework(folder, ALL)
    schedules = whole.modules["diffusion"].get_schedules
    tables = schedules(1e-4, 0.02, 1000)
    with contextlib.redirect_stdout(io.StringIO()):
        tests = [[label, said(run)] for label, run in whole.tests()]
    checks = [[list(map(str, betas)), said(lambda betas=betas: schedules(*betas, 10))] for betas in BETAS]
    noise = [tables["one_minus_alpha_over_prod"], tables["sqrt_one_minus_alpha_prod"]]
    return {
        "commits": COMMITS,
        "torch": torch.__version__.partition("+")[0],
        "tests": tests,
        "noise": [[time, *(table[time].item() for table in noise)] for time in TIMES],
        "betas": checks,
        "remembered": remembered(mended),
        "elsewhere": elsewhere(mended),
        "saved": saved(mended),
        "bounds": bounds(folder),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a clone of the course's repository, or its folder homework")
    parser.add_argument("--write", action="store_true", help="keep the figures in report/handed_out.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = measured(arguments.folder)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if arguments.write:
        write(FIGURES, text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    run_main(main)
