"""What REPORT.md keeps of the run directories: figures in report/runs.json, configurations, pictures and curves."""

from __future__ import annotations

import datetime
import json
import math
import re
import shutil
import statistics
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import png_rows
import wandb_log
from files import read_json, write
from report_runs import DEFAULT, OUTPUTS, RUNS, Places, Run, is_done
from setup_common import SetupError, say

FIGURES = "runs.json"
LONG = "long"
"""The run of which there are samples after several epochs."""
CURVES = {
    "sgd": ((DEFAULT, "sgd"), ("--log",)),
    "batch": ((DEFAULT, "batch"), ("--log",)),
    "noflip": ((DEFAULT, "noflip"), ("--log",)),
    "validation": ((DEFAULT, "sgd", "batch", "noflip"), ("--log", "--metric", "loss (validation)")),
    LONG: ((LONG,), ("--log", "--smooth", "0.95")),
    "long-validation": ((LONG,), ("--log", "--metric", "loss (validation)")),
}
"""The curves that are drawn: of which runs, and with which flags of `ddpm plot`."""
WITH_INPUTS = (DEFAULT, "cifar10")
"""The other runs have the same pictures as the default one."""
RECORDED = (
    "optimizer.name",
    "optimizer.lr",
    "optimizer.momentum",
    "training.batch_size",
    "training.epochs",
    "data.num_workers",
    "data.random_flip",
    "dataset.name",
    "model.hidden_size",
    "diffusion.objective",
)
"""Of the configuration that is recorded for W&B, the keys that are shown."""
LIMIT = 1 << 20
"""Bytes of all pictures together."""

CELL, BORDER, SHOWN_ROWS = 66, 2, 2
"""A picture of a grid with the border above it; the border below the last; rows that are kept."""
LINE = re.compile(r"^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3})\]\[ddpm\]\[\w+\] - (.*)$")
DIGITS = 6


def gather(places: Places, also: Sequence[str]) -> None:
    """Brings the folder `report` in step with the run directories. Of a run that is not there, what is kept stays."""
    kept = read_json(places.report / FIGURES) or {}
    done = [run for run in RUNS if is_done(run, places, also)]
    if done and not places.ddpm.is_file():
        raise SetupError(f"there is no {places.ddpm}. Build it: cargo build --release --locked --bins")
    found = {}
    for run in RUNS:
        if run in done:
            found[run.name] = measured(run, places)
            keep_files(run, places)
        elif run.name in kept:
            say(f"{run.name}: none that is done in {OUTPUTS}; what is known of it stays")
            found[run.name] = kept[run.name]
    names = {run.name for run in done}
    for name, (runs, flags) in CURVES.items():
        if names.issuperset(runs):
            folders = [f"{OUTPUTS}/{run}" for run in runs]
            ddpm(places, "plot", *folders, "--output", f"report/{name}.svg", *flags)
    if found:
        write(places.report / FIGURES, json.dumps(rounded(found), indent=1, ensure_ascii=False) + "\n")
    size = sum(path.stat().st_size for path in places.report.rglob("*") if path.suffix in (".png", ".svg"))
    if size > LIMIT:
        raise SetupError(f"the pictures in {places.report} have {size} bytes, and {LIMIT} is what a clone should carry")


def ddpm(places: Places, *arguments: str) -> str:
    """What `ddpm` prints. Of `diff`, exit status 1 says that there are differences."""
    words = [str(places.ddpm), *arguments]
    done = subprocess.run(words, cwd=places.root, capture_output=True, encoding="utf-8", check=False)
    if done.returncode not in ((0, 1) if arguments[0] == "diff" else (0,)) or done.stderr:
        raise SetupError(f"ddpm {' '.join(arguments)} fails: {done.stderr.strip() or done.returncode}")
    return done.stdout


