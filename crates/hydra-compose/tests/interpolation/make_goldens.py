"""Asks the real OmegaConf what interpolations read, and writes its answers to goldens.jsonl beside this file.

    .venv/bin/python make_goldens.py                                           # after `make setup`
    .venv/bin/python make_goldens.py --seed 7 --count 300 --out fresh.jsonl    # generated cases alone

`INTERPOLATION_GOLDENS=fresh.jsonl cargo test --test interpolation_goldens` then takes these.

The first line is what all cases share: the tree that texts are read in, Hydra's node, the environment, the time and
the version of Python. Every other line is one case:

    {"text": T, "want": W}          T is the value of the key `x` in the shared tree
    {"decode": T, "want": W}        `${oc.decode:...}` of T, in the shared tree
    {"tree": C, "select": K, ...}   OmegaConf.select(C, K), then everything in it resolved
    {"tree": C, "all": 1, ...}      OmegaConf.to_container(C, resolve=True)
    {"tree": C, "keep": 1, ...}     OmegaConf.resolve(C)

W is {"v": value}, {"none": 1} (nothing there, or ???), {"bad": 1} (refused when the tree is made) or
{"e": class, "m": first line of the message}. Values that JSON lacks are {"f": repr of a float}, {"b": hex of bytes},
{"d": [[key, value], ...]} for mappings.
"""

import argparse
import datetime
import json
import os
import random
import sys
import warnings
from pathlib import Path

from omegaconf import Container, DictConfig, ListConfig, OmegaConf
from omegaconf.errors import GrammarParseError

warnings.simplefilter("ignore")

NOW = datetime.datetime(2024, 3, 5, 7, 8, 9, 1234)
ENV = {"HOME_": "/home/me", "NUM": "10", "EMPTY": "", "LIST": "[1, ${int}]", "ESC": "${int}", "MISS": "???"}
os.environ.update(ENV)

BASE = {
    "str": "hi",
    "int": 123,
    "neg": -1,
    "float": 1.5,
    "small": 1e-5,
    "big": 1e16,
    "inf": float("inf"),
    "nan": float("nan"),
    "true": True,
    "null": None,
    "miss": "???",
    "quote": "it's",
    "empty": "",
    "uni": "é\u200b\n",
    "dict": {"a": 0, "b": {"c": 1}, "m": "???", "up": "${..int}", "here": "${.a}", "n": None},
    "list": [10, "two", 2.5, None, True, [7, {"k": "v"}], "${int}", "${.0}", "???"],
    "keys": {1: "one", 1.5: "f", True: "t", b"\x00'": "b", "1": "s"},
    "by": b"a'\xff",
    "x@y": "at",
    "$d$": "dollar",
    "a/b": "slash",
    "0": "zero",
    "1": {"2": 12},
    "None": {"null": 1},
    "name": "str",
    "path": "dict.b",
    "rel": ".dict",
    "dot": ".",
    "idx": "0",
    "fn": "test",
    "esc": r"\${int}",
    "escb": r"\\${int}",
    "alias": "${dict}",
    "chain": "${alias.b}",
    "mix": "<${float}|${null}|${true}>",
    "loop": "${pool}",
    "pool": "${loop}",
    "self": "${self}",
    "made": "${oc.create:{p: 1, q: [2, '${int}']}}",
    "raw": "${oc.decode:'{p: 1}'}",
    "tomiss": "${miss}",
    "tofail": "${nosuch}",
    "hydra": {"job": "in the job's own tree"},
}
HYDRA = {
    "hydra": {
        "job": {"name": "app", "num": "???", "id": None},
        "run": {"dir": "out/${hydra.job.name}"},
        "rel": "${.job.name}",
        "bad": "${str}",
    }
}


def test_resolver(*args):
    return args[0] if len(args) == 1 else list(args)


OmegaConf.register_new_resolver("test", test_resolver)
OmegaConf.register_new_resolver("ns1.ns2.test", test_resolver)
OmegaConf.register_new_resolver("now", lambda pattern: NOW.strftime(pattern), use_cache=True)
hydra_config = OmegaConf.create(HYDRA)
OmegaConf.register_new_resolver("hydra", lambda path: OmegaConf.select(hydra_config.hydra, path))
versions = {"major": "3", "minor": "3.11", "micro": "3.11.7"}
OmegaConf.register_new_resolver("python_version", lambda level="minor": versions.get(level))


