#!/usr/bin/env python3
"""Puts defects into the code, one at a time, and asks whether a test notices.

    make mutants                                # some minutes for a first build, then about one for each defect
    make mutants ARGS="--only uniform-noise"
    make mutants ARGS=--list

A defect is a patch in tests/mutants. What comes before its difference says what is wrong, and which tests notice it:

    The check of a schedule lets betas of 0 and of 1 pass.
    Killed by: src/diffusion/schedule.rs::betas_outside_of_0_to_1_are_refused

Those tests run first. If they pass, all tests of the trainer run; if these pass too, the defect has survived, and the
script fails. Defects are put into a copy of the project in target/mutants, with a build folder of its own: nobody meets
one in the sources, and no cargo takes what was built with one for the real thing. The table goes to standard output
and, with --write, between the markers of docs/mutants.md.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import filecmp
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from setup_common import WORKSPACE, SetupError, only_one_at_a_time, point, run_main, say

PATCHES = WORKSPACE / "tests" / "mutants"
HOME = WORKSPACE / "target" / "mutants"
PAGE = WORKSPACE / "docs" / "mutants.md"
BEGIN, END = "<!-- mutants: begin -->", "<!-- mutants: end -->"

PACKAGES = ("ddpm", "ddpm-config", "ddpm-data", "ddpm-kernels")
"""Always all of them: with fewer, some of what they depend on would be built anew with other features."""
BUILD_SECONDS, NAMED_SECONDS, ALL_SECONDS = 3600, 600, 3600
"""Time limits. A test that a defect keeps from ending has noticed it."""
NO_TIME_LEFT = "the time limit"

KILLED_BY = "Killed by: "
FAILED = re.compile(r"^test (\S+)(?: - .*)? \.\.\. FAILED$")
PASSED = re.compile(r"^test \S+(?: - .*)? \.\.\. ok$", re.MULTILINE)
RUNNING = re.compile(r"^ +(?:Running (?:unittests )?\S+ \(.*/(\S+)-[0-9a-f]+\)|Doc-tests (\S+))$")


@dataclasses.dataclass(frozen=True)
class Test:
    """A test: the file that it stands in, from the root, and its name."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}::{self.name}"

    def target(self) -> tuple[str, ...]:
        """What has cargo build and run the program that it is in."""
        parts = PurePosixPath(self.file).parts
        if parts[0] == "crates":
            parts = parts[2:]
        # tests/NAME.rs, or a file of the folder tests/NAME.
        return ("--lib",) if parts[0] == "src" else ("--test", PurePosixPath(parts[1]).stem)


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A defect, and the tests that notice it."""

    patch: Path
    defect: str
    killers: tuple[Test, ...]

    @property
    def name(self) -> str:
        """As of its file."""
        return self.patch.stem


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of a mutant, and because of which tests."""

    mutant: Mutant
    result: str
    by: tuple[str, ...] = ()

    @property
    def is_killed(self) -> bool:
        """Whether a test has noticed it."""
        return self.result == "killed"


@dataclasses.dataclass(frozen=True)
class Ran:
    """How cargo ended, None for not in time, and what was said."""

    status: int | None
    text: str


def read(patch: Path) -> Mutant:
    """The mutant of a patch. The tests that it names have to be there."""
    head, difference, _ = patch.read_text(encoding="utf-8").partition("\ndiff --git ")
    lines = head.split("\n")
    killers = [line.removeprefix(KILLED_BY).partition("::") for line in lines if line.startswith(KILLED_BY)]
    defect = " ".join(line for line in lines if line and not line.startswith(KILLED_BY))
    if not (difference and killers and defect):
        raise SetupError(f"{patch} has to say what is wrong, a line '{KILLED_BY}FILE::TEST', and a difference")
    tests = tuple(Test(file, name) for file, _, name in killers)
    for test in tests:
        file = WORKSPACE / test.file
        if not file.is_file() or not re.search(rf"\bfn {re.escape(test.name)}\(", file.read_text(encoding="utf-8")):
            raise SetupError(f"{patch} names {test}, and there is no such test")
    return Mutant(patch, defect, tests)


# The copy


