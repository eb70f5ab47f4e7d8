"""What is kept of run directories, and what is started to make them."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import io
import json
import shutil
import signal
import sys
import tarfile
import time
import unittest
from pathlib import Path
from unittest import mock

import png_rows
import report_gather
import report_page
import report_runs
from report_made_up import Sandbox, grid, make_run
from report_runs import COMMON, RUNS
from setup_common import SetupError


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
        self.assertRegex(page, r"- sgd: after .* validation loss 0\.1875 \(default 0\.\d+\); the losses differ from step 1 on")
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

    def test_who_ends_the_script_ends_the_run_in_the_background_too(self) -> None:
        # There a shell has SIGINT ignored, here and in what is started.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        before = signal.signal(signal.SIGALRM, lambda *_: sys.exit(1))
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        start = time.monotonic()
        with self.assertRaises(SystemExit):
            report_runs.finished(["sleep", "20"], self.places.root, "x")
        self.assertLess(time.monotonic() - start, 10)

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


if __name__ == "__main__":
    unittest.main()
