#!/usr/bin/env python3
"""Makes random configuration trees and overrides, and writes down what the real Hydra makes of them.

    .venv/bin/python make_goldens.py                                          # after `make setup`
    .venv/bin/python make_goldens.py --seed 7 --count 60 --out fresh.jsonl    # others

`COMPOSE_GOLDENS=fresh.jsonl cargo test --test compose_goldens` then takes these.

One JSON object a line: `id`, `config_name`, `files` (path -> text), `overrides`, `tags` and `expected`, which is
`{"yaml": ...}` (what `--cfg job` prints) or `{"error": class, "message": first line}`. The same seed and count give
the same lines: case N depends on the seed and N alone.

Tags mark accidents of Hydra 1.3 that an implementation may decide not to share:
`aliased`     a file listed twice at one package is changed in Hydra's cache by what is merged onto it in between
`empty-key`   a package with an empty part (`x.`, from `@x._group_` at the top) makes a key ''
`delete-null` `~key` refuses what is null or ???, and `~key=null` deletes whatever is there
`delete-item` `~list.0` is a TypeError
`base-twice`  an interpolated path in a nested file gets the group of that file in front of it a second time

A case is made in two steps. First the files; Hydra composes them without overrides, and from its answer come the
override keys and value paths that exist. Then the overrides, most of which name something that is there: blind ones
would nearly all fail at the first step and test nothing else.
"""
import argparse
import contextlib
import copy
import json
import os
import pathlib
import random
import re
import shutil
import tempfile
import warnings

import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

GROUPS = ["db", "server", "db/engine", "server/db", "exp", "opt"]
OPTIONS = ["a", "b", "c"]
KEYS = ["x", "y", "z", "m", "n", "l"]
PACKAGES = ["foo", "foo.bar", "_here_", "_global_", "_global_.foo", "_group_", "x._group_", "db", "src", "m", "_global_.m"]
HEADERS = ["_global_", "foo", "foo.bar", "_global_.foo", "db", "m", "_group_"]


