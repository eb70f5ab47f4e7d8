"""Training measured beside PyTorch: seconds a step, sampling, peak memory, and the time to the first step.

    make bench-train

Each side is a process that lives through a whole comparison and sleeps while another works; they take turns, in
alternating order, and a ratio is of two turns of the same round. The tables go to standard output and, with --write,
between the markers of docs/performance.md.

PyTorch gets an environment of its own, `.venv-torch`, made when it is missing or its pins changed (0.8 GB). Its wheel
for Linux is a CUDA build; how that works here without CUDA, `without_cuda` says. Beside a C++ compiler, which
torch.compile wants as well, it needs `nm` of the binutils.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from setup_common import (
    SetupError,
    call,
    make_environment,
    only_one_at_a_time,
    pip,
    point,
    run_main,
    say,
    sweep,
)
from setup_libtorch import cxx
from setup_venv import STAMP, is_ready, wanted

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "target" / "release"
HOME = ROOT / ".venv-torch"
REFERENCE = Path(__file__).resolve().parent / "torch_reference.py"
BEGIN, END = "<!-- bench-train: begin -->", "<!-- bench-train: end -->"

TURN_SECONDS = 1.5
"""What a turn should take: many steps, and yet few enough that what else the machine does meets both sides alike."""
CELL_SECONDS = 150
"""A cell with slow steps gets fewer rounds, so that it takes no longer than about this; but three at least."""
SAMPLED = 8
"""Pictures of a denoising step."""


# The environment

CUDA_PARTS = ("libtorch_cuda.so", "libtorch_cuda_linalg.so", "libtorch_nvshmem.so", "libcaffe2_nvrtc.so")
FOREIGN_PARTS = {"libcudnn.so.9": "cudnn", "libcufile.so.0": "cuFile", "libnccl.so.2": "nccl"}
"""Libraries of other packages that `import torch` would load, and how the names of their functions begin."""
GLOO_OPTIONS = "_ZN4c10d16ProcessGroupGloo7OptionsC1ENSt6chrono8durationIlSt5ratioILl1ELl1000EEEE"
CALLED_AT_IMPORT = {
    # Where another library may leave a pointer; nobody does.
    "_ZN4c10d15get_gil_checkerEv": "void *{name}(void) {{ static void *place; return &place; }}",
    # An argument's default value, made when torch.distributed defines it: Gloo's does, which is of the same base.
    "_ZN4c10d16ProcessGroupNCCL7OptionsC1Eb": (
        f"void {GLOO_OPTIONS}(void *, long);\nvoid {{name}}(void *self) {{{{ {GLOO_OPTIONS}(self, 0); }}}}"
    ),
}


def symbols(library: Path, which: str) -> set[str]:
    """The names that a shared library defines (`--defined-only`) or wants (`--undefined-only`), without versions."""
    done = subprocess.run(["nm", "-D", which, str(library)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"nm could not read {library}: {done.stderr.strip()}")
    return {line.split()[-1].partition("@")[0] for line in done.stdout.splitlines() if line.strip()}


def stand_in(lib: Path, soname: str, names: set[str], compiler: Sequence[str], temporary: Path) -> None:
    """Makes a library that has these names and does nothing: to call one of its functions ends the process."""
    # A C++ name as the linker sees it is a C name, too.
    lines = ['extern char class_type[] __asm__("_ZTVN10__cxxabiv117__class_type_infoE");', "void abort(void);"]
    for name in sorted(names):
        if name in CALLED_AT_IMPORT:
            lines.append(CALLED_AT_IMPORT[name].format(name=name))
        elif name.startswith("_ZTI"):  # a class's type information, which pybind11 asks for its name
            lines.append(f'void *{name}[2] = {{ class_type + 16, "{name[4:]}" }};')
        elif name.startswith("_ZTV"):  # a class's virtual functions; there is never an object of it
            lines.append(f"void *{name}[64] = {{ 0 }};")
        else:
            lines.append(f"void {name}(void) {{ abort(); }}")
    source, version = temporary / "stand-in.c", temporary / "stand-in.map"
    source.write_text("\n".join(lines) + "\n", encoding="ascii")
    # Of these libraries only cuDNN's names have a version, which is called as the library is.
    version.write_text(f"{soname} {{ *; }};\n", encoding="ascii")
    versioned = [f"-Wl,--version-script={version}"] if soname.startswith("libcudnn") else []
    call(
        [
            *compiler,
            *("-shared", "-fPIC", "-o", str(lib / soname), "-x", "c", str(source), "-x", "none"),
            *(f"-Wl,-soname,{soname}", *versioned),
        ],
        failure=f"could not link a stand-in for {soname} with the C++ compiler",
        temporary=temporary,
    )


def without_cuda(lib: Path, compiler: Sequence[str], temporary: Path) -> None:
    """Lets a CUDA build of PyTorch run on a CPU without the 3 GB of packages that it wants.

    `libtorch_python.so` names a hundred functions of the CUDA half and of three libraries that only that half needs.
    Python binds all of them at the import, so they have to be there; on a CPU none is called, but for two at the
    import. The half (0.5 GB) makes way for a stand-in, and so do the three. What is measured, `libtorch_cpu.so`, stays
    as it is, and is the one that the Rust side runs on.
    """
    wants = symbols(lib / "libtorch_python.so", "--undefined-only")
    stays: set[str] = set()
    for name in ("libtorch_cpu.so", "libc10.so", "libc10_cuda.so"):
        stays |= symbols(lib / name, "--defined-only")
    goes: set[str] = set()
    for name in CUDA_PARTS:
        goes |= symbols(lib / name, "--defined-only")
        (lib / name).unlink()
    stand_in(lib, "libtorch_cuda.so", (wants & goes) - stays, compiler, temporary)
    for soname, start in FOREIGN_PARTS.items():
        stand_in(lib, soname, {name for name in wants if name.startswith(start)} - goes, compiler, temporary)


def make(home: Path, build: Path, pins: Path, compiler: Sequence[str], stamp: str) -> None:
    """Fills the folder `home`."""
    temporary = home / "tmp"
    make_environment(home, temporary)
    python = str(home / "bin" / "python")
    pinned = ("install", "--quiet", "--no-cache-dir", "--require-hashes", "--no-deps")
    # As in setup_venv: one package comes as source only, and this builds it.
    for arguments in (
        ("--only-binary=:all:", f"--requirement={build}"),
        ("--no-build-isolation", f"--requirement={pins}"),
    ):
        call(
            pip(home, *pinned, *arguments),
            failure=f"pip could not install {Path(arguments[-1].partition('=')[2]).name} (is there a network?)",
            temporary=temporary,
        )
    (lib,) = home.glob("lib/python3*/site-packages/torch/lib")
    without_cuda(lib, compiler, temporary)
    call([python, "-I", "-c", "import torch"], failure="PyTorch cannot be imported", temporary=temporary)
    shutil.rmtree(temporary)
    home.chmod(0o755)  # mkdtemp makes it for its owner alone
    (home / STAMP).write_text(stamp, encoding="utf-8")


def set_up() -> None:
    """PyTorch's environment. Does nothing and says nothing when it is in place."""
    build, pins = (ROOT / "requirements" / f"{name}.txt" for name in ("tests-build", "bench-train"))
    recipe = repr((CUDA_PARTS, FOREIGN_PARTS, CALLED_AT_IMPORT))
    stamp = f"{wanted([build, pins])} {hashlib.sha256(recipe.encode()).hexdigest()[:10]}"
    if is_ready(HOME, stamp):
        return
    compiler = cxx(os.environ)
    if shutil.which("nm") is None:
        raise SetupError("there is no `nm`. Install the binutils, and try again.")
    with only_one_at_a_time(ROOT) as alone:
        if is_ready(HOME, stamp):
            return
        say(f"bench-train: installing PyTorch into {HOME.name} (downloads 0.5 GB) …")
        home = Path(tempfile.mkdtemp(prefix=f"{HOME.name}.setup.", dir=ROOT))
        try:
            make(home, build, pins, compiler, stamp)
            point(HOME, Path(home.name), if_yours="the benchmark wants an environment of its own")
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        if alone:
            sweep(ROOT, f"{HOME.name}.setup.*", keep=home)


