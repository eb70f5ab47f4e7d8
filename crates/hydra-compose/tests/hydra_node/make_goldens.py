"""Asks the real hydra-core 1.3.8 what the node `hydra` becomes, and writes the answers to goldens.jsonl.

    python make_goldens.py            # in an environment with hydra-core==1.3.8 and omegaconf==2.3.1

Each line is a case: `files` (path -> text), `overrides`, `env`, `name` of the primary config, and Hydra's answer.
An answer is `changed`, the top-level sections of the node's YAML that differ from the first line's `base` (null: the
section is gone), and `order`, their order where it differs; or `error`, the class of the exception and of its cause.
The folder of the files is written DIR, the working directory CWD.  Hydra's help texts are left out: ours are our own.
"""

import contextlib
import io
import json
import os
import random
import re
import tempfile
import warnings
from pathlib import Path

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import OmegaConf

HERE = Path(__file__).parent
SEED = 1
warnings.simplefilter("ignore")


def sections(text):
    """The top-level keys of a mapping's YAML, each with the lines that belong to it."""
    parts = {}
    for line in text.splitlines(keepends=True):
        if not line.startswith((" ", "-", "\n")):
            key = line.split(":")[0]
            parts[key] = ""
        parts[key] += line
    return parts


def ask(case):
    """The YAML of the node, or the classes of the exception and its cause."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in case["files"].items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        for key, value in case.get("env", {}).items():
            os.environ[key] = value
        try:
            with initialize_config_dir(folder, job_name="app", version_base="1.3"):
                cfg = GlobalHydra.instance().hydra.compose_config(
                    config_name=case.get("name", "config"),
                    overrides=case["overrides"],
                    run_mode=RunMode.RUN,
                )
                OmegaConf.set_struct(cfg, False)
                text = OmegaConf.to_yaml(cfg.hydra)
        except Exception as error:  # noqa: BLE001: whatever it is, it is the answer
            cause = error.__cause__ or error.__context__
            if os.environ.get("VERBOSE"):
                print(case["overrides"], case["files"], "->", type(error).__name__, error, "|", type(cause).__name__, cause)
            message = str(error)
            inside = re.search(r"^In '.*': (\w+) raised while composing config:", message)
            return {"error": [type(error).__name__, inside[1] if inside else cause and type(cause).__name__]}
        finally:
            for key in case.get("env", {}):
                del os.environ[key]
        normal = text.replace(folder, "DIR").replace(os.getcwd(), "CWD")
        normal = normal.replace("version: 1.3.8\n", "version: VERSION\n")
        return {"yaml": normal}


PLAIN = {"config.yaml": "lr: 1\n"}


def primary(text, **more):
    files = {"config.yaml": text}
    files.update({path.replace("__", "/") + ".yaml": content for path, content in more.items()})
    return files


def over(*overrides, files=None, **more):
    return {"files": files or PLAIN, "overrides": list(overrides), **more}


def cases():
    yield over()
    yield from by_group()
    yield from by_override()
    yield from by_file()
    yield from by_type()
    yield from by_runtime()
    yield from at_random(random.Random(SEED))


def by_group():
    """Every option of every group of Hydra's own, chosen, deleted, and replaced by one of the user's."""
    options = {
        "output": ["default"], "launcher": ["basic"], "sweeper": ["basic"], "help": ["default"], "env": ["default"],
        "hydra_help": ["default"], "job_logging": ["default", "disabled", "none", "stdout"],
        "hydra_logging": ["default", "disabled", "none", "hydra_debug"], "callbacks": [],
    }
    for group, names in options.items():
        for name in [*names, "null", "nosuch"]:
            yield over(f"hydra/{group}={name}")
        yield over(f"~hydra/{group}")
    for group in ["job_logging", "hydra_logging", "launcher", "sweeper", "output", "env", "callbacks", "help"]:
        mine = {f"hydra__{group}__mine": "x: 1\ny: {z: [1, a]}\n"}
        yield over(f"hydra/{group}=mine", files=primary("lr: 1\n", **mine))
        yield over(files=primary(f"defaults:\n- override hydra/{group}: mine\n- _self_\nlr: 1\n", **mine))
    yield over("+hydra/callbacks=a", files=primary("lr: 1\n", hydra__callbacks__a="a: {_target_: x.y}\n"))
    yield over("hydra/callbacks=[a,b]", files=primary("lr: 1\n", hydra__callbacks__a="a: {_target_: x.y}\n", hydra__callbacks__b="b: {_target_: x.z, n: 1}\n"))
    yield over("hydra/job_logging=stdout", "hydra/hydra_logging=disabled", "hydra.verbose=true")
    yield over("hydra/output=mine", files=primary("lr: 1\n", hydra__output__mine="# @package hydra\nrun: {dir: 5}\nsweep: {dir: a, subdir: 7}\nextra: 1\n"))
    yield over("hydra/output=mine", files=primary("lr: 1\n", hydra__output__mine="# @package hydra\nrun: {dir: null}\n"))
    yield over("hydra/output=mine", files=primary("lr: 1\n", hydra__output__mine="# @package hydra\nrun: {dir: {a: 1}}\n"))
    yield over("hydra/output=mine", files=primary("lr: 1\n", hydra__output__mine="# @package hydra\nrun: null\n"))
    yield over("hydra/output=mine", files=primary("lr: 1\n", hydra__output__mine="# @package hydra\njob: {num: x}\n"))
    yield over("hydra/output=mine", files=primary("lr: 1\n", hydra__output__mine="# @package hydra\njob: {nosuch: x}\n"))
    yield over("hydra/launcher=mine", "hydra.launcher.n_jobs=x", files=primary("lr: 1\n", hydra__launcher__mine="_target_: a.B\nn_jobs: 2\n"))
    yield over("hydra/launcher=mine", files=primary("hydra: {launcher: {n_jobs: z, k: 1}}\n", hydra__launcher__mine="_target_: a.B\nn_jobs: 2\n"))
    yield over("hydra/launcher=mine", files=primary("hydra: {launcher: {k: 1}}\n", hydra__launcher__mine="defaults: [basic]\nn_jobs: 2\n"))


KEYS = {
    "str": ["run.dir", "sweep.dir", "sweep.subdir", "job.name", "job.id", "runtime.cwd", "help.app_name", "job.config.override_dirname.kv_sep"],
    "int": ["job.num", "sweeper.max_batch_size"],
    "bool": ["job.chdir"],
    "mode": ["mode"],
    "opt_str": ["output_subdir", "job.config_name"],
    "any": ["verbose", "launcher", "sweeper", "env"],
    "struct": ["run", "sweep", "job", "job.config", "runtime", "overrides", "job.config.override_dirname"],
    "dict": ["callbacks", "job.env_set", "job_logging", "hydra_logging", "runtime.choices", "sweeper.params"],
    "list": ["searchpath", "job.env_copy", "overrides.task", "job.config.override_dirname.exclude_keys", "runtime.config_sources"],
}
TEXTS = {
    "str": ["5", "1.50", "true", "null", "[1]", "{a: 1}", "'${lr}'", "x y", "1e3"],
    "int": ["5", "' 7 '", "1_0", "1.5", "true", "null", "x", "[1]", "{a: 1}", "'${lr}'", "'0x10'"],
    "bool": ["true", "0", "3", "'on'", "'N'", "'YES'", "'2'", "maybe", "1.0", "null", "[true]", "{a: 1}", "'${lr}'"],
    "mode": ["RUN", "MULTIRUN", "RunMode.RUN", "run", "1", "2", "3", "true", "1.0", "null", "[RUN]", "{a: 1}", "'${lr}'"],
    "opt_str": ["null", "5", "x", "[1]"],
    "any": ["null", "5", "[a, 1]", "{a: 1}", "'${lr}'"],
    "struct": ["null", "5", "[1]", "{}", "{nosuch: 1}", "'${lr}'"],
    "dict": ["null", "5", "[1]", "{}", "{a: 1}", "{a: null}", "{a: {b: 1}}", "'${lr}'"],
    "list": ["null", "5", "[]", "[1, true]", "[null]", "[a, b]", "[{path: a}]", "{a: 1}", "'${lr}'"],
}


def by_type():
    """Values of every kind where each type stands, from a file and from an override."""
    for kind, keys in KEYS.items():
        for number, key in enumerate(keys):
            for text in TEXTS[kind]:
                nested = text
                for part in reversed(key.split(".")):
                    nested = f"{{{part}: {nested}}}"
                nested = f"hydra: {nested}"
                if number < 2 or kind in ("struct", "dict", "list"):
                    yield over(files=primary(nested + "\nlr: 1\n"))
                argument = text.replace(": ", ":").replace(", ", ",")
                if number < 2 or kind in ("struct", "any"):
                    yield over(f"hydra.{key}={argument}")
                if number == 0 or kind == "struct":
                    yield over(f"++hydra.{key}={argument}")


def by_override():
    for line in [
        "hydra.nosuch=1", "+hydra.nosuch=1", "++hydra.nosuch=1", "+hydra.nosuch.x=1", "hydra.job.nosuch=1",
        "+hydra.job.nosuch=1", "++hydra.job.nosuch={a:1}", "+hydra.job={nosuch:1}", "++hydra.job={nosuch:1}",
        "++hydra.job={num:1,name:5}", "+hydra.job={num:x}", "+hydra.job.num=3", "+hydra.job.id=3", "+hydra.job.name=3",
        "+hydra.job.name.x=3", "hydra.job.name.x=3", "++hydra.job.num.x=3", "hydra.run=x", "hydra.run={dir:1}",
        "+hydra.job.env_set.A=1", "+hydra.job.env_set.A=true", "+hydra.job.env_set.A=null", "+hydra.job.env_set.A=[1]",
        "+hydra.job.env_set={A:1,B:1.5}", "hydra.job.env_set={A:1}", "hydra.job.env_set.A=1", "++hydra.job.env_set={A:{b:1}}",
        "+hydra.launcher.n_jobs=2", "hydra.launcher.n_jobs=2", "++hydra.launcher={n_jobs:2}", "hydra.launcher._target_=a.B",
        "hydra.launcher._target_=5", "hydra.launcher=null", "hydra.launcher={_target_:1}", "+hydra.sweeper.params.a=1",
        "+hydra.sweeper.params={a:1,b:[1]}", "hydra.sweeper.params={a:1}", "hydra.sweeper.params={a:null}",
        "++hydra.sweeper.params={a:'1,2'}", "++hydra.sweeper.params.lr=3", "hydra.sweeper.max_batch_size=3",
        "~hydra.job", "~hydra.verbose", "~hydra.job.name", "~hydra.callbacks", "~hydra.launcher._target_", "~hydra.launcher",
        "~hydra.job_logging.root", "~hydra.job_logging.root.level", "~hydra.runtime.choices", "~hydra.env", "~hydra.nosuch",
        "+hydra.callbacks.a={_target_:x}", "hydra.callbacks.a=1", "+hydra.callbacks={a:{b:1}}",
        "hydra.verbose=[a,b]", "hydra.verbose={a:1}", "+hydra.verbose=1", "+hydra.verbose=[1]", "hydra.verbose='${lr}'",
        "hydra.job_logging.root.level=DEBUG", "hydra.job_logging.root=null", "+hydra.job_logging.loggers.x.level=INFO",
        "hydra.job_logging.handlers.console.stream=5", "hydra.job_logging={root:{level:X}}", "hydra.job_logging={nosuch:1}",
        "hydra.searchpath=[pkg://a.b]", "hydra.searchpath=5", "hydra.searchpath=[1]", "hydra.searchpath=[]", "+hydra.env.a=1",
        "hydra.job.config.override_dirname.exclude_keys=[lr]", "hydra.job.env_copy.0=1", "hydra.overrides.task=[a,1]",
        "hydra.overrides.hydra=[1]", "+hydra.overrides.task=[z]", "hydra.runtime.choices={a:1}", "+hydra.runtime.choices.a=1",
        "hydra.runtime.version=5", "hydra.runtime.config_sources=[{path:1,schema:2,provider:3}]", "hydra={job:{num:3}}",
        "hydra=null", "hydra=5", "+hydra={nosuch:1}", "++hydra={verbose:3}", "hydra.help.nosuch=1", "hydra.mode=???",
        "hydra.job.name=???", "hydra.job.num=???", "hydra.job=???", "hydra.verbose=???", "hydra.job.chdir=on",
    ]:
        yield over(line)
    yield over("hydra.job.num=x", "hydra.job.num=1")
    yield over("hydra.job.num=1", "hydra.job.num=2")
    yield over("+hydra.a=1", "hydra.a=x")
    yield over("hydra.launcher=null", "hydra.launcher={a:1}")
    yield over("hydra.launcher=null", "+hydra.launcher.a=1")


def by_file():
    for text in [
        "hydra: null", "hydra: 5", "hydra: [1]", "hydra: {}", "hydra: ${a}\na: {x: 1}", "hydra: ???",
        "hydra: {nosuch: 1}", "hydra: {job: {nosuch: 1}}", "hydra: {job: {config: {nosuch: 1}}}", "hydra: {1: 2}",
        "hydra: {job: {num: x}}", "hydra: {job: {env_set: {A: 1, B: x, C: 1.5, D: true}}}", "hydra: {job: {env_set: {1: x}}}",
        "hydra: {job: {env_set: {A: null}}}", "hydra: {job: {env_set: {A: '???', B: '${lr}'}}}",
        "hydra: {launcher: {n_jobs: 1}}", "hydra: {launcher: {_target_: 5}}", "hydra: {launcher: {1: 2}}",
        "hydra: {launcher: null}", "hydra: {launcher: 5}", "hydra: {launcher: '???'}", "hydra: {launcher: [1]}",
        "hydra: {sweeper: {params: {a: 1, b: 'x,y', '+c': true}}}", "hydra: {sweeper: {params: {a: [1]}}}",
        "hydra: {sweeper: {params: {1: 2}}}", "hydra: {sweeper: {params: {a: null}}}", "hydra: {sweeper: {max_batch_size: '3'}}",
        "hydra: {sweeper: {max_batch_size: x}}", "hydra: {sweeper: {nosuch: x}}", "hydra: {sweeper: {params: null}}",
        "hydra: {callbacks: {a: {_target_: x}, b: 1}}", "hydra: {callbacks: {1: 2}}", "hydra: {job_logging: {1: 2}}",
        "hydra: {job_logging: {root: {1: 2}}}", "hydra: {job_logging: {root: null, x: [1]}}", "hydra: {hydra_logging: {version: x}}",
        "hydra: {verbose: {a: 1}}", "hydra: {verbose: [a]}", "hydra: {verbose: a}", "hydra: {verbose: '???'}",
        "hydra: {mode: RUN}", "hydra: {mode: MULTIRUN}", "hydra: {mode: Run}", "hydra: {mode: 2}", "hydra: {mode: on}",
        "hydra: {output_subdir: null}", "hydra: {output_subdir: 5}", "hydra: {output_subdir: {a: 1}}",
        "hydra: {searchpath: [pkg://nosuch]}", "hydra: {searchpath: 5}", "hydra: {searchpath: null}", "hydra: {searchpath: [1]}",
        "hydra: {overrides: {task: [a], hydra: [1]}}", "hydra: {runtime: {choices: {z: 1, '@x': [2]}}}",
        "hydra: {runtime: {choices: {hydra/env: mine}}}", "hydra: {runtime: {choices: {1: 2}}}",
        "hydra: {runtime: {config_sources: [{path: a}]}}", "hydra: {runtime: {config_sources: [{nosuch: a}]}}",
        "hydra: {runtime: {config_sources: [1]}}", "hydra: {runtime: {version: 5, cwd: null}}",
        "hydra: {env: {a: 1}}", "hydra: {env: 5}", "hydra: {env: null}", "hydra: {defaults: [a]}",
        "hydra: {help: {app_name: 5}}", "hydra: {help: {nosuch: 5}}", "hydra: {run: {dir: '???'}}", "hydra: {run: {dir: a/b}}",
        "hydra: {sweep: {dir: x, subdir: 1}}", "hydra: {job: {name: '???'}}", "hydra: {job: {name: ''}}", "hydra: {job: {name: '${n}'}}\nn: ???",
        "hydra: {job: {name: '${nosuch}'}}", "hydra: {job: {name: n}}", "hydra: {job: {chdir: 'off'}}", "hydra: {job: {chdir: 2}}",
        "hydra: {job: {chdir: nope}}", "hydra: {job: {id: 7}}", "hydra: {job: {config_name: x}}", "hydra: {job: {env_copy: X}}",
        "# @package hydra\njob: {num: 3}", "# @package hydra.job\nnum: x", "# @package hydra\nnosuch: 3", "# @package hydra.run\ndir: 3",
    ]:
        yield over(files=primary(text + "\n"))
    for text in ["job: {num: 3, name: 5}\n", "nosuch: 1\n", "launcher: {_target_: q}\n", "launcher: {n: 1}\n", "searchpath: [a]\n"]:
        yield over("+h=a", files=primary("lr: 1\n", h__a="# @package hydra\n" + text))
        yield over("+h@hydra=a", files=primary("lr: 1\n", h__a=text))
    yield over("+h@hydra.job.env_set=a", files=primary("lr: 1\n", h__a="X: 1\nY: true\n"))
    yield over("+h@hydra.callbacks=a", "+h@hydra.launcher=a", files=primary("lr: 1\n", h__a="X: 1\nY: true\n"))
    yield over(files=primary("defaults:\n- h@hydra.job: a\n- _self_\nhydra: {job: {num: 4}}\n", h__a="num: x\n"))
    yield over(files=primary("defaults:\n- h@hydra.job: a\n- _self_\nhydra: {job: {num: 4}}\n", h__a="num: '3'\n"))
    yield over(files=primary("defaults:\n- h@hydra.job: a\n- _self_\nhydra: {job: {num: null}}\n", h__a="num: '3'\n"))


ENV = {"HYDRA_GOLDEN_A": "from a", "HYDRA_GOLDEN_B": "1"}


def by_runtime():
    groups = dict(db__a="x: 1\n", db__b="x: 2\n", srv__s="defaults: [db: a]\ny: 1\n", srv__db__a="z: 1\n", srv__db__b="z: 2\n")
    listed = "defaults:\n- db: a\n- srv: s\n- _self_\nlr: 1\n"
    for overrides in [
        [], ["db=b"], ["srv/db=b", "lr=2"], ["~db"], ["db=null"], ["db=[a,b]"], ["+db@other=b"], ["lr=3", "hydra.job.num=1", "db=b"],
        ["lr=2", "+new=1", "~db", "++srv.y=5", "+a='x=y'"], ["hydra/job_logging=none", "srv=s"],
        ["lr=[1,2]", "+zz={a:1}"], ["+hydra.runtime.choices.db=zz"], ["hydra.job.config_name=q"],
    ]:
        yield over(*overrides, files=primary(listed, **groups))
    yield over(files=primary("defaults:\n- db: a\n- optional nosuch: x\n- override hydra/job_logging: stdout\n- _self_\n", **groups))
    yield over(files=primary("defaults:\n- srv: s\n- _self_\nhydra: {runtime: {choices: {srv/db: 3, q: 1}}}\n", **groups))
    yield over("db=b", name="sub/main", files={"sub/main.yaml": "defaults: [/db: a]\nlr: 1\n", "db/a.yaml": "x: 1\n", "db/b.yaml": "x: 2\n"})
    yield over("+lr=1", name=None)
    yield over("hydra.job.chdir=true", name=None)
    yield over(name="config.yaml")
    for copied in ["[HYDRA_GOLDEN_A]", "[HYDRA_GOLDEN_A, HYDRA_GOLDEN_B]", "[HYDRA_GOLDEN_NOSUCH]", "[]", "['${which}']", "[null]", "'${all}'", "[1]", "'???'", "['???']"]:
        text = f"hydra: {{job: {{env_copy: {copied}, env_set: {{HYDRA_GOLDEN_B: '2', C: 3}}}}}}\nwhich: HYDRA_GOLDEN_A\nall: [HYDRA_GOLDEN_B]\n"
        yield over(files=primary(text), env=ENV)
    yield over("hydra.job.env_copy=[HYDRA_GOLDEN_A,HYDRA_GOLDEN_B]", env=ENV)
    yield over("hydra.job.env_copy=[HYDRA_GOLDEN_A]", "hydra.job.env_set='${e}'", files=primary("e: {z: 1}\n"), env=ENV)
    task = ["lr=2", "+b.c='x=y'", "+a=[1,2]", "hydra.job.id=4", "+Z=1", "+_u=1", "+w=1"]
    for setting in [
        "{}", "{kv_sep: '-'}", "{kv_sep: ''}", "{kv_sep: ':', item_sep: '__'}", "{kv_sep: '\\\\1'}".replace("\\\\", "\\"),
        "{kv_sep: '\\n'}", "{kv_sep: '\\\\'}", "{kv_sep: '\\g<0>\\g<0>'}", "{kv_sep: '\\q'}", "{kv_sep: '\\-\\.'}", "{kv_sep: '\\101\\0'}",
        "{kv_sep: '\\'}", "{kv_sep: '\\07x\\18'}", "{kv_sep: '\\g<a>'}", "{kv_sep: '\\g<1>'}", "{kv_sep: '\\g<00>'}", "{kv_sep: '\\477'}",
        "{kv_sep: 5, item_sep: true}", "{item_sep: '='}", "{exclude_keys: [lr]}", "{exclude_keys: [b.c, Z, a]}", "{exclude_keys: [1, b]}",
        "{exclude_keys: [+a]}", "{exclude_keys: '${x}'}", "{kv_sep: '${k}'}", "{exclude_keys: 'lr'}", "{kv_sep: null}",
    ]:
        text = f"lr: 1\nx: [lr, Z]\nk: '~'\nhydra: {{job: {{config: {{override_dirname: {setting}}}}}}}\n"
        yield over(*task, files=primary(text))
        if setting == "{kv_sep: '\\n'}":
            yield over(files=primary(text))
        if "q'" in setting or "<a>" in setting:
            yield over(files=primary(text))
    yield over("db=b", "+srv=s", "hydra.job.config.override_dirname.exclude_keys=[srv]", files=primary("defaults: [db: a]\n", **groups))
    yield over("+db@x=b", "hydra.job.config.override_dirname.exclude_keys=[db]", files=primary("lr: 1\n", **groups))
    yield over("~lr", "hydra.job.config.override_dirname.kv_sep='\\g<0>'")


def at_random(rng):
    """Several of all that at once, from the files' side and from the command line's."""
    for _ in range(60):
        job = rng.sample(["num: 3", "id: 1.5", "name: 0x1f", "chdir: 'y'", "env_set: {A: 1}", "chdir: 0", "num: '1_000'"], 3)
        keys = {entry.split(":")[0]: entry for entry in job}
        parts = [f"job: {{{', '.join(keys.values())}}}"]
        parts += rng.sample(["verbose: [x]", "output_subdir: null", "run: {dir: 1}", "mode: RUN", "callbacks: {a: {b: 1}}", "sweeper: {params: {lr: 1}}", "nosuch: 1"], 2)
        overrides = rng.sample([
            "hydra.verbose=true", "lr=2", "+q=1", "hydra/job_logging=stdout", "hydra.run.dir=x", "+hydra.extra=[1]",
            "hydra.job.num=8", "+hydra.job.env_set.B=2", "hydra.mode=MULTIRUN", "~hydra.callbacks.a", "hydra.job.chdir=null",
            "hydra.output_subdir=.h", "hydra/hydra_logging=none", "++hydra.sweeper.params.m=1", "hydra.job.num=q",
        ], rng.randint(0, 4))
        yield over(*overrides, files=primary(f"lr: 1\nhydra: {{{', '.join(parts)}}}\n"))


def without_help(parts):
    return {key: text for key, text in parts.items() if key not in ("help", "hydra_help")}


def main():
    lines, base, seen = [], None, set()
    for case in cases():
        case = dict(case)
        key = json.dumps(case, sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        with contextlib.redirect_stderr(io.StringIO()):
            answer = ask(case)
        if "yaml" in answer:
            parts = without_help(sections(answer.pop("yaml")))
            order = list(parts)
            if base is None:
                base = parts
                lines.append({"base": base})
            changed = {key: text for key, text in parts.items() if base.get(key) != text}
            changed.update({key: None for key in base if key not in parts})
            answer["changed"] = changed
            if order != list(base):
                answer["order"] = order
        if case["files"] == PLAIN:
            del case["files"]
        lines.append({**case, **answer})
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (HERE / "goldens.jsonl").write_text(text)
    errors = sum("error" in line for line in lines)
    print(f"{len(lines) - 1} cases, {errors} of them errors, {len(text) // 1024} KiB")


if __name__ == "__main__":
    main()
