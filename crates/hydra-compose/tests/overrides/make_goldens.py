"""Asks the real Hydra what overrides mean and writes its answers to goldens.jsonl.

    python -m venv next && next/bin/pip install hydra-core==1.4.0rc3
    .venv/bin/python make_goldens.py --next next/bin/python                    # after `make setup`
    .venv/bin/python make_goldens.py --seed 7 --count 300 --out fresh.jsonl    # random overrides alone

`OVERRIDE_GOLDENS=fresh.jsonl cargo test --test override_goldens` then takes these. Without --next, whatever may depend on
the next release's answer is left out.

One JSON object a line. The first: the options that every config group has. Each other one:
  input   the argument
  parse   [type, key, package, value_type, value] as `parse --format json` writes them; absent if Hydra refuses
  error   what Hydra says, if a function failed; otherwise ""
  jobs    the values the basic sweeper takes, one a job (sorted, if they are shuffled); null if it refuses
  next    only where the next release answers differently, and its answer is the one we take: an object with the keys above
"""

import argparse
import itertools
import json
import math
import random
import subprocess
import sys
import warnings
from pathlib import Path

OPTIONS = ["adam", "adamw", "b-1", "mysql", "postgresql", "school", "support", "warehouse", "x.y"]
MOST_JOBS = 40
SEED = 20240229


# Hydra's answers ---------------------------------------------------------------------------------


def spelled(number):
    if isinstance(number, float) and not math.isfinite(number):
        return ".nan" if math.isnan(number) else ".inf" if number > 0 else "-.inf"
    return number


def key_text(key):
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, float) and math.isfinite(key):
        text = repr(key)
        return text if "." in text else text.replace("e", ".0e")
    return str(spelled(key))


def plain(value):
    import decimal

    from hydra.core.override_parser import types

    def bound(number):  # True is the number 1 here
        number = float(number) if isinstance(number, decimal.Decimal) else number
        return spelled(number + 0 if isinstance(number, bool) else number)

    if isinstance(value, types.QuotedString):
        return value.text
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key_text(key): plain(item) for key, item in value.items()}
    if isinstance(value, types.ChoiceSweep):
        items = [plain(item) for item in value.list]
        return {"sweep": "choice", "list": items, "shuffle": value.shuffle, "tags": sorted(value.tags)}
    if isinstance(value, types.RangeSweep):
        bounds = {name: bound(getattr(value, name)) for name in ("start", "stop", "step")}
        return {"sweep": "range", **bounds, "shuffle": value.shuffle, "tags": sorted(value.tags)}
    if isinstance(value, types.IntervalSweep):
        return {"sweep": "interval", "start": bound(value.start), "end": bound(value.end), "tags": sorted(value.tags)}
    if type(value).__name__ == "ListExtensionOverrideValue":
        raise Unusable
    if isinstance(value, types.Glob):
        return {"sweep": "glob", "include": plain(value.include), "exclude": plain(value.exclude)}
    return spelled(value)


class Unusable(Exception):
    """extend_list(…) inside of another value: the next release parses it and can do nothing with it."""


class Loader:
    def get_group_options(self, group, results_filter=None):
        return OPTIONS


def jobs(override):
    if not override.is_sweep_override():
        return [override.get_value_element_as_str()]
    values = list(itertools.islice(override.sweep_string_iterator(), MOST_JOBS + 1))
    return sorted(values) if getattr(override._value, "shuffle", False) else values


def answer(text):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    try:
        [override] = OverridesParser.create(config_loader=Loader()).parse_overrides([text])
    except Exception as error:
        said = str(error).split("\nSee https://hydra.cc")[0].split(f"Error parsing override '{text}'\n")[-1]
        called = " while evaluating " in said or said.startswith("positional argument")
        return {"error": said.split("\nAvailable:")[0] if called else ""}
    value_type = override.value_type and override.value_type.name
    try:
        result = {"parse": [override.type.name, override.key_or_group, override.package, value_type, plain(override._value)]}
    except Unusable:
        return {"error": ""}
    try:
        values = jobs(override)
    except Exception:
        values = None
    if values is None or len(values) <= MOST_JOBS:
        result["jobs"] = values
    return result


