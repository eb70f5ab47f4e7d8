#!/usr/bin/env python3
"""Asks the real OmegaConf what it loads from a text and dumps again; writes goldens.jsonl beside this file.

    .venv/bin/python make_goldens.py                                           # after `make setup`
    .venv/bin/python make_goldens.py --seed 7 --count 300 --out fresh.jsonl    # random texts alone

`YAML_GOLDENS=fresh.jsonl cargo test --test yaml_goldens` then takes these.

Each line is {"yaml": text, "value": …, "dump": text} or {"yaml": text, "error": exception class};
"unreadable" marks a dump that OmegaConf itself does not read back as the same value.
Values keep their types: {"i": "1"}, {"f": "1.0"}, {"b": hex}, {"m": [[key, value], …]}; null, booleans,
strings and lists are JSON's own.  The same seed and count write the same file.
"""

import argparse
import io
import json
import pathlib
import random
import sys
import warnings

from omegaconf import OmegaConf
from omegaconf.errors import GrammarParseError

SEED = 20240607

WORDS = """
yes Yes YES yEs no No NO on On ON oN off Off OFF true True TRUE tRue false False FALSE y Y n N t f
~ null Null NULL nULL None none nil
0 00 000 -0 +0 1 -1 +1 ++1 --1 +-1 01 07 08 09 010 0010 -010 +010 018 0_7 0_ 0__0 1_ 1__0 _1 1_000 1_000_ 1,000
0x0 0x1F 0X1F 0xg 0x 0x_ 0x_f -0x1f 0b0 0b101 0b2 0b 0b_ 0b_1 -0b1 0B1 0o17 0O17 0o8 0o_1
123456789012345678901234567890 -9223372036854775809 18446744073709551616
1:30 01:30 1:60 1:5 1:05 1:005 12:30 12:30:45 -1:30 +1:30 1:30: :30 1: 190:20:30 0:30 00:30 9:59:59 1_0:30 1:3_0
1:30.5 12:30:45.6 0:30.5 -1:30.25 1:30.5e3 1:30. 1:30._5 01:30.5 1:60.5
1.0 1. .5 -.5 +.5 . .. ... -. +. 1.5 -1.5 +1.5 0.1 00.1 01.5 1_0.5 1_.5 1._5 1.5_ ._5 .5_ .5_5 1.2.3 1..2
1e3 1E5 1e+3 1e-3 -1e-3 +1e3 1.e3 1.5e3 1.5e+3 1.5E-3 .5e3 .5e+3 .5E-3 1e 1e+ 1e- e1 e+1 00e1 01e1 1_2e1_0 1_2e10 1__2e1
1_e5 1e5_ 1e1.5 1e400 -1e400 1e-400 1.7976931348623157e308 5e-324 1e16 1e15 123456789012345678.0 1e22 1e21 1.0e-5 0.0001 0.00001
.inf .Inf .INF .iNF +.inf -.inf -.Inf .nan .NaN .NAN .Nan +.nan -.nan inf nan Inf NaN -inf infinity Infinity INFINITY
0.1e1 100000000000000000.0 3.141592653589793 2.5e-8 1e23 -0.0 0e0 0.e0
2001-01-01 2001-1-1 2001-01-01T00:00:00 2001-01-01t1:02:03 2001-01-01T00:00:00Z 2001-01-01T00:00:00.5 2001-01-01T00:00:00+1
2001-01-01T00:00:00-01:30 2001-13-45 20010101 2001-01 01-01-2001 2001-01-01T0:0:0
= == << <<< < - -- --- ---a -a -1a - ? ?a : :a a: a:b ::a a? # #a a#b & * ! | > % @ ` ' " , [ ] { } ,a a, [a a] {a a}
a'b 'a' "a" a"b \\ \\n a\\b $ $a ${a} ${a.b}c ${oc.env:HOME} ??? ???? ?? \u00e9 \u65e5\u672c \U0001f600 a\u0301
\u0661\u0662 \uff11 1\u00b2 \u00bd \u0967.\u0967 1e\u0661 \u2028 \u0085 \ufeff \u00a0 \u3000 \u200b a\u00a0b
!!str !x &x *x <<a a<< =a a= ~a a~ -~ http://a.b/c?d=e&f#g a/b ./a ../a /a ~/a C:\\a a.b.c a-b a_b a+b a=b a|b a>b a%b %a
""".split()

