"""The report, on run directories that are made up: what is kept of them, and that the committed page is of today."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import io
import json
import re
import shutil
import struct
import tarfile
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import Any
from unittest import mock

import mutants
import png_rows
import report_gather
import report_page
import report_quoted
import report_results
import report_runs
import report_text
import wandb_log
from png_rows import Picture
from report_runs import COMMON, RUNS, Places, Run
from setup_common import WORKSPACE, SetupError

BLOCKS = ("runs", "differences", "pictures", "curves", "wandb", "cifar10", "defects", "coverage", "mutation", "speed")
EMPTY_PAGE = "".join(f"{report_page.BLOCK.format(n, 'begin')}\n{report_page.BLOCK.format(n, 'end')}\n" for n in BLOCKS)
COVERAGE = {
    "total": 91.2,
    "files": {"src/training/trainer.rs": [90, 100], "src/main.rs": [1, 2], "crates/ddpm-data/src/a.rs": [3, 4]},
}
MUTATION: dict[str, dict[str, Any]] = {
    "src/diffusion": {"caught": 8, "missed": 1, "timeout": 1, "unviable": 3, "tested": 13, "of": 20}
    | {"survivors": ["src/diffusion/schedule.rs:7:3: replace + with -"]}
}


# Run directories


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
        return report_runs.read_json(self.places.report / report_gather.FIGURES) or {}


# Tests


class Committed(unittest.TestCase):
    """REPORT.md of this project."""

    def test_it_is_what_the_committed_files_give_and_its_links_lead_somewhere(self) -> None:
        self.assertEqual(report_page.stale(Places()), [], "scripts/report.py writes it")

    def test_every_test_that_it_names_is_there(self) -> None:
        page = Places().page.read_text(encoding="utf-8")
        named = re.findall(r"`([\w/.-]+\.rs)::(\w+)`", page)
        self.assertGreater(len(named), 30)
        for file, name in named:
            with self.subTest(f"{file}::{name}"):
                self.assertRegex((WORKSPACE / file).read_text(encoding="utf-8"), rf"\bfn {name}\(")

    def test_every_flag_of_the_program_is_told(self) -> None:
        page = Places().page.read_text(encoding="utf-8")
        shared = [f"crates/hydra-app/src/{name}" for name in ("check", "cli", "diff/mod", "schema", "sweep/command")]
        program = sorted((WORKSPACE / "src" / "program").rglob("*.rs"))
        flags = set()
        for source in [*program, *(WORKSPACE / f"{name}.rs" for name in shared)]:
            code = source.read_text(encoding="utf-8")
            for attributes, field in re.findall(
                r"#\[arg\(((?:(?!\)\]\s).)*)\)\]\s+(?:pub\S* )?(\w+):", code, re.DOTALL
            ):
                if re.search(r"\blong\b", attributes) and "hide = true" not in attributes:
                    own = re.search(r'\blong = "([^"]+)"', attributes)
                    flags.add("--" + (own[1] if own else field.replace("_", "-")))
        self.assertGreater(len(flags), 30)
        self.assertEqual({flag for flag in flags if f"`{flag}" not in page}, set())

    def test_its_pictures_are_small(self) -> None:
        pictures = [path for path in Places().report.rglob("*") if path.suffix in (".png", ".svg")]
        self.assertLess(sum(path.stat().st_size for path in pictures), report_gather.LIMIT)

    def test_every_run_that_is_kept_is_of_todays_list(self) -> None:
        kept = report_runs.read_json(Places().report / report_gather.FIGURES) or {}
        for run in RUNS:
            if run.name in kept:
                own = [word for word in kept[run.name]["overrides"] if not word.startswith(report_runs.CHECKSUM)]
                self.assertEqual(sorted(own), sorted(report_runs.asked(run, ())), run.name)


class Page(Sandbox):
    """Blocks, and the page around them."""

    def test_without_anything_every_block_says_how_it_is_made(self) -> None:
        made = report_page.blocks(self.places)
        for name, words in {
            "runs": "not run yet",
            "pictures": "make report ARGS=run",
            "coverage": "make coverage",
            "mutation": "Not measured yet",
        }.items():
            self.assertIn(words, made[name])
        for table in ("A training step", "Hydra 1.3.8, ms", "| the stock client, offline |"):
            self.assertIn(table, made["speed"])
        patches = list(mutants.PATCHES.glob("*.patch"))
        self.assertEqual(made["defects"].count("](tests/mutants/"), len(patches))

    def test_what_is_written_by_hand_in_a_block_is_found(self) -> None:
        self.gather()
        self.assertEqual(report_page.stale(self.places), [])
        page = self.places.page
        page.write_text(page.read_text().replace("not run yet", "1.00", 1))
        self.assertEqual(len(report_page.stale(self.places)), 1)
        page.write_text(page.read_text() + "[there](nowhere.md#a) [here](docs/mutants.md#x) [away](https://x.org)\n")
        self.assertEqual(report_page.stale(self.places)[1:], ["a link leads nowhere: nowhere.md"])

    def test_a_page_has_each_marker_once(self) -> None:
        made = dict.fromkeys(BLOCKS, "new")
        self.assertEqual(report_page.filled(EMPTY_PAGE, made).count("\nnew\n"), len(BLOCKS))
        begin, end = (report_page.BLOCK.format("runs", side) for side in ("begin", "end"))
        other = report_page.BLOCK.format("more", "begin")
        turned = EMPTY_PAGE.replace(begin, "x").replace(end, begin).replace("x", end, 1)
        for page in (EMPTY_PAGE.replace(begin, ""), EMPTY_PAGE + begin, EMPTY_PAGE + other, turned):
            with self.assertRaises(SetupError):
                report_page.filled(page, made)

    def test_coverage_is_by_folder_and_of_the_trainer_by_file(self) -> None:
        text = "\n".join(report_quoted.coverage(COVERAGE))
        self.assertIn(
            "91.2 % of all lines; of `src/training`, which is the assignment's `modeling.training`, 90.0 %", text
        )
        for row in (
            "| `src/training` | 90 of 100 | 90.0 % |",
            "| `src/training/trainer.rs` | 90 of 100 | 90.0 % |",
            "| `src` | 1 of 2 | 50.0 % |",
            "| `crates/ddpm-data` | 3 of 4 | 75.0 % |",
        ):
            self.assertIn(row, text)

    def test_what_never_ends_and_what_fails_has_noticed_a_change(self) -> None:
        rows = report_quoted.mutation(MUTATION)
        self.assertIn("| `src/diffusion` | 13 of 20 | 8 | 1 | 1 | 3 | 90.0 % |", rows)
        self.assertIn("- `src/diffusion/schedule.rs:7:3: replace + with -`", rows)

    def test_numbers_are_short(self) -> None:
        texts = [report_text.duration(seconds) for seconds in (2.4, 260, 1234, 3900)]
        self.assertEqual(texts, ["2 s", "260 s", "21 min", "1 h 5 min"])
        self.assertEqual([report_text.three_digits(value) for value in (6.513, 12.97, 254.6)], ["6.51", "13.0", "255"])
        self.assertEqual(
            [report_text.value_text(value) for value in (None, True, 1e-8, "x", [1])][:2], ["null", "true"]
        )
        self.assertEqual(report_text.table(["a|b"], [["c"]]), ["| a\\|b |", "| --- |", "| c |"])

    def test_a_hundred_epochs_are_reckoned_from_what_was_measured(self) -> None:
        make_run(self.places, RUNS[0])
        own = self.gather()["default"] | {"images_per_second": 13.0}
        text = " ".join(report_results.cifar10(own, self.places))
        self.assertIn("5,000,000 pictures, which would take 107 hours, or 4.5 days", text)
        fastest = report_quoted.fastest_images(self.places)
        self.assertTrue(fastest and fastest > 5, fastest)


class Gathering(Sandbox):
    """What is kept of run directories."""

    def test_figures_configuration_and_pictures(self) -> None:
        default, sgd, _, _, long, _ = RUNS
        for run in (default, sgd, long):
            folder = make_run(self.places, run, first_loss=0.75 if run is sgd else 0.5)
        (folder / "samples" / "epoch_0002_strip.png").write_bytes(grid(8, 7))
        found = self.gather()
        own = found["sgd"]
        self.assertEqual((own["steps"], own["epochs"], own["batch_size"], own["loss"]), (2, 2, 32, 0.25))
        self.assertEqual((own["seconds"], own["starts"], own["images_per_second"]), (12.5, 2, 15.0))
        self.assertEqual((own["validation"], own["best_validation"]), (0.1875, {"loss": 0.125, "epoch": 1}))
        self.assertEqual([found[name]["same_as_default"] for name in ("sgd", "long")], [0, 2])
        self.assertEqual(own["differences"], [["optimizer.lr", [0.001], [0.02]], ["optimizer.momentum", [], [0.95]]])
        kept = self.places.report
        self.assertIn("\n  batch_size: 32\n", (kept / "sgd" / "config.yaml").read_text())
        self.assertEqual((kept / "sgd" / "overrides.yaml").read_text(), "- a=b\n")
        samples = png_rows.decoded((kept / "sgd" / "samples.png").read_bytes())
        self.assertEqual((len(samples.rows), samples.rows[0][0]), (2 * 66 + 2, 2))
        epochs = png_rows.decoded((kept / "long" / "epochs.png").read_bytes())
        self.assertEqual([epochs.rows[row][0] for row in (0, 66)], [1, 2])
        self.assertEqual(png_rows.decoded((kept / "long" / "strip.png").read_bytes()).rows[0][0], 7)
        self.assertTrue((kept / "default" / "inputs.png").exists() and not (kept / "sgd" / "inputs.png").exists())
        self.assertTrue((kept / "sgd.svg").exists() and not (kept / "batch.svg").exists())
        page = self.places.page.read_text()
        self.assertIn("| `optimizer.momentum` | *no such key* | `0.95` |", page)
        self.assertIn("long: its first 2 steps have the losses of the default run", page)
        self.assertIn("sgd: its losses are others than the default run's from step 1 on; validation loss 0.1875", page)
        self.assertEqual(report_page.stale(self.places), [])

    def test_without_run_directories_what_is_kept_stays(self) -> None:
        make_run(self.places, RUNS[0])
        before = self.gather()
        shutil.rmtree(self.places.outputs)
        self.assertEqual(self.gather(), before)
        self.assertEqual(report_page.stale(self.places), [])

    def test_the_record_for_wandb_is_read_from_its_log(self) -> None:
        folder = make_run(self.places, RUNS[0])
        own = self.gather()["default"]["wandb"]
        self.assertEqual(
            (own["id"], own["name"], own["records"], own["rows"], own["exit_status"]), ("abc", "default", 5, 1, 0)
        )
        self.assertEqual(own["keys"], {"train/loss": 1, "train/lr": 1})
        self.assertEqual(own["config"], {"optimizer.name": "adam", "optimizer.lr": 0.001})
        self.assertEqual(own["suffixes"], {".json": 1, ".png": 1, ".yaml": 1})
        (artifact,) = own["artifacts"]
        self.assertTrue(artifact["is_whole"] and artifact["has_config"], artifact)
        # What is kept as the artifact is not what was recorded any more.
        (folder / "wandb" / "latest-run" / "artifacts" / artifact["digest"] / "config.yaml").write_text("x")
        (artifact,) = self.gather()["default"]["wandb"]["artifacts"]
        self.assertFalse(artifact["is_whole"] or artifact["has_config"], artifact)
        self.assertIn("**no**", self.places.page.read_text())

    def test_pictures_that_are_too_many_are_refused(self) -> None:
        make_run(self.places, RUNS[0])
        with mock.patch("report_gather.LIMIT", 100), self.assertRaises(SetupError):
            self.gather()

    def test_numbers_that_are_none_are_left_out(self) -> None:
        self.assertEqual(
            report_gather.rounded({"a": [1.23456789, float("nan")], "b": 7}), {"a": [1.23457, None], "b": 7}
        )

    def test_more_epochs_lie_between_those_that_are_shown_later(self) -> None:
        for step in (1, 10):
            grids = [Path(f"epoch_{epoch * step:04}.png") for epoch in range(1, 11)]
            shown = [report_gather.epoch_of(grid) // step for grid in report_gather.some(grids)]
            self.assertEqual(shown, [1, 2, 4, 8, 10])


class Starting(Sandbox):
    """What is started for a run."""

    def test_a_run_is_started_resumed_or_left_alone(self) -> None:
        run = RUNS[1]
        folder = f"{report_runs.OUTPUTS}/sgd"
        words = [str(self.places.ddpm), *run.overrides, *COMMON, f"hydra.run.dir={folder}"]
        for state, expected in {None: words, "interrupted": [words[0], "--resume", folder], "done": None}.items():
            if state:
                shutil.rmtree(self.places.root / folder, ignore_errors=True)
                (make_run(self.places, run) / "status.json").write_text(json.dumps({"state": state}))
            with (
                mock.patch("report_runs.finished", return_value=0) as started,
                contextlib.redirect_stdout(io.StringIO()),
            ):
                report_runs.run_all([run], self.places, ())
            self.assertEqual([call.args[0] for call in started.call_args_list], [expected] if expected else [], state)

    def test_a_run_that_fails_does_not_keep_the_others_from_it(self) -> None:
        with (
            mock.patch("report_runs.finished", return_value=1) as started,
            contextlib.redirect_stdout(io.StringIO()),
            self.assertRaisesRegex(SetupError, "not done: default, noflip"),
        ):
            report_runs.run_all(report_runs.named(["noflip", "default"]), self.places, ())
        self.assertEqual(started.call_count, 2)

    def test_another_run_in_the_place_is_not_taken_for_it(self) -> None:
        folder = make_run(self.places, RUNS[1])
        with self.assertRaises(SetupError):
            report_runs.is_done(dataclasses.replace(RUNS[1], overrides=("optimizer=adam",)), self.places, ())
        (folder / "job.json").unlink()
        with self.assertRaises(SetupError):
            report_runs.is_done(RUNS[1], self.places, ())
        with self.assertRaises(SetupError):
            report_runs.named(["sgdd"])

    def test_the_made_up_archive_has_the_form_of_the_real_one(self) -> None:
        path = self.places.outputs / report_runs.ARCHIVE
        checksum = report_runs.made_up_archive(path, pictures=3)
        self.assertEqual(report_runs.made_up_archive(path, pictures=3), checksum)
        with gzip.open(path) as packed_, tarfile.open(fileobj=packed_) as archive:
            names = archive.getnames()
            records = [archive.extractfile(name).read() for name in names]  # type: ignore[union-attr]
        self.assertEqual(sorted(names), [f"cifar-10-batches-bin/{name}.bin" for name in sorted(report_runs.MEMBERS)])
        self.assertEqual({len(record) for record in records}, {3 * 3073})
        self.assertTrue(all(record[place] < 10 for record in records for place in range(0, len(record), 3073)))
        command = report_runs.command(RUNS[-1], self.places, ())
        self.assertIn(report_runs.CHECKSUM + checksum, command)


class Formats(unittest.TestCase):
    """Logs and pictures, byte by byte."""

    def test_records_cross_blocks_and_what_is_torn_is_left_out(self) -> None:
        payloads = [b"a" * (wandb_log.BLOCK - 40), b"b" * 9, b"c" * 100_000, b"d"]
        log = packed(payloads)
        self.assertEqual(list(wandb_log.records(log)), payloads)
        self.assertEqual(list(wandb_log.records(log[:-1])), payloads[:-1])
        damaged = bytearray(log)
        damaged[50] ^= 1
        self.assertEqual(list(wandb_log.records(bytes(damaged))), payloads[3:], "the third begins in that block")
        with self.assertRaises(SetupError):
            list(wandb_log.records(b"something else"))

    def test_the_digest_of_an_artifact_is_wandbs(self) -> None:
        # As in crates/wandb-run/src/run/artifact.rs, where W&B's own client has computed it.
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config.yaml").write_text("lr: 0.001\nmodel:\n  dim: 64\n")
            self.assertEqual(wandb_log.digest(Path(folder), ["config.yaml"]), "8b448312c84010564b452acfa4839083")

    def test_a_picture_that_was_written_is_read_again(self) -> None:
        picture = Picture(2, (bytes(range(6)), bytes(range(6, 12)), bytes(6)))
        self.assertEqual(png_rows.decoded(png_rows.encoded(picture)), picture)
        twice = png_rows.stacked([picture.cut(0, 1), picture])
        self.assertEqual(twice.rows, (picture.rows[0], *picture.rows))
        with self.assertRaises(SetupError):
            png_rows.stacked([picture, Picture(1, (bytes(3),))])

    def test_every_filter_of_a_png_is_undone(self) -> None:
        above, row = bytes([10, 20, 30, 40, 50, 60]), bytes([11, 22, 33, 44, 55, 66])
        left = bytes(3) + row[:3]
        corner = bytes(3) + above[:3]
        # Of the specification: the neighbour that is nearest to left + up - corner.
        nearest = []
        for a, b, c in zip(left, above, corner, strict=True):
            distances = {a: abs(b - c), b: abs(a - c), c: abs(a + b - 2 * c)}
            nearest.append(next(value for value in (a, b, c) if distances[value] == min(distances.values())))
        guesses = {
            0: bytes(6),
            1: left,
            2: above,
            3: bytes((a + b) // 2 for a, b in zip(left, above, strict=True)),
            4: bytes(nearest),
        }
        for kind, guess in guesses.items():
            filtered = bytes((value - other) % 256 for value, other in zip(row, guess, strict=True))
            self.assertEqual(png_rows.unfiltered(kind, filtered, above), row, kind)

    def test_a_picture_of_the_trainer_is_read(self) -> None:
        picture = png_rows.decoded((WORKSPACE / "docs" / "samples.png").read_bytes())
        self.assertEqual((picture.width, len(picture.rows)), (398, 398))
        self.assertEqual(picture.rows[0], b"\xff" * 3 * 398, "a white border")
        # Each pixel of a picture is four of the grid.
        self.assertEqual(picture.rows[2], picture.rows[3])


if __name__ == "__main__":
    unittest.main()
