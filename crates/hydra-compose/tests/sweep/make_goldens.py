"""Asks the real Hydra which jobs a sweep has and writes its answers to goldens.jsonl.

    python -m venv /tmp/hydra && /tmp/hydra/bin/pip install hydra-core==1.3.8 omegaconf==2.3.1
    /tmp/hydra/bin/python make_goldens.py

The first line of goldens.jsonl: the files of the configuration, path to text. Each other line:
  config     the primary config
  overrides  the command line
  batches    the jobs' overrides, batch by batch, as BasicSweeper hands them to a launcher; null if Hydra refuses
  error      what Hydra says then, shortened; for the reader, not compared

The sweep is Hydra's own from the command line to the launcher: the configuration it starts from, the sweeper that this
names, the composition of every job. Only the launcher is replaced by one that writes down what it gets.
"""

import json
import os
import random
import tempfile
import warnings
from pathlib import Path

SEED = 20240229
CASES = 640
MOST_JOBS = 12

FILES = {
    "config.yaml": """\
defaults:
- db: mysql
- opt: adam
- optional extra: null
- _self_
seed: 0
lr: 0.1
name: run
flag: false
note: null
must: ???
layers: [1, 2]
model: {depth: 2, width: 8, act: {kind: relu}}
""",
    "choose.yaml": "defaults:\n- db: ???\n- opt: adam\n- _self_\nseed: 0\nlr: 0.1\n",
    "params.yaml": """\
defaults:
- db: mysql
- opt: adam
- _self_
seed: 0
lr: 0.1
name: run
flag: true
two: 2
hydra:
  sweeper:
    params:
      seed: 1,2
      db: mysql,sqlite
      +new: choice(x,y)
""",
    "batches.yaml": """\
defaults:
- db: mysql
- _self_
seed: 0
lr: 0.1
size: 2
hydra: {sweeper: {max_batch_size: '${size}', params: {lr: 0.5}}}
""",
    "odd.yaml": """\
defaults:
- db: mysql
- _self_
seed: 0
lr: 0.1
two: 2
values: 7,8
hydra:
  verbose: false
  sweeper:
    max_batch_size: '3'
    params: {seed: 5, lr: 1e-3, hydra.verbose: 'true,false', two: '${two}', ++x: '${values}', ~db: mysql}
""",
    "params_null.yaml": "seed: 0\nhydra: {sweeper: {params: null}}\n",
    "params_empty.yaml": "seed: 0\nhydra: {sweeper: {params: {}}}\n",
    "params_value_null.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: null}}}\n",
    "params_value_list.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: [1, 2]}}}\n",
    "params_value_list_of_text.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: [a b, 'c', 1e3, true, null]}}}\n",
    "params_value_list_read.yaml": "seed: 0\ntwo: [2]\nhydra: {sweeper: {params: {seed: ['${two}', '${two.0}']}}}\n",
    "params_value_list_elsewhere.yaml": "seed: 0\ntwo: [2]\nhydra: {sweeper: {params: {seed: '${two}'}}}\n",
    "params_value_dict.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: {a: 1}}}}\n",
    "params_value_dict_empty.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: {}}}}\n",
    "params_elsewhere.yaml": "seed: 0\np: {seed: '1,2'}\nhydra: {sweeper: {params: '${p}'}}\n",
    "params_value_missing.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: ???}}}\n",
    "params_value_lost.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: '${nowhere}'}}}\n",
    "params_value_tree.yaml": "seed: 0\nm: {a: 1}\nhydra: {sweeper: {params: {seed: '${m}'}}}\n",
    "params_value_bool.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: yes}}}\n",
    "params_value_wrong.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: 'a=b'}}}\n",
    "params_value_interval.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: 'interval(0,1)'}}}\n",
    "params_value_blank.yaml": "seed: 0\nhydra: {sweeper: {params: {seed: ''}}}\n",
    "params_key_number.yaml": "seed: 0\nhydra: {sweeper: {params: {1: 2}}}\n",
    "params_key_dotted.yaml": "m: {seed: 0}\nhydra: {sweeper: {params: {m.seed: '1,2'}}}\n",
    "params_list.yaml": "seed: 0\nhydra: {sweeper: {params: [seed=1]}}\n",
    "params_text.yaml": "seed: 0\nhydra: {sweeper: {params: seed=1}}\n",
    "batch_zero.yaml": "seed: 0\nhydra: {sweeper: {max_batch_size: 0}}\n",
    "batch_less.yaml": "seed: 0\nhydra: {sweeper: {max_batch_size: -1}}\n",
    "batch_text.yaml": "seed: 0\nhydra: {sweeper: {max_batch_size: all}}\n",
    "batch_huge.yaml": "seed: 0\nhydra: {sweeper: {max_batch_size: 100000000000000000000000}}\n",
    "other_sweeper.yaml": "seed: 0\nhydra: {sweeper: {_target_: somewhere.Else}}\n",
    "no_such_sweeper.yaml": "defaults:\n- override hydra/sweeper: optuna\n- _self_\nseed: 0\n",
    "db/mysql.yaml": "name: mysql\nport: 3306\n",
    "db/postgresql.yaml": "name: postgresql\nport: 5432\nssl: true\n",
    "db/sqlite.yaml": "name: sqlite\nfile: x.db\n",
    "opt/adam.yaml": "name: adam\nbetas: [0.9, 0.999]\n",
    "opt/adamw.yaml": "name: adamw\nbetas: [0.9, 0.999]\ndecay: 0.1\n",
    "opt/sgd.yaml": "name: sgd\nmomentum: 0\n",
    "opt/broken.yaml": "name: [\n",
    "extra/one.yaml": "one: 1\n",
    "extra/sub/deep.yaml": "deep: 1\n",
}