def enc(v):
    if isinstance(v, (DictConfig, ListConfig)):
        v = OmegaConf.to_container(v, resolve=True)
    if v is None or isinstance(v, (bool, str)):
        return v
    if isinstance(v, int):
        return v
    if isinstance(v, float):
        return {"f": repr(v)}
    if isinstance(v, bytes):
        return {"b": v.hex()}
    if isinstance(v, (list, tuple)):
        return [enc(x) for x in v]
    if isinstance(v, dict):
        return {"d": [[enc(k), enc(x)] for k, x in v.items()]}
    raise TypeError(type(v))


MARK = object()


def ask(make, read):
    try:
        cfg = make()
    except GrammarParseError:
        return {"bad": 1}
    try:
        v = read(cfg)
        return {"none": 1} if v is MARK else {"v": enc(v)}
    except Exception as e:
        message = str(e).split("\n")[0]
        # A key with a line break or a dollar spoils OmegaConf's own message.
        return {"e": type(e).__name__, "m": "" if "$" in message or len(message) > 120 else message}


seen = set()
out = []


def emit(case, want):
    key = json.dumps(case)
    if key in seen:
        return
    seen.add(key)
    case["want"] = want
    out.append(case)


def select(key):
    return lambda cfg: OmegaConf.select(cfg, key, default=MARK)


def text(t):
    emit({"text": t}, ask(lambda: OmegaConf.create({**BASE, "x": t}), select("x")))


def decode(t):
    if "\0" in t:
        return
    os.environ["T"] = t
    emit({"decode": t}, ask(lambda: OmegaConf.create({**BASE, "x": "${oc.decode:${oc.env:T}}"}), select("x")))


def tree(c, *keys):
    for key in keys:
        emit({"tree": enc(c), "select": key}, ask(lambda: OmegaConf.create(c), select(key)))


def keep(cfg):
    OmegaConf.resolve(cfg)
    return OmegaConf.to_container(cfg)


def container(cfg):
    return OmegaConf.to_container(cfg, resolve=True)


def whole(c, kept=True):
    emit({"tree": enc(c), "all": 1}, ask(lambda: OmegaConf.create(c), container))
    if kept:
        emit({"tree": enc(c), "keep": 1}, ask(lambda: OmegaConf.create(c), keep))


# --- corners, by hand ---------------------------------------------------------------------------------------------


