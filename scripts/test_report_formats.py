"""Files, logs and pictures, byte by byte."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import png_rows
import wandb_log
from files import read_json, write
from png_rows import Picture
from report_made_up import packed
from setup_common import WORKSPACE, SetupError


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

    def test_a_file_that_is_something_else_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            whole = png_rows.encoded(Picture(2, (bytes(range(6)),)))
            for content in (b"something else", b"", whole[:20], whole[:-20], whole[:-30]):
                path.write_bytes(content)
                with self.assertRaisesRegex(SetupError, str(path)):
                    png_rows.read(path)
                with self.assertRaisesRegex(SetupError, str(path)):
                    wandb_log.Log().add(path)
                with self.assertRaisesRegex(SetupError, str(path)):
                    read_json(path)
            write(path, whole)
            self.assertEqual(png_rows.read(path).rows, (bytes(range(6)),))
            self.assertEqual([found.name for found in Path(folder).iterdir()], ["file"])
            self.assertIsNone(read_json(Path(folder) / "nothing"))

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
