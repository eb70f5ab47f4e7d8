"""What of the set-up can be tested without a network: which libtorch is chosen, when it is trusted, how it is put."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import setup_libtorch as setup
import setup_venv
from setup_common import WORKSPACE, SetupError, only_one_at_a_time, point, sweep


class InFolder(unittest.TestCase):
    """A test with a folder of its own, with a blank in its path."""

    def setUp(self) -> None:
        """Makes the folder."""
        temporary = tempfile.TemporaryDirectory(prefix="set up ")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name).resolve()

    def libtorch(self, name: str, text: str = "library") -> Path:
        """A finished libtorch of one file."""
        folder = self.folder / name
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "libtorch_cpu.so").write_text(text, encoding="utf-8")
        setup.write_manifest(folder)
        return folder


class ChoosesAPlatform(unittest.TestCase):
    """`recipe_for`, and the pins that go with it."""

    def test_every_recipe_has_its_pins(self) -> None:
        """Each platform has a requirements file, in which every line is pinned by hash."""
        for recipe in setup.RECIPES.values():
            pins = (WORKSPACE / "requirements" / f"libtorch-{recipe.platform}.txt").read_text(encoding="utf-8")
            lines = [line for line in pins.splitlines() if not line.startswith("#")]
            self.assertIn(f"torch=={setup.TORCH} ", lines[0])
            for line in lines:
                self.assertRegex(line, r"^[a-z-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}$")

    def test_known_platforms(self) -> None:
        """The three platforms, as Python names them."""
        found = [
            setup.recipe_for("Linux", "x86_64", (2, 28)).platform,
            setup.recipe_for("Linux", "aarch64", (2, 40)).platform,
            setup.recipe_for("Darwin", "arm64", (14, 0)).platform,
        ]
        self.assertEqual(found, ["linux-x86_64", "linux-aarch64", "macos-arm64"])

    def test_other_platforms_are_told_the_way_out(self) -> None:
        """An Intel mac, Windows, another libc, systems that are too old."""
        for system, machine, version in (
            ("Darwin", "x86_64", (14, 0)),
            ("Windows", "AMD64", None),
            ("Linux", "riscv64", (2, 40)),
            ("Linux", "x86_64", None),
            ("Linux", "x86_64", (2, 17)),
            ("Darwin", "arm64", (13, 6)),
        ):
            with self.subTest(system=system, machine=machine), self.assertRaisesRegex(SetupError, "set LIBTORCH to"):
                setup.recipe_for(system, machine, version)

    def test_a_new_pin_or_recipe_is_a_new_folder(self) -> None:
        """Comments in the pins are none of it."""
        recipe = setup.RECIPES["Linux", "x86_64"]
        name = recipe.name("torch==2.13.0 --hash=sha256:a\n")
        self.assertEqual(name, recipe.name("# why\ntorch==2.13.0 --hash=sha256:a\n"))
        self.assertNotEqual(name, recipe.name("torch==2.13.0 --hash=sha256:b\n"))
        self.assertNotEqual(name, dataclasses.replace(recipe, leave=()).name("torch==2.13.0 --hash=sha256:a\n"))


class RespectsTheUser(InFolder):
    """`chosen_by_user` and `cache_folder`."""

    def test_nothing_chosen(self) -> None:
        """Unset, or set to the very link that the set-up keeps (as it is in what cargo starts)."""
        link = self.folder / ".libtorch"
        self.assertIsNone(setup.chosen_by_user({}, link))
        self.assertIsNone(setup.chosen_by_user({"LIBTORCH": str(link)}, link))

    def test_a_chosen_libtorch_wins(self) -> None:
        """LIBTORCH with its two folders; LIBTORCH_USE_PYTORCH however it is set, as torch-sys takes it."""
        for part in ("lib", "include"):
            (self.folder / part).mkdir()
        link = self.folder / ".libtorch"
        self.assertIn(str(self.folder), setup.chosen_by_user({"LIBTORCH": str(self.folder)}, link) or "")
        self.assertIsNotNone(setup.chosen_by_user({"LIBTORCH_USE_PYTORCH": "1", "LIBTORCH": "nonsense"}, link))

    def test_one_that_cannot_work_is_an_error(self) -> None:
        """Empty, relative, or without its folders."""
        for value in ("", "libtorch", str(self.folder)):
            with self.subTest(value=value), self.assertRaises(SetupError):
                setup.chosen_by_user({"LIBTORCH": value}, self.folder / ".libtorch")

    def test_cache_folder(self) -> None:
        """DDPM_CACHE, made absolute; else the home folder."""
        self.assertEqual(setup.cache_folder({"DDPM_CACHE": "/a b/c"}), Path("/a b/c"))
        self.assertEqual(setup.cache_folder({"DDPM_CACHE": "here"}), Path.cwd() / "here")
        with mock.patch.dict(os.environ, {"HOME": "/home/someone"}):
            self.assertEqual(setup.cache_folder({"DDPM_CACHE": ""}), Path("/home/someone/.cache/ddpm"))


class TrustsOnlyWhatIsComplete(InFolder):
    """`what_is_wrong`."""

    def test_complete(self) -> None:
        """Links count by what they lead to; the manifest does not list itself."""
        folder = self.libtorch("whole")
        (folder / "lib" / "link.so").symlink_to("libtorch_cpu.so")
        setup.write_manifest(folder)
        self.assertIsNone(setup.what_is_wrong(folder))

    def test_incomplete(self) -> None:
        """Not there, without a manifest, with a torn manifest, with a file cut short, lacking a file."""
        folder = self.libtorch("folder")
        library, manifest = folder / "lib" / "libtorch_cpu.so", folder / setup.MANIFEST
        whole = manifest.read_text(encoding="utf-8")
        self.assertEqual(setup.what_is_wrong(self.folder / "nowhere"), "it has no manifest")
        for torn in ("", whole[:-5], "[]", '{"files": 3}'):
            manifest.write_text(torn, encoding="utf-8")
            self.assertEqual(setup.what_is_wrong(folder), "its manifest cannot be read", torn)
        manifest.write_text(whole, encoding="utf-8")
        library.write_text("lib", encoding="utf-8")
        self.assertEqual(setup.what_is_wrong(folder), "lib/libtorch_cpu.so has 3 bytes instead of 7")
        library.unlink()
        self.assertEqual(setup.what_is_wrong(folder), "lib/libtorch_cpu.so is missing")


class InstallsInOneStep(InFolder):
    """`unpack`, `install`, `sweep`, `point`."""

    def scratch(self, text: str = "library") -> Path:
        """A finished libtorch in a scratch folder beside the place."""
        return self.libtorch(".place.scratch/libtorch", text)

    def test_unpack_keeps_what_the_recipe_says(self) -> None:
        """CUDA's libraries go beside torch's; everything for CUDA or Python, and the rest of the wheel, is left out."""
        wheel = self.folder / "torch.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name in (
                "torch/__init__.py",
                "torch/include/ATen/ATen.h",
                "torch/include/c10/",
                "torch/lib/libtorch.so",
                "torch/lib/libtorch_cpu.so",
                "torch/lib/libtorch_cuda.so",
                "torch/lib/libtorch_python.so",
                "nvidia/cu13/include/cupti.h",
                "nvidia/cu13/lib/libcupti.so.13",
            ):
                archive.writestr(name, "content")
        setup.unpack(wheel, setup.RECIPES["Linux", "x86_64"], self.folder / "out")
        found = {str(path.relative_to(self.folder / "out")) for path in self.folder.glob("out/**/*") if path.is_file()}
        self.assertEqual(found, {"include/ATen/ATen.h", "lib/libcupti.so.13", "lib/libtorch_cpu.so"})
        self.assertTrue(os.access(self.folder / "out/lib/libcupti.so.13", os.X_OK))

    def test_install(self) -> None:
        """Into an empty place; and over a broken one."""
        place = self.folder / "place"
        setup.install(self.scratch(), place)
        self.assertIsNone(setup.what_is_wrong(place))
        (place / "lib" / "libtorch_cpu.so").unlink()
        setup.install(self.scratch(), place)
        self.assertIsNone(setup.what_is_wrong(place))

    def test_install_leaves_a_complete_one_alone(self) -> None:
        """Programs may have its libraries open."""
        place = self.libtorch("place", "first")
        setup.install(self.scratch("second"), place)
        self.assertEqual((place / "lib" / "libtorch_cpu.so").read_text(encoding="utf-8"), "first")

    def test_sweep_removes_only_the_leftovers_of_this_folder(self) -> None:
        """Another version may be in the making."""
        self.libtorch("place")
        other = self.libtorch(".other.scratch")
        self.scratch()
        sweep(self.folder, ".place.*")
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"place", ".other.scratch"})
        self.assertIsNone(setup.what_is_wrong(other))

    def test_point(self) -> None:
        """A new link, the same, another target, a dangling link; but never over somebody's folder."""
        link, first, second = self.folder / ".libtorch", self.libtorch("first"), self.libtorch("second")
        for place, moved in (
            (first, True),
            (first, False),
            (second, True),
            (self.folder / "gone", True),
            (first, True),
        ):
            self.assertEqual(point(link, place, if_yours="…"), moved)
        self.assertEqual(link.resolve(), first)
        with self.assertRaisesRegex(SetupError, "is in the way.*; keep it"):
            point(first, second, if_yours="keep it")

    def test_the_second_waits_for_the_first(self) -> None:
        """Here, in one process: the lock is taken, given back, and taken again; and leaves no file."""
        for _ in range(2):
            with only_one_at_a_time(self.folder) as alone:
                self.assertTrue(alone)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_disk_that_is_too_small_is_known_before_the_download(self) -> None:
        """And the scratch folder is gone."""
        recipe = dataclasses.replace(setup.RECIPES["Linux", "x86_64"], megabytes=1 << 40)
        with self.assertRaisesRegex(SetupError, "MB are needed"):
            setup.make(recipe, self.folder / "pins.txt", self.folder / "place", ("c++",))
        self.assertEqual(list(self.folder.iterdir()), [])