def corners():
    keys = """str int neg float small big inf nan true null miss quote empty uni dict list keys by x@y $d$ a/b 0 1.2 None.null
    1 dict.a dict.b.c dict.m dict.up dict.here dict.n list.0 list[0] list.1_0 list.-1 list.+1 list.00 list.9 list.x list[x]
    list[5][1].k list.5.0 list[6] list[7] list[8] [dict].a [dict][b][c] [list][1] dict[b].c keys.1 keys.1.5 keys.True
    .str ..str .dict.a ...x .[dict].a .[str] dict..a dict.a.b null.x miss.x str.x esc escb alias alias.b chain chain.c mix
    loop pool self made made.p made.q made.q.1 raw raw.p tomiss tofail x hydra.job nosuch nosuch.a STR dict.zz list.0.x""".split()
    for k in keys:
        text("${%s}" % k)
        text("<${%s}>" % k)
    for k in [
        "${name}", "${path}.c", "dict.${name}", "dict[${name}]", "${rel}.a", "${dot}", "${empty}", "list.${idx}",
        "list[${idx}]", "list.${int}", "${int}", "${null}", "${list}", ".${name}", "${rel}", "[${name}]",
        "${${name}}", "${path}", "${path}.${nosuch}", "foo${str}", "${str}foo", "$", "$$", "$a", "a$", "a b",
        "a-b", "a,b", "a=b", "a#b", "a\nb", "é", "a(b", "a'b", 'a"b', "a\\b", "a{b", "", " ", ".", "..", "[", "[]",
        "[a", "a]", "a[b", "a[b]c", "a.[b]", "[a].[b]", "a[b.c]", "a[[b]]", "a[ b ]", " str ", "\tstr\t", "str .x",
        "str. x", "\nstr", "a..b", "a.", "true.x", "1.5", "-", "--", "a:b:c", ":", ":a", ":-x", "0:1", "a.b:c",
        "a.1:c", "[a]:b", ".a:b", "a@b:c", "te st:x", "test :x", " test:x",
    ]:
        text("${%s}" % k)
    for t in [
        r"\${int}", r"\\${int}", r"\\\${int}", r"\\\\${int}", r"\\\\\${int}", r"a\\b${int}", r"${int}\\",
        r"${int}\\\ ", r"\$ ${int}", r"\\$ ${int}", r"$\{int}${int}", r"\${", r"\${int}${int}", r"${int}\${int}",
        "$${int}", "$$$${int}", "${int}$", "${int}$$", "${int}${str}", "${int} ", " ${int}", "'${int}'",
        '"${int}"', "${int}}", "{${int}}", "${int", "${", "${}", "x ${", "${${int}", "${null}${null}", "${dict}!",
        "${list}!", "${keys}!", "${made}!", "${raw}!", "${by}!", "${uni}!", "${quote}!", "${alias}!",
        "${nan} ${inf} ${big} ${small}", "${esc}!", "${escb}!", "é${int}é", "a\nb${int}\n", "${int}\t",
        "\\\\\\${a} ${int} \\\\",
    ]:
        text(t)

    elements = r"""
    null NULL Null true TRUE tRuE false 0 00 007 1 +1 -1 1_000 1__0 1_ _1 0x10 1e3 1E5 -1e-3 1. .5 -.5 +.5 . ..
    1.2.3 1.5e 1.e3 1.e-3 1_0.5_0 0_1 01.5 inf -inf +inf INF nan -nan NaN Infinity info nano nulls null2 truex a a-b
    a_b -a - -- a.b a/b a:b a::b : :: a=b a+b a*b a@b a?b a|b a%b a$b $ $$ $a a#b a&b a;b é ~ ! ^ ( ) (a) a\ \ \\
    \\\ \\\\ \a \( \) \[ \] \{ \} \: \= \, \# '' "" 'a' "a" 'a'b a'b' 'a''b' '1' 'null' 'a,b' 'it\'s' "it's" "a\"b"
    'a\\' 'a\\\'b' 'a\b' 'a\\b' 'a' 'a "'a'" '"' [] [a] [a,b] [a,] [,] [,a] [a,,b] [[a],[]] [1,'1',null] [a [a] a] ]
    [a]b b[a] {} {a:1} {a:1,b:2} {a:1,} {,} {a} {a:} {:a} {a:b:c} {'a':1} {"a":1} {1:a,1.0:b,true:c} {null:1}
    {true:1,false:2} {1.5:x} {nan:1} {a:{b:c}} {a:[1,{b:2}]} {${str}:1} {a:${int}} {a-b:1} {a.b:1} {a:1}b {a:'b'}
    {a:1 } } { ${int} ${dict} ${list} [${int},${str}] [${dict}] ${int}${str} x${int} ${int}x '${int}'
    "${str}-${int}" '${dict}' ${test:1} ${test:a,b} ${nosuch} ${nosuch:1} ${miss} {a:1,a:2,b:3} {a:1,b:2,a:3}
    12345678901234567890123 1e400 -0 -0.0 0.0 1e16 1e-7
    """.split()
    elements += [
        "", " ", "  ", " a", "a ", " 1 ", "a b", "a  b", "a\tb", "a , b", "[ a , b ]", "[a b, c d]",
        "{ a : 1 , b : 2 }", "{a b: c d}", "{ : 1}", "{a : : b}", "'a' ", " 'a'", "'a b'", "'a\nb'", "a\nb",
        r"a\ b", r"\ a\ ", r"a\	b", r"'\${int}'", r"'\\${int}'", r"'\\\${int}'", r"'${int}\\'", r"'\\a_${int}'",
        r"\${int}", r"\\${int}", r"a\:b", "'${test:'b'}'", "'${test:\"b\"}'", "'AB${test:'CD${test:'EF'}GH'}'",
        "${ int }", "[ ${int} , x ]", "{a: ${dict}, b: '${dict}'}", "${test:[a, b], 0, [1.1]}", "x ${int} y",
        "${int} ${str}", "'${null}'", "${null}", "1 2", "1, 2", "a,b", "true false", "null null", "1 .5", "- 1",
        "-1-2", "1-2", "1:2", "12:30:45", "{a: 12:30}", "http://x.y/z?a%20b", "c:\\foo", r"'c:\foo\\'", "$\\{a\\}",
        "$ {a}",
    ]
    for e in elements:
        decode(e)
        text("${test:%s}" % e)
    for e in [
        "a, b c", "", " ", ",", "a,", ",a", "a,,b", " ,a,b,\t,,c,  \t   \t ,d,, \t", "'a' , \"b\"", "[a,b],{a:b}",
        "a:b,c", "${str},${null},${int}", "${dict},1", "'a'b", "a}", "{a:1", "[a", "\n", "a\nb", "é", "'é'",
        '"The root drive is: \\\\${str}:\\\\"', "'a\\'b'", "a\\,b", "a\\}b", "a\\{b", "a\\ ", "\\ a",
    ]:
        text("${test:%s}" % e)
        text("-${test:%s}-" % e)
    for r in [
        "oc.env:HOME_", "oc.env:NUM", "oc.env:EMPTY", "oc.env:NOPE", "oc.env:NOPE,d", "oc.env:NOPE,null",
        "oc.env:NOPE,1", "oc.env:NOPE,1e3", "oc.env:NOPE,true", "oc.env:NOPE,[1,a]", "oc.env:NOPE,{a:1}",
        "oc.env:NOPE,${dict}", "oc.env:NOPE,${list}", "oc.env:NOPE,''", "oc.env:NOPE,", "oc.env:", "oc.env:1",
        "oc.env:null", "oc.env:A,b,c", "oc.env:ESC", "oc.env:MISS", "oc.env:${name}", "oc.env:NOPE,a b",
        "oc.env:NOPE,${nosuch}", "oc.env: HOME_ ", "oc.env:NOPE,'${int}'", "oc.env:'HOME_'", "oc.decode:10",
        "oc.decode:'10'", "oc.decode:${oc.env:NUM}", "oc.decode:${oc.env:LIST}", "oc.decode:${oc.env:ESC}",
        "oc.decode:null", "oc.decode:${null}", "oc.decode:'null'", "oc.decode:${int}", "oc.decode:[1]",
        "oc.decode:", "oc.decode:'${str}'", "oc.decode:${oc.env:NOPE,'{a: 1}'}", "oc.decode:'[1'",
        "oc.decode:${oc.env:EMPTY}", r"oc.decode:'\${.int}'", r"oc.decode:'\${dict}'", r"oc.decode:'\${nosuch}'",
        "oc.select:int", "oc.select:nosuch", "oc.select:nosuch,d", "oc.select:nosuch,null", "oc.select:miss",
        "oc.select:miss,d", "oc.select:tomiss", "oc.select:tomiss,d", "oc.select:null", "oc.select:null,d",
        "oc.select:dict", "oc.select:dict.b.c", "oc.select:dict.a.x", "oc.select:dict.a.x,d", "oc.select:.int",
        "oc.select:..int", "oc.select:..int,d", "oc.select:''", "oc.select:'.'", "oc.select:list[1]",
        "oc.select:list.x", "oc.select:list.x,d", "oc.select:list.99,d", "oc.select:list.-1,d", "oc.select:a/b",
        "oc.select:1", "oc.select:null", "oc.select:'a[b]c',d", "oc.select:'dict[b]c',d", "oc.select:'[dict].b',d",
        "oc.select:nosuch,${int}", "oc.select:nosuch,${nosuch}", "oc.select:int,${nosuch}", "oc.select:tofail,d",
        "oc.select:loop,d", "oc.select:x,d", "oc.select:alias.b.c", "oc.select:raw.p,d", "oc.select:made.p,d",
        "oc.select:dict.m,d", "oc.select:nosuch,[1,2]", "oc.select:", "oc.select:a,b,c",
        "oc.select:nosuch,${dict}", "oc.create:{a: 1}", "oc.create:[1,2]", "oc.create:${dict}",
        "oc.create:${list}", "oc.create:null", "oc.create:1", "oc.create:{a: '${int}'}",
        r"oc.create:{a: '\${int}', b: '\${.c}', c: 5, d: '\${..str}'}", "oc.create:{null: 1}",
        "oc.create:{1: a, true: b}", "oc.create:{}", "oc.create:[]", r"oc.create:['\${', 1]", "oc.create:",
        "oc.create:{a: ???}", "oc.create:${raw}", "oc.dict.keys:dict", "oc.dict.keys:keys", "oc.dict.keys:list",
        "oc.dict.keys:null", "oc.dict.keys:miss", "oc.dict.keys:nosuch", "oc.dict.keys:int", "oc.dict.keys:alias",
        "oc.dict.keys:made", "oc.dict.keys:.dict", "oc.dict.keys:1", "oc.dict.keys:", "oc.dict.keys:${dict}",
        "oc.dict.keys:tomiss", "oc.dict.keys:raw", "oc.dict.keys:dict.b", "oc.dict.keys:int.x",
        "oc.dict.values:dict.b", "oc.dict.values:.dict.b", "oc.dict.values:chain", "oc.dict.values:dict",
        "oc.dict.values:list", "oc.dict.values:keys", "oc.dict.values:nosuch", "oc.dict.values:hydra",
        "oc.dict.values:int", "oc.deprecated:int", "oc.deprecated:int,'$OLD_KEY gone'", "oc.deprecated:nosuch",
        "oc.deprecated:miss", "oc.deprecated:dict", "oc.deprecated:1", "oc.deprecated:int,1",
        "oc.deprecated:alias", "oc.deprecated:.int", "oc.deprecated:tofail", "oc.deprecated:", "hydra:job.name",
        "hydra:job.num", "hydra:job.id", "hydra:job", "hydra:nosuch", "hydra:run.dir", "hydra:rel", "hydra:bad",
        "hydra:job.name.x", "hydra:", "hydra:1", "hydra:'.job.name'", "hydra:'..hydra.job.name'", "hydra:run",
        "hydra:''", "python_version:", "python_version:major", "python_version:minor", "python_version:micro",
        "python_version:x", "python_version:1", "python_version:null", "python_version:major,minor",
        "now:%Y-%m-%d", "now:%H-%M-%S", "now:%H:%M:%S", "now:%Y", "now:%y%j", "now:'%d %b %Y, %A'", "now:%d %b",
        "now:%H, %M", "now:%f", "now:%%", "now:%p%I", "now:%z", "now:%Z", "now:%c", "now:%x", "now:%X",
        "now:'%U %W %w %a'", "now:%Y_%m", "now:1", "now:", "now:abc",
        "now:'%e|%k|%l|%D|%T|%F|%R|%C|%G|%V|%u|%h|%n|%t|%s'", "now:%-d", "now:%q", "now:'100%'", "now:é",
        "nosuch:1", "nosuch:", "oc.Env:X", "OC.ENV:X", "${fn}:1", "${fn}:a,b", "ns1.ns2.test:1",
        "ns1.${name}.test:1", "ns1.ns2.${fn}:7", "${int}:1", "${null}:1", "${nosuch}:1", "test-x:1", "test.1:1",
        "${fn}.x:1", "x${fn}:1", "oc.env: NOPE , d ", "test: ${int} ", "test:${test:${test:${int}}}",
        "${test:${name}}", "test:${x}", "${x}:1", "${x}",
    ]:
        text("${%s}" % r)
        text("<${%s}>" % r)
    for key in [
        "str", "dict.a", "dict", "list[5]", "miss", "dict.m", "nosuch", "dict.nosuch", "list.0.x", "dict.a.x",
        "null", "null.x", "", ".", ".str", "..str", "tomiss", "tofail", "loop", "self", "raw.p", "made.p", "made",
        "raw", "list.x", "list.-1", "a[b]c", "dict[b]c", "[dict][b]", "dict.", "alias.b.c", "chain", "keys.1",
        "1.2", "list", "keys", "mix", "hydra",
    ]:
        emit({"select": key}, ask(lambda: OmegaConf.create(BASE), select(key)))

    nested_list = ["${.1}", 5, "${..d}", ["${..1}", "${...e}"]]
    nested_map = {"c": "${.d}", "d": "${..e}", "e": "${...e}", "f": "${....e}", "l": nested_list}
    nested = {"a": {"b": nested_map, "e": 2}, "e": 1}
    tree(nested, "a.b.c", "a.b.d", "a.b.e", "a.b.f", "a.b.l", "a.b.l[3]", "a.b.l.3.1", "a")
    whole(nested)
    cases = [
        {"a": {"b": "${a}"}}, {"a": {"b": {"c": "${a}"}}}, {"a": ["${a}"]}, {"a": {"b": "${a.b}"}},
        {"a": "${a.b}"}, {"a": "${a[0]}"}, {"a": {"b": "${.}"}}, {"a": "${b}", "b": "${c}", "c": "${a}"},
        {"a": "x${a}"}, {"a": {"b": "${c}"}, "c": {"d": "${a}"}}, {"a": {"b": "${c}"}, "c": {"d": "${a.e}"}},
        {"a": {"b": "${c}", "e": 5}, "c": {"d": "${a.e}"}}, {"a": "${oc.select:a}"},
        {"a": "${oc.select:b}", "b": "${a}"}, {"a": "${oc.create:{x: '${a}'}}"}, {"a": "${oc.select:''}"},
        {"a": {"b": "${oc.select:a}"}}, {"a": "${oc.select:b}", "b": {"c": "${a}"}},
        {"a": "${b.c}", "b": "${d}", "d": {"c": "${e}"}, "e": [1, "${f}"], "f": "???"}, {"a": "${b}", "b": "???"},
        {"a": "x${b}", "b": "???"}, {"a": "???", "b": None}, {"a": "${b}", "b": {"c": "???"}},
        {"a": "${b.c}", "b": "???"}, {"a": "${b}", "b": None}, {"a": "${b.c}", "b": None},
        {"a": "${b}", "b": "${c}", "c": {"d": "${.e}", "e": 7}},
        {"a": "${b[0]}", "b": ["${.1}", "${..c}"], "c": 3}, {"a": {"x": "${..b.x}"}, "b": {"x": "${.y}", "y": 1}},
        {"a": "${b.x}", "b": {"x": "${.y}", "y": "${..z}"}, "z": 9},
        {"a": r"\${b}", "b": 1, "c": "${a}", "d": "<${a}>"}, {"a": "${oc.env:ESC}", "b": "${a}", "int": 3},
        {"a": "${oc.env:MISS}", "b": "${a}", "c": "${oc.select:a,d}"},
        {"a": {"k.x": 1, "k": {"x": 2}}, "b": "${a.k.x}", "c": "${a[k.x]}"}, {"a b": 1, "c": "${a b}"},
        {"a b": 1, "k": "a b", "c": "${${k}}"}, {"a.b": 1, "k": "a.b", "c": "${${k}}"},
        {"a[b]": 1, "k": "a[b]", "c": "${${k}}", "d": "${a[b]}"},
        {"": 1, "k": "", "c": "${${k}}", "d": {"": 2}, "e": "${d.${k}}"},
        {"k": "x.", "x": {"": 3}, "c": "${${k}}"},
        {"l": [[1, 2], [3, 4]], "c": "${l[1][0]}", "d": "${l.1.0}", "i": "1", "e": "${l[${i}].${i}}"},
        {"l": ["${..a}", {"x": "${...a}", "y": "${..0}"}], "a": 5},
        {"d": {"x": 1, "y": "${.x}"}, "k": "${oc.dict.keys:d}", "v": "${oc.dict.values:d}"},
        {"p": {"d": {"x": 1, "y": "${.x}"}, "v": "${oc.dict.values:.d}", "w": "${oc.dict.values:p.d}"}},
        {"d": {"a b": 1}, "v": "${oc.dict.values:d}"}, {"d": {"a.b": 1}, "v": "${oc.dict.values:d}"},
        {"d": {"${x}": 1}, "k": "${oc.dict.keys:d}", "x": 3}, {"d": {"${x": 1}, "k": "${oc.dict.keys:d}"},
        {"d": {"m": "???", "n": None}, "v": "${oc.dict.values:d}"},
        {"v": "${oc.dict.values:d}", "d": "${e}", "e": {"x": 1}, "w": "${v.0}"},
        {"a": {"b": "${oc.create:{x: '\\${.y}', y: '\\${..c}'}}", "c": 4}},
        {"a": {"b": "${oc.create:${d}}", "c": 4}, "d": {"x": "${..c}"}, "c": 8},
        {"a": "${oc.create:[1, {b: '\\${..0}'}]}", "c": "${a[1].b}"}, {"a": "${oc.decode:'[${b}]'}", "b": 2},
        {"a": "${oc.decode:'{x: 1}'}", "b": "${a.x}"}, {"a": "${oc.decode:'{x: 1}'}", "b": "${a}", "c": "<${b}>"},
        {"a": "${oc.deprecated:b}", "b": {"c": "${.d}", "d": 6}}, {"b": {"x": "${oc.deprecated:.y}", "y": 1}},
        {"a": ["${b}", "${b}"], "b": ["${c}"], "c": 0},
        {"hydra": {"x": 1}, "a": "${hydra:job.name}", "b": "${hydra.x}"}, {"a": {"_b_": 1}, "c": "${a._b_}"},
        {"1": {"2": {"3": 4}}, "x": "${1.2.3}", "y": "${1[2].3}"}, {1: "i", "x": "${1}"},
        {True: "t", "x": "${True}"}, {"x": "${a}", "a": [None, True, 1.0, -0.0, 1e100, "s", {"k": None}]},
        {"x": "<${a}>", "a": [None, True, 1.0, -0.0, 1e100, "s", {"k": None, 1: b"z", 2.5: "it's", True: '"'}]},
        {"x": "<${a}>", "a": ["${b}", "???", {"c": "${d}"}], "b": 1}, {"x": "${a}", "a": ["${b}"]},
        {"x": "${a}", "a": ["${b}"], "b": 2}, {"a": "${b}-${b}", "b": "${c}-${c}", "c": "x"},
        {"a": {"b": 1}, "c": "${A.b}"}, {"a": {"b": 1}, "c": "${a.B}"}, {"a": {"b": "${b}"}, "b": 2},
        {"a": {"b": "${..b}"}, "b": 2}, {"x": ["${y}"], "y": ["${x}"]},
        {"x": {"z": "${y}"}, "y": "${x.w}", "w": 1}, [1, "${0}", "${.0}", "${[0]}", ["${..0}"]], ["${1}", "${0}"],
        [{"a": "${0.b}", "b": 2}], {"a": "${test:${b}}", "b": "${c}", "c": "${a}"},
        {"a": "${test:${b}}", "b": 1, "c": "${a}"}, {"a": "${test:1,2}", "b": "${a}", "c": "${a.0}"},
        {"a": "${test:[1,2]}", "c": "${a[0]}"}, {"a": "${test:???}", "b": "${a}"}, {"a": "${test:'???'}!"},
        {"now": "${now:%S}", "again": "${now:%S}"}, {"k": "${oc.env:NOPE,x}", "v": "${${k}}", "x": 3},
        {"a": "${b}", "b": "${oc.env:NOPE}"}, {"a": {"b": {}}, "c": "${a.b}", "d": "${a.b.e}"},
        {"a": [], "c": "${a}", "d": "${a[0]}"}, {"a": "", "b": "${a}", "c": "${a}${a}"},
    ]
    for c in cases:
        whole(c)
        if isinstance(c, dict):
            tree(c, *[k for k in c if isinstance(k, str) and k and not any(x in k for x in ".[")])