PHRASES = [
    "a b", "a  b", " a", "a ", " a ", "  ", " ", "a: b", "a :b", "a : b", "a #b", "a# b", "a # b", "- a", "-  a", "? a",
    "1 2", " 1", "1 ", " 1 ", "2001-01-01 00:00:00", "2001-01-01 0:00:00", "2001-01-01 00:00:00 Z", "2001-01-01\t00:00:00",
    "2001-12-14 21:59:43.10 -5", "2001-12-14 21:59:43.10 +05:30", "2001-12-14 21:59:43. Z", "a\nb", "a\n", "\na", "\n", "\n\n",
    "a\n\nb", "a\n\n\nb\n\n", "a \nb", "a\n b", "a \n b", "a\tb", "\ta", "a\t", "a\rb", "a\r\nb", "\x00", "\x01", "\x07\x08\x0b\x0c\x1b",
    "\x7f", "\x80", "\x85", "a\x85b", "\u2028", "a\u2028b", "a\u2029b", "\u2028a", "a\u2028", "a\n\u2028b", "a\u2028\nb", "\ufeff", "a\ufeffb",
    "\ufffe", "\uffff", "\U0001f600", "\U0001f600\t", "\U0010ffff", "\U0010fffe", "\ud7ff", "\ue000", "\xa0", "\xa0\t", "\xad", "e\u0301",
    "'", "''", '"', '""', "'a'", '"a"', "it's", "it's: it", "'a': b", "a 'b' c", "a \"b\" c: d", "\\", "a\\b", "a\\\tb", "\\\n",
    "--- a", "---", "...", "... a", "---\n", "--", "a ---", "key: |", "| a", "> a", "[a, b]", "{a: b}", "a, b", "a]", "}a", "a [b]",
    "no\n", "1\n", "null\n", "true\n", "1.5\n", "\n1", "x" * 79, "x" * 80, "x" * 81, "x" * 122, "x" * 123, "x" * 124, "x" * 200,
    "x " * 60, " x" * 60, "x  " * 60, "word " * 30 + "end", "long " * 16 + "a: b", "it's " * 30, "t\tt " * 30, "a\n" + "b " * 50,
    "w" * 75 + " " + "v" * 10, "w" * 76 + " " + "v" * 10, "w" * 77 + " " + "v" * 10, "w" * 78 + " " + "v" * 10, "w" * 79 + " v", "w" * 85 + "  v v",
    "\u00e9 " * 60, "\U0001f600 " * 60, "\U0001f600\t" * 30, "\u65e5\u672c\u8a9e\t " * 20, "\\ " * 60 + "\t", "\" " * 60, "\x01" * 40,
    "a:" * 60, ": " * 60, "${a} " * 30, "${oc.env:A, b c} " * 12, "x" * 78 + " \t y", "\t" + "y " * 60 + " z", "\t" + "y  " * 40,
    "1_0 ", "0x1F\t", "\u3000", "\u30001", "1\u3000", " \u0661", "1\xa0", "+ 1", "- 1", "_1", "1e1_0", "1_0e1_0", "1_e1", "1._0", "_._", "0_0", "+0x1", "-0b1", "0o1",
    "infinity", "+infinity", "-nan", "+nan", "+inf", "nan ", "iNf", "1e5 ", "1_000.0_0", "12e03", "e5", "1e", ".", "-", "+", "",
]