def git(folder: Path, *arguments: str) -> str:
    """What git says in a folder, whatever repository a hook would have it work on."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise SetupError(f"git {arguments[0]} fails in {folder}: {done.stderr.strip()}")
    return done.stdout


def listed(folder: Path) -> set[str]:
    """The files that git knows or would know."""
    names = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return {name for name in names if name and (folder / name).is_file()}


def refresh(copy: Path, source: Path) -> None:
    """Makes `copy` what `source` is now, changes that are not committed included, and a repository of its own.

    Only files that differ are written, and these are new: cargo builds what is newer than its last build, which may
    have been of a mutant.
    """
    copy.mkdir(parents=True, exist_ok=True)
    if not (copy / ".git").is_dir():
        git(copy, "init", "--quiet")
    wanted = listed(source)
    for name in sorted(listed(copy) - wanted):
        (copy / name).unlink()
    for name in sorted(wanted):
        place = copy / name
        if not place.is_file() or not filecmp.cmp(source / name, place, shallow=False):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, place)
            shutil.copymode(source / name, place)
    # What `make setup` has made.
    for name in (".libtorch", ".venv"):
        if (source / name).exists():
            point(copy / name, (source / name).resolve(), if_yours="it is this script's folder")
    git(copy, "add", "--all")


@contextlib.contextmanager
def planted(copy: Path, mutant: Mutant) -> Iterator[None]:
    """The copy with the defect in it. Taking it out makes files new again."""
    git(copy, "apply", str(mutant.patch))
    try:
        yield
    finally:
        git(copy, "apply", "--reverse", str(mutant.patch))


def cargo_test(copy: Path, arguments: Sequence[str], seconds: float) -> Ran:
    """Runs `cargo test` in the copy; all that it has started ends with it."""
    packages = [word for package in PACKAGES for word in ("--package", package)]
    command = [os.environ.get("CARGO", "cargo"), "test", "--locked", *packages, *arguments]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(HOME / "build"), "CARGO_TERM_COLOR": "never"}
    # Not a pipe: what a failing test leaves running would hold its other end, and nobody would see it closed.
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            command,
            cwd=copy,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status: int | None = child.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end_session(child)
        output.seek(0)
        return Ran(status, output.read().decode(errors="replace"))


def end_session(leader: subprocess.Popen[bytes]) -> None:
    """Ends a program and all of its session: tests start workers in process groups of their own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader.pid, signal.SIGKILL)
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(process.name)) == leader.pid:
                os.kill(int(process.name), signal.SIGKILL)
    leader.wait()


# The verdict


def by_target(tests: Iterable[Test]) -> dict[tuple[str, ...], list[str]]:
    """Names of tests by the program that they are in."""
    found: dict[tuple[str, ...], list[str]] = {}
    for test in tests:
        names = found.setdefault(test.target(), [])
        if test.name not in names:
            names.append(test.name)
    return found


def failures(ran: Ran, killers: Sequence[Test]) -> tuple[str, ...]:
    """The tests that failed: as a patch names them if it does, else by program and path."""
    known = {test.name: str(test) for test in killers}
    program = ""
    found: list[str] = []
    for line in ran.text.splitlines():
        if running := RUNNING.match(line):
            program = running[1] or f"the documentation of {running[2]}"
        elif failed := FAILED.match(line):
            found.append(known.get(failed[1].rpartition("::")[2], f"{program}: {failed[1]}"))
    return tuple(found) or (NO_TIME_LEFT if ran.status is None else f"the end of {program or 'cargo'}",)


def last_lines(ran: Ran) -> str:
    """The end of what was said, for an error."""
    return "".join(f"\n  | {line}" for line in ran.text.strip().splitlines()[-25:])


def require_passing(copy: Path, mutants: Sequence[Mutant]) -> None:
    """Sees to it that the tests that are to fail pass without a defect: that they run, and fail for no other reason."""
    for target, names in by_target(test for mutant in mutants for test in mutant.killers).items():
        built = cargo_test(copy, [*target, "--no-run"], BUILD_SECONDS)
        if built.status != 0:
            raise SetupError(f"without a defect, {' '.join(target)} does not build{last_lines(built)}")
        ran = cargo_test(copy, [*target, "--", *names], NAMED_SECONDS)
        if ran.status != 0:
            raise SetupError(f"without a defect, tests fail: {', '.join(failures(ran, ()))}{last_lines(ran)}")
        if len(PASSED.findall(ran.text)) < len(names):
            raise SetupError(f"of {', '.join(names)}, not all are run{last_lines(ran)}")


