"""Launching measured: planning, overhead a job beside Python's Hydra, and a launcher that is killed fifty times.

    make bench-launch

The two sides take turns in one run. The table goes to standard output and, with --write, between the markers of
docs/performance.md. The killing is a test as well: one job lost or done twice, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
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
BEGIN, END = "<!-- bench-launch: begin -->", "<!-- bench-launch: end -->"


def timed(command: list[str], folder: Path) -> float:
    """Seconds that a process took; it must end well."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{command}: exit status {done.returncode}\n{done.stderr}")
    return seconds


def sweep(jobs: int, launcher: str, *more: str) -> list[str]:
    """A sweep of jobs that do nothing."""
    return [str(OURS), "-m", f"seed=range({jobs})", f"hydra/launcher={launcher}", *more, "--", "true"]


def planning(folder: Path, turns: int) -> dict[str, list[float]]:
    """Seconds for 1,000 jobs: composed, and composed and written to disk (until sweep.json is there)."""
    composed, written = [], []
    # Nothing is removed before the end: ext4 searches long for a free inode where thousands were freed a moment ago.
    for turn in range(turns):
        composed.append(timed([str(OURS), "-m", "--dry-run", "seed=range(1000)"], folder))
        place = folder / f"planned{turn}"
        command = sweep(1000, "basic", f"hydra.sweep.dir={place}")
        started = time.time()
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            while not (place / "sweep.json").exists():
                time.sleep(0.001)
            written.append((place / "sweep.json").stat().st_mtime - started)
            child.kill()
    return {"1,000 jobs composed (`--dry-run`)": composed, "1,000 jobs composed and written": written}


def overhead(folder: Path, turns: int, jobs: int) -> dict[str, list[float]]:
    """Seconds that each further job costs, of each launcher, in turns."""
    theirs = [str(PYTHON), "app.py", "-m"]
    sides = {
        "`local`, one at once": lambda count: sweep(count, "local", "hydra.launcher.n_jobs=1"),
        "`local`, two at once": lambda count: sweep(count, "local", "hydra.launcher.n_jobs=2"),
        "`basic`": lambda count: sweep(count, "basic"),
        "Python's Hydra, `basic`": lambda count: [*theirs, f"seed=range({count})"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, command in sides.items():
            one = timed(command(1), folder)
            many = timed(command(jobs + 1), folder)
            seconds[name].append((many - one) / jobs)
    return seconds


def killed(folder: Path, times: int, jobs: int, seed: int) -> tuple[int, int]:
    """Kills the launcher of a sweep at a random moment and resumes it. How often some jobs had run by then and others had
    not, and how often nothing had been planned yet; any job that is lost or run twice ends the program."""
    draw = random.Random(seed)
    job = folder / "job.sh"
    job.write_text('#!/bin/sh\necho "$(basename "$HYDRA_RUN_DIR")" >> "$RAN"\nsleep 0.01\n')
    job.chmod(0o755)
    some, none = 0, 0
    # The moments are spread over the time that a whole sweep takes.
    env = {**os.environ, "RAN": str(folder / "undisturbed")}
    start = time.perf_counter()
    whole = [*sweep(jobs, "local", "hydra.launcher.n_jobs=2")[:-1], "./job.sh"]
    subprocess.run(whole, cwd=folder, env=env, capture_output=True, check=True)
    seconds = time.perf_counter() - start
    for turn in range(times):
        place, ran = folder / f"killed{turn}", folder / f"ran{turn}"
        env = {**os.environ, "RAN": str(ran)}
        command = sweep(jobs, "local", "hydra.launcher.n_jobs=2", f"hydra.sweep.dir={place}")[:-1] + ["./job.sh"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, cwd=folder, env=env, **quiet) as child:
            time.sleep(draw.uniform(0, seconds))
            child.kill()
        if not (place / "sweep.json").exists():
            none += 1
            if ran.exists():
                sys.exit(f"turn {turn}: jobs ran before there was a plan")
            continue
        early = ran.exists() and len(ran.read_text().split()) < jobs
        done = subprocess.run([str(OURS), "sweep", "resume", str(place)], cwd=folder, env=env, capture_output=True,
                              text=True, check=False)
        ended = sorted(ran.read_text().split(), key=int)
        states = subprocess.run([str(OURS), "sweep", "status", str(place), "--format", "json"], capture_output=True,
                                text=True, check=True)
        wrong = [job for job in json.loads(states.stdout)["jobs"] if job["state"] != "done"]
        if done.returncode != 0 or ended != [str(num) for num in range(jobs)] or wrong:
            sys.exit(f"turn {turn}: {ended}, {wrong}\n{done.stderr}")
        some += early
    return some, none


def row(name: str, seconds: list[float]) -> str:
    """A line of the table, in ms."""
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"| {name} | {low * 1e3:.1f} / {middle * 1e3:.1f} / {high * 1e3:.1f} |"


def main() -> None:
    """Measures, prints, and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=40, help="jobs of the sweeps whose overhead is measured")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the moments at which the launcher is killed")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conf").symlink_to(ROOT / "conf")
        (folder / "app.py").write_text(APP)
        rows = [row(name, seconds) for name, seconds in planning(folder, args.turns).items()]
        each = overhead(folder, args.turns, args.jobs)
        rows += [row(f"each further job: {name}", seconds) for name, seconds in each.items()]
        some, none = killed(folder, args.kills, 20, args.seed)
    table = "\n".join(
        [f"{args.turns} turns each, {platform.machine()}, Python {platform.python_version()}. The jobs do nothing.", "",
         "| what | ms (min / median / max) |", "|---|---|", *rows, "",
         f"`kill -9` of the launcher, {args.kills} times at a random moment of a sweep of 20 jobs, then `sweep resume`: "
         f"every job done exactly once, every time. In {some} of them some jobs had run and others had "
         f"not, in {none} nothing had been planned yet."]
    )
    print(table)
    if args.write:
        page = ROOT / "docs" / "performance.md"
        text = page.read_text()
        head, rest = text.split(BEGIN)
        page.write_text(f"{head}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