SYNTAX = r"""
a: 1
§a: 1⏎b: 2
§a:⏎  b:⏎    c: 1
§a:⏎- 1⏎- 2
§a:⏎  - 1⏎  - 2
§- 1⏎- 2
§- - 1⏎  - 2⏎- - 3
§- a: 1⏎  b: 2⏎- c
§-⏎  a: 1
§-⏎- a
§- ⏎
§- [1, 2]⏎- {a: b}
§a: [1, 2, [3, {b: c}]]
§a: {b: 1, c: [2]}
§a: [1, 2,]
§a: {b: 1,}
§a: [,1]
§a: [1,,2]
§a: {b: 1,,c: 2}
§a: [a: 1, b: 2]
§a: [a b, c d]
§a: [? b]
§a: [? b : c]
§a: [: b]
§a: {? b : c}
§a: {? b}
§a: {b}
§a: {b, c}
§a: {b:1}
§a: {b:}
§a: {b: , c: 1}
§a: {"b":1}
§a: {'b':1, "c":[2]}
§a: {b:[1]}
§a: {b:{c: 1}}
§a: ["b":1]
§a: [b:c]
§a: [http://x.y/z, b]
§a: [http://x.y/z?q=1]
§a: {b: http://x.y?z}
§a: http://x.y/z?q=1#f
§a: [a?b]
§a: [a ? b]
§a: [-1, - 1]
§a: [-1, -a]
§a: [-]
§a: [-, b]
§a: {b: -}
§a: {b: -1}
§a: -
§a: - b
§a: -b
§a: ?
§a: ? b
§a: ?b
§a: :
§a: : b
§a: :b
§a: b: c
§a: b:c
§a: b :c
§a : 1
§a :1
§"a": 1
§"a":1
§'a': 1
§'a' : 1
§a b: 1
§a  b : 1
§? a⏎: b
§? a⏎: - b⏎  - c
§? a⏎
§? a⏎? b
§? [a]⏎: b
§? {a: b}⏎: c
§[a]: b
§{a: b}: c
§? - a⏎: b
§? |⏎  a⏎: b
§? "a"⏎: "b"
§: a
§~: a
§null: a
§'null': a
§1: a
§1.5: a
§1e3: a
§true: a
§yes: a
§'yes': a
§on: push
§n: 1
§0x10: a
§010: a
§1:30: a
§.inf: a
§.nan: a
§1: a⏎1: b
§1: a⏎'1': b
§1: a⏎1.0: b⏎true: c
§true: a⏎1: b
§0: a⏎false: b⏎-0.0: c
§a: 1⏎a: 2
§a: 1⏎"a": 2
§a: 1⏎b: {c: 1, c: 2}
§!!str a: 1⏎a: 2
§!!str 1: 1⏎!!str 1: 2
§a: 1⏎ b: 2
§ a: 1⏎ b: 2
§ a: 1⏎b: 2
§a:⏎ b: 1⏎  c: 2
§a:⏎  b: 1⏎ c: 2
§a:⏎b: 1
§a:⏎⏎  b: 1⏎⏎⏎c: 2
§a: b⏎ c
§a: b⏎ c⏎⏎ d
§a: b⏎c
§a: b⏎  c: d
§a:⏎  b⏎  c
§a: "b⏎  c"
§a: "b⏎c"
§a: "b⏎⏎  c"
§a: "b \⏎  c"
§a: "b\⏎  \ c"
§a: 'b⏎c'
§a: 'b⏎⏎⏎  c  '
§a: '  b  ⏎  c'
§a: 'it''s'
§a: 'it's'
§a: ''
§a: ""
§a: "\n\t\\\"\/\a\b\e\f\r\v\0\ \_\N\L\P"
§a: "\x41\u00e9\U0001F600"
§a: "\xg1"
§a: "\u12"
§a: "\z"
§a: "\'"
§a: "\ud800"
§a: "\U00110000"
§a: "b
§a: 'b
§a: "b" c
§a: 'b' c
§a: "b": c
§a: "b"# c
§a: "b" # c
§a: b # c
§a: b# c
§a: b #c
§a: #b
§a: # b⏎  c
§# a
§# a⏎# b
§
§⏎
§   ⏎
§  # a
§a: 1 # b⏎# c⏎b: 2
§a: [1, # b⏎ 2]
§a: [1 # b⏎ , 2]
§a: [1]# b
§a: {b: 1}#c
§a:⏎# b⏎  c: 1
§a:⏎  # b⏎  c: 1
§a:⏎      # b⏎  c: 1
§a: b⏎# c⏎ d
§a: b # c⏎ d
§a: |⏎  b
§a: |⏎  b⏎
§a: |⏎  b⏎⏎
§a: |⏎  b⏎⏎⏎c: 1
§a: |-⏎  b⏎
§a: |+⏎  b⏎⏎
§a: |+⏎  b
§a: |-⏎  b
§a: >⏎  b
§a: >⏎  b⏎  c⏎⏎  d⏎
§a: >-⏎  b⏎  c⏎
§a: >+⏎  b⏎  c⏎⏎
§a: >⏎  b⏎    c⏎  d⏎
§a: >⏎⏎  b⏎⏎⏎  c⏎
§a: |⏎⏎  b⏎
§a: |⏎    ⏎  b⏎
§a: |2⏎   b⏎
§a: |2⏎  b⏎
§a: |1⏎  b⏎
§a: |-2⏎   b⏎
§a: |2-⏎   b⏎
§a: |0⏎  b⏎
§a: |10⏎  b⏎
§a: |+-⏎  b⏎
§a: | b⏎  c
§a: | # b⏎  c⏎
§a: |# b⏎  c⏎
§a: |⏎b
§a: |⏎ b⏎  c⏎
§a: |⏎  b⏎ c⏎
§a: |⏎  b⏎# c⏎d: 1
§a: |⏎  b⏎  # c⏎d: 1
§a: |⏎b: 1
§a: |
§a: >
§a: |+
§a: |+⏎⏎⏎
§a: |⏎⏎⏎b: 1
§- |⏎  a⏎- >⏎  b⏎  c
§- |⏎ a
§-   |⏎ a⏎
§a:⏎- |⏎ b⏎- c
§a: |⏎  #b⏎  - c: d⏎
§a: |⏎  b  ⏎  c⏎
§a: |⏎   b⏎  ⏎   c⏎
§a: |⏎  b⏎   ⏎
§a: >⏎  b⏎  ⏎
§|⏎ a
§|⏎a
§--- |⏎ a
§--- |⏎a
§a: !!str |⏎  1⏎
§a: &x |⏎  1⏎b: *x
§"a"
§a
§a b
§a⏎b
§'a'
§'a: 1'
§"[1, 2]"
§'5'
§'~'
§'@'
§""
§5
§1.5
§true
§null
§~
§=
§<<
§2001-01-01
§[]
§{}
§[1]
§{a: 1}
§[a]: 1
§---
§---⏎
§---⏎a: 1
§--- a: 1
§--- {a: 1}
§--- a
§--- # c⏎a: 1
§---a: 1
§a: 1⏎---
§a: 1⏎---⏎
§a: 1⏎---⏎b: 2
§a: 1⏎...
§a: 1⏎...⏎
§a: 1⏎...⏎b: 2
§a: 1⏎...⏎---⏎b: 2
§...
§a: 1⏎... a
§%YAML 1.1⏎---⏎a: 1
§%YAML 1.2⏎---⏎a: 1
§%YAML 2.0⏎---⏎a: 1
§%YAML 1.1⏎a: 1
§%TAG !e! tag:yaml.org,2002:⏎---⏎a: !e!int "5"
§%TAG ! tag:yaml.org,2002:⏎---⏎a: !int "5"
§%FOO bar⏎---⏎a: 1
§%a
§a: %b
§a: b%
§a⏎%b
§a: @b
§a: `b
§a: b@c`d
§@a: 1
§a: &x 1⏎b: *x
§a: &x [1, 2]⏎b: *x⏎c: [*x, *x]
§a: &x {b: 1}⏎c: *x
§a: &x⏎  b: 1⏎c: *x
§a: &x⏎- 1⏎c: *x
§a: &x⏎b: *x
§a: *x
§a: &x 1⏎b: &x 2⏎c: *x
§a: &x 1⏎*x: 2
§a: &x b⏎*x : 2
§&x a: *x
§&x a: 1⏎b: *x
§a: &x-1_b 1⏎b: *x-1_b
§a: &x.y 1⏎b: *x.y
§a: & 1
§a: *
§a: * b
§a: &x *x
§a: &x &y 1
§a: &x [*x]
§a: &x {b: *x}
§[&x a, *x]
§[&x a, *x ]
§{a: &x 1, b: *x}
§{&x a: 1, *x : 2}
§a: &x !!str 1⏎b: *x
§a: !!str &x 1⏎b: *x
§a: !!str 1
§a: !!str
§a: !!str true
§a: !!str [1]
§a: !!int "5"
§a: !!int 5.5
§a: !!int abc
§a: !!int " 5 "
§a: !!int 0o17
§a: !!int 08
§a: !!int ""
§a: !!int 1:30
§a: !!int 0b12
§a: !!float 1
§a: !!float "1.5"
§a: !!float "inf"
§a: !!float " 1e3 "
§a: !!float abc
§a: !!float 1_000.5
§a: !!float ""
§a: !!bool yes
§a: !!bool "on"
§a: !!bool YeS
§a: !!bool y
§a: !!bool 1
§a: !!null x
§a: !!null ""
§a: !!null [1]
§a: !!binary aGVsbG8=
§a: !!binary "aGVs⏎  bG8="
§a: !!binary |⏎  aGVs⏎  bG8=⏎
§a: !!binary abc
§a: !!binary é
§a: !!binary ""
§a: !!binary "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
§!!binary aGVsbG8=: 1
§!!binary "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==": 1
§a: !!timestamp 2001-01-01
§a: !!set {b, c}
§a: !!omap [b: 1, c: 2]
§a: !!pairs [b: 1, b: 2]
§a: !!pairs [b]
§a: !!pairs [{b: 1, c: 2}]
§a: !!pairs {b: 1}
§a: !!seq [1]
§a: !!seq {b: 1}
§a: !!map {b: 1}
§a: !!map [1]
§a: !!map b
§a: !!foo b
§a: !foo b
§a: !foo [b]
§a: !foo {b: 1}
§a: ! 5
§a: ! "5"
§a: ! [5]
§a: !<tag:yaml.org,2002:int> "5"
§a: !<!foo> 5
§a: !e!foo 5
§a: !!python/name:os.system
§a: !!python/tuple [1]
§a: !!python/object/apply:os.system [b]
§a: !!merge b
§a: !!value b
§!!int "1": a
§!!null x: 1
§a: !!str⏎b: 1
§a: !!str # c⏎  b
§a: =
§=: 1
§{=: 1}
§a: !!str {=: b}
§a: !!int {=: 5, b: 6}
§a: <<
§a: [<<]
§a: '<<'
§'<<': 1
§"<<": {a: 1}
§a: &x {b: 1}⏎c:⏎  <<: *x⏎  d: 2
§a: &x {b: 1}⏎c:⏎  d: 2⏎  <<: *x
§a: &x {b: 1, c: 2}⏎d: {<<: *x, b: 3}
§a: &x {b: 1, c: 2}⏎d: {b: 3, <<: *x}
§a: &x {b: 1}⏎c: &y {b: 2, d: 3}⏎e: {<<: [*x, *y]}
§a: &x {b: 1}⏎c: &y {b: 2, d: 3}⏎e: {<<: [*y, *x], f: 1}
§a: &x {b: 1}⏎c: &y {b: 2}⏎e: {<<: *x, <<: *y}
§a: {<<: {b: 1}, c: 2}
§a: {<<: [{b: 1}, {b: 2, c: 3}]}
§a: {<<: 1}
§a: {<<: [1]}
§a: {<<: }
§a: {<<: []}
§a: {<<: {}}
§<<: {a: 1}
§<<: {a: 1}⏎a: 2
§a: &x {b: &y {c: 1}}⏎d: {<<: *x, e: {<<: *y}}
§a: &x {b: 1}⏎c: &y {<<: *x, d: 2}⏎e: {<<: *y}
§a: &x {b: 1}⏎c: &y {<<: *x, b: 2}
§a: {<<: {1: a}, true: b, 1.0: c}
§a: {<<: {b: 1, b: 2}}
§a: {? <<: {b: 1}}
§a: {!!merge x: {b: 1}, c: 2}
§a: !!map {<<: {b: 1}}
§a:	b
§a: b	
§a: b	c
§a: "b	c"
§a: 'b	c'
§a: "b"	# c
§a:	"b"
§	a: b
§a:⏎	b: 1
§a:⏎  b:	1
§-	a
§- a⏎-	b
§a: [b,	c]
§a: [	b]
§a: {b:	c}
§a: # b	c
§# a	b⏎a: 1
§a: |⏎  b	c⏎
§a: |⏎  	b⏎
§a: |⏎	b⏎
§a: "b⏎	c"
§a: b⏎	c
§a: |	⏎  b
§a: 1⏎	⏎b: 2
§a: 1⏎  	⏎b: 2
§a:⏎  b: [⏎    1,⏎    2⏎  ]
§a:⏎  b: [⏎  1,⏎  2⏎  ]
§a:⏎  b: [⏎1,⏎2⏎]
§a: [⏎1,⏎2⏎]
§a: {⏎b: 1,⏎c: 2⏎}
§a: {⏎  b: 1⏎}
§a:⏎  b: {⏎    c: 1⏎}⏎d: 2
§- [⏎a⏎]
§a: [b⏎ c]
§a: [b,⏎⏎# d⏎ c]
§a: {b⏎ : 1}
§a: {"b"⏎ : 1}
§a: {"b"⏎:1}
§a: [b⏎: 1]
§a: {b: "c⏎d"}
§a: [b
§a: {b
§a: b]
§a: b}
§a: ]
§a: }
§a: [b}}
§a: [b]]
§a: [b] c
§a: {b: c} d
§a: [b]: c
§a⏎b: 1
§a: 1⏎b
§a: 1⏎b⏎c: 2
§a: 1⏎- b
§- a⏎b: 1
§- a⏎ - b
§- a⏎  - b
§-a⏎-b
§- - - a
§- - a⏎  -b
§- a: b⏎- c: d⏎  e: f
§- a:⏎  - b⏎  c: d
§- a:⏎    - b⏎  c: d
§- a:⏎  b
§-   a: 1⏎    b: 2
§-   a: 1⏎  b: 2
§a: b, c
§a: b]c
§a: {b: c d, e: f}
§a: b & c * d ! e | f > g ' h " i % j @ k ` l
§a: b'c"d
§a: 'b"c'
§a: "b'c"
§a: ~
§a: null
§a: NULL
§a:
§a: ???
§???: 1
§a: ${b}
§a: ${b.c}d ${e}
§a: ${oc.env:HOME,/x}
§a: [${b}, c]
§a: {b: ${c}}
§a: [${oc.env:A,b}]
§a: ["${oc.env:A,b}"]
§a: '${b}'
§a: $b
§a: b${c
§é: ü
§日本: 語
§a: 😀 # 😀⏎b: é
§😀: [é, "ü😀"]⏎x: y
§a: b c
§a: "b c"
§a: b
§﻿a: 1
§﻿
§a: ﻿b
§a: b﻿
§a: 1⏎﻿b: 2
§_target_: a.b.C⏎_args_: [1]⏎x: ${y}
§defaults:⏎  - _self_⏎  - db: mysql⏎  - override hydra/launcher: joblib⏎  - optional a: b⏎db: ???
§defaults:⏎- db@x.y: null⏎- /a/b⏎- a: [b, c]
§hydra:⏎  run:⏎    dir: outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}
§a: 2021-01-01 00:00:00
§a: 12:30⏎b: 2001-01-01⏎c: 1e3⏎d: 0o17⏎e: 010
§a: [yes, no, y, n, on, off, ~, null, 1e3, .5, +.5, 0x1f]
§a: - 1⏎b: 2
§a: 1⏎⏎⏎⏎b: 2⏎⏎⏎
§a:   1
§a:    ⏎  b:   ⏎    c
§a: b   ⏎
§a  : b
§?  a⏎:  b
§"a
§"a"b: 1
§"a" b: 1
§a: "b"c
§a: 'b'c'
§[a, b: c]
§[a: b, c]
§[[a], [b: c]]
§[{a: b}, c: d]
§[? a : b, c]
§{a: b, c}
§{a: [b: c]}
§{[a]: b}
§{? [a] : b}
§{{a: b}: c}
§{a b: c d}
§{a: b c: d}
§{a: b⏎c: d}
§{a: 1, a: 2}
§{a: 1, 'a': 2}
§{'': 1}
§{: 1}
§{, a}
§{a,}
§{"a"}
§{"a" "b"}
§["a" "b"]
§["a"b]
§[a"b"]
§['a'b]
§[a, 'b', "c", 1, ~, ]
§[ ]
§[  ,]
§{ }
§[]]
§[[]
§[[[[[[]]]]]]
§[a]b
§[a] # c
§[a] c
§- [a]⏎- [b]⏎  c
§a: >⏎ b⏎ c⏎⏎  d⏎ e⏎
§a: >⏎⏎⏎ b⏎
§a: >⏎ 	b⏎ c⏎
§a: >⏎ b⏎ 	c⏎ d⏎
§a: >2⏎    b⏎   c⏎  d⏎
§a:⏎  b: |⏎    c⏎   d⏎
§a:⏎  b: |⏎   c⏎  d: 1
§a:⏎  b: |⏎  c⏎
§a:⏎    b: |⏎     c⏎    d: >⏎     e⏎  f: 1
§a: |⏎ b⏎---⏎c: 1
§a: |⏎ b⏎...⏎
§a: |⏎ ---⏎ b⏎
§a: ---
§a: --- b
§a:⏎  ---⏎
§a:⏎  --- b
§"---"
§"a⏎--- b"
§"a⏎---b"
§a: b⏎--- c
§a: b⏎...
§a:⏎ b⏎ ---⏎ c
"""