def try_named(copy: Path, mutant: Mutant) -> Verdict | None:
    """The verdict of the tests that a mutant names; none: they pass."""
    for target, names in by_target(mutant.killers).items():
        built = cargo_test(copy, [*target, "--no-run"], BUILD_SECONDS)
        if built.status != 0:
            say(f"{mutant.name} does not build{last_lines(built)}")
            return Verdict(mutant, "does not build")
        ran = cargo_test(copy, [*target, "--", *names], NAMED_SECONDS)
        if ran.status != 0:
            return Verdict(mutant, "killed", failures(ran, mutant.killers))
    return None


def try_all(copy: Path, mutant: Mutant) -> Verdict:
    """The verdict of all tests of the trainer."""
    if cargo_test(copy, ["--no-run"], BUILD_SECONDS).status != 0:
        return Verdict(mutant, "does not build")
    ran = cargo_test(copy, [], ALL_SECONDS)
    return Verdict(mutant, "survived") if ran.status == 0 else Verdict(mutant, "killed", failures(ran, ()))


def verdicts(copy: Path, mutants: Sequence[Mutant]) -> list[Verdict]:
    """One for each mutant, in their order."""
    found: dict[str, Verdict] = {}
    for place, mutant in enumerate(mutants, 1):
        start = time.monotonic()
        try:
            with planted(copy, mutant):
                verdict = try_named(copy, mutant)
        except SetupError as error:
            verdict = Verdict(mutant, "does not apply")
            say(str(error))
        if verdict:
            found[mutant.name] = verdict
        result = verdict.result if verdict else "not noticed by the tests that it names"
        say(f"{place}/{len(mutants)} {mutant.name}: {result} ({time.monotonic() - start:.0f} s)")
    escaped = [mutant for mutant in mutants if mutant.name not in found]
    if escaped:
        say("all tests, without a defect …")
        ran = cargo_test(copy, [], ALL_SECONDS)
        if ran.status != 0:
            raise SetupError(f"without a defect, tests fail: {', '.join(failures(ran, ()))}{last_lines(ran)}")
    for mutant in escaped:
        with planted(copy, mutant):
            found[mutant.name] = try_all(copy, mutant)
        say(f"{mutant.name}, by all tests: {found[mutant.name].result}")
    return [found[mutant.name] for mutant in mutants]


def table(found: Sequence[Verdict]) -> str:
    """Markdown, with links as docs/mutants.md needs them."""
    lines = ["| defect | what is wrong | result | noticed by |", "|---|---|---|---|"]
    for verdict in found:
        mutant = verdict.mutant
        link = f"[{mutant.name}](../tests/mutants/{mutant.patch.name})"
        by = ", ".join(f"`{name}`" for name in verdict.by)
        lines.append(f"| {link} | {mutant.defect} | {verdict.result} | {by} |")
    killed = sum(verdict.is_killed for verdict in found)
    return "\n".join([f"{killed} of {len(found)} defects are noticed.", "", *lines])


def write(text: str) -> None:
    """Puts the table into its page."""
    before, begins, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (begins and ends):
        raise SetupError(f"{PAGE} has no {BEGIN} … {END} to write between")
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", action="append", help="this defect; may be given several times")
    parser.add_argument("--list", action="store_true", help="the defects and the tests that notice them; run nothing")
    parser.add_argument("--write", action="store_true", help="put the table into docs/mutants.md")
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error("--write keeps whole tables: without --only")
    mutants = [read(patch) for patch in sorted(PATCHES.glob("*.patch"))]
    if arguments.only:
        if unknown := set(arguments.only) - {mutant.name for mutant in mutants}:
            parser.error(f"there is no defect {', '.join(sorted(unknown))}; --list has them")
        mutants = [mutant for mutant in mutants if mutant.name in arguments.only]
    if arguments.list:
        for mutant in mutants:
            print(f"{mutant.name}\n  {mutant.defect}", *(f"  {test}" for test in mutant.killers), sep="\n")
        return
    HOME.mkdir(parents=True, exist_ok=True)
    with only_one_at_a_time(HOME):
        copy = HOME / "project"
        refresh(copy, WORKSPACE)
        say("the tests that are to fail, without a defect …")
        require_passing(copy, mutants)
        found = verdicts(copy, mutants)
    text = table(found)
    print(f"\n{text}")
    if arguments.write:
        write(text)
    if left := [verdict for verdict in found if not verdict.is_killed]:
        raise SetupError("; ".join(f"{verdict.mutant.name}: {verdict.result}" for verdict in left))


if __name__ == "__main__":
    run_main(main)
