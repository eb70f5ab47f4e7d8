"""Words, numbers and tables as REPORT.md has them, and what stands between the markers of another page."""

from __future__ import annotations

import json
from typing import Any

from setup_common import SetupError


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def code(*words: str) -> str:
    """Words as code; none, if there are none."""
    return f"`{' '.join(words)}`" if words else ""


def number(value: float | None, decimals: int) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None else f"{value:.{decimals}f}"


def three_digits(value: float) -> str:
    """As many decimals as make about three digits."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def duration(seconds: float) -> str:
    """Seconds, or hours and minutes."""
    if seconds < 1000:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def value_text(value: Any) -> str:
    """A value of a configuration, as YAML has it."""
    return value if isinstance(value, str) else json.dumps(value)


def percent(covered: float, lines: int) -> str:
    """A share, as that of the lines that tests run."""
    return f"{100 * covered / lines:.1f} %" if lines else "–"


def folded(title: str, lines: list[str]) -> list[str]:
    """Lines that a reader opens."""
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"]


def between(page: str, begin: str, end: str, name: str) -> str:
    """The text between two markers."""
    _, begins, rest = page.partition(begin)
    text, ends, _ = rest.partition(end)
    if not (begins and ends):
        raise SetupError(f"{name} has no {begin} … {end}")
    return text.strip("\n")
