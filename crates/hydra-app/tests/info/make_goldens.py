"""Asks the real Hydra what `--info` prints, and writes goldens.jsonl.

    python -m venv venv && venv/bin/pip install hydra-core==1.3.8 && venv/bin/python make_goldens.py

A line with "files" is a configuration directory; the lines after it are questions about it:
"args", "multirun", and what Hydra makes of them: "list" (rows of path, package, parent, is_self, override key; without Hydra's own,
where they are the usual ones), "tree" (rows of depth, text, package), or "error" (the class, of which only that there is one counts).
Some have "text" too: for each kind of `--info`, all that is printed, with $CONF for the directory.
"""

import contextlib
import io
import json
import logging
import random
import shutil
import tempfile
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.default_element import DefaultsTreeNode, GroupDefault, VirtualRoot
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from hydra import version
import warnings

SEED = 20261123
TREES = 38
QUESTIONS = 8
OUT = Path(__file__).with_name("goldens.jsonl")

GROUPS = {"db": ["mysql", "pg", "sqlite"], "server": ["apache", "nginx"], "server/db": ["local", "far"], "exp": ["e1", "e2"]}


def item(rng, base):
    groups = [group for group in GROUPS if base == "" or group != base]
    group = rng.choice(groups)
    option = rng.choice(GROUPS[group])
    name = "/" + group if base and rng.random() < 0.8 else group
    package = rng.choice(["", "", "", "", "@_global_", "@_here_", "@pkg", "@a.b", "@_global_.x"])
    kind = rng.random()
    if kind < 0.15:
        return f"- {name}/{option}{package}"
    if kind < 0.2:
        return f"- optional {name}{package}: nothere"
    if kind < 0.27:
        return f"- {name}{package}: null"
    if kind < 0.34:
        return f"- {name}{package}: [{', '.join(GROUPS[group][:2])}]"
    if kind < 0.37:
        return f"- {name}{package}: ???"
    if kind < 0.4:
        return f"- {name}{package}: ${{db}}"
    return f"- {name}{package}: {option}"


def config(rng, base, key, chance):
    text = rng.choice(["", "", "", f"# @package {rng.choice(['_global_', 'foo', 'foo.bar'])}\n"]) if base else ""
    if rng.random() < chance:
        items = []
        for _ in range(rng.randint(1, 2 if base else 4)):
            new = item(rng, base)
            if all(new.split(":")[0] != old.split(":")[0] for old in items):
                items.append(new)
        if rng.random() < 0.8:
            items.insert(rng.randint(0, len(items)), "- _self_")
        if rng.random() < 0.25:
            group = rng.choice(list(GROUPS))
            items.append(f"- override {'/' if base else ''}{group}: {rng.choice(GROUPS[group])}")
        if rng.random() < 0.1:
            items.append("- override /hydra/job_logging: none")
        text += "defaults:\n" + "\n".join(items) + "\n"
    return text + f"{key}: {rng.randint(0, 9)}\n"


def files(rng):
    tree = {"config.yaml": config(rng, "", "top", 0.97)}
    for group, options in GROUPS.items():
        for option in options:
            # Groups of a higher number are listed by those of a lower one: most trees have no cycle.
            tree[f"{group}/{option}.yaml"] = config(rng, group, option, 0.25 if group in ("exp", "server") else 0.08)
    if rng.random() < 0.2:
        tree["other.yaml"] = config(rng, "", "other", 0.9)
    return tree


def groups_used(hydra):
    try:
        found = hydra.config_loader.compute_defaults_list(config_name="config", overrides=[], run_mode=RunMode.MULTIRUN)
    except Exception:
        return None
    return [row.override_key for row in found.defaults if row.override_key and not row.override_key.startswith("hydra/")]


def arguments(rng, used):
    args = []
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        group = rng.choice(list(GROUPS))
        option = rng.choice(GROUPS[group])
        if used and rng.random() < 0.6:
            key = rng.choice(used)
            option = rng.choice(GROUPS[key.split("@")[0]])
            args.append(rng.choice([f"{key}={option}", f"{key}={option}", f"{key}=[{option}]", f"~{key}"]))
            continue
        args.append(
            rng.choice(
                [f"{group}={option}", f"{group}={option}", f"+{group}={option}", f"+{group}@{rng.choice(['q', '_global_', 'a.b'])}={option}", f"~{group}",
                 f"~{group}={option}", f"{group}@pkg={option}", f"{group}=[{','.join(GROUPS[group][:2])}]", "top=5", "+new.key=1", "++x.y=[1,2]", "nokey=1",
                 "hydra/job_logging=stdout", "~hydra/env", "hydra.verbose=true", f"{group}={option},other", "x=1,2", "bad=a=b", f"{group}=nothere"]
            )
        )
    return args