class Tree:
    """The files of a case while they are made. A file lists only files made after it, so most cases end."""

    def __init__(self, rng):
        self.rng = rng
        self.options = {}
        for group in rng.sample(GROUPS, rng.randint(1, 5)):
            self.options[group] = rng.sample(OPTIONS, rng.randint(1, 3))
        self.names = [f"{g}/{o}" for g, os_ in self.options.items() for o in os_]
        self.roots = rng.sample(["base", "extra"], rng.randint(0, 2))
        self.names += self.roots
        rng.shuffle(self.names)
        self.rank = {name: at for at, name in enumerate(self.names)}
        self.files = {}
        # Groups that some defaults list names already: twice is nearly always an error, an override needs one.
        self.listed = []

    def make(self):
        if self.rng.random() < 0.3:
            return self.make_layers()
        return self.make_groups()

    def make_layers(self):
        """A few files that all say something about the same few keys: what merging does to what."""
        rng = self.rng
        self.options, self.names = {"db": ["a"]}, ["db/a"]
        layers = [f"layer{at}" for at in range(rng.randint(1, 3))]
        items = list(layers)
        if rng.random() < 0.15:
            items.insert(rng.randint(0, len(items)), rng.choice(layers))
        items.insert(rng.choice([0, len(items), len(items)]), "_self_")
        packages = {name: rng.choice(["m", "foo", "m.m"]) for name in layers if rng.random() < 0.2}
        items = [f"{name}@{packages[name]}" if name in packages else name for name in items]
        self.files["config.yaml"] = dump({"defaults": items}) + dump(self.layer(3))
        for name in layers:
            self.files[f"{name}.yaml"] = dump(self.layer(3))
        self.files["db/a.yaml"] = dump(self.layer(1))
        return "config"

    def layer(self, depth):
        rng = self.rng
        made = {}
        for key in rng.sample(["m", "n", "x", "l"], rng.randint(1, 4)):
            roll = rng.random()
            if depth and roll < (0.7 if key in "mn" else 0.15):
                made[key] = self.layer(depth - 1)
            elif roll < 0.85:
                made[key] = rng.choice([None, "???", 1, [1], [], {}, "${m}", "${n}", "${l}", "${x}", "${m.n}", "${n.m}", "${.n}", "${.m}", "${..m}", "${..n}"])
            else:
                made[key] = self.value(key, 1)
        return made

    def make_groups(self):
        rng = self.rng
        primary = "config"
        if rng.random() < 0.06:
            primary = rng.choice(sorted(self.options)) + "/main"
        self.files[f"{primary}.yaml"] = self.file(primary, -1, primary=True)
        for name in self.names:
            self.files[f"{name}.yaml"] = self.file(name, self.rank[name], primary=False)
        return primary

    # Files

    def file(self, name, rank, primary):
        rng = self.rng
        lines = []
        if rng.random() < (0.05 if primary else 0.15):
            lines.append(f"# @package {rng.choice(HEADERS)}")
        if rng.random() < 0.02:
            lines.insert(0, rng.choice(["# a comment", "", "#@package foo"]))
        base = name.rpartition("/")[0]
        if rng.random() < (0.97 if primary else 0.35):
            items = self.items(base, rank, primary)
            if items or rng.random() < 0.2:
                lines.append(dump({"defaults": items}))
        body = self.mapping(2, allow_empty=True) if rng.random() < 0.9 else {}
        if not primary and rng.random() < 0.015:
            body = [1, {"x": 2}]
            lines = lines[:1] if lines and lines[0].startswith("# @") else []
        if primary and not body:
            body = {"x": 1}
        if body:
            lines.append(dump(body))
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)

    def items(self, base, rank, primary):
        rng = self.rng
        items, overrides = [], []
        for _ in range(rng.choice([1, 1, 2, 2, 3, 4]) if primary else rng.choice([0, 1, 1, 2])):
            item = self.item(base, rank)
            if item is None:
                continue
            (overrides if isinstance(item, dict) and str(next(iter(item), "")).startswith("override ") else items).append(item)
        if rng.random() < 0.75:
            items.insert(rng.randint(0, len(items)), "_self_")
        if rng.random() < 0.01:
            items.append("_self_")
        if rng.random() < 0.95:
            return items + overrides
        mixed = items + overrides
        rng.shuffle(mixed)
        return mixed

    def later(self, rank):
        loose = self.rng.random() < 0.02
        return [name for name in self.names if loose or self.rank[name] > rank]

    def spelled(self, base, path):
        """A path from the top, as it can be written in a file in `base`."""
        if base and path.startswith(base + "/") and self.rng.random() < 0.8:
            return path[len(base) + 1 :]
        if base == "" and self.rng.random() < 0.85:
            return path
        return "/" + path

    def package(self, chance):
        return "@" + self.rng.choice(PACKAGES) if self.rng.random() < chance else ""

    def item(self, base, rank):
        rng = self.rng
        kind = rng.random()
        if kind < 0.008:
            return rng.choice([1, None, {}, {"db": 1}, {"db": "a", "opt": "b"}, {"db": ["a", 1]}, "???", {"db": {"a": 1}}, "_self_@foo", {"db": "_self_"}, [], {"": "a"}, {1: "a"}, "nope", {"db": True}, {"optional optional db": "zz"}, {"odd db": "a"}, {"db@foo:bar": "a"}])
        candidates = self.later(rank)
        if not candidates:
            return None
        if self.listed and rng.random() < 0.9:
            candidates = [name for name in candidates if name.rpartition("/")[0] not in self.listed] or candidates
        target = rng.choice(candidates)
        group, _, option = target.rpartition("/")
        if kind < 0.22 or group == "":
            path = self.spelled(base, target)
            if rng.random() < 0.05:
                other = rng.choice(self.listed or sorted(self.options))
                path = self.spelled(base, group + "/" if group else "") + "${" + other + "}" if group else "${" + other + "}"
            return path + self.package(0.25)
        if self.listed and rng.random() < 0.1:
            group = rng.choice(self.listed)
            choice = rng.choice(self.options[group] + [None, self.options[group][:1]])
            return {"override " + self.spelled(base, group) + self.package(0.1): choice}
        self.listed.append(group)
        key = self.spelled(base, group) + self.package(0.3)
        options = [o for o in self.options[group] if f"{group}/{o}" in candidates]
        choice = option
        roll = rng.random()
        if roll < 0.10:
            choice = rng.sample(options, rng.randint(0 if rng.random() < 0.2 else 1, len(options)))
            if rng.random() < 0.03:
                choice.append(rng.choice(["zz", "${db}", "???"]))
        elif roll < 0.16:
            choice = None
        elif roll < 0.18:
            choice = "???"
        elif roll < 0.26:
            known = self.listed[:-1] if self.listed[:-1] and rng.random() < 0.9 else sorted(self.options) + ["zz"]
            choice = rng.choice(["${%s}", "${%s}", "${%s}", "a${%s}"]) % rng.choice(known)
        elif roll < 0.265:
            choice = "zz"
        words = ""
        roll = rng.random()
        if roll < 0.01:
            words = "override "
        elif roll < 0.1:
            words = "optional "
            if rng.random() < 0.5 and isinstance(choice, str):
                choice = "zz"
        return {words + key: choice}

    # Values

    def mapping(self, depth, allow_empty=False):
        rng = self.rng
        count = rng.choice([0, 1, 2, 3] if allow_empty else [1, 2, 2, 3])
        keys = rng.sample(KEYS, count)
        if rng.random() < 0.1:
            keys.append(rng.choice(["foo", "db", "server", "src"]))
        made = {}
        for key in keys:
            made[key] = self.value(key, depth)
        if rng.random() < 0.02:
            made[rng.choice([1, True, 1.5, "1"])] = "odd"
        return made

    def value(self, key, depth):
        rng = self.rng
        # Some keys nearly always hold the same kind, so that mappings meet mappings more often than not.
        if key in ("m", "foo", "db", "server", "src") and depth and rng.random() < 0.75:
            return self.mapping(depth - 1, allow_empty=rng.random() < 0.2)
        if key == "l" and rng.random() < 0.6:
            return self.list(depth)
        roll = rng.random()
        if roll < 0.1:
            return None
        if roll < 0.2:
            return "???"
        if roll < 0.38:
            return self.interpolation()
        if roll < 0.48 and depth:
            return self.mapping(depth - 1, allow_empty=True)
        if roll < 0.54:
            return self.list(depth)
        return self.scalar()

    def list(self, depth):
        rng = self.rng
        return [
            self.mapping(0) if depth and rng.random() < 0.25 else self.interpolation() if rng.random() < 0.1 else self.scalar()
            for _ in range(rng.randint(0, 3))
        ]

    def scalar(self):
        return self.rng.choice([0, 1, 2, -3, 10, 1.5, 1e-7, 1e20, True, False, "a", "two words", "1", "", "yes", "é", "a: b", "null", "1e3", "2020-01-01", "it's", "${", "\\${x}"][: self.rng.choice([12, 12, 12, 23])])

    def interpolation(self):
        rng = self.rng
        path = rng.choice(["m", "m", "n", "x", "y", "l", "m.x", "m.m", "foo", "foo.m", "foo.bar", "db", "db.m", "server", "l.0", "l[1]", "zz", ".x", ".m", ".y", "..x", "..m"])
        return rng.choice(["${%s}"] * 6 + ["a${%s}b"]) % path