def rounded(value: Any) -> Any:
    """The same with numbers of few digits: more of them mean nothing, and are no pleasure to read."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


# Figures


def measured(run: Run, places: Places) -> dict[str, Any]:
    """All figures of a run."""
    folder = places.outputs / run.name
    events = read_events(folder)
    started, steps, epochs = events["started"][0], events["step"], events["epoch"]
    validations = [event for event in events["validation"] if event["loss"] is not None]
    best = min(validations, key=lambda event: event["loss"], default=None)
    seconds, starts = log_times((folder / "ddpm.log").read_text(encoding="utf-8"))
    return {
        "overrides": read_json(folder / "job.json")["overrides"],
        **{key: started[key] for key in ("device", "arithmetic", "threads", "parameters", "pictures")},
        "steps_per_epoch": started["steps_per_epoch"],
        "dataset": read_setting(folder, "dataset", "name"),
        "batch_size": int(read_setting(folder, "training", "batch_size")),
        "steps": steps[-1]["step"],
        "epochs": epochs[-1]["epoch"],
        "seconds": seconds,
        "starts": starts,
        "images_per_second": statistics.median(event["images_per_second"] for event in steps),
        "loss": epochs[-1]["loss"],
        "validation": validations[-1]["loss"] if validations else None,
        "best_validation": {"loss": best["loss"], "epoch": best["epoch"]} if best else None,
        "evaluation": read_json(folder / "evaluation.json"),
        "epochs_shown": [epoch_of(grid) for grid in some(grids_of(folder))] if run.name == LONG else [],
        "has_strip": strip_of(folder) is not None,
        "same_as_default": same_steps(steps, places.outputs / DEFAULT),
        "differences": differences(run, places),
        "wandb": recorded(folder),
    }


def read_events(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The lines of `metrics.jsonl` by their event."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ("started", "step", "epoch", "validation")}
    path = folder / "metrics.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            # What a full disk has left.
            continue
        found.setdefault(event["event"], []).append(event)
    if missing := [name for name in ("started", "step", "epoch") if not found[name]]:
        raise SetupError(f"{path} has no line of {', '.join(missing)}")
    return found


def read_setting(folder: Path, group: str, key: str) -> str:
    """A plain value of a group in the frozen configuration, which the trainer writes in one way only."""
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    if not (found := re.search(rf"^{group}:\n(?:  .*\n)*?  {key}: (.+)$", text, re.MULTILINE)):
        raise SetupError(f"{folder / 'config.yaml'} has no {group}.{key}")
    return found[1]


def log_times(log: str) -> tuple[float, int]:
    """Seconds that the run has worked, all its starts together and the pauses between them left out; and the starts."""
    spans: list[list[datetime.datetime]] = []
    open_ = False
    for line in log.splitlines():
        if not (found := LINE.match(line)):
            continue
        time, message = datetime.datetime.fromisoformat(f"{found[1]}.{found[2]}"), found[3]
        if message.startswith("training "):
            spans.append([time, time])
            open_ = True
        elif open_:
            spans[-1][1] = time
            # What comes later is of `ddpm eval`.
            open_ = not message.startswith(("finished ", "interrupted ", "failed"))
    return sum((end - start).total_seconds() for start, end in spans), len(spans)


def same_steps(steps: list[dict[str, Any]], default: Path) -> int:
    """How many steps from the first have the very loss that they have in the default run."""
    if not (default / "metrics.jsonl").is_file():
        return 0
    same = 0
    for own, other in zip(steps, read_events(default)["step"], strict=False):
        if (own["step"], own["loss"]) != (other["step"], other["loss"]):
            break
        same += 1
    return same


def differences(run: Run, places: Places) -> list[list[Any]]:
    """What `ddpm diff` finds between the default run and this one: key, and the values there and here, in lists."""
    if run.name == DEFAULT or not (places.outputs / DEFAULT).exists():
        return []
    folders = [f"{OUTPUTS}/{name}" for name in (DEFAULT, run.name)]
    found = json.loads(ddpm(places, "diff", "--format", "json", *folders))
    rows = [
        [one["key"], *([one[side]] if side in one else [] for side in "ab")] for part in found.values() for one in part
    ]
    return sorted(rows, key=lambda row: row[0])


# The record for Weights & Biases


def recorded(folder: Path) -> dict[str, Any] | None:
    """What is in the run's folder for W&B, read from its transaction log; None: there is none."""
    logs = sorted((folder / "wandb").glob("*run-*/run-*.wandb"), key=lambda path: path.parent.name)
    logs = [path for path in logs if not path.parent.is_symlink()]
    if not logs:
        return None
    log = wandb_log.Log()
    for path in logs:
        log.add(path)
    return {
        "id": log.run_id,
        "name": log.name,
        "logs": [f"{path.parent.name}/{path.name}" for path in logs],
        "log_bytes": sum(path.stat().st_size for path in logs),
        "records": log.records,
        "rows": len(log.rows),
        "keys": dict(sorted(Counter(key for row in log.rows for key in row if not key.startswith("_")).items())),
        "media": len(log.files),
        "suffixes": dict(sorted(Counter(PurePosixPath(name).suffix for name in sent(log)).items())),
        "exit_status": log.exit_status,
        "config": {key: value for key, value in flat(log.config).items() if key in RECORDED},
        "artifacts": [checked(artifact, logs, folder) for artifact in log.artifacts],
    }