def corners():
    """The texts chosen by hand."""
    for word in WORDS:
        word = word.encode().decode("unicode_escape") if "\\u" in word.lower() and "\\\\" not in word else word
        yield f"a: {word}\n"
        quoted = quote(word)
        yield f"a: {quoted}\n{quoted}: {quoted}\n"
        yield f"{word}: [{word}]\n"
    for phrase in PHRASES:
        quoted = quote(phrase)
        yield f"a: {quoted}\nb:\n- {quoted}\n? {quoted}\n: c\n"
    for text in syntax():
        yield text
        if not text.endswith("\n"):
            yield text + "\n"
    yield "a: 1\r\nb:\r\n- 2\r\n- |\r\n  c\r\n  d\r\n"
    yield "a: 1\rb: 2\r"
    yield "a: \x00\n"
    yield "a: \x01b\n"
    yield "a: \x7f\n"
    yield "a: \x85b\n"
    yield 'a: "b\x85c"\n'
    yield "a: b\x85c: d\n"
    yield "a: \x80\n"
    yield 'a: "\ufffe"\n'
    yield "a: b\u2028c\n"
    yield 'a: "b\u2028c"\n'
    yield "k" * 1024 + ": 1\n"
    yield "k" * 1025 + ": 1\n"
    yield "{" + "k" * 1025 + ": 1}\n"
    yield "a: " + "1" * 900 + "\n"
    yield "a: " + "1" * 4301 + "\n"
    yield "a: 0x" + "f" * 400 + "\n"
    for depth in (10, 60):
        yield "a: " + "[" * depth + "]" * depth + "\n"
    yield "a: " + "[" * 300 + "]" * 300 + "\n"
    yield "a: " + "{b: " * 300 + "1" + "}" * 300 + "\n"
    yield "".join("  " * level + "a:\n" for level in range(30)) + "  " * 30 + "b\n"