def dump(value):
    """As YAML, innermost collections sometimes in flow style. Never so at the top: more keys may follow."""
    style = {"sort_keys": False, "allow_unicode": True, "width": 10**6}
    flow = yaml.safe_dump(value, default_flow_style=None, **style)
    if flow.startswith(("{", "[")) or random.Random(flow).random() < 0.5:
        return yaml.safe_dump(value, default_flow_style=False, **style)
    return flow


class Reference:
    """The real Hydra, asked in this process."""

    def __init__(self, files):
        self.folder = tempfile.mkdtemp(prefix="case-")
        write(self.folder, files)

    def __enter__(self):
        GlobalHydra.instance().clear()
        initialize_config_dir(version_base="1.3", config_dir=self.folder)
        return self

    def __exit__(self, *_):
        GlobalHydra.instance().clear()
        shutil.rmtree(self.folder)

    def compose(self, name, overrides, hydra=False):
        return compose(config_name=name, overrides=overrides, return_hydra_config=hydra)

    def answer(self, name, overrides):
        try:
            return {"yaml": OmegaConf.to_yaml(self.compose(name, overrides))}
        except Exception as error:
            text = str(error).replace(self.folder, "$CONF")
            first = next((line for line in text.splitlines() if line), "")
            answer = {"error": type(error).__name__, "message": first}
            if error.__cause__ is not None:
                cause = str(error.__cause__).splitlines() or [""]
                answer["cause"] = f"{type(error.__cause__).__name__}: {cause[0]}"
            return answer


