"""Run directories that are made up, and a project around them, for the tests of the report."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Any
from unittest import mock

import png_rows
import report_gather
import report_page
import wandb_log
from files import read_json
from png_rows import Picture
from report_runs import COMMON, Places, Run
from setup_common import WORKSPACE

RUNS = ("runs", "differences", "pictures", "curves", "wandb", "cifar10")
BLOCKS = (*RUNS, "handed-out", "defects", "coverage", "mutation", "speed")
EMPTY_PAGE = "".join(f"{report_page.BLOCK.format(n, 'begin')}\n{report_page.BLOCK.format(n, 'end')}\n" for n in BLOCKS)


def message(*parts: tuple[int, bytes | int]) -> bytes:
    """A protobuf message."""

    def varint(value: int) -> bytes:
        low = bytearray()
        while value > 0x7F:
            low.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*low, value])

    def part(field: int, value: bytes | int) -> bytes:
        if isinstance(value, int):
            return varint(field << 3) + varint(value)
        return varint(field << 3 | 2) + varint(len(value)) + value

    return b"".join(part(*pair) for pair in parts)


def item(key: str, value: Any) -> bytes:
    """A key and its value."""
    return message((1, key.encode()), (16, json.dumps(value).encode()))


def packed(payloads: list[bytes]) -> bytes:
    """A transaction log."""
    log = bytearray(wandb_log.FILE_HEADER)
    for payload in payloads:
        started = False
        while payload or not started:
            room = wandb_log.BLOCK - len(log) % wandb_log.BLOCK
            if room < wandb_log.CHUNK_HEADER:
                log += bytes(room)
                continue
            size = min(len(payload), room - wandb_log.CHUNK_HEADER)
            part, payload = payload[:size], payload[size:]
            kinds = {(False, True): 1, (False, False): 2, (True, False): 3, (True, True): 4}
            kind = bytes([kinds[started, not payload]])
            log += struct.pack("<IH", zlib.crc32(kind + part), size) + kind + part
            started = True
    return bytes(log)


def lines(*events: dict[str, Any]) -> str:
    """`metrics.jsonl`"""
    return "".join(json.dumps(event) + "\n" for event in events)


def grid(rows: int, red: int) -> bytes:
    """Rows of one picture each."""
    height = rows * report_gather.CELL + report_gather.BORDER
    return png_rows.encoded(Picture(70, (bytes([red, 0, 0]) * 70,) * height))


def make_run(places: Places, run: Run, first_loss: float = 0.5) -> Path:
    """A run directory as the trainer would leave it, of two epochs with a step each."""
    folder = places.outputs / run.name
    wandb = folder / "wandb" / "offline-run-20261127_120000-abc"
    for part in (folder / ".hydra", folder / "samples", wandb):
        part.mkdir(parents=True)
    config = "dataset:\n  name: emoji\ntraining:\n  epochs: 2\n  batch_size: 32\n"
    (folder / "config.yaml").write_text(config)
    (folder / ".hydra" / "overrides.yaml").write_text("- a=b\n")
    (folder / "job.json").write_text(json.dumps({"overrides": [*run.overrides, *COMMON]}))
    (folder / "status.json").write_text(json.dumps({"state": "done"}))
    (folder / "metrics.jsonl").write_text(
        lines(
            {"event": "started", "device": "cpu", "arithmetic": "float32, fused kernels", "threads": 2}
            | {"parameters": 7, "pictures": 84, "steps_per_epoch": 1, "steps": 2},
            {"event": "step", "step": 1, "epoch": 1, "loss": first_loss, "images_per_second": 10.0},
            {"event": "epoch", "step": 1, "epoch": 1, "loss": first_loss},
            {"event": "validation", "step": 1, "epoch": 1, "loss": 0.125, "best": True},
            {"event": "step", "step": 2, "epoch": 2, "loss": 0.25, "images_per_second": 20.0},
            {"event": "epoch", "step": 2, "epoch": 2, "loss": 0.25},
            {"event": "validation", "step": 2, "epoch": 2, "loss": 0.1875, "best": False},
        )
        + '{"event": "st'
    )
    (folder / "ddpm.log").write_text(
        "[2026-11-27 12:00:00,000][ddpm][INFO] - training 7 parameters on cpu\n"
        "[2026-11-27 12:00:10,500][ddpm][INFO] - interrupted after step 1; everything is saved\n"
        "[2026-11-27 13:00:00,000][ddpm][INFO] - training 7 parameters on cpu\n"
        "[2026-11-27 13:00:02,000][ddpm][INFO] - finished after 2 steps in 2 s\n"
        "[2026-11-27 15:00:00,000][ddpm][INFO] - evaluation after step 2\n       sliced Wasserstein\n"
    )
    figures = {name: {"sliced_wasserstein": 0.25, "kernel_distance": 0.5} for name in ("drawn", "real", "noise")}
    nearness = {"sliced_wasserstein": 1.08}
    evaluation = {"samples": 512, "held_out": 4, **figures, "nearness": nearness, "step": 2}
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    for epoch in (1, 2):
        (folder / "samples" / f"epoch_{epoch:04}.png").write_bytes(grid(3, epoch))
    (folder / "inputs.png").write_bytes(grid(1, 9))
    files = {"config.yaml": config, "git.json": "{}"}
    digest = make_artifact(wandb, files)
    entries = [(4, message((1, name.encode()), (2, b"of it"))) for name in files]
    artifact = ((4, b"config"), (5, b"config-abc"), (6, digest.encode()), (12, message(*entries)))
    config_items = [(1, item("optimizer", {"name": "adam", "lr": 0.001})), (1, item("seed", 0))]
    (wandb / "run-abc.wandb").write_bytes(
        packed(
            [
                message((17, message((1, b"abc"), (4, message(*config_items)), (8, run.name.encode())))),
                message((8, message(*artifact))),
                message((6, message((1, message((1, b"media/images/samples.png")))))),
                message((2, message((1, item("train/loss", 0.5)), (1, item("train/lr", 1e-3)), (1, item("_step", 1))))),
                message((18, b"")),
            ]
        )
    )
    (folder / "wandb" / "latest-run").symlink_to(wandb.name)
    return folder


def make_artifact(wandb: Path, files: dict[str, str]) -> str:
    """The files of an artifact under its digest."""
    place = wandb / "artifacts" / "new"
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_text(content)
    digest = wandb_log.digest(place, list(files))
    place.rename(place.with_name(digest))
    return digest


def fake_ddpm(places: Places, *arguments: str) -> str:
    """What `ddpm` would print and write."""
    if arguments[0] == "diff":
        return json.dumps(
            {
                "changed": [{"key": "optimizer.lr", "a": 0.001, "b": 0.02}],
                "added": [{"key": "optimizer.momentum", "b": 0.95}],
                "removed": [],
            }
        )
    (places.root / arguments[arguments.index("--output") + 1]).write_text("<svg/>")
    return ""


class Sandbox(unittest.TestCase):
    """A project of its own."""

    def setUp(self) -> None:
        """Makes it."""
        temporary = tempfile.TemporaryDirectory(prefix="re port ")
        self.addCleanup(temporary.cleanup)
        root = Path(temporary.name).resolve()
        (root / "ddpm").write_text("")
        self.places = Places(root, root / "ddpm")
        for name in ("docs", "tests"):
            (root / name).symlink_to(WORKSPACE / name)
        self.places.page.write_text(EMPTY_PAGE)
        self.places.outputs.mkdir(parents=True)

    def gather(self) -> dict[str, Any]:
        """Gathers, writes the page, and returns the figures."""
        with mock.patch("report_gather.ddpm", fake_ddpm), contextlib.redirect_stdout(io.StringIO()):
            report_gather.gather(self.places, ())
        page = report_page.filled(self.places.page.read_text(), report_page.blocks(self.places))
        self.places.page.write_text(page)
        return read_json(self.places.report / report_gather.FIGURES) or {}
