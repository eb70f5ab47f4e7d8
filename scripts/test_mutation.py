"""What is counted of several passes of cargo-mutants, with a program in its place."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import mutation
from mutation import Area, Found
from setup_common import SetupError

QUICK, SLOW = "--lib", "--test=slow"
AREA = Area("src/some", "ddpm", ((QUICK,), (SLOW,)))
OTHER = Area("crates/other", "other", ((QUICK,),))

# FATES says of each mutant what becomes of it in a pass; what it does not say is missed. As cargo-mutants does, it
# takes a sample after it has filtered, and lets some mutants past every filter.
CARGO = f"""\
#!{sys.executable}
import json, os, pathlib, re, sys
words = sys.argv[1:]
with open(os.environ["SAID"], "a") as file:
    file.write(json.dumps(words) + "\\n")
fates = json.loads(os.environ["FATES"])
value = lambda flag: words[words.index(flag) + 1]
patterns = [word.removeprefix("--re=") for word in words if word.startswith("--re=")]
names = [name for name in fates if not patterns or "delete" in name or any(re.search(one, name) for one in patterns)]
if "--shard" in words:
    start, step = map(int, value("--shard").split("/"))
    names = names[start::step]
if "--list" in words:
    sys.stdout.write("".join(f"{{name}}\\n" for name in names))
    sys.exit()
tests = [word.removeprefix("--cargo-arg=") for word in words if word.startswith("--cargo-arg=")]
assert tests[0] == "--locked"
output = pathlib.Path(value("--output"), "mutants.out")
output.mkdir(exist_ok=True)
became = {{name: fates[name].get(tests[-1], "missed") for name in names}}
for kind in ("caught", "missed", "timeout", "unviable"):
    (output / f"{{kind}}.txt").write_text("".join(f"{{name}}\\n" for name in names if became[name] == kind))
if "broken" in became.values():
    sys.exit(4)