def syntax():
    return [text.strip("\n").replace("⏎", "\n") for text in SYNTAX.split("§")]


def cases(rng, count):
    if count is None:
        yield from corners()
        makers = [document] * 200 + [dumpable] * 110
    else:
        makers = rng.choices([document, dumpable, word, lambda rng: mutated(rng, rng.choice(syntax()))], k=count)
    for make in makers:
        yield make(rng)


def word(rng):
    """A plain scalar of what numbers, times and the like are made of."""
    pieces = [*"001234567889+-_.:exobTZ", "inf", "nan", "0x", "e+", "2001-01-02", ":30", "~", "true", "no"]
    text = "".join(rng.choice(pieces) for _ in range(rng.choice([1, 2, 3, 4, 6, 10])))
    return f"a: {text}\nb: {quote(text)}\n"


ATOMS = [
    "a", "b", "key", "x y", "1", "1.5", "true", "null", "~", "''", '"q"', "'it''s'", '"\\t"', "é", "${a}", "???", "-1", "1e3", "[]", "{}",
    "a:b", "a#b", "yes", "2001-01-01", "http://x", "[1, 2]", "{k: v}", '"a b: c"', "-", "|-\n%sa\n%s b", ">\n%sa\n%sb", "", "'multi\n%sline'",
    "plain\n%smulti", "!!str 5", "!!float 5", "&n%d x", "# c", "'#'", "a, b",
]


