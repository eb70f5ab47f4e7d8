#!/usr/bin/env python3
"""Makes what is measured in REPORT.md: performs its runs, keeps their figures and pictures, writes them into the page.

    make report                                 # from the runs that there are in outputs/report; seconds
    make report ARGS=run                        # performs those that are not done, or goes on with them, and does that
    make report ARGS="run sgd batch"            # only these
    scripts/report.py --check                   # whether the page is what the committed files give; needs no run

The runs are listed in scripts/report_runs.py. What is kept of them stands in report/: figures in runs.json, the frozen
configuration, a few samples, curves. The blocks of REPORT.md between markers are made of that, and of the tables that
other scripts write in docs/; where run directories are missing, what is kept stays. Nothing in a block is written by
hand: a test asks what --check asks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from files import write
from report_gather import gather
from report_page import blocks, filled, stale
from report_runs import RUNS, Places, named, run_all
from setup_common import WORKSPACE, SetupError, only_one_at_a_time, run_main, say


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", choices=("run",), help="perform the runs first")
    names = ", ".join(run.name for run in RUNS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these runs, of {names}")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if REPORT.md would change")
    # Another folder, program and size of runs, to try this script.
    parser.add_argument("--root", type=Path, default=WORKSPACE, help=argparse.SUPPRESS)
    parser.add_argument("--ddpm", type=Path, default=Places.ddpm, help=argparse.SUPPRESS)
    parser.add_argument("--also", action="append", default=[], metavar="OVERRIDE", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.check and arguments.command:
        parser.error("--check runs nothing")
    places = Places(arguments.root.resolve(), arguments.ddpm.resolve())
    if arguments.check:
        if found := stale(places):
            raise SetupError("\n  ".join([f"{places.page.name} is out of date; scripts/report.py writes it", *found]))
        return
    places.outputs.mkdir(parents=True, exist_ok=True)
    with only_one_at_a_time(places.outputs):
        if arguments.command:
            run_all(named(arguments.names), places, arguments.also)
        gather(places, arguments.also)
        page = places.page.read_text(encoding="utf-8")
        write(places.page, filled(page, blocks(places)))
    say(f"{places.page.name} is written")


if __name__ == "__main__":
    run_main(main)
