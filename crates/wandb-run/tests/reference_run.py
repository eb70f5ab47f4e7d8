"""The reference run: what the stock client logs, and what it reads back.

    reference_run.py log     --folder DIR [--id ID] [--part first|second|both]   (online, or offline with WANDB_MODE=offline)
    reference_run.py sync    --folder DIR                                       (each offline run in DIR, in the order of its parts)
    reference_run.py read    --folder DIR [--id ID]                             (by wandb.Api; prints what it sees as JSON)
    reference_run.py state   --folder DIR [--id ID]                             (prints what the strict server has as JSON)

The server is named by WANDB_BASE_URL. What `state` prints has no ids, times or facts about the machine in it, so that
another client's run can be compared with it. A second part can only be logged online: offline nobody knows where the
first one ended. Pictures and the files of the artifact are written to DIR/inputs, where another client
finds the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import urllib.request
import zlib
from pathlib import Path

ENTITY, PROJECT = "tester", "reference"
FIRST, SECOND = 50, 10
CONFIG = {
    "lr": 0.001,
    "epochs": 2,
    "seed": None,
    "title": "überraschung, \"quoted\"",
    "clip": float("inf"),
    "model": {"dim": 64, "mults": [1, 2, 2], "attention": True, "inner": {"dropout": 0.1}},
}
ARTIFACT = {
    "config.yaml": "lr: 0.001\nmodel:\n  dim: 64\n",
    "provenance/overrides.txt": "lr=0.001\n",
}


def png(size: int, shade: int) -> bytes:
    """A grey picture with a gradient."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((shade + x + y) % 256 for x in range(size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def inputs(folder: Path) -> Path:
    """The files that are logged."""
    place = folder / "inputs"
    (place / "artifact").mkdir(parents=True, exist_ok=True)
    for name, size, shade in [("batch-0", 8, 0), ("batch-1", 8, 90), ("samples-24", 16, 10), ("samples-49", 16, 50)]:
        (place / f"{name}.png").write_bytes(png(size, shade))
    for name, text in ARTIFACT.items():
        path = place / "artifact" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return place