# What may stand for one override, by what it does. Ranges of floats are exact in binary, because Hydra's next release
# sums others differently; nothing is shuffled, because that has no answer.
PLAIN = [
    "seed=7", "seed=+1_000", "seed=007", "lr=1e3", "lr=1e-7", "lr=.5", "lr=nan", "lr=-inf", "lr=null", "flag=TRUE",
    "flag=False", "name=a b", "name=' a '", 'name="it\'s"', "name='a,b'", r"name=a\,b", "name=", "name=''",
    r"name=c:\dir", "name=a:b", "name=${seed}", "name='${seed}-${lr}'", "note=x", "must=1", "name=ümlaut",
    "name='ü ber'", "layers=[1, 2]", "layers=[]", "layers=[a b,'c',{d: 1}]", "layers.0=9", "layers.7=9",
    "model={depth: 3, width: 4}", "model={deep: 3}", "model.act.kind=gelu", "model.act={kind: a b}", "model.deep=1",
    "+model.deep=1", "+new=1", "+seed=1", "++seed=1", "++new={a: [1, true]}", "~seed", "~seed=0", "~seed=5", "~note",
    "~model.act", "~nothing", "~must", "db=sqlite", "db=[mysql,sqlite]", "db=nosuch", "db=null", "db=1", "~db",
    "~db=mysql", "~db=sqlite", "+db=sqlite", "++db=sqlite", "opt=broken", "+extra=one", "extra=one", "extra=sub/deep",
    "+extra/sub=deep", "+extra@ex=one", "db@other=sqlite", "+db@other=sqlite", "nosuch@x=1", "nosuch/x=1",
    "db.port=1", "db.file=y", "opt.momentum=0.9", "opt.betas=[0,0]", "a=b=c", "seed", "x=[", "x=choice(", "",
    "model=5", "lr={a: 1}", "name=a#b", "name='a#b'", "seed=99999999999999999999999", "lr=1e400",
]
SWEEPS = [
    "seed=1,2", "seed=1,2,3", "seed=choice(1,2)", "seed=range(3)", "seed=range(1,8,3)", "seed=range(3,0,-1)",
    "seed=range(5,1)", "seed=range(0)", "lr=range(0,1,0.25)", "lr=range(1,0,-0.5)", "lr=0.1,1e-3", "lr=choice(1e3,.5)",
    "lr=interval(0,1)", "name=a,b", "name='a',b", "name='a,b',c", r"name=a\,b,c", "name=a b,c  d", "name=[a, b],[c]",
    "name=choice('x y',\"z\")", "name=,", "name=choice()", "flag=true,false", "flag=bool(choice(0,1))",
    "seed=int(1.5,2.5)", "name=str(choice(1,true))", "name=str([1,2])", "lr=float(choice(1,2))", "note=null,1",
    "seed=sort(3,1,2)", "seed=sort(choice(3,1),reverse=true)", "name=tag(t,choice(a,b))", "layers=[1],[2, 3]",
    "layers=[choice(1,2)]", "model={depth: 1},{depth: 2}", "model={deep: 1},{depth: 2}", "model.depth=1,2",
    "model.deep=1,2", "+model.deep=1,2", "+new=1,2", "++new=a,b", "+seed=1,2", "++seed=1,2", "~seed=0,1", "must=1,2",
    "db=mysql,sqlite", "db=choice(sqlite,postgresql)", "db=glob(*)", "db=glob(*sql*)", "db=glob([m*,s*])",
    "db=glob(*,exclude=*sql)", "db=glob([*],exclude=[m*,p*])", "db=glob(nothing*)", "db=[mysql],[mysql,sqlite]",
    "db=mysql,nosuch", "db=mysql,null", "db=1,2", "~db=mysql,sqlite", "opt=adam,sgd", "opt=glob(a*)", "opt=glob(*)",
    "+extra=one", "extra=one,sub/deep", "extra=null,one", "+extra=one,sub/deep", "extra=glob(*)", "+extra@ex=one,sub/deep",
    "+extra@ex=glob(*)", "db@other=mysql,sqlite", "+db@other=mysql,sqlite", "nosuch=glob(*)", "+new=glob(*)",
    "nosuch@x=1,2", "name=${seed},${lr}", "name='${seed}',b", "name=str('a#b','c')", "lr=choice(1,2),3", "name=${x,b",
    "name=True,1e0,007,null,''", "name=a:b,c/d", r"name=\\,x", "name=(a),b", r"name=\(a\),b",
]
HYDRA = [
    "hydra.verbose=true", "hydra.sweep.dir=out", "hydra.verbose=true,false", "hydra.job.chdir=1,2", "hydra/launcher=basic",
    "hydra/launcher=basic,other", "+hydra.job.env_set.A=1", "+hydra.job.env_set.A=1,2", "hydra.sweeper.max_batch_size=1",
    "hydra.sweeper.max_batch_size=2", "hydra.sweeper.max_batch_size=5", "hydra.sweeper.max_batch_size=0",
    "hydra.sweeper.max_batch_size='2'", "hydra.sweeper.max_batch_size=2.5", "hydra.sweeper.max_batch_size=true",
    "hydra.sweeper.max_batch_size=null", "hydra.sweeper.params=null", "hydra.nosuch=1", "hydra.sweeper.nosuch=1",
    "+hydra.sweeper.nosuch=1", "hydra/sweeper=nosuch", "hydra.searchpath=[]", "hydra.mode=1,2",
]
# Only where hydra.sweeper.params is a mapping: Hydra 1.3 fails with an AssertionError where it is null.
PARAMS = [
    "hydra.sweeper.params.seed=9", "hydra.sweeper.params.seed='3,4'", "+hydra.sweeper.params.lr='0.25,0.5'",
    "+hydra.sweeper.params.name=x", "+hydra.sweeper.params.flag=true", "hydra.sweeper.params.seed=null",
    "~hydra.sweeper.params.seed", "hydra.sweeper.params={seed: '${lr}'}", "hydra.sweeper.params.seed='range(2)'",
    "hydra.sweeper.params.seed=choice(1,2)", "++hydra.sweeper.params.db='glob(*)'",
]