# --- generated ----------------------------------------------------------------------------------------------------

pick = random.choice
ATOMS = [
    "str", "int", "dict.a", "dict.b.c", "list.0", "list[1]", "name", "null", "nosuch", ".int", "dict[b][c]",
    "float", "[list][2]", "x@y", "path",
]


def gen_inter(depth):
    r = random.random()
    blank = pick(["", "", "", " ", "\t"])
    if r < 0.45 or depth == 0:
        return "${" + blank + pick(ATOMS) + pick(["", "", blank]) + "}"
    if r < 0.6:
        return "${" + pick(["", ".", "dict.", "list[", ""]) + gen_inter(depth - 1) + pick(["", ".a", "]", ""]) + "}"
    name = pick(["test", "test", "ns1.ns2.test", "oc.env", "oc.select", "oc.decode", gen_inter(0)])
    return "${" + name + pick([":", ":", " : "]) + gen_args(depth - 1) + "}"


def gen_args(depth):
    return pick([",", ", ", " ,"]).join(gen_element(depth) for _ in range(pick([0, 1, 1, 1, 2, 3])))


def gen_quoted(depth):
    q = pick("'\"")
    inner = "".join(pick([
        "a", "b c", "1", ",", "}", "]", ":", "\\", "\\\\", "\\" + q, "$", "é", "\\${a}", "{",
        "'" if q == '"' else '"', gen_inter(depth) if depth else "x",
    ]) for _ in range(pick([0, 1, 2, 3])))
    return q + inner + q


