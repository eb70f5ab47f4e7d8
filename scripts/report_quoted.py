"""The blocks of REPORT.md that say what other scripts have measured: the code that was handed out, defects, coverage,
mutation, speed.
"""

from __future__ import annotations

from typing import Any

import mutants
from line_coverage import folder_of
from report_runs import Places
from report_text import between, code, folded, percent, table
from setup_common import SetupError

PERFORMANCE = "docs/performance.md"
COMPOSED = ("the trainer's `conf/`, `--cfg job`", "100 groups", "1000 keys")
LAUNCHED = ("each further job: `basic`", "each further job: Python's Hydra")
TRACKED = ("offline", "online, answers", "the stock client")
TRAINER = ("src/training/", "src/diffusion/", "src/model/")
"""What the assignment's folder `modeling` was about: shown file by file."""
ASKED_COVERAGE = 80
"""Percent of `modeling.training`, which is `src/training` here."""


# Tests


def handed_out(found: dict[str, Any] | None) -> list[str]:
    """How the assignment's bugs show in the code that was handed out."""
    if found is None:
        return ["Not measured yet: `scripts/handed_out.py` says how."]
    tests = [[code(name), outcome(said)] for name, said in found["tests"]]
    judged = ("test_diffusion", "test_train_on_one_batch")
    bounds = [
        [", ".join(row["wrong"]) or "nothing", *(cell for test in judged for cell in bounded(row[test]))]
        for row in found["bounds"]
    ]
    noise = [[str(time), f"{there:.4f}", f"{right:.4f}"] for time, there, right in found["noise"]]
    betas = [[" to ".join(betas), outcome(said)] for betas, said in found["betas"]]
    graph = ", ".join(f"{nodes:,} after {steps:,}" for steps, nodes in found["remembered"])
    saved = found["saved"]
    return [
        f"By `scripts/handed_out.py`, with PyTorch {found['torch']} on a CPU, without network.",
        "",
        *table(["test, as handed out", "what becomes of it"], tests),
        "",
        f"What the two bounds let pass, {found['bounds'][0][judged[0]]['of']} seeds each, when the embedding is mended and "
        "this is still wrong:",
        "",
        *table(["wrong", "`test_diffusion`: loss", "1 to 1.2", "`test_train_on_one_batch`: loss", "below 0.5"], bounds),
        "",
        "The factor of the noise, at a timestep:",
        "",
        *table(["t", "handed out", "√(1−ᾱ_t)"], noise),
        "",
        "Betas, and what the check says of them:",
        "",
        *table(["betas", "the check"], betas),
        "",
        f"Operations that the running mean of the loss keeps alive: {graph} steps.",
        "",
        "A model that is on another device than the CPU:",
        "",
        *table(["call", "what becomes of it"], [[code(name), outcome(said)] for name, said in found["elsewhere"].items()]),
        "",
        f"Pictures of which {percent(saved['really_black'], 1)} of the numbers are 0 are saved with "
        f"{percent(saved['black'], 1)} of them 0. Where there is no folder `samples`: {outcome(saved['no_folder'])}.",
    ]


def outcome(said: str) -> str:
    """What a call has come to: an error's words are code."""
    return said if said == "passes" else code(said)


def bounded(own: dict[str, Any]) -> list[str]:
    """Losses from the least to the most, and how many pass."""
    return [f"{own['least']:.2f} to {own['most']:.2f}", f"{own['passes']} of {own['of']}"]


def defects(places: Places) -> list[str]:
    """The table of docs/mutants.md, with links that lead from here."""
    page = (places.root / "docs" / "mutants.md").read_text(encoding="utf-8")
    return between(page, mutants.BEGIN, mutants.END, "docs/mutants.md").replace("](../", "](").splitlines()


