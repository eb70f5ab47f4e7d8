#!/usr/bin/env python3
"""Changes the code in small ways, one at a time, and counts how many of them a test notices: cargo-mutants.

    make mutation                                     # a sample of each area; hours
    make mutation ARGS="--area src/diffusion"
    make mutation ARGS="--area src/diffusion --shard 0/1 --write"    # all of it, kept in report/mutation.json
    make mutation ARGS="--survivors --write"         # with better tests: only those that had survived

An area's tests run in passes, the quickest first, and what a pass has noticed the next ones leave out. The mutants are
put into a copy of the project in target/mutation. What survives is listed at the end: each wants a test, or a line in
docs/mutants.md that says why it may live.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mutants
from cargo_tools import installed, with_path_to
from files import read_json, write
from setup_common import WORKSPACE, SetupError, only_one_at_a_time, run_main, say

TOOL, VERSION = "cargo-mutants", "27.1.0"
HOME = WORKSPACE / "target" / "mutation"
FIGURES = WORKSPACE / "report" / "mutation.json"
WANTED = 85.0
"""Percent of the mutants that build."""
SECONDS = 240
"""A test that a mutant keeps from ending has noticed it."""
MEMORY = 16 << 30
"""Bytes of addresses for each process: a mutant that takes more and more must not take the machine with it."""


@dataclasses.dataclass(frozen=True)
class Area:
    """A part of the code."""

    name: str
    package: str
    passes: tuple[tuple[str, ...], ...]
    """Which tests cargo builds and runs, a pass each."""
    shard: str = "0/1"
    """Each so many mutants, spread over all of them: the time for the rest would be days."""

    def files(self) -> str:
        """A pattern of cargo-mutants."""
        return f"{self.name}/src/**/*.rs" if self.name.startswith("crates/") else f"{self.name}/**/*.rs"


LIBRARY = ("--lib",)
PROGRAM = (
    ("--test=training",),
    ("--test=assignment", "--test=options", "--test=torch_goldens"),
    ("--test=resume", "--test=sampling"),
)
AREAS = (
    Area("src/diffusion", "ddpm", (LIBRARY, *PROGRAM), shard="0/2"),
    Area("src/training", "ddpm", (LIBRARY, *PROGRAM), shard="0/5"),
    Area("crates/ddpm-data", "ddpm-data", ((),), shard="0/8"),
    Area(
        "crates/hydra-compose",
        "hydra-compose",
        (
            LIBRARY,
            ("--tests",),
            ("--package=hydra-app", "--test=check", "--test=diff", "--test=errors", "--test=schema", "--test=why"),
        ),
        shard="0/75",
    ),
)


@dataclasses.dataclass(frozen=True)
class Found:
    """What became of an area's mutants."""

    caught: int
    timeout: int
    unviable: int
    missed: tuple[str, ...]
    """The names of those that no pass has noticed."""
    of: int
    """Mutants that there are, tried or not."""

    def percent(self) -> float:
        """Of those that build, how many are noticed."""
        noticed = self.caught + self.timeout
        viable = noticed + len(self.missed)
        return 100.0 * noticed / viable if viable else 100.0

    @staticmethod
    def kept(figures: dict[str, Any]) -> Found:
        """From report/mutation.json."""
        counts = {kind: figures[kind] for kind in ("caught", "timeout", "unviable", "of")}
        return Found(**counts, missed=tuple(figures["survivors"]))

    def figures(self) -> dict[str, object]:
        """For report/mutation.json."""
        tested = self.caught + self.timeout + self.unviable + len(self.missed)
        counts = {"caught": self.caught, "missed": len(self.missed), "timeout": self.timeout, "unviable": self.unviable}
        return {**counts, "tested": tested, "of": self.of, "survivors": list(self.missed)}


def cargo_mutants(copy: Path, arguments: Sequence[str], *, quietly: bool = False) -> str:
    """Runs it in the copy; what it says if it is to be quiet. That mutants survive is no failure here."""
    path = with_path_to(installed(TOOL, VERSION))
    # Threads that wait for each other in loops would take ten times as long beside anything else.
    single = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment = {**os.environ, **single, "PATH": path, "CARGO_TARGET_DIR": str(HOME / "build")}
    command = [os.environ.get("CARGO", "cargo"), "mutants", *arguments]
    output = subprocess.PIPE if quietly else None
    child = subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        start_new_session=True,
        preexec_fn=limit_memory,
    )
    try:
        said, _ = child.communicate()
    finally:
        # An interruption ends the tests that run, too.
        mutants.end_session(child)
    # 2: mutants survive; 3: tests ran out of time.
    if child.returncode not in {0, 2, 3}:
        raise SetupError(f"cargo mutants has failed with status {child.returncode}")
    return said.decode() if said else ""


