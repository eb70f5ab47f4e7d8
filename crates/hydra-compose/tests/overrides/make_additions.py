"""Asks the real Hydra about arguments that mean something here and nothing to it, and writes its answers to additions.jsonl.

    .venv/bin/python make_additions.py          # after `make setup`

An addition to the grammar must be an error in Hydra, so that none of its users' arguments changes its meaning. One JSON
object a line:
  input   the argument
  error   the class of the error; null if Hydra takes the argument, and then it cannot be ours
"""

import json
import random
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser

SEED = 20241201
COUNT = 240

FIXED = [
    "a,b=zip(choice(1,2),choice(3,4))",
    "optimizer.lr,training.batch_size=zip(choice(1e-3,1e-4),choice(64,128))",
    "optimizer,optimizer.lr=zip(choice(adam,sgd),choice(1e-3,0.1))",
    "+a,++b=zip([1,2],range(2))",
    "a@pkg,db/engine@x.y=zip(glob(*),glob([a*,b*],exclude=c*))",
    "$a,b.0.c=zip(sort(3,1,2),shuffle(range(3)))",
    "a,b,c=zip(tag(x,choice(1)),int(1.5,2),str([1,2]))",
    "a,b=zip([],[])",
    "a,b= zip ( [1] , [2] )",
    "a,b=zip(seeds(2),seeds(2,1))",
    "exclude(a=1)",
    "exclude (a=1)",
    "exclude( a=1 , b=2 )",
    "exclude(optimizer=sgd,training.batch_size=choice(64,128))",
    "exclude(lr=interval(0.1,1))",
    "exclude(+a=range(3),b@c=glob(x*))",
    "exclude(a='x, y)',b=[1,{c:2}])",
    "exclude(a=)",
    "repeat(1)",
    "repeat(3)",
    "repeat ( 1_000 )",
    "x=seeds(3)",
    "x=seeds (3)",
    "x=seeds(3,7)",
    "+x=seeds(count=3,root=7)",
    "++x@y=seeds(1,18446744073709551615)",
]


def additions(rng):
    keys = ["a", "a.b", "a/b", "a@b", "+a", "++a.b", "+a/b@c", "$a", "a-b", "a.0", "_a"]
    sweeps = ["choice(1,2)", "choice(a,'b')", "range(2)", "range(0,1,0.5)", "[1,2]", "[a, b]", "int(1,2)", "sort(2,1)",
              "shuffle(choice(1,2))", "tag(t,range(2))", "seeds(2)", "float(choice(1,2))", "glob(*)", "[{a:1},[2]]"]
    values = ["1", "a", "'b c'", "1e-3", "null", "true", "[1,2]", "{a:1}", "choice(1,2)", "range(3)", "interval(0,1)",
              "glob([a*,b])", "", "a:b", "${x}", "a\\,b", "seeds(2)"]
    blank = lambda: rng.choice(["", "", "", " "])
    kind = rng.randrange(4)
    if kind == 0:
        chosen = rng.sample(keys, rng.randint(2, 4))
        return ",".join(chosen) + "=zip(" + f"{blank()},{blank()}".join(rng.choice(sweeps) for _ in chosen) + ")"
    if kind == 1:
        conditions = [rng.choice(keys) + "=" + rng.choice(values) for _ in range(rng.randint(1, 3))]
        return f"exclude{blank()}({blank()}" + f"{blank()},{blank()}".join(conditions) + ")"
    if kind == 2:
        return f"repeat{blank()}({blank()}{rng.randint(1, 1000000)}{blank()})"
    return rng.choice(keys) + f"=seeds{blank()}({rng.randint(1, 1000000)}" + rng.choice(["", f",{rng.randrange(2**64)}"]) + ")"


def main():
    rng = random.Random(SEED)
    inputs = dict.fromkeys(FIXED)
    while len(inputs) < COUNT:
        inputs[additions(rng)] = None
    parser = OverridesParser.create()
    lines = []
    for text in inputs:
        try:
            parser.parse_override(text)
            error = None
        except Exception as raised:
            error = type(raised).__name__
        lines.append({"input": text, "error": error})
    Path(__file__).with_name("additions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print(f"{len(lines)} arguments, {sum(line['error'] is None for line in lines)} of them known to Hydra")


if __name__ == "__main__":
    main()