def write(folder, files):
    for path, text in files.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


# Overrides


def paths(node, prefix=""):
    """Every dotted path in a plain value, with what stands there."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(node, dict) and not (isinstance(key, str) and re.fullmatch(r"[A-Za-z_]\w*", key)):
            continue
        path = f"{prefix}.{key}" if prefix else str(key)
        yield path, value
        yield from paths(value, path)


def written(value):
    """A plain value in the grammar of overrides."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if re.fullmatch(r"[A-Za-z]\w*", value):
        return value
    return "'" + value.replace("'", "\\'") + "'"


def overrides_for(tree, choices, config):
    rng = tree.rng
    places = list(paths(config))
    made = []
    for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4])):
        if rng.random() < 0.35:
            made.append(group_override(tree, choices))
        else:
            made.append(value_override(tree, places))
    return made


def group_override(tree, choices):
    rng = tree.rng
    group = rng.choice(sorted(tree.options))
    key = rng.choice(sorted(choices)) if choices and rng.random() < 0.75 else group
    option = rng.choice(tree.options.get(key.partition("@")[0], OPTIONS))
    roll = rng.random()
    if roll < 0.40:
        return f"{key}={option}"
    if roll < 0.50:
        chosen = rng.sample(OPTIONS, rng.randint(0, 2))
        return f"{key}=[{','.join(chosen)}]"
    if roll < 0.55:
        return f"{key}=" + rng.choice(["null", "1", "'a'", "zz", "???", "'${db}'", "", "true", "{x: 1}", "'${opt}'"])
    if roll < 0.78:
        group = rng.choice(sorted(tree.options))
        option = rng.choice(tree.options[group] + (["zz"] if rng.random() < 0.1 else []))
        return f"+{group}{tree.package(0.4).replace('_group_', 'foo')}={option}"
    if roll < 0.9:
        return f"~{key}"
    if roll < 0.97:
        chosen = choices.get(key)
        return f"~{key}=" + (chosen if isinstance(chosen, str) and rng.random() < 0.7 else option)
    return rng.choice([f"++{key}={option}", f"{group}@=a", f"{group}@zz={option}", f"nope/x={option}", f"+nope@foo={option}"])