def gen_element(depth):
    r = random.random()
    if r < 0.4 or depth == 0:
        return pick([
            "a", "b", "1", "1.5", "null", "true", "-1e3", "a b", "x:y", "a-b", "a.b/c", "inf", "\\,", "\\\\",
            "\\:", "%Y-%m", "'q'", "0", "int", "str", "NOPE",
        ])
    if r < 0.55:
        return "[" + pick(["", " "]) + gen_args(depth - 1) + "]"
    if r < 0.68:
        comma = pick([", ", ","])
        return "{" + comma.join(gen_pair(depth - 1) for _ in range(pick([0, 1, 2]))) + "}"
    if r < 0.84:
        return gen_quoted(depth - 1)
    return pick(["", "a", "1 ", "-"]) + gen_inter(depth - 1) + pick(["", "", "b", " c"])


def gen_pair(depth):
    return pick(["a", "b", "1", "x y", "a-b", "true"]) + pick([":", ": "]) + gen_element(depth)


def gen_text(depth):
    before = ["", "", "a", " ", "\\", "\\\\", "$", "'", "}", "{", "é", "\n", "\\$"]
    text = "".join(pick(before) + gen_inter(depth) for _ in range(pick([1, 1, 1, 2])))
    return text + pick(["", "", "", "b", "\\", "}", "$"])