def row(step: int) -> dict:
    """The numbers of one step."""
    items: dict = {"loss": 1 / (step + 1), "train/lr": 0.001 * (60 - step) / 60, "épochs done": step // 25}
    items.update({3: {"odd": float("nan")}, 4: {"odd": float("inf")}, 5: {"odd": float("-inf")}}.get(step, {}))
    return items


def first(folder: Path, run_id: str) -> None:
    """Fifty steps, pictures, a histogram, a summary, an artifact."""
    import wandb

    place = inputs(folder)
    with wandb.init(
        entity=ENTITY,
        project=PROJECT,
        id=run_id,
        dir=folder,
        name="reference run",
        notes="what both clients log",
        group="group-1",
        job_type="train",
        tags=["one", "tag two"],
        config=CONFIG,
    ) as run:
        run.define_metric("train/*", step_metric="épochs done")
        for step in range(FIRST):
            items = row(step)
            if step == 0:
                pictures = [wandb.Image(str(place / f"batch-{n}.png"), caption=f"input {n}") for n in range(2)]
                items["inputs"] = pictures
                print("epoch 1")
            if step in (24, 49):
                items["media/samples"] = wandb.Image(str(place / f"samples-{step}.png"), caption=f"after {step}")
                print(f"sampled at {step}")
            if step == 49:
                items["weights"] = wandb.Histogram(np_histogram=([1, 5, 2], [-1.0, -0.5, 0.5, 1.0]))
            # Without `step=`, with which the stock client names a picture after the step before.
            run.log(items)
        print("warning: on the other stream", file=sys.stderr)
        run.summary["best"] = 0.02
        artifact = wandb.Artifact(
            f"config-{run_id}", "config", description="the resolved configuration", metadata={"commit": "abc", "steps": 50}
        )
        artifact.add_dir(str(place / "artifact"))
        run.log_artifact(artifact, aliases=["latest"])


def second(folder: Path, run_id: str) -> None:
    """The same run, resumed."""
    import wandb

    with wandb.init(entity=ENTITY, project=PROJECT, id=run_id, dir=folder, resume="must") as run:
        assert run.starting_step == FIRST, f"resumed at {run.starting_step}"
        for step in range(FIRST, FIRST + SECOND):
            run.log(row(step))
        print("resumed and done")


def sync(folder: Path) -> None:
    """By the stock program, which says nothing by its exit status: the marker does."""
    for run in sorted((folder / "wandb").glob("offline-run-*")):
        subprocess.run([sys.executable, "-m", "wandb", "sync", str(run)], check=True)
        if not list(run.glob("*.synced")):
            raise SystemExit(f"{run} was not synced")


def read(folder: Path, run_id: str) -> dict:
    """What `wandb.Api` sees of the run."""
    import wandb

    api = wandb.Api()
    run = api.run(f"{ENTITY}/{PROJECT}/{run_id}")
    artifact = api.artifact(f"{ENTITY}/{PROJECT}/config-{run_id}:latest")
    place = Path(artifact.download(root=str(folder / "downloaded")))
    downloaded = {name: (place / name).read_text(encoding="utf-8") for name in ARTIFACT}
    assert downloaded == ARTIFACT, downloaded
    summary = folder / "files"
    run.file("wandb-summary.json").download(root=str(summary), replace=True)
    return {
        "name": run.name,
        "state": run.state,
        "tags": run.tags,
        "notes": run.notes,
        "group": run.group,
        "job_type": run.job_type,
        "config": run.config,
        "summary": dict(run.summary),
        "sampled": len(run.history(keys=["loss"], pandas=False)),
        "history": len(run.history(pandas=False)),
        "scanned": [row["_step"] for row in run.scan_history(keys=["_step", "loss"])],
        "logged_artifacts": [
            {"name": it.name, "type": it.type, "digest": it.digest, "aliases": it.aliases, "metadata": it.metadata}
            for it in run.logged_artifacts()
        ],
        "files": sorted((file.name, file.size) for file in run.files()),
        "downloaded": json.loads((summary / "wandb-summary.json").read_text(encoding="utf-8")),
    }


def state(run_id: str) -> dict:
    """What the strict server has of the run, without what differs between two runs."""
    url = f"{os.environ['WANDB_BASE_URL']}/state/normalised/{ENTITY}/{PROJECT}/{run_id}"
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def main() -> None:
    """Does one of the four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["log", "sync", "read", "state"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--id", default="reference")
    parser.add_argument("--part", choices=["first", "second", "both"], default="both")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    folder = arguments.folder.resolve()
    # `wandb sync` writes its log where it is started.
    os.chdir(folder)
    # Nothing of this machine's settings, and no key but one that opens nothing.
    os.environ.setdefault("WANDB_API_KEY", "0123456789abcdef" * 2 + "01234567")
    # A folder for each thing that it does, or what it logged would be read from its cache.
    home = str(folder / f"home-{arguments.what}")
    os.environ["WANDB_CONFIG_DIR"] = os.environ["WANDB_CACHE_DIR"] = os.environ["WANDB_DATA_DIR"] = home
    # Written to the console, its own lines would count as the program's output.
    os.environ["WANDB_SILENT"] = "true"
    if arguments.what == "sync":
        sync(folder)
    elif arguments.what == "read":
        print(json.dumps(read(folder, arguments.id), indent=1, sort_keys=True, default=dict))
    elif arguments.what == "state":
        print(json.dumps(state(arguments.id), indent=1, sort_keys=True))
    else:
        if arguments.part != "second":
            first(folder, arguments.id)
        if arguments.part != "first":
            second(folder, arguments.id)


if __name__ == "__main__":
    main()
