"""The blocks of REPORT.md that are of its runs, from report/runs.json."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from report_gather import CURVES, LONG, RECORDED, WITH_INPUTS
from report_quoted import PERFORMANCE, fastest_images
from report_runs import COMMON, DEFAULT, OUTPUTS, RUNS, Places, Run
from report_text import code, duration, number, table, three_digits, value_text

CIFAR10_PICTURES, ASSIGNED_EPOCHS = 50_000, 100

Figures = dict[str, dict[str, Any]]
"""Those of each run, by its name."""


def there_are(found: Figures) -> list[Run]:
    """The runs of which there are figures."""
    return [run for run in RUNS if run.name in found]


# The runs


def runs(found: Figures) -> list[str]:
    """What each run is, and what came of it."""
    rows = []
    for run in RUNS:
        name = f"[{run.name}](report/{run.name}/config.yaml)" if run.name in found else run.name
        own = found.get(run.name)
        if own is None:
            rows.append([name, run.shows, code(*run.overrides), "not run yet", *[""] * 4])
            continue
        took = f"{own['steps']:,} steps of {own['batch_size']}"
        results = [number(own["loss"], 4), number(own["validation"], 4)]
        rows.append(
            [
                name,
                run.shows,
                code(*run.overrides),
                took,
                *results,
                duration(own["seconds"]),
                three_digits(own["images_per_second"]),
            ]
        )
    head = ["run", "what it shows", "overrides", "length", "loss", "validation loss", "time", "images/s"]
    lines = [
        *table(head, rows),
        "",
        f"All of them with {code(*COMMON)} besides. *Loss* is the mean of the last epoch's steps; *validation loss* is "
        "that of the averaged weights on held-out pictures after it; *time* includes drawing, validation and "
        "evaluation; *images/s* is the median over the steps.",
    ]
    return lines + machines(found) + distances(found) + remarks(found)


def machines(found: Figures) -> list[str]:
    """What the runs ran on, as the first line of their logs says."""
    same: dict[str, list[str]] = {}
    for run in there_are(found):
        own = found[run.name]
        line = f"{own['parameters']:,} parameters on {own['device']} with {threads(own)} ({own['arithmetic']})"
        line += f", {own['pictures']:,} pictures, {own['steps_per_epoch']:,} steps an epoch"
        same.setdefault(line, []).append(run.name)
    return ["", *(f"- {', '.join(names)}: {line}" for line, names in same.items())] if same else []


def threads(own: dict[str, Any]) -> str:
    """How many of them a run had."""
    return f"{own['threads']} thread{'s' if own['threads'] != 1 else ''}"


def distances(found: Figures) -> list[str]:
    """How far what the runs draw is from held-out pictures, beside the anchors."""
    rows = []
    for run in there_are(found):
        if not (own := found[run.name]["evaluation"]):
            continue
        row = [run.name, f"{own['samples']} and {own['held_out']}"]
        for name, decimals in (("sliced_wasserstein", 4), ("kernel_distance", 6)):
            row += [number(own[of][name], decimals) for of in ("drawn", "real", "noise")]
            row.append(number(own["nearness"].get(name), 3))
        rows.append(row)
    if not rows:
        return []
    head = ["run", "drawn and held-out pictures"]
    for name in ("sliced Wasserstein", "kernel distance"):
        head += [f"{name}: drawn", "real", "noise", "nearness"]
    return ["", *table(head, rows)]


def remarks(found: Figures) -> list[str]:
    """What is to be said of single runs."""
    lines = []
    for run in there_are(found):
        own, best = found[run.name], found[run.name]["best_validation"]
        if run.name != DEFAULT and DEFAULT in found and own["dataset"] == found[DEFAULT]["dataset"]:
            lines.append(f"- {run.name}: {beside(own, found[DEFAULT])}.")
        if run.name == LONG and best:
            lines.append(f"- {run.name}: the least validation loss is {best['loss']:.4f}, after epoch {best['epoch']}.")
        if own["starts"] > 1:
            lines.append(f"- {run.name}: interrupted and continued, {own['starts']} starts in all.")
    return ["", *lines] if lines else []


def beside(own: dict[str, Any], default: dict[str, Any]) -> str:
    """What tells a run from the default one."""
    same = own["same_as_default"]
    if same == min(own["steps"], default["steps"]):
        return f"its first {same:,} steps have the losses of the default run, to the last bit"
    found = [
        f"{title} {number(own[key], 4)} (default {number(default[key], 4)})"
        for title, key in (("training loss", "loss"), ("validation loss", "validation"))
    ]
    work = f"{own['steps']:,} steps of {own['batch_size']:,} (default {default['steps']:,} of {default['batch_size']:,})"
    return f"after {work}: {', '.join(found)}; the losses differ from step {same + 1:,} on"


def differences(found: Figures) -> list[str]:
    """What `ddpm diff` finds between the default run and the others: a row a key."""
    others = [run.name for run in there_are(found) if run.name != DEFAULT]
    if DEFAULT not in found or not others:
        return [not_run()]
    defaults: dict[str, list[Any]] = {}
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for name in others:
        for key, there, here in found[name]["differences"]:
            defaults[key] = there
            cells[key][name] = shown(here)
    rows = [[code(key), shown(defaults[key]), *(cells[key].get(name, "") for name in others)] for key in sorted(cells)]
    return table(["key", DEFAULT, *others], rows)


def shown(value: list[Any]) -> str:
    """A value, or that there is no such key."""
    return code(value_text(value[0])) if value else "*no such key*"


def not_run() -> str:
    """In the place of what only runs can give."""
    return "Not run yet: `make report ARGS=run`."


def pictures(found: Figures) -> list[str]:
    """What the runs draw."""
    rows = []
    for run in there_are(found):
        own = found[run.name]
        epochs = ", ".join(map(str, own["epochs_shown"]))
        for is_there, what, file in (
            (run.name in WITH_INPUTS, "pictures of the first batch", "inputs"),
            (True, f"drawn after epoch {own['epochs']}", "samples"),
            (epochs, f"drawn after epochs {epochs}", "epochs"),
            (own["has_strip"], "the way from noise to pictures", "strip"),
        ):
            if is_there:
                rows.append([f"{run.name}: {what}", f"![{run.name}: {what}](report/{run.name}/{file}.png)"])
    return table(["", ""], rows) if rows else [not_run()]


def curves(found: Figures) -> list[str]:
    """What `ddpm plot` draws."""
    lines = []
    for name, (of, flags) in CURVES.items():
        if all(run in found for run in of):
            folders = " ".join(f"{OUTPUTS}/{run}" for run in of)
            written = " ".join(f"'{flag}'" if " " in flag else flag for flag in flags)
            lines += [
                "",
                f"{' and '.join(of)} (`ddpm plot {folders} {written}`):",
                "",
                f"![{', '.join(of)}](report/{name}.svg)",
            ]
    return lines[1:] or [not_run()]


# W&B


def wandb(found: Figures) -> list[str]:
    """What is recorded for W&B of each run, and which hyperparameters it has there."""
    recorded = [(run.name, own) for run in there_are(found) if (own := found[run.name]["wandb"])]
    if not recorded:
        return [not_run()]
    rows = []
    for name, own in recorded:
        artifacts = [artifact for artifact in own["artifacts"] if artifact["type"] == "config"]
        holds = all(artifact["is_whole"] and artifact["has_config"] for artifact in artifacts) and artifacts
        rows.append(
            [
                name,
                f"{own['log_bytes']:,} bytes, {own['records']:,} records",
                f"{own['rows']:,}",
                f"{own['keys'].get('train/loss', 0):,} and {own['keys'].get('train/lr', 0):,}",
                f"{own['keys'].get('inputs', 0)} and {own['keys'].get('samples', 0)}",
                "<br>".join(f"{code(artifact['name'])} {code(artifact['digest'])}" for artifact in artifacts),
                "yes" if holds else "**no**",
                ", ".join(f"{count} {suffix}" for suffix, count in own["suffixes"].items()),
            ]
        )
    head = [
        "run",
        "transaction log",
        "lines of history",
        "with loss, with learning rate",
        "pictures: inputs, samples",
        "artifact of type `config`, digest",
        "artifact complete: its files have the digest, and one is the run's `config.yaml`",
        "files to upload",
    ]
    config = [
        [code(key), *(shown([own["config"][key]] if key in own["config"] else []) for _, own in recorded)]
        for key in RECORDED
    ]
    return [
        *table(head, rows),
        "",
        "The hyperparameters that W&B will show, read from the transaction logs:",
        "",
        *table(["key", *(name for name, _ in recorded)], config),
    ]


# CIFAR-10


def cifar10(own: dict[str, Any] | None, places: Places) -> list[str]:
    """How long the assignment's run would take here."""
    if own is None:
        return [not_run()]
    pictures = CIFAR10_PICTURES * ASSIGNED_EPOCHS
    hours = pictures / own["images_per_second"] / 3600
    lines = [
        f"{own['steps']} steps of {own['batch_size']} pictures, {own['parameters']:,} parameters, {own['arithmetic']}, "
        f"{threads(own)}: {three_digits(own['images_per_second'])} images/s. An epoch of {own['pictures']:,} "
        f"pictures is {own['steps_per_epoch']:,} steps; {ASSIGNED_EPOCHS} epochs are {pictures:,} pictures, which "
        f"would take {hours:,.0f} hours, or {hours / 24:.1f} days, of training alone."
    ]
    if fastest := fastest_images(places):
        lines.append(
            f"In bfloat16 it would be {pictures / fastest / 3600:,.0f} hours, at the {three_digits(fastest)} images/s "
            f"that [{PERFORMANCE}]({PERFORMANCE}#training-beside-pytorch) has for this network and these batches."
        )
    return lines