# Cases -------------------------------------------------------------------------------------------

LONG = ["[" * 30 + "]" * 30, "{a:" * 20 + "1" + "}" * 20, "str(" * 20 + "1" + ")" * 20, "1" * 400, "a" * 300, "'" + "\\" * 40 + "'", "\\" * 41, "'" + "\\" * 41 + "'"]


def corners(name, mark):
    """The cases chosen by hand, with a mark between them."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [case for line in text.strip("\n").split("\n") for case in line.split(mark)]


PIECES = [
    *"()[]{},:=\"'\\/-+.$%*@?| \t~!ä0123", "${a}", "${", "}", "null", "true", "False", "inf", "nan", "1", "-1", "1.5", "1e3", "007", "a",
    "b_c", "d-e", "\\,", "\\ ", "\\\\", "\\[", "'x'", '"y"', "''", "\\'", '\\"', "'", ", ", " : ", "choice(", "range(", "int(", "str(",
    "sort(", "tag(", "glob(", "shuffle(", "interval(", "float(", "bool(", "a=", "sweep=", "list=", "value=", "reverse=true", "[1,2]", "{a:1}",
]


def soup(rng):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 7)))


WORDS = ["a", "b c", "true", "False", "null", "1", "-7", "2.5", "1e-3", ".5", "inf", "'q'", '"d q"', "'it\\'s'", "${x.y}", "a:b", "a\\,b", "c:\\d", "???", "0x1f", "a/b-c", "'1'", "\\[z\\]", "10_000"]
BLANKS = ["", "", "", " ", "  ", "\t"]


def blank(rng):
    return rng.choice(BLANKS)


def element(rng, depth=0):
    kind = rng.random()
    if depth > 2 or kind < 0.5:
        return rng.choice(WORDS)
    inner = [element(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    comma = f"{blank(rng)},{blank(rng)}"
    if kind < 0.68:
        return f"[{blank(rng)}{comma.join(inner)}{blank(rng)}]"
    if kind < 0.85:
        keys = ["a", "b", "1", "1.5", "true", "k-1", "a b", "null"]
        pairs = [f"{rng.choice(keys)}{blank(rng)}:{blank(rng)}{item}" for item in inner]
        return f"{{{blank(rng)}{comma.join(pairs)}{blank(rng)}}}"
    return call(rng, depth + 1)


NUMBERS = ["0", "1", "2", "3", "10", "-2", "0.5", "1.5", "-0.25", "1e-1", "true", "a", "null", "'1'", "12"]


def call(rng, depth=0):
    name = rng.choice(["choice", "range", "interval", "glob", "tag", "shuffle", "sort", "int", "float", "str", "bool"])
    if name in ("range", "interval"):
        args = [rng.choice(NUMBERS[:10] if rng.random() < 0.8 else NUMBERS) for _ in range(rng.randint(1, 3))]
    elif name == "glob":
        args = rng.choices(["*", "a*", "[s*,a*]", "*l", "x?y", "1", "[]"], k=rng.randint(1, 2))
    elif name == "shuffle":
        args = [rng.choice(["choice(1,2,3)", "range(3)", "a", "1,2", "sweep=range(2)", "[a]", "interval(0,1)", "{a:1}", "null"])]
    else:
        simple = rng.random() < 0.6
        args = [rng.choice(NUMBERS + WORDS[:8]) if simple else element(rng, depth + 1) for _ in range(rng.randint(1, 4))]
    if name == "tag" and rng.random() < 0.8:
        args.append(call(rng, depth + 1))
    if rng.random() < 0.15:
        args.append(rng.choice(["reverse=true", "value=1", "sweep=choice(2,1)", "list=[b,a]", "step=2", "exclude=a*", "x=1"]))
    return f"{name}{blank(rng)}({blank(rng)}{','.join(args)}{blank(rng)})"


def mutated(rng, text):
    at = rng.randrange(len(text) + 1)
    piece = rng.choice(PIECES)
    return rng.choice([text[:at] + piece + text[at:], text[:at] + text[at + 1 :], text[:at] + piece + text[at + 1 :]])


def cases(rng, count):
    values = [*corners("values.txt", "||"), "'a\nb'", "a\nb", "'\n'", "[a\n]", "${a\nb}", "a\r", "a\x00b", *LONG]
    calls = corners("calls.txt", "||")
    fixed = [*corners("keys.txt", "|"), "", *(f"x={value}" for value in values + calls), "+x=extend_list(a)", "++x=extend_list(a)", "~x=extend_list(a)"]
    known = dict.fromkeys(fixed if count is None else [])
    while count is None and len(known) < len(fixed) - 40 + 190:
        known[rng.choice(["", "+", "++", "~"]) + rng.choice(["a", "a.b", "a/b", "a@b", "$a", "a.0"]) + "=" + element(rng)] = None
    makers = [
        lambda: "x=" + element(rng), lambda: "x=" + call(rng), lambda: "x=" + call(rng), lambda: "x=" + soup(rng), lambda: "x=" + soup(rng),
        lambda: mutated(rng, rng.choice(fixed)), lambda: mutated(rng, "x=" + element(rng)), lambda: mutated(rng, "x=" + call(rng)),
        lambda: soup(rng) + "=" + soup(rng), lambda: "x=" + ",".join(element(rng) for _ in range(rng.randint(2, 3))),
    ]
    while len(known) < (2600 if count is None else count):
        text = rng.choice(makers)()
        if len(text) < 90:
            known[text] = None
    return [case for case in known if not ("shuffle([" in case and "," in case and case not in fixed)]


def is_by_chance(text, answer):
    """Whether a list in the answer may have been shuffled: what becomes of it is Hydra's secret."""

    def has_several(value):
        if isinstance(value, dict):
            return any(has_several(item) for item in (value["list"] if value.get("sweep") == "choice" else value.values()))
        return isinstance(value, list) and (len(set(map(repr, value))) > 1 or any(map(has_several, value)))

    return "shuffle" in text and has_several(answer.get("parse", [None])[-1])