class Launcher:
    """Writes down what it is to launch."""

    def __init__(self):
        self.batches = []

    def launch(self, job_overrides, initial_job_idx):
        assert initial_job_idx == sum(map(len, self.batches))
        self.batches.append([list(job) for job in job_overrides])
        return []


def answer(config, overrides):
    from hydra._internal.callbacks import Callbacks
    from hydra._internal.config_loader_impl import ConfigLoaderImpl
    from hydra._internal.utils import create_config_search_path
    from hydra.core.plugins import Plugins
    from hydra.types import HydraContext, RunMode
    from omegaconf import OmegaConf

    try:
        loader = ConfigLoaderImpl(create_config_search_path(os.path.abspath("conf")))
        master = loader.load_configuration(config, list(overrides), RunMode.MULTIRUN)
        context = HydraContext(config_loader=loader, callbacks=Callbacks())
        sweeper = Plugins.instance().instantiate_sweeper(config=master, hydra_context=context, task_function=None)
        sweeper.launcher = Launcher()
        sweeper.sweep(OmegaConf.to_container(master.hydra.overrides.task, resolve=False))
        # Without jobs Hydra launches one batch of none, or none at all.
        return {"batches": [batch for batch in sweeper.launcher.batches if batch]}
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return {"batches": None, "error": said[:70]}


def cases(random):
    """Every piece once, in a sweep of its own, then mixtures."""
    for text in PLAIN + SWEEPS + HYDRA:
        yield "config", [text, "lr=1,2"] if not text.startswith(("lr", "+lr", "~lr")) else [text]
    for name in FILES:
        if "/" not in name:
            yield name.removesuffix(".yaml"), []
            yield name.removesuffix(".yaml"), ["seed=8,9"]
    for text in PARAMS:
        yield "params", [text]
    while True:
        config = random.choice(["config"] * 4 + ["params", "params", "choose", "batches", "odd"])
        pieces = [*random.choices(PLAIN, k=random.randint(0, 3)), *random.choices(SWEEPS, k=random.randint(0, 3))]
        if random.random() < 0.3:
            pieces.append(random.choice(HYDRA))
        if config == "params" and random.random() < 0.5:
            pieces.append(random.choice(PARAMS))
        random.shuffle(pieces)
        yield config, pieces


def main():
    from hydra.core.plugins import Plugins
    from hydra.core.utils import setup_globals

    warnings.simplefilter("ignore")
    out = Path(__file__).resolve().with_name("goldens.jsonl")
    setup_globals()
    Plugins.instance()
    lines, seen = [{"files": FILES}], set()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, text in FILES.items():
            path = Path("conf", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        chance, failed = random.Random(SEED), 0
        for config, overrides in cases(chance):
            if len(lines) > CASES:
                break
            key = (config, *overrides)
            if key in seen:
                continue
            seen.add(key)
            said = answer(config, overrides)
            jobs = sum(map(len, said["batches"] or []))
            # Long sweeps say no more than short ones, and of refusals a third is enough.
            if jobs > MOST_JOBS or len(lines) > 300 and jobs == 0 and 3 * failed > len(lines):
                continue
            failed += said["batches"] is None
            lines.append({"config": config, "overrides": overrides, **said})
        os.chdir("/")
    out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    print(f"{len(lines) - 1} cases, {failed} refused, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