# The sides

EAGER, BEST, COMPILED = "eager", "best", "best, compiled"


@dataclasses.dataclass(frozen=True)
class Bench:
    """What was asked for on the command line."""

    ours: tuple[str, ...]
    """The command of the Rust side."""
    ddpm: Path
    threads: int
    rounds: int
    precisions: tuple[str, ...]
    compiled: bool

    def environment(self) -> dict[str, str]:
        """Nothing of the settings of whoever measures; and what torch.compile makes lasts as long as PyTorch does."""
        strangers = ("WANDB_", "OMP_", "GOMP_", "KMP_", "MKL_", "MALLOC_", "TORCH", "ONEDNN_", "DNNL_", "PYTHON")
        own = {name: value for name, value in os.environ.items() if not name.startswith((*strangers, "GLIBC_TUNABLES"))}
        return own | {"TORCHINDUCTOR_CACHE_DIR": str(HOME / "inductor")}

    def command(self, side: str, hidden: int, batch: int, threads: int) -> list[str]:
        """The command line of a side, named as in the tables."""
        size = [f"--hidden={hidden}", f"--batch={batch}", f"--threads={threads}"]
        if side in ("fp32", "bf16"):
            return [*self.ours, f"--precision={side}", *size]
        flags = {EAGER: ["eager"], BEST: ["best"], COMPILED: ["best", "--compile"]}[side]
        return [str(HOME / "bin" / "python"), str(REFERENCE), *flags, *size]

    @contextlib.contextmanager
    def sides(self, names: Sequence[str], hidden: int, batch: int, threads: int | None = None) -> Iterator[list[Side]]:
        """These sides, started."""
        with contextlib.ExitStack() as stack:
            started = []
            for name in names:
                command = self.command(name, hidden, batch, threads or self.threads)
                started.append(stack.enter_context(Side(name, command, self.environment())))
            yield started

    def names(self) -> list[str]:
        """Every side of a comparison."""
        best = [BEST, COMPILED] if self.compiled else [BEST]
        return [*self.precisions, EAGER, *(best if "bf16" in self.precisions else [])]