def repaired(text):
    """Whether the next release's answer is the one we take: see "Differences from Hydra 1.3" in the reference."""
    if "extend_list" in text:
        return True
    return "range" in text and not any(cast in text for cast in ("int", "float", "str", "bool", "shuffle", "tag"))


def may_be_repaired(text, answer):
    """Whether the next release may answer `text` differently."""
    value = answer.get("parse", [None])[-1]
    is_range = isinstance(value, dict) and value.get("sweep") == "range"
    is_exact = is_range and all(isinstance(value[name], int) for name in ("start", "stop", "step"))
    return repaired(text) and ("extend_list" in text or is_range and ("sort" in text or not is_exact))


def main():
    goldens = Path(__file__).with_name("goldens.jsonl")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, help="at most that many overrides, none of them chosen by hand")
    parser.add_argument("--out", type=Path, default=goldens)
    parser.add_argument("--next", help="the Python that has Hydra's next release")
    parser.add_argument("--answer", action="store_true", help="answer the overrides on stdin, a JSON list")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.answer:
        json.dump([answer(text) for text in json.load(sys.stdin)], sys.stdout)
        return
    if arguments.out == goldens and not arguments.next:
        parser.error(f"{goldens.name} is made with --next")
    texts = cases(random.Random(arguments.seed), arguments.count)
    later = {}
    if arguments.next:
        asked = [text for text in texts if repaired(text)]
        process = subprocess.run([arguments.next, __file__, "--answer"], input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True)
        later = dict(zip(asked, json.loads(process.stdout)))
    lines = [{"options": OPTIONS}]
    for text in texts:
        here = answer(text)
        if is_by_chance(text, here) or not arguments.next and may_be_repaired(text, here):
            continue
        line = {"input": text, **here}
        then = later.get(text)
        # The types in Python's messages are spelled differently there; that is no repair.
        is_repair = "extend_list" in text or then and ("parse" in then or "parse" in here)
        if then and is_repair and repr(then) != repr(here):
            line["next"] = then
        lines.append(line)
    arguments.out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    print(f"{len(lines) - 1} overrides, {sum('parse' in line for line in lines)} parse, {sum('next' in line for line in lines)} with a repair")


if __name__ == "__main__":
    main()
