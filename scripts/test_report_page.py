"""REPORT.md: that the committed page is of today, and what its blocks say."""

from __future__ import annotations

import re
import unittest
from typing import Any

import mutants
import report_gather
import report_page
import report_quoted
import report_results
import report_runs
import report_text
from files import read_json
from report_made_up import BLOCKS, EMPTY_PAGE, Sandbox, make_run
from report_runs import RUNS, Places
from setup_common import WORKSPACE, SetupError

COVERAGE = {
    "total": 91.2,
    "files": {"src/training/trainer.rs": [90, 100], "src/main.rs": [1, 2], "crates/ddpm-data/src/a.rs": [3, 4]},
}
MUTATION: dict[str, dict[str, Any]] = {
    "src/diffusion": {"caught": 8, "missed": 1, "timeout": 1, "unviable": 3, "tested": 13, "of": 20}
    | {"survivors": ["src/diffusion/schedule.rs:7:3: replace + with -"]}
}

HANDED_OUT: dict[str, Any] = {
    "torch": "2.13.0",
    "tests": [["test_unet[0]", "RuntimeError: sizes"], ["test_training", "passes"]],
    "noise": [[500, 0.01047, 0.96021]],
    "betas": [[["0.0", "0.02"], "passes"]],
    "remembered": [[1, 255], [390, 48102]],
    "elsewhere": {"sample": "RuntimeError: device"},
    "saved": {"black": 0.5439, "really_black": 0.0327, "no_folder": "RuntimeError: …/samples"},
    "bounds": [
        {
            "wrong": wrong,
            "test_diffusion": {"least": first[0], "most": first[1], "passes": first[2], "of": 20},
            "test_train_on_one_batch": {"least": second[0], "most": second[1], "passes": 20, "of": 20},
        }
        for wrong, first, second in (
            ([], (1.071, 1.362, 14), (0.1, 0.3)),
            (["noise", "coefficient"], (0.205, 0.952, 0), (0.08, 0.09)),
        )
    ],
}


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

    def test_what_survives_has_a_reason_and_only_that(self) -> None:
        found = read_json(Places().report / "mutation.json") or {}
        survivors = [change for own in found.values() for change in own["survivors"]]
        self.assertEqual(sorted(read_json(Places().report / "survivors.json") or {}), sorted(survivors))

    def test_its_pictures_are_small(self) -> None:
        pictures = [path for path in Places().report.rglob("*") if path.suffix in (".png", ".svg")]
        self.assertLess(sum(path.stat().st_size for path in pictures), report_gather.LIMIT)

    def test_every_run_that_is_kept_is_of_todays_list(self) -> None:
        kept = read_json(Places().report / report_gather.FIGURES) or {}
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
        rows = report_quoted.mutation(MUTATION, {})
        self.assertIn("| `src/diffusion` | 13 of 20 | 8 | 1 | 1 | 3 | 90.0 % |", rows)
        change = "src/diffusion/schedule.rs:7:3: replace + with -"
        self.assertIn(f"- `{change}`: not looked at yet", rows)
        self.assertIn(f"- `{change}`: it may", report_quoted.mutation(MUTATION, {change: "it may"}))

    def test_what_the_handed_out_code_does_is_told(self) -> None:
        text = "\n".join(report_quoted.handed_out(HANDED_OUT))
        for row in (
            "| `test_unet[0]` | `RuntimeError: sizes` |",
            "| `test_training` | passes |",
            "| nothing | 1.07 to 1.36 | 14 of 20 | 0.10 to 0.30 | 20 of 20 |",
            "| noise, coefficient | 0.20 to 0.95 | 0 of 20 | 0.08 to 0.09 | 20 of 20 |",
            "| 500 | 0.0105 | 0.9602 |",
            "| 0.0 to 0.02 | passes |",
            "255 after 1, 48,102 after 390 steps",
            "3.3 % of the numbers are 0 are saved with 54.4 % of them 0",
        ):
            self.assertIn(row, text)

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


if __name__ == "__main__":
    unittest.main()