SOUP = [
    "${", "${", "${", "}", "}", "}", "a", "b", "str", "int", ".", "[", "]", ":", ",", "'", '"', "\\", "\\\\",
    "{", " ", "\t", "1", "1.5", "null", "$", "-", "é", "\n", "test:", "=", "@", "#", "(",
]


def mutate(t):
    for _ in range(pick([1, 1, 2])):
        i = random.randrange(len(t) + 1)
        r = random.random()
        if r < 0.4 and i < len(t):
            t = t[:i] + t[i + 1:]
        else:
            t = t[:i] + pick(SOUP) + t[i:]
    return t


def generated(scale):
    def fill(count, make, use, ok=lambda t: len(t) < 90):
        goal = len(out) + count * scale
        while len(out) < goal:
            t = make()
            if ok(t):
                use(t)

    def short(t):
        return len(t) < 90 and "${" in t

    numbers = SOUP + ["1", ".", "e", "+", "_", "0"]
    fill(200, lambda: gen_text(pick([1, 2, 3])), text, short)
    fill(220, lambda: mutate(gen_text(pick([1, 2, 2]))), text, short)
    fill(120, lambda: "".join(pick(SOUP) for _ in range(pick([3, 5, 8, 12]))), text, short)
    fill(120, lambda: gen_element(pick([1, 2, 3])), decode)
    fill(120, lambda: mutate(gen_element(pick([1, 2, 2]))), decode)
    fill(60, lambda: "".join(pick(numbers) for _ in range(pick([2, 4, 7]))), decode)
    trees = 0
    while trees < 160 * scale:
        c = gen_tree()
        line = json.dumps(enc(c))
        if len(line) < 330 and line.count("${") > 2:
            trees += 1
            whole(c, kept=trees % 2 == 0)
            tree(c, *random.sample(["a", "b", "c", "d", "a.b", "b.c"], 2))