def sent(log: wandb_log.Log) -> list[str]:
    """Names of all files that an upload would send."""
    return log.files + [name for artifact in log.artifacts for name in artifact["files"]]


def checked(artifact: dict[str, Any], logs: Sequence[Path], folder: Path) -> dict[str, Any]:
    """An artifact, and whether its files have its digest, and the run's configuration is one of them."""
    names = list(artifact["files"])
    places = [path.parent / "artifacts" / artifact["digest"] for path in logs]
    kept = next((place for place in places if all((place / name).is_file() for name in names)), None)
    config = kept / "config.yaml" if kept else None
    return {
        "type": artifact["type"],
        "name": artifact["name"],
        "digest": artifact["digest"],
        "files": names,
        "is_whole": kept is not None and wandb_log.digest(kept, names) == artifact["digest"],
        "has_config": bool(
            config and config.is_file() and config.read_bytes() == (folder / "config.yaml").read_bytes()
        ),
    }


def flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A configuration by dotted keys."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


# Files


def keep_files(run: Run, places: Places) -> None:
    """Keeps a run's configuration, and of its pictures as many as show what they are like."""
    folder, kept = places.outputs / run.name, places.report / run.name
    kept.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "config.yaml", kept / "config.yaml")
    shutil.copyfile(folder / ".hydra" / "overrides.yaml", kept / "overrides.yaml")
    grids = grids_of(folder)
    if grids:
        keep_rows([(grids[-1], SHOWN_ROWS)], kept / "samples.png")
    if run.name in WITH_INPUTS:
        keep_rows([(folder / "inputs.png", SHOWN_ROWS)], kept / "inputs.png")
    if grids and run.name == LONG:
        keep_rows([(grid, 1) for grid in some(grids)], kept / "epochs.png")
    if (strip := strip_of(folder)) is not None:
        keep_rows([(strip, SHOWN_ROWS)], kept / "strip.png")


def grids_of(folder: Path) -> list[Path]:
    """The grids of samples, in the order in which they were drawn."""
    return sorted((folder / "samples").glob("epoch_????.png"), key=epoch_of)


def strip_of(folder: Path) -> Path | None:
    """The last way from noise to pictures, if one was drawn."""
    return max((folder / "samples").glob("epoch_????_strip.png"), default=None)


def some(grids: list[Path]) -> list[Path]:
    """The first grid, the second, the fourth, the eighth, … and the last one."""
    return [grid for count, grid in enumerate(grids, 1) if count & (count - 1) == 0 or count == len(grids)]


def epoch_of(grid: Path) -> int:
    """The epoch that a grid was drawn after, by its name."""
    return int(grid.stem.rpartition("_")[2])


def keep_rows(grids: list[tuple[Path, int]], target: Path) -> None:
    """One picture of the first rows of grids."""
    parts = []
    for path, rows in grids:
        picture = png_rows.read(path)
        parts.append(picture.cut(0, min(rows * CELL, len(picture.rows) - BORDER)))
    parts.append(picture.cut(len(picture.rows) - BORDER, len(picture.rows)))
    write(target, png_rows.encoded(png_rows.stacked(parts)))