sys.exit(3 if "timeout" in became.values() else 2 if "missed" in became.values() else 0)
"""


class Mutation(unittest.TestCase):
    """With a folder of its own."""

    def setUp(self) -> None:
        """Puts a program in cargo's place."""
        temporary = tempfile.TemporaryDirectory(prefix="muta tion ")
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        cargo = self.root / "cargo"
        cargo.write_text(CARGO, encoding="utf-8")
        cargo.chmod(0o755)
        self.copy = self.root / "target" / "project"
        self.copy.mkdir(parents=True)
        self.figures = self.root / "report" / "mutation.json"
        for patch in (
            mock.patch.object(mutation, "installed", return_value=self.root / "bin" / "cargo-mutants"),
            mock.patch.object(mutation, "HOME", self.root / "target"),
            mock.patch.object(mutation, "FIGURES", self.figures),
            mock.patch.object(mutation, "AREAS", (AREA, OTHER)),
            mock.patch("mutants.refresh"),
            mock.patch.dict(os.environ, {"CARGO": str(cargo), "SAID": str(self.root / "said")}),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def tried(self, fates: dict[str, dict[str, str]], area: Area = AREA, shard: str = "0/1") -> Found:
        """What becomes of mutants of which the fate in each pass is this."""
        with mock.patch.dict(os.environ, {"FATES": json.dumps(fates)}):
            return mutation.tried(self.copy, area, shard)

    def passes(self) -> list[list[str]]:
        """The command lines of the passes so far."""
        said = map(json.loads, (self.root / "said").read_text(encoding="utf-8").splitlines())
        return [words for words in said if "--list" not in words]

    def main(self, fates: dict[str, dict[str, str]], *arguments: str) -> str:
        """What the script prints."""
        output = io.StringIO()
        with (
            mock.patch.dict(os.environ, {"FATES": json.dumps(fates)}),
            mock.patch.object(sys, "argv", ["mutation.py", *arguments]),
            contextlib.redirect_stdout(output),
        ):
            mutation.main()
        return output.getvalue()

    def kept(self) -> Any:
        """The figures in the report."""
        return json.loads(self.figures.read_text(encoding="utf-8"))

    def test_what_one_pass_misses_another_may_notice(self) -> None:
        fates = {
            "src/some/a.rs:1:2: replace + with -": {QUICK: "caught"},
            "src/some/a.rs:1:2: replace + with *": {SLOW: "caught"},
            "src/some/a.rs:3:4: replace f -> Option<[f32; 2]> with None": {SLOW: "unviable"},
            "src/some/a.rs:5:6: delete field x": {QUICK: "unviable", SLOW: "unviable"},
            "src/some/a.rs:7:8: replace || with &&": {},
        }
        found = self.tried(fates)
        self.assertEqual(found, Found(2, 0, 2, ("src/some/a.rs:7:8: replace || with &&",), 5))
        quick, slow = self.passes()
        self.assertEqual([words[-1] for words in (quick, slow)], [f"--cargo-arg={QUICK}", f"--cargo-arg={SLOW}"])
        self.assertEqual(sum(word.startswith("--re=") for word in slow), 3, "what was noticed is not tried again")
        self.assertAlmostEqual(found.percent(), 100 * 2 / 3, msg="of what builds")

    def test_what_ran_out_of_time_counts_once(self) -> None:
        found = self.tried({"never ends": {QUICK: "timeout", SLOW: "missed"}, "ends": {SLOW: "timeout"}})
        self.assertEqual(found, Found(0, 2, 0, (), 2))
        self.assertEqual(found.percent(), 100.0)

    def test_a_later_pass_has_the_same_sample(self) -> None:
        fates = {f"mutant {number};": {QUICK: "caught"} if number < 4 else {} for number in range(12)}
        found = self.tried(fates, shard="1/3")
        self.assertEqual(found, Found(1, 0, 0, ("mutant 4;", "mutant 7;", "mutant 10;"), 12))
        self.assertEqual(found.figures()["tested"], 4)

    def test_when_all_are_noticed_no_other_pass_runs(self) -> None:
        self.tried({"one": {QUICK: "caught"}})
        self.assertEqual(len(self.passes()), 1)
        self.assertEqual(self.tried({}), Found(0, 0, 0, (), 0))

    def test_tests_that_fail_without_a_mutant_are_an_error(self) -> None:
        with self.assertRaisesRegex(SetupError, "status 4"):
            self.tried({"one": {QUICK: "broken"}})

    def test_figures_are_kept_beside_those_of_other_areas(self) -> None:
        fates = {f"mutant {number};": {QUICK: "caught"} for number in range(9)}
        self.main(fates, "--area", OTHER.name)
        self.assertFalse(self.figures.exists(), "only --write keeps them")
        self.main(fates, "--area", OTHER.name, "--write", "--shard", "0/2")
        self.main(fates | {"ö": {SLOW: "caught"}, "ü": {}}, "--area", AREA.name, "--write")
        own = {"caught": 10, "missed": 1, "timeout": 0, "unviable": 0, "tested": 11, "of": 11, "survivors": ["ü"]}
        other = {"caught": 5, "missed": 0, "timeout": 0, "unviable": 0, "tested": 5, "of": 9, "survivors": []}
        self.assertEqual(self.kept(), {AREA.name: own, OTHER.name: other})

    def test_where_too_few_are_noticed_it_fails_and_the_figures_are_kept(self) -> None:
        with self.assertRaisesRegex(SetupError, r"src/some: 50\.0 % .*; crates/other: 50\.0 % .* 85 % are wanted"):
            self.main({"one": {QUICK: "caught"}, "two": {}}, "--write")
        self.assertEqual([own["survivors"] for own in self.kept().values()], [["two"], ["two"]])

    def test_survivors_are_tried_again_with_better_tests(self) -> None:
        caught: dict[str, dict[str, str]] = {f"mutant {number}": {QUICK: "caught"} for number in range(20)}
        survives = caught | {"two": {}, "delete field x": {QUICK: "unviable"}, "four": {}}
        self.main(survives, "--area", AREA.name, "--write")
        said = len(self.passes())
        self.main(survives | {"two": {SLOW: "caught"}}, "--survivors", "--write")
        quick, slow = self.passes()[said:]
        self.assertEqual([word for word in quick if word.startswith("--re=")], ["--re=^two$", "--re=^four$"])
        self.assertNotIn("--shard", quick + slow)
        own = {"caught": 21, "missed": 1, "timeout": 0, "unviable": 1, "tested": 23, "of": 23, "survivors": ["four"]}
        self.assertEqual(self.kept(), {AREA.name: own}, "and of no other area, as nothing is known of it")
        self.main(survives | {"four": {QUICK: "caught"}}, "--survivors", "--write")
        said = len(self.passes())
        self.main(survives, "--survivors")
        self.assertEqual(len(self.passes()), said, "there is nothing to try")

    def test_a_survivor_that_is_no_more_is_an_error(self) -> None:
        with self.assertRaises(SetupError):
            self.main({"one": {}}, "--area", AREA.name, "--write")
        with self.assertRaisesRegex(SetupError, "the code has changed, and this is gone: one;"):
            self.main({"two": {}}, "--area", AREA.name, "--survivors")

    def test_a_survivor_is_found_where_it_has_moved_to(self) -> None:
        every = ["a.rs:3:1: x", "a.rs:19:7: x", "a.rs:22:9: x", "b.rs:20:1: x", "a.rs:20:1: y"]
        self.assertEqual(mutation.todays(["a.rs:20:1: x", "a.rs:21:1: x"], every), ["a.rs:19:7: x", "a.rs:22:9: x"])
        twice = ["a.rs:3:22: x", "a.rs:3:65: x"]
        self.assertEqual(mutation.todays(["a.rs:3:65: x"], twice), ["a.rs:3:65: x"])

    def test_files_are_those_of_the_area(self) -> None:
        self.assertEqual([area.files() for area in (AREA, OTHER)], ["src/some/**/*.rs", "crates/other/src/**/*.rs"])


if __name__ == "__main__":
    unittest.main()