def value_override(tree, places):
    rng = tree.rng
    if places and rng.random() < 0.88:
        path, value = rng.choice(places)
    else:
        path, value = rng.choice(KEYS), None
    roll = rng.random()
    if roll < 0.08:
        path += "." + rng.choice(KEYS + ["0", "2"])
        value = None
    new = tree.value(path.rpartition(".")[2], 2)
    if rng.random() < 0.25 and isinstance(value, dict):
        new = partial(tree, value)
    kind = rng.random()
    if kind < 0.48:
        return f"{path}={written(new)}"
    if kind < 0.62:
        if rng.random() < 0.6:
            path = (path + "." if isinstance(value, dict) else "") + rng.choice(KEYS + ["new", "new.deeper"])
        return f"+{path}={written(new)}"
    if kind < 0.78:
        return f"++{path}={written(new)}"
    if kind < 0.92:
        return f"~{path}"
    if rng.random() < 0.7:
        shuffled = value
        if isinstance(value, dict):
            items = list(value.items())
            rng.shuffle(items)
            shuffled = dict(items)
        return f"~{path}={written(shuffled)}"
    return f"~{path}={written(new)}"


def partial(tree, value):
    """A mapping with some of the keys of `value`, some of them deeper, so that it can merge in struct mode."""
    rng = tree.rng
    made = {}
    for key, item in value.items():
        if isinstance(key, str) and rng.random() < 0.6:
            deeper = isinstance(item, dict) and rng.random() < 0.7
            made[key] = partial(tree, item) if deeper else tree.value(key, 1)
    return made


def case(seed, number):
    """Most first draws are errors; redrawing two in three of those leaves more cases with something to compare."""
    for draw in range(5):
        rng = random.Random(f"{seed}/{number}/{draw}")
        made = draft(rng)
        if "yaml" in made["expected"] or rng.random() < 0.33:
            break
    return {"id": f"{seed}/{number}", **made}


def draft(rng):
    tree = Tree(rng)
    name = tree.make()
    with Reference(tree.files) as hydra:
        choices, config = {}, {}
        try:
            whole = OmegaConf.to_container(hydra.compose(name, [], hydra=True), resolve=False)
            choices = {key: value for key, value in whole.pop("hydra")["runtime"]["choices"].items() if not key.startswith("hydra/")}
            config = whole
        except Exception:
            # The overrides may still mend it, for instance by choosing what is `???`.
            pass
        overrides = overrides_for(tree, choices, config)
        expected = hydra.answer(name, overrides)
        tags = accidents(hydra, name, tree.files, overrides, expected)
    return {"config_name": name, "files": tree.files, "overrides": overrides, "tags": tags, "expected": expected}


def accidents(hydra, name, files, overrides, expected):
    tags = []
    with unaliased():
        if hydra.answer(name, overrides) != expected:
            tags.append("aliased")
    if "? ''" in expected.get("yaml", ""):
        tags.append("empty-key")
    if any(over.startswith("~") and over.endswith("=null") for over in overrides) or "does not exist" in expected.get("message", ""):
        tags.append("delete-null")
    if "list indices must be integers or slices" in expected.get("message", ""):
        tags.append("delete-item")
    if any(lists_interpolated_path(text) for path, text in files.items() if "/" in path):
        tags.append("base-twice")
    return tags


def lists_interpolated_path(text):
    body = yaml.safe_load(text)
    items = body.get("defaults") if isinstance(body, dict) else None
    return any(isinstance(item, str) and "${" in item for item in items or ())


@contextlib.contextmanager
def unaliased():
    """Hydra with a fresh copy of a file each time it is merged."""
    load = ConfigLoaderImpl._load_single_config

    def fresh(self, default, repo):
        result = copy.copy(load(self, default, repo))
        result.config = copy.deepcopy(result.config)
        return result

    ConfigLoaderImpl._load_single_config = fresh
    try:
        yield
    finally:
        ConfigLoaderImpl._load_single_config = load


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--count", type=int, default=550)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).with_name("goldens.jsonl"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    with arguments.out.open("w", encoding="utf-8") as file:
        for number in range(arguments.count):
            print(json.dumps(case(arguments.seed, number), ensure_ascii=False), file=file)


if __name__ == "__main__":
    main()
