#!/usr/bin/env python3
"""Runs every test, counts the lines that they run, and fails where these are too few.

    make coverage                       # some minutes to build, then as long as `make test`
    make coverage ARGS=--write          # keeps the figures in report/coverage.json, which REPORT.md shows

Counted is what the programs under test ran, too: the tests of training start `ddpm`, and `ddpm` starts its worker.
Lines of the tests themselves do not count; nor does what was killed with SIGKILL.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cargo_tools import add_component, cargo, installed, with_path_to
from files import write
from setup_common import WORKSPACE, SetupError, run_main, say

TOOL, VERSION = "cargo-llvm-cov", "0.9.1"
LINES = WORKSPACE / "target" / "coverage.lcov"
FIGURES = WORKSPACE / "report" / "coverage.json"

FLOORS = {"src/training": 90.0, "": 85.0}
"""Least percentages of lines, by folder; the empty one is everything."""
TESTS_BEGIN = "#[cfg(test)]\nmod "
"""What declares a module of tests. With braces it ends the file that it is in; others are in files of their own."""


@dataclasses.dataclass(frozen=True)
class Count:
    """Lines with code, and how many of them ran."""

    covered: int
    lines: int

    def percent(self) -> float:
        """100 where there is nothing to run."""
        return 100.0 * self.covered / self.lines if self.lines else 100.0


def lines_of_code(source: Path) -> int:
    """How many lines of a file come before its tests."""
    text = source.read_text(encoding="utf-8")
    tests = re.search(rf"^{re.escape(TESTS_BEGIN)}\w+ {{$", text, re.MULTILINE)
    return text.count("\n", 0, tests.start() if tests else len(text))


def is_tests(source: Path) -> bool:
    """Whether a file is a module of tests, by what declares it."""
    parents = [*(source.with_name(f"{name}.rs") for name in ("mod", "lib", "main")), source.parent.with_suffix(".rs")]
    declared = f"{TESTS_BEGIN}{source.stem};\n"
    return any(parent.is_file() and declared in parent.read_text(encoding="utf-8") for parent in parents)


def counts(report: str, root: Path) -> dict[str, Count]:
    """Of a report in lcov's format the count of each file of sources, by its path from the root."""
    found: dict[str, Count] = {}
    for record in report.split("end_of_record"):
        fields = [line.partition(":") for line in record.split("\n")]
        names = [Path(value) for key, _, value in fields if key == "SF"]
        if not names or not names[0].is_relative_to(root):
            continue
        name = names[0].relative_to(root)
        if not {"tests", "target", "examples"}.isdisjoint(name.parts) or is_tests(names[0]):
            continue
        lines = lines_of_code(names[0])
        hits = dict(line_and_hits(value) for key, _, value in fields if key == "DA")
        code = [count for line, count in hits.items() if line <= lines]
        found[name.as_posix()] = Count(sum(count > 0 for count in code), len(code))
    return found


def line_and_hits(data: str) -> tuple[int, int]:
    """The two numbers of a DA line, which a checksum may follow."""
    line, hits = data.split(",")[:2]
    return int(line), int(hits)


def total(counted: Iterable[Count]) -> Count:
    """All of them together."""
    counted = list(counted)
    return Count(sum(count.covered for count in counted), sum(count.lines for count in counted))


def inside(counted: Mapping[str, Count], folder: str) -> Count:
    """Those of a folder's files; of the empty one, all."""
    return total(count for name, count in counted.items() if not folder or name.startswith(f"{folder}/"))


def folder_of(name: str) -> str:
    """What a file counts to in the table: a folder of src, or a crate."""
    parts = Path(name).parts
    return "/".join(parts[:2]) if len(parts) > 2 or parts[0] == "crates" else parts[0]


def table(counted: Mapping[str, Count]) -> str:
    """For the terminal."""
    folders: dict[str, list[Count]] = {}
    for name, count in sorted(counted.items()):
        folders.setdefault(folder_of(name), []).append(count)
    rows = [*((name, total(counts)) for name, counts in folders.items()), ("all", inside(counted, ""))]
    return "\n".join(f"{count.percent():6.1f} %  {count.covered:6} of {count.lines:6}  {name}" for name, count in rows)


def too_low(counted: Mapping[str, Count]) -> list[str]:
    """What is below its floor."""
    found = []
    for folder, floor in FLOORS.items():
        percent = inside(counted, folder).percent()
        if percent < floor:
            found.append(f"{folder or 'all'}: {percent:.1f} % of lines, and {floor:g} % are wanted")
    return found


def measured() -> str:
    """Runs the tests; the report, as lcov has it. Examples in documentation run too, and count nothing."""
    add_component("llvm-tools")
    environment = {"PATH": with_path_to(installed(TOOL, VERSION)), "CARGO_INCREMENTAL": "0"}
    # Of the workspace alone; or what earlier tests ran, and programs of an earlier build, would count.
    cargo("llvm-cov", "clean", "--workspace", environment=environment)
    cargo("llvm-cov", "--workspace", "--locked", "--no-report", environment=environment)
    cargo("test", "--workspace", "--locked", "--doc")
    LINES.parent.mkdir(parents=True, exist_ok=True)
    # A process that a test killed may have left half a file.
    report = ("llvm-cov", "report", "--workspace", "--failure-mode", "all", "--lcov", "--output-path", str(LINES))
    cargo(*report, environment=environment)
    return LINES.read_text(encoding="utf-8")


def figures(counted: Mapping[str, Count]) -> str:
    """report/coverage.json"""
    files = {name: [count.covered, count.lines] for name, count in sorted(counted.items())}
    return json.dumps({"total": round(inside(counted, "").percent(), 1), "files": files}, indent=1) + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the figures in report/coverage.json")
    arguments = parser.parse_args()
    counted = counts(measured(), WORKSPACE)
    say(table(counted))
    if arguments.write:
        write(FIGURES, figures(counted))
    if low := too_low(counted):
        raise SetupError("; ".join(low))


if __name__ == "__main__":
    run_main(main)