def document(rng):
    """A random document in block and flow style, now and then broken by a mutation."""
    counter = [0]

    def atom(indent):
        text = rng.choice(ATOMS)
        if "%d" in text:
            counter[0] += 1
            return text % counter[0]
        return text.replace("%s", " " * (indent + 2))

    def flow(depth):
        kind = rng.random()
        if depth > 2 or kind < 0.5:
            text = rng.choice([atom for atom in ATOMS if "%" not in atom and atom not in ("# c", "-", "a, b")])
            return text or "e"
        items = [flow(depth + 1) for _ in range(rng.randrange(4))]
        blank = rng.choice(["", " ", "\n   "])
        if kind < 0.75:
            return "[" + ("," + blank).join(items) + rng.choice(["", "", ","] if items else [""]) + "]"
        return "{" + ("," + blank).join(f"k{i}: {item}" for i, item in enumerate(items)) + "}"

    def block(depth, indent):
        lines = []
        pad = " " * indent
        step = rng.choice([2, 2, 2, 1, 4])
        as_list = rng.random() < 0.4
        for i in range(rng.randrange(1, 4)):
            head = "-" if as_list else rng.choice(["k%d:", "'k%d':", "k %d :", '"k%d":']) % i
            kind = rng.random()
            if depth < 3 and kind < 0.4:
                indentless = not as_list and rng.random() < 0.3
                inner = block(depth + 1, indent if indentless else indent + step)
                if indentless and not inner.lstrip().startswith("-"):
                    inner = block(depth + 1, indent + step)
                if as_list and step == 2 and rng.random() < 0.6:
                    lines.append(pad + "- " + inner.lstrip(" "))
                else:
                    lines.append(pad + head + rng.choice(["", " # c", "  "]) + "\n" + inner)
            elif kind < 0.6:
                lines.append(f"{pad}{head} {flow(0)}\n")
            else:
                lines.append(f"{pad}{head} {atom(indent)}{rng.choice(['', '', ' # c'])}\n")
            if rng.random() < 0.1:
                lines.append(rng.choice(["\n", "# c\n", "   # c\n"]))
        return "".join(lines)

    text = block(0, 0)
    return mutated(rng, text) if rng.random() < 0.35 else text


