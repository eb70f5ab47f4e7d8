"""The runs of REPORT.md: what each shows, how it is started, and how it goes on. `scripts/report.py run` does it."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import os
import random
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from files import read_json
from setup_common import WORKSPACE, SetupError, say


@dataclasses.dataclass(frozen=True)
class Run:
    """A run, and the overrides that make it what it is."""

    name: str
    shows: str
    overrides: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Places:
    """Where everything is; a test has its own."""

    root: Path = WORKSPACE
    ddpm: Path = WORKSPACE / "target" / "release" / "ddpm"

    @property
    def outputs(self) -> Path:
        """The run directories. Not committed."""
        return self.root / OUTPUTS

    @property
    def report(self) -> Path:
        """What is kept of them. Committed."""
        return self.root / "report"

    @property
    def page(self) -> Path:
        """The report."""
        return self.root / "REPORT.md"


OUTPUTS = "outputs/report"
LONG_EPOCHS = 120
"""About an hour on one core; and more than the assignment's 100."""
CIFAR10_STEPS = 8
ARCHIVE = "made-up-cifar-10-binary.tar.gz"
CHECKSUM = "dataset.md5="
"""The archive's is known when it has been made: not every gzip makes the same bytes."""

COMMON = ("eval.after_training=true", "wandb.mode=offline")
RUNS = (
    Run("default", "the default configuration: Adam"),
    Run(
        "sgd",
        "another optimizer, learning rate and momentum",
        ("optimizer=sgd", "optimizer.lr=0.02", "optimizer.momentum=0.95"),
    ),
    Run(
        "batch",
        "another batch size, number of epochs and of data workers",
        ("training.batch_size=64", "training.epochs=4", "data.num_workers=2"),
    ),
    Run("noflip", "no random flips", ("data.random_flip=false",)),
    Run(
        "long",
        f"{LONG_EPOCHS} epochs, a learning rate that decays, bfloat16 where the processor has it",
        (
            f"training.epochs={LONG_EPOCHS}",
            "training.precision=auto",
            "lr_schedule=cosine",
            "threads=1",
            "sampling.every_epochs=10",
            "sampling.strip=true",
        ),
    ),
    Run(
        "cifar10",
        f"the assignment's network and batches, {CIFAR10_STEPS} steps on a made-up archive in CIFAR-10's format",
        (
            "+experiment=cifar10",
            f"dataset.archive={OUTPUTS}/{ARCHIVE}",
            f"dataset.root={OUTPUTS}/data",
            f"training.max_steps={CIFAR10_STEPS}",
            # What is drawn after so few steps is noise: not for long.
            "sampling.steps=20",
            "sampling.pictures=12",
            "eval.samples=32",
            "validation.pictures=128",
        ),
    ),
)
DEFAULT = RUNS[0].name

RECORD_SIDE, CLASSES = 32, 10
MEMBERS = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")
PICTURES_A_MEMBER = 10_000
"""As many as in the real archive."""


def named(names: Sequence[str]) -> list[Run]:
    """These runs, or all of them, in their order."""
    if unknown := set(names) - {run.name for run in RUNS}:
        raise SetupError(f"there is no run {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in RUNS)}")
    return [run for run in RUNS if not names or run.name in names]


def asked(run: Run, also: Sequence[str]) -> list[str]:
    """All overrides of a run, but for a checksum."""
    return [*run.overrides, *COMMON, *also]


def is_done(run: Run, places: Places, also: Sequence[str]) -> bool:
    """Whether the run has come to its end. It is an error if what is in its place is another run."""
    folder = places.outputs / run.name
    if not folder.exists():
        return False
    job = read_json(folder / "job.json")
    if job is None:
        raise SetupError(f"{folder} is in the way: it is no run directory. Move it elsewhere.")
    own = [override for override in job["overrides"] if not override.startswith(CHECKSUM)]
    if sorted(own) != sorted(asked(run, also)):
        raise SetupError(f"{folder} is of a run with other overrides ({' '.join(own)}). Move it elsewhere.")
    return (read_json(folder / "status.json") or {}).get("state") == "done"


def command(run: Run, places: Places, also: Sequence[str]) -> list[str]:
    """What starts a run, or lets one go on that was interrupted."""
    folder = f"{OUTPUTS}/{run.name}"
    if (places.root / folder).exists():
        return [str(places.ddpm), "--resume", folder]
    archive = places.outputs / ARCHIVE
    needs_archive = any(override.startswith("dataset.archive=") for override in run.overrides)
    checksum = [CHECKSUM + made_up_archive(archive)] if needs_archive else []
    return [str(places.ddpm), *asked(run, also), *checksum, f"hydra.run.dir={folder}"]


def run_all(runs: Sequence[Run], places: Places, also: Sequence[str]) -> None:
    """Performs what is not done, one after the other; one that fails does not keep the others from it."""
    if not places.ddpm.is_file():
        raise SetupError(f"there is no {places.ddpm}. Build it: cargo build --release --locked --bins")
    places.outputs.mkdir(parents=True, exist_ok=True)
    failed = []
    for run in runs:
        if is_done(run, places, also):
            say(f"{run.name}: done before")
            continue
        words = command(run, places, also)
        say(f"{run.name}: {run.shows}\n  $ {' '.join([places.ddpm.name, *words[1:]])}")
        if status := finished(words, places.root, run.name):
            say(f"{run.name}: exit status {status}")
            failed.append(run.name)
    if failed:
        logs = ", ".join(f"{OUTPUTS}/{name}/ddpm.log" for name in failed)
        raise SetupError(f"not done: {', '.join(failed)}. What went wrong is said above, or in {logs}")


def finished(words: Sequence[str], root: Path, name: str) -> int:
    """The exit status of a program. Who ends this script ends it too, once it has saved what it has."""
    # What the user has set for W&B is for the user's own runs.
    own = {key: value for key, value in os.environ.items() if not key.startswith("WANDB_")}
    environment = {**own, "WANDB_NAME": name}
    # In a session of its own, or Ctrl-C would reach it twice, and the second one ends it at once.
    child = subprocess.Popen(words, cwd=root, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return child.wait()
    except BaseException:
        # Not SIGINT: what a shell has started in the background ignores that one.
        child.terminate()
        try:
            child.wait()
        except BaseException:
            # Its worker notices that it is gone, saves, and leaves as well.
            child.kill()
        raise


# The made-up archive


def made_up_archive(path: Path, pictures: int = PICTURES_A_MEMBER) -> str:
    """Makes the archive if it is not there, with as many pictures as the real one; its MD5 checksum."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".part")
        with unfinished.open("wb") as file, gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            write_members(packed, pictures)
        unfinished.replace(path)
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as made:
        while block := made.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_members(packed: gzip.GzipFile, pictures: int) -> None:
    """The six batches, in the archive's folder."""
    source = random.Random(0)
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in MEMBERS:
            records = b"".join(record(source) for _ in range(pictures))
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(records)
            archive.addfile(member, io.BytesIO(records))


def record(source: random.Random) -> bytes:
    """A label, and the planes of a picture: a rectangle of one colour on another."""
    side = RECORD_SIDE
    left, top = source.randrange(side - 8), source.randrange(side - 8)
    width, height = source.randint(8, side - left), source.randint(8, side - top)
    parts = [bytes([source.randrange(CLASSES)])]
    for _ in range(3):
        ground, figure = source.randbytes(1), source.randbytes(1)
        empty, row = ground * side, ground * left + figure * width + ground * (side - left - width)
        parts += [empty * top, row * height, empty * (side - top - height)]
    return b"".join(parts)