def setup(conf, name):
    GlobalHydra.instance().clear()
    search_path = create_config_search_path(str(conf))
    return Hydra.create_main_hydra2("app", search_path)


def node_text(node):
    if isinstance(node, VirtualRoot):
        return node.get_config_path()
    if isinstance(node, GroupDefault):
        return node.get_override_key() + ": " + (node.get_name() or "null")
    return node.get_config_path()


def package_of(node):
    try:
        return node.get_final_package()
    except (AssertionError, NotImplementedError):
        return None


def rows(tree, depth=0):
    node, children = (tree.node, tree.children or []) if isinstance(tree, DefaultsTreeNode) else (tree, [])
    out = [[depth, node_text(node), package_of(node)]]
    for child in children:
        out.extend(rows(child, depth + 1))
    return out


def text_of(hydra, what, name, args, mode, conf):
    root = logging.getLogger()
    root.handlers.clear()
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        hydra.show_info(what, name, args, mode)
    return out.getvalue().replace(str(conf), "$CONF")


def main():
    warnings.simplefilter("ignore")
    version.setbase("1.3")
    rng = random.Random(SEED)
    lines = []
    found = setup(Path(tempfile.mkdtemp()), None).config_loader.compute_defaults_list(config_name=None, overrides=[], run_mode=RunMode.RUN)
    listed = [[row.config_path, row.package, row.parent, row.is_self, row.override_key] for row in found.defaults]
    usual = (listed, rows(found.defaults_tree)[1:12])
    lines.append({"usual_list": usual[0], "usual_tree": usual[1]})
    for number in range(TREES):
        # Most trees should compose; that a defaults list is wrong is seen from few.
        while True:
            tree = files(rng)
            conf = Path(tempfile.mkdtemp(prefix="hydra-info-"))
            for path, text in tree.items():
                (conf / path).parent.mkdir(parents=True, exist_ok=True)
                (conf / path).write_text(text)
            used = groups_used(setup(conf, "config"))
            if used is not None or rng.random() < 0.05:
                break
            shutil.rmtree(conf)
        lines.append({"files": tree})
        for question in range(QUESTIONS):
            args = [] if question == 0 else arguments(rng, used)
            multirun = rng.random() < 0.2
            name = "other" if "other.yaml" in tree and rng.random() < 0.3 else "config"
            mode = RunMode.MULTIRUN if multirun else RunMode.RUN
            entry = {"args": args}
            if multirun:
                entry["multirun"] = True
            if name != "config":
                entry["config_name"] = name
            hydra = setup(conf, name)
            try:
                found = hydra.config_loader.compute_defaults_list(config_name=name, overrides=args, run_mode=mode)
            except Exception as error:
                entry["error"] = type(error).__name__
                lines.append(entry)
                continue
            listed = [[row.config_path, row.package, row.parent, row.is_self, row.override_key] for row in found.defaults]
            branches = rows(found.defaults_tree)
            hydra_rows = [row for row in listed if row[0].startswith("hydra/")]
            hydra_branches = branches[1 : 1 + 11]
            if (hydra_rows, hydra_branches) == usual:
                listed = listed[len(hydra_rows) :]
                branches = branches[:1] + branches[12:]
            else:
                entry["unusual"] = True
            entry["list"], entry["tree"] = listed, branches
            if number % 4 == 0 and question == 0 or number % 8 == 0 and question == 3:
                texts = {}
                for what in ["defaults", "defaults-tree"] + (["searchpath", "config"] if question == 0 else []):
                    try:
                        texts[what] = text_of(hydra, what, name, args, mode, conf)
                    except (Exception, SystemExit) as error:
                        texts[what] = None
                entry["text"] = texts
            lines.append(entry)
        shutil.rmtree(conf)
    OUT.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    asked = [line for line in lines if "args" in line]
    print(len(asked), "questions,", sum("error" in line for line in asked), "errors,", OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