BREAKERS = ["", " ", "\n", ":", ": ", "-", "- ", "'", '"', "[", "]", "{", "}", ",", "#", " #", "&a ", "*a", "!", "|", ">", "?", "? ", "\t", "%", "a", "1"]


def mutated(rng, text):
    at = rng.randrange(len(text) or 1)
    return text[:at] + rng.choice(BREAKERS) + text[at + rng.randrange(2):]


CHARACTERS = ["a", "b", "1", "0", " ", " ", " ", ":", "#", "-", "'", '"', "\\", "\n", "\n", "\t", ",", "[", "}", "é", "\U0001f600", "\u2028", "\x85", ".", "?", "word", "longer-word"]


def quote(text):
    """A double-quoted scalar of anything."""
    return '"' + "".join(c if " " <= c <= "~" and c not in '"\\\\' else escape(c) for c in text) + '"'


def escape(character):
    code = ord(character)
    return "\\x%02x" % code if code < 256 else "\\u%04x" % code if code < 65536 else "\\U%08x" % code


def dumpable(rng):
    """A document whose values are random text, short or long, to be dumped."""
    def text():
        length = rng.choice([1, 2, 3, 5, 10, 30, 50])
        return quote("".join(rng.choice(CHARACTERS) for _ in range(length)))

    def node(depth):
        kind = rng.random()
        if depth > 2 or kind < 0.7:
            return text()
        if kind < 0.85:
            return "[" + ", ".join(node(depth + 1) for _ in range(rng.randrange(3))) + "]"
        return "{" + ", ".join(f"? {text()} : {node(depth + 1)}" for _ in range(rng.randrange(3))) + "}"

    return "".join(f"k{i}: {node(0)}\n" for i in range(2))


