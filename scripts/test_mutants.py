"""What of the mutants can be tested without cargo: that patches fit today's code, and what is made of cargo's words."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import mutants
from mutants import Mutant, Ran, Test, Verdict
from setup_common import WORKSPACE, SetupError

KILLER = Test("src/diffusion/schedule.rs", "betas_outside_of_0_to_1_are_refused")

# As cargo and the test programs write.
FAILING = """\
    Finished `test` profile [unoptimized + debuginfo] target(s) in 9.36s
     Running unittests src/lib.rs (/there/target/mutants/build/debug/deps/ddpm_kernels-0a1b2c3d4e5f6071)

running 1 test
test norm::tests::it_is_groupnorm_and_relu_there_and_back ... ok

     Running unittests src/lib.rs (/there/target/mutants/build/debug/deps/ddpm-f00df00df00df00d)

running 3 tests
test diffusion::schedule::tests::linear_is_that_of_the_paper ... ok
test diffusion::schedule::tests::betas_outside_of_0_to_1_are_refused ... FAILED
test random::tests::seeds_are_fixed_for_ever ... FAILED
"""


class Patches(unittest.TestCase):
    """Those of tests/mutants."""

    def test_each_names_what_is_wrong_and_tests_that_there_are(self) -> None:
        found = [mutants.read(patch) for patch in mutants.PATCHES.glob("*.patch")]
        self.assertGreater(len(found), 20)

    def test_each_fits_the_code_of_today(self) -> None:
        for patch in sorted(mutants.PATCHES.glob("*.patch")):
            with self.subTest(patch.stem):
                command = ["git", "apply", "--check", str(patch)]
                done = subprocess.run(command, cwd=WORKSPACE, capture_output=True, encoding="utf-8", check=False)
                self.assertEqual(done.returncode, 0, f"the code has changed: make the patch anew\n{done.stderr}")

    def test_one_that_names_no_test_is_refused(self) -> None:
        difference = "diff --git a/x b/x\n"
        for text in (
            f"Wrong.\n\n{difference}",
            f"Wrong.\nKilled by: src/diffusion/schedule.rs::there_is_no_such_test\n\n{difference}",
            f"Killed by: {KILLER}\n\n{difference}",
            f"Wrong.\nKilled by: {KILLER}\n",
        ):
            with self.subTest(text), tempfile.TemporaryDirectory() as folder, self.assertRaises(SetupError):
                patch = Path(folder) / "a.patch"
                patch.write_text(text, encoding="utf-8")
                mutants.read(patch)


class Words(unittest.TestCase):
    """What is asked of cargo, and what is read in its answer."""

    def test_a_test_is_in_the_program_of_its_file(self) -> None:
        for file, target in {
            "src/diffusion/schedule.rs": ("--lib",),
            "crates/ddpm-kernels/src/norm/tests.rs": ("--lib",),
            "tests/options.rs": ("--test", "options"),
            "crates/ddpm-data/tests/it/batches.rs": ("--test", "it"),
        }.items():
            self.assertEqual(Test(file, "name").target(), target)

    def test_failures_are_named_as_the_patch_does(self) -> None:
        found = mutants.failures(Ran(101, FAILING), [KILLER])
        self.assertEqual(found, (str(KILLER), "ddpm: random::tests::seeds_are_fixed_for_ever"))
        self.assertEqual(len(mutants.PASSED.findall(FAILING)), 2)

    def test_a_crash_and_no_end_are_named_too(self) -> None:
        crashed = FAILING.replace("FAILED", "")
        self.assertEqual(mutants.failures(Ran(101, crashed), ()), ("the end of ddpm",))
        self.assertEqual(mutants.failures(Ran(None, crashed), ()), (mutants.NO_TIME_LEFT,))

    def test_the_table_counts_and_links(self) -> None:
        mutant = Mutant(Path("beta-nan.patch"), "Lets NaN pass.", (KILLER,))
        found = [Verdict(mutant, "killed", (str(KILLER),)), Verdict(mutant, "survived")]
        text = mutants.table(found)
        self.assertTrue(text.startswith("1 of 2 defects are noticed.\n"), text)
        link = "[beta-nan](../tests/mutants/beta-nan.patch)"
        self.assertIn(f"| {link} | Lets NaN pass. | killed | `{KILLER}` |", text)
        self.assertIn(f"| {link} | Lets NaN pass. | survived |  |", text)


class Copies(unittest.TestCase):
    """The copy of the sources, on a small project."""

    def setUp(self) -> None:
        """Makes the project, and a patch for it."""
        temporary = tempfile.TemporaryDirectory(prefix="mu tants ")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name).resolve()
        self.source, self.copy = self.folder / "source", self.folder / "source" / "target" / "copy"
        self.source.mkdir()
        mutants.git(self.source, "init", "--quiet")
        (self.source / ".gitignore").write_text("/target/\n")
        (self.source / "a").write_text("right\n")
        (self.source / "b").write_text("other\n")
        patch = self.folder / "wrong.patch"
        patch.write_text("Wrong.\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-right\n+wrong\n")
        self.mutant = Mutant(patch, "Wrong.", ())
        mutants.refresh(self.copy, self.source)

    def test_a_defect_is_in_the_copy_alone_and_goes_again(self) -> None:
        with mutants.planted(self.copy, self.mutant):
            self.assertEqual((self.copy / "a").read_text(), "wrong\n")
            self.assertEqual((self.source / "a").read_text(), "right\n")
        self.assertEqual((self.copy / "a").read_text(), "right\n")
        with self.assertRaises(SetupError), mutants.planted(self.copy, self.mutant):
            raise SetupError("interrupted")
        self.assertEqual((self.copy / "a").read_text(), "right\n")

    def test_what_is_put_right_is_newer_than_what_was_built_and_the_rest_is_as_old_as_it_was(self) -> None:
        (self.copy / "a").write_text("left by a killed run\n")
        (self.copy / "c").write_text("left as well\n")
        long_ago = time.time() - 1000
        for name in ("a", "b"):
            os.utime(self.copy / name, (long_ago, long_ago))
        mutants.refresh(self.copy, self.source)
        self.assertEqual((self.copy / "a").read_text(), "right\n")
        self.assertGreater((self.copy / "a").stat().st_mtime, long_ago + 500)
        self.assertLess((self.copy / "b").stat().st_mtime, long_ago + 500)
        self.assertFalse((self.copy / "c").exists())

    def verdict(self, answers: list[Ran]) -> tuple[Verdict, int]:
        """That of a mutant if cargo answers so, and how often it was asked."""
        mutant = Mutant(self.mutant.patch, "Wrong.", (KILLER,))
        with mock.patch("mutants.cargo_test", side_effect=answers) as asked, contextlib.redirect_stdout(io.StringIO()):
            (verdict,) = mutants.verdicts(self.copy, [mutant])
        return verdict, asked.call_count

    def test_a_mutant_is_killed_by_a_named_test_or_by_any_or_survives(self) -> None:
        good, bad = Ran(0, ""), Ran(101, FAILING)
        for answers, result in [
            ([good, bad], "killed"),
            ([bad], "does not build"),
            # The named tests pass; all pass without the defect, and with it build and fail, or pass.
            ([good, good, good, good, bad], "killed"),
            ([good, good, good, good, good], "survived"),
        ]:
            verdict, asked = self.verdict(answers)
            self.assertEqual((verdict.result, asked), (result, len(answers)))
            self.assertEqual((self.copy / "a").read_text(), "right\n")
        with self.assertRaises(SetupError):
            self.verdict([good, good, bad])

    def test_a_patch_that_does_not_fit_is_no_kill(self) -> None:
        (self.copy / "a").write_text("new\n")
        verdict, asked = self.verdict([])
        self.assertEqual((verdict.result, asked, verdict.is_killed), ("does not apply", 0, False))


if __name__ == "__main__":
    unittest.main()