def limit_memory() -> None:
    """For a child, before it starts."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most), most))


def tried(copy: Path, area: Area, shard: str, before: Found | None = None) -> Found:
    """What became of the mutants of one area; of those that had survived, if it is known what became of them before."""
    output = HOME / area.package / area.name.replace("/", "-")
    output.mkdir(parents=True, exist_ok=True)
    chosen = ["--package", area.package, "--file", area.files()]
    every = cargo_mutants(copy, [*chosen, "--list"], quietly=True).splitlines()
    place = ["--in-place", "--no-shuffle", "--output", str(output), "--timeout", str(SECONDS)]
    counts = {"caught": 0, "timeout": 0, "unviable": 0}
    missed: list[str] = []
    if before:
        counts = {kind: getattr(before, kind) for kind in counts}
        missed = todays(before.missed, every)
    which = by_name(missed) if before else ["--shard", shard, "--sharding", "round-robin"]
    for arguments in area.passes if missed or not before else ():
        # For building as well as for running: else cargo-mutants builds every test for each mutant.
        tests = [f"--cargo-arg={argument}" for argument in ("--locked", *arguments)]
        cargo_mutants(copy, [*chosen, *which, *place, *tests])
        # Some mutants ("delete field …") pass every --re, and would count again.
        again = set(missed)
        results = {
            kind: [name for name in listed(output / "mutants.out" / f"{kind}.txt") if not again or name in again]
            for kind in (*counts, "missed")
        }
        for kind in counts:
            counts[kind] += len(results[kind])
        missed = results["missed"]
        if not missed:
            break
        # Not --iterate, which would take its sample of what is left: that is another one.
        which = by_name(missed)
    return Found(**counts, missed=tuple(missed), of=len(every))


def todays(survivors: Sequence[str], every: Sequence[str]) -> list[str]:
    """The same changes in today's code, where lines may have moved: those with the same words that are nearest."""
    found: list[str] = []
    for survivor in survivors:
        path, words, line, column = parts_of(survivor)
        same = [name for name in every if parts_of(name)[:2] == (path, words) and name not in found]
        if not same:
            raise SetupError(f"the code has changed, and this is gone: {survivor}; try the sample anew")
        found.append(min(same, key=lambda name: distance(parts_of(name), line, column)))
    return found


def parts_of(name: str) -> tuple[str, str, int, int]:
    """File, words, line and column of a mutant."""
    match = re.fullmatch(r"([^:]+):(\d+):(\d+): (.*)", name, re.DOTALL)
    return (match[1], match[4], int(match[2]), int(match[3])) if match else (name, "", 0, 0)


def distance(parts: tuple[str, str, int, int], line: int, column: int) -> tuple[int, int]:
    """How far a mutant is from a place."""
    return abs(parts[2] - line), abs(parts[3] - column)


def by_name(names: Sequence[str]) -> list[str]:
    """The flags that choose these mutants (and some that pass every --re)."""
    return [f"--re=^{re.escape(name)}$" for name in names]


def listed(path: Path) -> list[str]:
    """The mutants in a file, a line each."""
    return path.read_text(encoding="utf-8").splitlines()


def keep(name: str, found: Found) -> None:
    """Puts an area's figures beside those of the others."""
    # Read again: another area may have been written since.
    figures = (read_json(FIGURES) or {}) | {name: found.figures()}
    write(FIGURES, json.dumps(figures, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [area.name for area in AREAS]
    parser.add_argument("--area", choices=names, action="append", help="this one; may be given several times")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--shard", metavar="K/N", help="each N-th mutant, from the K-th on; 0/1: all of them")
    which.add_argument("--survivors", action="store_true", help="only those that report/mutation.json says survived")
    parser.add_argument("--write", action="store_true", help="keep the figures in report/mutation.json")
    arguments = parser.parse_args()
    HOME.mkdir(parents=True, exist_ok=True)
    low = []
    kept = (read_json(FIGURES) or {}) if arguments.survivors else {}
    with only_one_at_a_time(HOME):
        copy = HOME / "project"
        for area in (area for area in AREAS if not arguments.area or area.name in arguments.area):
            if arguments.survivors and area.name not in kept:
                continue
            before = Found.kept(kept[area.name]) if arguments.survivors else None
            mutants.refresh(copy, WORKSPACE)
            found = tried(copy, area, arguments.shard or area.shard, before)
            noticed = f"{area.name}: {found.percent():.1f} % of the mutants are noticed"
            say(f"{noticed}; {json.dumps(found.figures(), ensure_ascii=False, indent=1)}")
            if arguments.write:
                keep(area.name, found)
            if found.percent() < WANTED:
                low.append(f"{noticed}, and {WANTED:g} % are wanted")
    if low:
        raise SetupError("; ".join(low))


if __name__ == "__main__":
    run_main(main)