class Side:
    """A process that does what it is told, a line at a time, and sleeps in between."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name, self.command = name, command
        self.errors = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                encoding="utf-8",
            )
        except OSError as error:
            raise SetupError(f"{shlex.join(command)}: {error.strerror}") from error
        self.what = ""

    def __enter__(self) -> Side:
        try:
            self.what = str(self.answer("ready"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.errors.close()

    def answer(self, key: str) -> Any:
        """What its next line has under this key."""
        line = self.process.stdout.readline()
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return json.loads(line)[key]
        if line:
            raise SetupError(f"{shlex.join(self.command)}\nanswered {line.strip()!r}, which has no {key!r}")
        status = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()[-25:]
        shown = "".join(f"\n  | {line}" for line in lines)
        raise SetupError(f"{shlex.join(self.command)}\nended with status {status}{shown}")

    def ask(self, line: str, key: str) -> Any:
        """Its answer to a line, what is under this key."""
        # What the previous one's threads still wait for by spinning has gone to sleep by then.
        time.sleep(0.1)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
        return self.answer(key)

    def seconds(self, what: str, steps: int) -> float:
        """The median of that many steps."""
        taken = self.ask(f"{what} {steps}", "seconds")
        if len(taken) != steps:
            raise SetupError(f"{shlex.join(self.command)}\nwas asked for {steps} steps and timed {len(taken)}")
        return statistics.median(taken)


def note(text: str) -> None:
    """How far it is, for whoever waits."""
    print(f"  {text}", file=sys.stderr, flush=True)


def turns(sides: list[Side], what: str, rounds: int) -> dict[str, list[float]]:
    """The seconds a step of each side in each round."""
    steps, whole = {}, 0.0
    for side in sides:
        # The first steps compile, choose kernels, and meet memory for the first time.
        side.seconds(what, 3 if what == "sample" else 1)
        once = side.seconds(what, 2)
        steps[side.name] = min(max(round(TURN_SECONDS / once), 1), 1000)
        whole += once * steps[side.name]
        note(f"{side.what}: {once:.4f} s a step, {steps[side.name]} steps a turn")
    rounds = min(rounds, max(3, round(CELL_SECONDS / whole)))
    found: dict[str, list[float]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            found[side.name].append(side.seconds(what, steps[side.name]))
        note(f"round {number + 1} of {rounds}: " + "; ".join(f"{name} {of[-1]:.4f}" for name, of in found.items()))
    return found


# The tables


def spread(values: Sequence[float], rounded: Callable[[float], str]) -> str:
    """Least, median and greatest."""
    return " / ".join(rounded(value) for value in (min(values), statistics.median(values), max(values)))


def three_digits(value: float) -> str:
    """At least three digits of it."""
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


def milliseconds(seconds: Sequence[float]) -> str:
    """Least, median and greatest of them."""
    return spread([1000 * value for value in seconds], three_digits)


def times(ratios: Sequence[float]) -> str:
    """Least, median and greatest of them."""
    return spread(ratios, "{:.2f}".format)


def bar(measured: float, wanted: float | None, *, at_most: bool = False) -> str:
    """What is to be reached, and whether it is."""
    if wanted is None:
        return ""
    reached = measured <= wanted if at_most else measured >= wanted
    return f"{'at most ' if at_most else ''}{wanted:g}×, {'reached' if reached else '**missed**'}"


def compared(network: str, found: dict[str, list[float]], bars: dict[tuple[str, str], float]) -> list[str]:
    """A row a pair of ours and theirs."""
    best = [name for name in (BEST, COMPILED) if name in found]
    faster = min(best, key=lambda name: statistics.median(found[name]), default=None)
    rows = []
    for ours, theirs in [("fp32", EAGER), ("bf16", EAGER), *(("bf16", name) for name in best)]:
        if ours not in found:
            continue
        ratios = [there / here for here, there in zip(found[ours], found[theirs], strict=True)]
        # `best` is whichever of the two is the faster; the other has nothing to reach.
        key = BEST if theirs == faster else EAGER if theirs == EAGER else None
        wanted = bars.get((ours, key)) if key else None
        name = f"{theirs} (the faster best)" if theirs == faster and len(best) > 1 else theirs
        rows.append(
            f"| {network} | {ours} | {name} | {milliseconds(found[ours])} | {milliseconds(found[theirs])} | {times(ratios)} "
            f"| {bar(statistics.median(ratios), wanted)} |"
        )
    return rows


HEAD = [
    "| network | here | PyTorch | here, ms (min / median / max) | PyTorch, ms | ratio of a round | to reach |",
    "|---|---|---|---|---|---|---|",
]


@dataclasses.dataclass(frozen=True)
class Cell:
    """One size of the network and of the batch, and the ratios to reach there."""

    hidden: int
    batch: int
    bars: dict[tuple[str, str], float]

    @property
    def name(self) -> str:
        return f"h{self.hidden}b{self.batch}"


TRAINING = [
    Cell(32, 32, {("fp32", EAGER): 1.3, ("bf16", EAGER): 3, ("bf16", BEST): 1.5}),
    Cell(128, 32, {("bf16", EAGER): 5, ("bf16", BEST): 1}),
    Cell(128, 128, {("fp32", EAGER): 1.8, ("bf16", EAGER): 8, ("bf16", BEST): 1}),
]
SAMPLING = [
    Cell(32, SAMPLED, {("bf16", EAGER): 3.5, ("bf16", BEST): 1.5}),
    Cell(128, SAMPLED, {("bf16", EAGER): 6, ("bf16", BEST): 1.25}),
]
MEMORY = [Cell(32, 32, {("bf16", EAGER): 0.45}), Cell(128, 128, {("bf16", EAGER): 0.75})]
FIRST_STEP = 3


def training(bench: Bench, cells: list[Cell]) -> list[str]:
    """A step of training."""
    rows = list(HEAD)
    for cell in cells:
        note(f"training, h={cell.hidden}, {cell.batch} pictures")
        with bench.sides(bench.names(), cell.hidden, cell.batch) as sides:
            found = turns(sides, "train", bench.rounds)
        rows += compared(f"h={cell.hidden}, {cell.batch} pictures", found, cell.bars)
    return ["A training step (noise, forward, loss, backward, Adam):", "", *rows]


def sampling(bench: Bench, cells: list[Cell]) -> list[str]:
    """A denoising step."""
    rows = list(HEAD)
    for cell in cells:
        note(f"sampling, h={cell.hidden}")
        with bench.sides(bench.names(), cell.hidden, SAMPLED) as sides:
            found = turns(sides, "sample", bench.rounds)
        rows += compared(f"h={cell.hidden}", found, cell.bars)
    return [f"A denoising step of {SAMPLED} pictures:", "", *rows]


def peak(bench: Bench, side: str, hidden: int, batch: int) -> float:
    """MiB that a fresh process needs at most in five steps."""
    with bench.sides([side], hidden, batch) as (process,):
        process.ask("train 5", "seconds")
        return process.ask("memory", "peak_kib") / 1024


def memory(bench: Bench, cells: list[Cell]) -> list[str]:
    """The most that a process ever had in memory."""
    rows = ["| network | side | peak, MiB | of eager | to reach |", "|---|---|---|---|---|"]
    for cell in cells:
        network = f"h={cell.hidden}, {cell.batch} pictures"
        note(f"memory, {network}")
        eager = peak(bench, EAGER, cell.hidden, cell.batch)
        rows.append(f"| {network} | PyTorch, eager | {eager:.0f} | | |")
        for side in bench.precisions:
            ours = peak(bench, side, cell.hidden, cell.batch)
            reach = bar(ours / eager, cell.bars.get((side, EAGER)), at_most=True)
            rows.append(f"| {network} | {side} | {ours:.0f} | {ours / eager:.2f}× | {reach} |")
    return ["Peak memory of a fresh process after five training steps:", "", *rows]


def timed(command: list[str], folder: Path, environment: dict[str, str], until: str | None) -> float:
    """Seconds from the start of a process to the line that has `until` in it, or to its end; it must end well."""
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        line = process.stdout.readline() if until else ""
        seconds = time.perf_counter() - start
        _, errors = process.communicate()
        seconds = seconds if until else time.perf_counter() - start
    if process.returncode != 0 or (until or "") not in line:
        raise SetupError(f"{shlex.join(command)}\nended with status {process.returncode}\n{errors.strip()}")
    return seconds


def first_step(bench: Bench) -> list[str]:
    """From the start of the command to the first step."""
    note("start to the first step")
    environment = bench.environment()
    theirs = [*bench.command(EAGER, 32, 32, bench.threads), "--first-step"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)

        def ours(turn: int | str) -> list[str]:
            return [
                str(bench.ddpm), "--config-path", str(ROOT / "conf"), "training.max_steps=1", "wandb=disabled",
                "sampling.every_epochs=0", "validation.every_epochs=0", "data.num_workers=0", f"threads={bench.threads}", f"hydra.run.dir={folder}/run{turn}",
            ]  # fmt: skip

        # The first of each prepares the data set, compiles Python, and reads the files from the disk.
        timed(ours("first"), folder, environment, None)
        timed(theirs, folder, environment, "first_step")
        here, there = [], []
        for turn in range(bench.rounds):
            for side in (0, 1) if turn % 2 == 0 else (1, 0):
                if side == 0:
                    here.append(timed(ours(turn), folder, environment, None))
                else:
                    there.append(timed(theirs, folder, environment, "first_step"))
    ratios = [theirs / ours for ours, theirs in zip(here, there, strict=True)]
    return [
        "From the start of the command to the first training step, h=32, 32 pictures. Here it is the whole command, the "
        "data set read and a checkpoint written, up to its end; there a script that imports torch and Hydra, composes a "
        "small configuration and takes a step on random pictures, up to that.",
        "",
        "| here, ms (min / median / max) | PyTorch and Hydra, ms | ratio of a round | to reach |",
        "|---|---|---|---|",
        f"| {milliseconds(here)} | {milliseconds(there)} | {times(ratios)} "
        f"| {bar(statistics.median(ratios), FIRST_STEP)} |",
    ]


def scale(bench: Bench) -> list[str]:
    """Ours alone, over sizes and threads."""
    counts = [count for count in (1, 2) if count <= (os.cpu_count() or 1)]
    columns = [(precision, count) for precision in bench.precisions for count in counts]
    heads = [f"{precision}, {count} thread{'s' * (count > 1)}" for precision, count in columns]
    rows = [f"| hidden size | pictures | {' | '.join(heads)} |", f"|---|---|{'---|' * len(heads)}"]
    for hidden in (32, 64, 128):
        for batch in (8, 32, 128):
            cells = []
            for precision, count in columns:
                with bench.sides([precision], hidden, batch, count) as (side,):
                    side.seconds("train", 1)
                    once = side.seconds("train", 1)
                    seconds = side.seconds("train", min(max(round(TURN_SECONDS / once), 2), 50))
                    mebibytes = side.ask("memory", "peak_kib") / 1024
                cells.append(f"{three_digits(batch / seconds)}, {mebibytes:.0f} MiB")
                note(f"scale, h={hidden}, {batch} pictures, {precision}, threads {count}: {cells[-1]}")
            rows.append(f"| {hidden} | {batch} | {' | '.join(cells)} |")
    return ["Here alone, images/s in training and peak memory:", "", *rows]


# The command line


def cpu() -> tuple[str, list[str]]:
    """The processor's name, and which units for bfloat16 it has."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    entries = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    flags = set(entries.get("flags", entries.get("Features", "")).split())
    units = ("avx512_bf16", "amx_bf16", "amx_tile", "bf16")
    return entries.get("model name", platform.machine()), [unit for unit in units if unit in flags]


