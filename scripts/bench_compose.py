"""Composition measured beside Python's Hydra: whole processes, the two sides taking turns.

    make bench-compose

For each case a configuration directory is made, both sides are asked the same question in turn, and their standard
output must be the same bytes. The table goes to standard output and, with --write, between the markers of
docs/performance.md. Ratios are those of the medians of one such run.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "target" / "release" / "hydra-compose"
PYTHON = ROOT / ".venv" / "bin" / "python"
APP = """
import hydra

@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg):
    pass

main()
"""
BEGIN, END = "<!-- bench-compose: begin -->", "<!-- bench-compose: end -->"


@dataclass
class Case:
    """One question to both sides."""

    name: str
    folder: Path
    args: list[str] = field(default_factory=lambda: ["--cfg", "job"])
    env: dict[str, str] = field(default_factory=dict)
    theirs: bool = True
    """Whether Python's Hydra is asked too."""


def groups_case(base: Path, groups: int, keys: int, used: int, name: str) -> Case:
    """`groups` groups of three options, of which the first `used` are chosen; each option has `keys` keys."""
    folder = base / name.replace(" ", "-")
    conf = folder / "conf"
    conf.mkdir(parents=True)
    for group in range(groups):
        place = conf / f"g{group:04}"
        place.mkdir()
        for option in "abc":
            lines = [f"key{key}: {option}{key}" if key % 3 else f"key{key}: {key}" for key in range(keys)]
            (place / f"{option}.yaml").write_text("\n".join(lines) + "\n")
    chosen = "".join(f"  - g{group:04}: a\n" for group in range(used))
    (conf / "config.yaml").write_text(f"defaults:\n{chosen}  - _self_\nseed: 0\n")
    (folder / "app.py").write_text(APP)
    return Case(name, folder)


def trainer_case(base: Path, name: str, args: list[str], env: dict[str, str], theirs: bool) -> Case:
    """This project's own conf/."""
    folder = base / name.replace(" ", "-").replace("`", "").replace("/", "")
    folder.mkdir()
    (folder / "conf").symlink_to(ROOT / "conf")
    (folder / "app.py").write_text(APP)
    return Case(name, folder, args, env, theirs)


def ask(command: list[str], case: Case) -> tuple[float, str]:
    """Seconds that a process took, and what it printed."""
    env = {**os.environ, **case.env}
    start = time.perf_counter()
    done = subprocess.run(command + case.args, cwd=case.folder, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{case.name}: {command} fails:\n{done.stderr}")
    return seconds, done.stdout


def row(case: Case, rounds: int) -> str:
    """Takes turns, and reports each side's minimum, median and maximum."""
    ours, theirs = [str(OURS), "--config-path", "conf"], [str(PYTHON), "app.py"]
    if case.env:  # A completion: the flags are in COMP_LINE.
        ours = [str(OURS)]
    ask(ours, case)  # Files into the page cache, for both.
    ours_times, their_times = [], []
    for _ in range(rounds):
        seconds, answer = ask(ours, case)
        ours_times.append(seconds * 1e3)
        if case.theirs:
            seconds, their_answer = ask(theirs, case)
            their_times.append(seconds * 1e3)
            if answer != their_answer:
                sys.exit(f"{case.name}: the answers differ:\n{answer}\n{their_answer}")
    spread = lambda times: f"{min(times):.1f} / {statistics.median(times):.1f} / {max(times):.1f}"
    if not case.theirs:
        return f"| {case.name} | {spread(ours_times)} | | |"
    ratio = statistics.median(their_times) / statistics.median(ours_times)
    return f"| {case.name} | {spread(ours_times)} | {spread(their_times)} | {ratio:.0f}× |"


def cases(base: Path) -> list[Case]:
    """Everything that is measured."""
    line = {"COMP_LINE": "app.py --config-path conf optimizer=", "COMP_POINT": "36", "COMP_CWORD": "3", "COMP_WORDS": ""}
    return [
        trainer_case(base, "the trainer's `conf/`, `--cfg job`", ["--cfg", "job"], {}, True),
        trainer_case(base, "the trainer's `conf/`, a press of Tab", ["-sc", "query=bash"], line, False),
        groups_case(base, 10, 10, 10, "10 groups, all used"),
        groups_case(base, 100, 10, 100, "100 groups, all used"),
        groups_case(base, 1000, 10, 10, "1000 groups, 10 used"),
        groups_case(base, 1, 10, 1, "10 keys"),
        groups_case(base, 1, 100, 1, "100 keys"),
        groups_case(base, 1, 1000, 1, "1000 keys"),
        groups_case(base, 1, 10000, 1, "10000 keys"),
    ]


def main() -> None:
    """Measures, prints, and writes if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="turns each side takes")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    args = parser.parse_args()
    for path in (OURS, PYTHON):
        if not path.exists():
            sys.exit(f"{path} is missing; make bench-compose builds and sets up what is needed")
    lines = ["| case | here, ms (min / median / max) | Hydra 1.3.8, ms | ratio |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as base:
        for case in cases(Path(base)):
            lines.append(row(case, args.rounds))
            print(lines[-1], flush=True)
        big = groups_case(Path(base), 1000, 10, 1000, "1000 groups, all used")
        lines.append(row(big, 1))
        print(lines[-1], flush=True)
        sweep = groups_case(Path(base), 10, 10, 10, "1000 jobs planned, `-m --dry-run`")
        sweep.args = ["-m", "--dry-run", "seed=range(0,1000)"]
        sweep.theirs = False
        lines.append(row(sweep, 5))
        print(lines[-1], flush=True)
    table = "\n".join([f"{args.rounds} turns each, {platform.machine()}, Python {platform.python_version()}.", "", *lines])
    if args.write:
        page = ROOT / "docs" / "performance.md"
        text = page.read_text()
        before, rest = text.split(BEGIN)
        _, after = rest.split(END)
        page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


if __name__ == "__main__":
    main()