class RemakesVirtualEnvironments(InFolder):
    """`setup_venv`: when `.venv` is made anew."""

    def test_ready_only_with_its_stamp(self) -> None:
        """Nothing there, unfinished, finished, from other pins, its Python gone."""
        home = self.folder / ".venv"
        self.assertFalse(setup_venv.is_ready(home, "pins"))
        (home / "bin").mkdir(parents=True)
        python = home / "bin" / "python"
        python.touch()
        self.assertFalse(setup_venv.is_ready(home, "pins"))
        (home / setup_venv.STAMP).write_text("pins", encoding="utf-8")
        self.assertTrue(setup_venv.is_ready(home, "pins"))
        self.assertFalse(setup_venv.is_ready(home, "other pins"))
        python.unlink()
        self.assertFalse(setup_venv.is_ready(home, "pins"))

    def test_a_failure_leaves_the_old_one_in_place(self) -> None:
        """And nothing half-made."""
        (self.folder / "requirements").mkdir()
        for name in ("tests", "tests-build"):
            (self.folder / "requirements" / f"{name}.txt").touch()
        old = self.folder / ".venv.setup.old"
        old.mkdir()
        (self.folder / ".venv").symlink_to(old.name)
        failure = mock.patch.object(setup_venv, "make", side_effect=SetupError("no network"))
        with failure, contextlib.redirect_stdout(io.StringIO()), self.assertRaises(SetupError):
            setup_venv.set_up(self.folder)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"requirements", ".venv", ".venv.setup.old"})
        self.assertEqual((self.folder / ".venv").resolve(), old)


class SaysLittle(InFolder):
    """The second run: no word, no write."""

    def test_silent_when_all_is_there(self) -> None:
        """With a finished folder and the link to it."""
        pins, recipe = "torch==2.13.0\n", setup.RECIPES["Linux", "x86_64"]
        (self.folder / "requirements").mkdir()
        (self.folder / "requirements" / "libtorch-linux-x86_64.txt").write_text(pins, encoding="utf-8")
        place = self.libtorch(f"cache/{recipe.name(pins)}")
        point(self.folder / ".libtorch", place, if_yours="…")
        with (
            mock.patch.object(setup, "recipe_for", return_value=recipe),
            contextlib.redirect_stdout(io.StringIO()) as said,
        ):
            setup.set_up({"DDPM_CACHE": str(self.folder / "cache")}, self.folder)
        self.assertEqual(said.getvalue(), "")


if __name__ == "__main__":
    unittest.main()
