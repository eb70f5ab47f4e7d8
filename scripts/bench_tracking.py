"""Tracking measured: what a call of `log` costs beside the stock client's, and whether training notices a server.

    make bench-tracking

The sides take turns in one run. The tables go to standard output and, with --write, between the markers of
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "target" / "release"
PYTHON = ROOT / ".venv" / "bin" / "python"
KEY = "0" * 40
BEGIN, END = "<!-- bench-tracking: begin -->", "<!-- bench-tracking: end -->"

STOCK = """
import json, os, sys, time
from pathlib import Path
import wandb

def resident():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmRSS"))
    return int(line.split()[1])

steps = int(sys.argv[1])
before = resident()
run = wandb.init(project="cost", config={"lr": 0.001})
longest, started = 0.0, time.perf_counter()
for step in range(steps):
    at = time.perf_counter()
    run.log({"train/loss": 1 / (step + 1), "train/lr": 0.001, "images_per_s": 93.7})
    longest = max(longest, time.perf_counter() - at)
took = time.perf_counter() - started
held = resident() - before
run.finish()
size = sum(path.stat().st_size for path in Path("wandb").rglob("run-*.wandb") if not path.is_symlink() and "latest" not in str(path))
print(json.dumps({"microseconds": took * 1e6 / steps, "records_per_second": steps / took,
    "longest_microseconds": longest * 1e6, "bytes_per_step": size / steps, "resident_kib": held}))
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Nothing of the settings of whoever measures."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    home = {name: str(folder / "home") for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "HOME")}
    return own | home | {"NETRC": str(folder / "none"), "WANDB_SILENT": "true"} | more


def output(command: list[str], folder: Path, env: dict[str, str]) -> str:
    """What it printed; it must end well."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


@contextmanager
def silent_server():
    """Accepts connections, as the system does for it, and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def strict_server(query: str = ""):
    """The server of the tests, with what is to go wrong."""
    server = subprocess.Popen([str(RELEASE / "examples" / "strict-server")], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        if query:
            urllib.request.urlopen(urllib.request.Request(f"{url}/control/fail?{query}", method="POST")).read()
        yield url
    finally:
        server.kill()
        server.wait()


def calls(steps: int, turns: int) -> list[str]:
    """The cost of `log`, a row a way of tracking."""
    found: dict[str, list[dict]] = {}
    for _ in range(turns):
        with silent_server() as silent, strict_server() as strict:
            places = {
                "disabled": "disabled",
                "offline": "offline",
                "online, nobody there": "http://127.0.0.1:9",
                "online, never answers": silent,
                "online, answers": strict,
            }
            for name, place in places.items():
                with tempfile.TemporaryDirectory() as folder:
                    command = [str(RELEASE / "examples" / "cost"), place, str(steps)]
                    said = output(command, Path(folder), environment(Path(folder)))
                    found.setdefault(name, []).append(json.loads(said))
        with tempfile.TemporaryDirectory() as folder:
            env = environment(Path(folder), WANDB_MODE="offline")
            said = output([str(PYTHON), "-c", STOCK, str(steps)], Path(folder), env)
            found.setdefault("the stock client, offline", []).append(json.loads(said.splitlines()[-1]))
    rows = ["| way | µs a call (min / median / max) | records/s | longest call, µs | log, bytes/step | process, MiB more |", "|---|---|---|---|---|---|"]
    for name, turns_of in found.items():
        middle = {key: statistics.median(turn[key] for turn in turns_of) for key in turns_of[0]}
        times = sorted(turn["microseconds"] for turn in turns_of)
        rows.append(
            f"| {name} | {times[0]:.2f} / {middle['microseconds']:.2f} / {times[-1]:.2f} | {middle['records_per_second']:,.0f} "
            f"| {middle['longest_microseconds']:.0f} | {middle['bytes_per_step']:.0f} | {middle['resident_kib'] / 1024:.1f} |"
        )
    return rows


def step_times(folder: Path, steps: int, env: dict[str, str], *overrides: str) -> tuple[list[float], Path]:
    """Milliseconds of each step of the trainer, as it says itself; the first few warm up."""
    run = folder / "run"
    command = [
        str(RELEASE / "ddpm"), "--config-path", str(ROOT / "conf"), f"hydra.run.dir={run}", f"dataset.root={ROOT / 'data'}",
        f"training.max_steps={steps}", "sampling.steps=2", "sampling.pictures=1", "wandb.finish_timeout=0", *overrides,
    ]  # fmt: skip
    output(command, folder, env)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    pace = [line["images_per_second"] for line in lines if line["event"] == "step"]
    batch = 32
    return [1000 * batch / images for images in pace[5:]], run


def training(steps: int, turns: int) -> list[str]:
    """The same steps with and without a record."""
    ways = {
        "disabled": lambda: None,
        "offline": lambda: None,
        "online, never answers": silent_server,
        "online, 503 to everything": lambda: strict_server("fault=status&status=503"),
        "online, answers": strict_server,
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    ratios: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        plain = 0.0
        for name, server in ways.items():
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                if name in ("disabled", "offline"):
                    times, _ = step_times(folder, steps, environment(folder), f"wandb.mode={name}")
                else:
                    with server() as url:
                        env = environment(folder, WANDB_BASE_URL=url, WANDB_API_KEY=KEY)
                        times, _ = step_times(folder, steps, env, "wandb.mode=online")
            found[name] += times
            middle = statistics.median(times)
            plain = middle if name == "disabled" else plain
            ratios[name].append(middle / plain)
    rows = ["| way | step, ms (median) | of `disabled` in the same turn (min / median / max) |", "|---|---|---|"]
    for name, times in found.items():
        ratio = sorted(ratios[name])
        rows.append(
            f"| {name} | {statistics.median(times):.1f} | {ratio[0]:.3f} / {statistics.median(ratio):.3f} / {ratio[-1]:.3f} |"
        )
    return rows


def main() -> None:
    """Measures, prints, and with --write keeps it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--calls", type=int, default=100_000, help="steps of the first table")
    parser.add_argument("--steps", type=int, default=50, help="steps of the second")
    arguments = parser.parse_args()
    text = "\n".join([
        f"{arguments.turns} turns each, {platform.machine()}, wandb 0.31.0 on Python {platform.python_version()}. {arguments.calls:,} calls with three numbers each:",
        "",
        *calls(arguments.calls, arguments.turns),
        "",
        f"The trainer's default network, {arguments.steps} steps of 32 pictures, two threads:",
        "",
        *training(arguments.steps, arguments.turns),
    ])  # fmt: skip
    print(text)
    if arguments.write:
        path = ROOT / "docs" / "performance.md"
        before, rest = path.read_text(encoding="utf-8").split(BEGIN)
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
