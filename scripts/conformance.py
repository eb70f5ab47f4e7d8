#!/usr/bin/env python3
"""Asks the real Hydra anew, with cases no test has seen, and holds hydra-compose to its answers.

    make conformance
    make conformance ARGS="--count 2000"
    make conformance ARGS="--seed 1234 --count 2000"    # once more

The answers stay in target/conformance.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
TESTS = ROOT / "crates" / "hydra-compose" / "tests"
ANSWERS = ROOT / "target" / "conformance"
# Folder of the generator: name of the test, which takes its answers from {NAME}_GOLDENS.
KINDS = {"yaml": "yaml", "overrides": "override", "interpolation": "interpolation", "compose": "compose"}


def ask(seed: int, count: int) -> dict[str, str]:
    """The variables that name the new answers. All kinds are asked at once."""
    ANSWERS.mkdir(parents=True, exist_ok=True)
    variables: dict[str, str] = {}
    asked: list[subprocess.Popen[bytes]] = []
    for folder, name in KINDS.items():
        out = ANSWERS / f"{folder}.jsonl"
        # A whole composition takes Hydra as long as dozens of the others.
        cases = count if folder != "compose" else max(count // 5, 1)
        options = (f"--seed={seed}", f"--count={cases}", f"--out={out}")
        asked.append(subprocess.Popen([PYTHON, TESTS / folder / "make_goldens.py", *options], stdout=subprocess.DEVNULL))
        variables[f"{name.upper()}_GOLDENS"] = str(out)
    if any([process.wait() for process in asked]):
        sys.exit("error: Hydra could not be asked")
    return variables


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="of an earlier run, to repeat it (default: a new one)")
    parser.add_argument("--count", type=int, default=300, help="cases of each kind, a fifth as many compositions")
    arguments = parser.parse_args()
    seed: int = random.randrange(10**6) if arguments.seed is None else arguments.seed
    again = f'make conformance ARGS="--seed {seed} --count {arguments.count}"'
    print(f"to repeat it: {again}", flush=True)
    variables = ask(seed, arguments.count)
    tests = [word for name in KINDS.values() for word in ("--test", f"{name}_goldens")]
    # Not --package hydra-compose: the dependencies would have other features than in `make test`, and be built once more.
    cargo = [os.environ.get("CARGO", "cargo"), "test", "--workspace", "--locked", "--no-fail-fast", *tests]
    status = subprocess.run(cargo, cwd=ROOT, env={**os.environ, **variables}, check=False).returncode
    if status != 0:
        sys.exit(f"error: to repeat it: {again}")


if __name__ == "__main__":
    main()
