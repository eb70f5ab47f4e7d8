"""What of a report's lines counts, and what is too few."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import line_coverage
from line_coverage import Count

SOURCE = """\
fn half() {
    once();
    never();
}

#[cfg(test)]
fn helper() {}

#[cfg(test)]
mod tests {
    fn all() {}
}
"""
PARENT = """\
mod half;
#[cfg(test)]
mod hostile;

fn whole() {}
"""


def record(path: Path, hits: dict[int, int]) -> str:
    """As lcov has a file."""
    lines = "".join(f"DA:{line},{count}\n" for line, count in hits.items())
    return f"SF:{path}\nFN:1,half\n{lines}LF:9\nLH:9\nend_of_record\n"


class Reports(unittest.TestCase):
    """lcov's."""

    def test_tests_and_what_is_elsewhere_do_not_count(self) -> None:
        """A file counts up to the module of its tests, if they are in it."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            training = root / "src" / "training"
            training.mkdir(parents=True)
            for name, source in {"half": SOURCE, "mod": PARENT, "hostile": "fn all() {}\n"}.items():
                (training / f"{name}.rs").write_text(source, encoding="utf-8")
            report = "".join(
                [
                    record(training / "half.rs", {2: 7, 3: 0, 7: 1, 11: 1}),
                    record(training / "mod.rs", {5: 0}),
                    record(training / "hostile.rs", {1: 1}),
                    record(training / "half" / "tests" / "limits.rs", {1: 1}),
                    record(root / "tests" / "all.rs", {1: 1}),
                    record(root / "crates" / "kernels" / "tests" / "all.rs", {1: 1}),
                    record(Path("/elsewhere/lib.rs"), {1: 0}),
                ]
            )
            counted = line_coverage.counts(report, root)
        self.assertEqual(counted, {"src/training/half.rs": Count(2, 3), "src/training/mod.rs": Count(0, 1)})

    def test_a_folder_below_its_floor_is_named(self) -> None:
        """Though all together are above theirs."""
        counted = {"src/training/a.rs": Count(8, 10), "src/model/b.rs": Count(900, 900)}
        self.assertEqual(line_coverage.too_low(counted), ["src/training: 80.0 % of lines, and 90 % are wanted"])
        counted["src/training/a.rs"] = Count(9, 10)
        self.assertEqual(line_coverage.too_low(counted), [])

    def test_the_figures_are_those_of_the_report(self) -> None:
        """A percentage of all, and both numbers of each file."""
        kept = json.loads(line_coverage.figures({"src/b.rs": Count(1, 3), "crates/x/src/lib.rs": Count(2, 3)}))
        self.assertEqual(kept, {"total": 50.0, "files": {"crates/x/src/lib.rs": [2, 3], "src/b.rs": [1, 3]}})
        self.assertEqual(Count(0, 0).percent(), 100.0)


if __name__ == "__main__":
    unittest.main()