def said(script: str) -> str:
    """What a line of Python prints in PyTorch's environment."""
    command = [str(HOME / "bin" / "python"), "-I", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def versions() -> str:
    """Of what is compared."""
    torch, hydra = (
        said(f"import importlib.metadata as m; print(m.version('{name}'))") for name in ("torch", "hydra-core")
    )
    return f"PyTorch {torch} and Hydra {hydra} on Python {platform.python_version()}"


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/performance.md")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each side (fewer where steps are slow)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="only h32b32 and sampling at h=32")
    samples = [f"sample-h{cell.hidden}" for cell in SAMPLING]
    parts = [*(cell.name for cell in TRAINING), *samples, "memory", "first-step"]
    parser.add_argument("--only", nargs="+", choices=parts, metavar="PART", help=f"some of {', '.join(parts)}")
    parser.add_argument("--scale", action="store_true", help="the table over sizes and threads, too")
    parser.add_argument("--precision", choices=("fp32", "bf16"), help="only this one of ours")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out, a minute a cell")
    parser.add_argument("--ours", help=argparse.SUPPRESS)  # another command in the place of ours, to try this script
    arguments = parser.parse_args()
    partial = (arguments.quick, arguments.only, arguments.precision, arguments.no_compile, arguments.ours)
    if arguments.write and any(partial):
        parser.error("--write keeps whole tables: without --quick, --only, --precision and --no-compile")
    if arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--rounds and --threads are at least 1")
    if arguments.quick:
        arguments.only = ["h32b32", "sample-h32"]
    arguments.parts = arguments.only or ([] if arguments.scale and not arguments.write else parts)
    return arguments


def planned(arguments: argparse.Namespace, bf16: list[str]) -> Bench:
    """What is to be run, or why it cannot be."""
    precisions = (arguments.precision,) if arguments.precision else ("fp32", "bf16")
    if "bf16" in precisions and not bf16:
        raise SetupError("this CPU computes in bf16 only by emulation (no avx512_bf16, no amx_bf16): --precision fp32")
    compiled = not arguments.no_compile and "bf16" in precisions
    example, ddpm = RELEASE / "examples" / "bench_train", RELEASE / "ddpm"
    if not arguments.ours and not example.exists():
        raise SetupError(
            f"there is no {example.relative_to(ROOT)}. Build it: cargo build --release --locked --example bench_train"
        )
    if "first-step" in arguments.parts and not ddpm.exists():
        raise SetupError(f"there is no {ddpm.relative_to(ROOT)}. Build it: cargo build --release --locked --bins")
    if arguments.write and BEGIN not in (ROOT / "docs" / "performance.md").read_text(encoding="utf-8"):
        raise SetupError(f"docs/performance.md has no {BEGIN} … {END} to write between")
    ours = tuple(shlex.split(arguments.ours)) if arguments.ours else (str(example),)
    return Bench(ours, ddpm, arguments.threads, arguments.rounds, precisions, compiled)


def need_python_header() -> None:
    """What torch.compile makes includes Python.h, which distributions keep in a package of its own."""
    if not (Path(said("import sysconfig; print(sysconfig.get_path('include'))")) / "Python.h").exists():
        advice = "on Debian and Ubuntu: apt install python3-dev"
        raise SetupError(f"torch.compile needs Python.h ({advice}). Without torch.compile: --no-compile")


def main() -> None:
    """Measures, prints, and with --write keeps it."""
    arguments = parsed()
    if sys.platform != "linux":
        raise SetupError("this reads /proc and tells glibc to keep memory: it measures on Linux")
    name, bf16 = cpu()
    bench = planned(arguments, bf16)
    set_up()
    load = os.getloadavg()[0]
    if load > 0.5:
        note(f"the load of this machine is {load:.1f}: whatever else works here makes these figures worthless")
    if bench.compiled:
        need_python_header()
    parts = arguments.parts
    steps = [cell for cell in TRAINING if cell.name in parts]
    samples = [cell for cell in SAMPLING if f"sample-h{cell.hidden}" in parts]
    sections: list[tuple[bool, Callable[[], list[str]]]] = [
        (bool(steps), lambda: training(bench, steps)),
        (bool(samples), lambda: sampling(bench, samples)),
        ("memory" in parts, lambda: memory(bench, MEMORY)),
        ("first-step" in parts, lambda: first_step(bench)),
        (arguments.scale, lambda: scale(bench)),
    ]
    flags = "".join(f" {flag}" for flag in sys.argv[1:])
    lines = [
        f"{name}, {len(os.sched_getaffinity(0))} cores ({', '.join(bf16) or 'no bf16'}), {bench.threads} threads; {versions()}. "
        f"{bench.rounds} rounds, fewer where steps are slow. Made by `scripts/bench_train.py{flags}`.",
        "",
        "`eager` is PyTorch in fp32 as it comes; `best` has bf16 autocast, channels-last, a glibc that keeps its memory and "
        "fused Adam, and `compiled` is torch.compile on top. A ratio is PyTorch's time over ours in the same round "
        "(min / median / max).",
    ]
    for asked, section in sections:
        if asked:
            lines += ["", *section()]
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        path = ROOT / "docs" / "performance.md"
        before, rest = path.read_text(encoding="utf-8").split(BEGIN)
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