def gen_tree():
    names = ["a", "b", "c", "d"]

    def key(level):
        dots = pick(["", "", ".", "..", "..."])
        return dots + ".".join(pick(names + ["0", "1"]) for _ in range(pick([1, 1, 2, 2, 3])))

    def value(level):
        r = random.random()
        if r < 0.42:
            inner = "${" + key(level) + "}"
            select = "${oc.select:" + key(level) + ",9}"
            values, create = "${oc.dict.values:" + key(level) + "}", "${oc.create:${" + key(level) + "}}"
            return pick([inner, inner, "x" + inner, inner + inner, select, values, create])
        if r < 0.62 and level < 3:
            return {k: value(level + 1) for k in random.sample(names, pick([1, 2, 3]))}
        if r < 0.75 and level < 3:
            return [value(level + 1) for _ in range(pick([1, 2]))]
        return pick([1, 2.5, "s", None, True, "a", "b", "???"])

    return {k: value(0) for k in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=20240305)
    parser.add_argument("--count", type=int, help="that many cases, none of them by hand")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("goldens.jsonl"))
    arguments = parser.parse_args()
    # Where Python runs out of stack decides how it says so: as if the cases were asked from the top of a file.
    sys.setrecursionlimit(1000 + 2)
    random.seed(arguments.seed)
    if arguments.count is None:
        corners()
        generated(1)
    else:
        # Once through makes nearly 1,400.
        generated(arguments.count / 1350)
    header = {"base": enc(BASE), "hydra": enc(HYDRA), "env": ENV, "now": NOW.isoformat(), "python": [3, 11, 7]}
    lines = [json.dumps(header, ensure_ascii=False)]
    lines += [json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in out[: arguments.count]]
    arguments.out.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    print(f"{len(lines) - 1} cases")


if __name__ == "__main__":
    main()
