"""REPORT.md: what stands between `<!-- report: NAME begin -->` and `<!-- report: NAME end -->` is made of what is
committed, report/*.json and the tables that other scripts keep in docs/.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from files import read_json
from report_gather import FIGURES
from report_quoted import coverage, defects, handed_out, mutation, speed
from report_results import Figures, cifar10, curves, differences, pictures, runs, wandb
from report_runs import Places
from setup_common import SetupError

BLOCK = "<!-- report: {} {} -->"
MARKER = re.compile(r"<!-- report: (\S+) (begin|end) -->")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|<img [^>]*src=\"([^\"]+)\"")


def blocks(places: Places) -> dict[str, str]:
    """All of them by name."""
    found: Figures = read_json(places.report / FIGURES) or {}
    makers: dict[str, Callable[[], list[str]]] = {
        "runs": lambda: runs(found),
        "differences": lambda: differences(found),
        "pictures": lambda: pictures(found),
        "curves": lambda: curves(found),
        "wandb": lambda: wandb(found),
        "cifar10": lambda: cifar10(found.get("cifar10"), places),
        "handed-out": lambda: handed_out(read_json(places.report / "handed_out.json")),
        "defects": lambda: defects(places),
        "coverage": lambda: coverage(read_json(places.report / "coverage.json")),
        "mutation": lambda: mutation(
            read_json(places.report / "mutation.json"), read_json(places.report / "survivors.json") or {}
        ),
        "speed": lambda: speed(places),
    }
    return {name: "\n".join(make()) for name, make in makers.items()}


def filled(page: str, made: dict[str, str]) -> str:
    """The page with these blocks in it. It has to have a place for each, and for no other."""
    wanted = [(name, side) for name in made for side in ("begin", "end")]
    there = MARKER.findall(page)
    if sorted(there) != sorted(wanted):
        odd = sorted(set(there) ^ set(wanted)) or sorted({mark for mark in there if there.count(mark) > 1})
        raise SetupError(
            f"REPORT.md has to have each of the markers once: {', '.join(BLOCK.format(*mark) for mark in odd)}"
        )
    for name, text in made.items():
        begin, end = BLOCK.format(name, "begin"), BLOCK.format(name, "end")
        before, _, rest = page.partition(begin)
        _, ends, after = rest.partition(end)
        if not ends:
            raise SetupError(f"in REPORT.md {end} comes before {begin}")
        page = f"{before}{begin}\n{text}\n{end}{after}"
    return page


def stale(places: Places) -> list[str]:
    """What of the page is not what the files give; where a link of it leads nowhere."""
    page = places.page.read_text(encoding="utf-8")
    made = blocks(places)
    fresh = filled(page, made)
    found = []
    for name in made:
        begin, end = BLOCK.format(name, "begin"), BLOCK.format(name, "end")
        if page[page.index(begin) : page.index(end)] != fresh[fresh.index(begin) : fresh.index(end)]:
            found.append(f"the block '{name}' is not what the files in report/ and docs/ give")
    for link in sorted({one or other for one, other in LINK.findall(page)}):
        if "://" not in link and not (places.root / link).exists():
            found.append(f"a link leads nowhere: {link}")
    return found