def coverage(found: dict[str, Any] | None) -> list[str]:
    """Lines that the tests run, by folder, and of the trainer by file."""
    if found is None:
        return ["Not measured yet: `make coverage ARGS=--write`."]
    files: dict[str, list[int]] = found["files"]
    folders: dict[str, list[int]] = {}
    for name, (covered, lines) in sorted(files.items()):
        sums = folders.setdefault(folder_of(name), [0, 0])
        sums[0], sums[1] = sums[0] + covered, sums[1] + lines
    trained = folders.get("src/training")
    summary = f"{found['total']:.1f} % of all lines"
    if trained:
        summary += f"; of `src/training`, which is the assignment's `modeling.training`, {percent(*trained)}"
        summary += f" (asked for: more than {ASKED_COVERAGE} %)"
    rows = [[code(name), f"{sums[0]:,} of {sums[1]:,}", percent(*sums)] for name, sums in folders.items()]
    own = [
        [code(name), f"{a:,} of {b:,}", percent(a, b)]
        for name, (a, b) in sorted(files.items())
        if name.startswith(TRAINER)
    ]
    head = ["folder", "lines that tests run", ""]
    return [
        f"{summary}.",
        "",
        *table(head, rows),
        "",
        *folded("The trainer, file by file", table(["file", *head[1:]], own)),
    ]


def mutation(found: dict[str, dict[str, Any]] | None, reasons: dict[str, str]) -> list[str]:
    """What became of small changes that a program made, and why those that survive may live."""
    if found is None:
        return ["Not measured yet: `make mutation ARGS=--write`."]
    rows = []
    for name, own in found.items():
        judged = own["caught"] + own["timeout"] + own["missed"]
        share = percent(own["caught"] + own["timeout"], judged)
        counts = [f"{own[key]:,}" for key in ("caught", "timeout", "missed", "unviable")]
        rows.append([code(name), f"{own['tested']:,} of {own['of']:,}", *counts, share])
    head = [
        "code",
        "changes tried",
        "noticed",
        "noticed by not ending",
        "not noticed",
        "do not build",
        "noticed, of what builds",
    ]
    survivors = [
        f"- {code(change)}: {reasons.get(change, 'not looked at yet')}"
        for own in found.values()
        for change in own["survivors"]
    ]
    return [*table(head, rows), *(["", *folded("Not noticed, and why that may be", survivors)] if survivors else [])]


# Speed


def speed(places: Places) -> list[str]:
    """Some of the tables in docs/performance.md."""
    train, compose = marked(places, "bench-train"), marked(places, "bench-compose")
    lines = [train.splitlines()[0]]
    for start in ("A training step", "From the start"):
        lines += ["", *paragraph(train, start), "", *paragraph(train, start, after=1)]
    quoted = {
        "Composing a configuration, whole processes": (compose, "| case |", COMPOSED),
        "Launching jobs that do nothing": (marked(places, "bench-launch"), "| what |", LAUNCHED),
        "A line of history for Weights & Biases": (marked(places, "bench-tracking"), "| way | µs", TRACKED),
    }
    for title, (text, start, rows) in quoted.items():
        lines += ["", f"{title}:", "", *some_rows(paragraph(text, start), rows)]
    return lines


def some_rows(whole: list[str], starts: tuple[str, ...]) -> list[str]:
    """The head of a table, and the rows that begin like these."""
    if missing := [start for start in starts if not any(row.startswith(f"| {start}") for row in whole)]:
        raise SetupError(f"{PERFORMANCE} has no row that begins with '{missing[0]}'")
    return [*whole[:2], *(row for row in whole[2:] if row.startswith(tuple(f"| {start}" for start in starts)))]


def fastest_images(places: Places) -> float | None:
    """Images/s of hidden size 128 and 128 pictures in bfloat16, on all threads: the last cell of that row."""
    for line in marked(places, "bench-train").splitlines():
        if line.startswith("| 128 | 128 |"):
            return float(line.rstrip(" |").rpartition("|")[2].partition(",")[0])
    return None


def marked(places: Places, name: str) -> str:
    """What a benchmark keeps in docs/performance.md."""
    page = (places.root / PERFORMANCE).read_text(encoding="utf-8")
    return between(page, f"<!-- {name}: begin -->", f"<!-- {name}: end -->", PERFORMANCE)


def paragraph(text: str, start: str, after: int = 0) -> list[str]:
    """The lines of the paragraph, or of the one that comes so many after it, that begins like this."""
    parts = text.split("\n\n")
    for place, part in enumerate(parts):
        if part.startswith(start) and place + after < len(parts):
            return parts[place + after].splitlines()
    raise SetupError(f"{PERFORMANCE} has no paragraph that begins with '{start}'")