def typed(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": repr(value)}
    if isinstance(value, bytes):
        return {"b": value.hex()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return {"m": [[typed(key), typed(item)] for key, item in value.items()]}


def ask(text):
    # A file is opened in text mode: line breaks are translated.
    try:
        config = OmegaConf.load(io.StringIO(text, newline=None))
        value = OmegaConf.to_container(config, resolve=False)
        dump = OmegaConf.to_yaml(config)
        json.dumps(typed(value), ensure_ascii=False).encode()  # fails for a lone surrogate
    except GrammarParseError:
        return None  # the interpolations' syntax is not YAML's business
    except UnicodeEncodeError:
        return {"error": "lone surrogate"}
    except Exception as error:
        return {"error": type(error).__name__}
    answer = {"value": typed(value), "dump": dump}
    return answer if reads(dump) == answer["value"] else {**answer, "unreadable": True}


def reads(dump):
    try:
        return typed(OmegaConf.to_container(OmegaConf.load(io.StringIO(dump)), resolve=False))
    except Exception as error:
        return error


def goldens(texts):
    seen = set()
    for text in texts:
        if text in seen:
            continue
        seen.add(text)
        answer = ask(text)
        if answer is not None:
            yield {"yaml": text, **answer}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, help="at most that many lines, none of them chosen by hand")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).with_name("goldens.jsonl"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(1000)
    with arguments.out.open("w", encoding="utf-8") as file:
        for golden in goldens(cases(random.Random(arguments.seed), arguments.count)):
            file.write(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
