"""Asks the real Hydra what it offers for lines that are half written, and writes goldens.jsonl.

    python -m venv venv && venv/bin/pip install hydra-core==1.3.8 && venv/bin/python make_goldens.py

The first line holds the "files" of the configuration directory. Each other one is a question: "line", the command line without the
program, and the "found" candidates, or the "error" where Hydra fails. Files that a value may name are looked for in the directory "work".
"""

import contextlib
import io
import json
import os
import random
import tempfile
import warnings
from pathlib import Path

from hydra import version
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.plugins.completion_plugin import DefaultCompletionPlugin

SEED = 20261123
COUNT = 420
OUT = Path(__file__).with_name("goldens.jsonl")

FILES = {
    "config.yaml": """defaults:
- db: mysql
- server: apache
- optional nothere: x
- _self_
lr: 0.1
epochs: 3
name: run one
flag: true
off: no
nothing: null
must: ???
half:
  must: ???
  given: 1
link: ${model}
broken: ${nowhere}
to_must: ${must}
text: ${lr} of ${epochs}
model:
  depth: 4
  layers: [1, 2, {kernel: 3}, '${half}', '${lr}', '???']
  "no.dot": 1
  inner: {deep: {deeper: x}}
  empty: {}
  none: []
list:
- 10
- [a, b]
1: one
true: yes
2.5: half
big: 123456789012345678901234567890
small: 1e-7
inf: .inf
path: /data/x
équipe: bleue
""",
    "other.yaml": "defaults:\n- db: pg\n- must_choose: ???\n- _self_\nother: 1\n",
    "db/mysql.yaml": "host: localhost\nport: 3306\nuser: ${oc.env:NOT_SET_ANYWHERE}\n",
    "db/pg.yaml": "host: remote\nport: 5432\nschema: public\n",
    "db/my-sql.yaml": "host: dashed\n",
    "server/apache.yaml": "name: apache\n",
    "server/nginx.yaml": "name: nginx\n",
    "server/tls/strict.yaml": "level: 9\n",
    "server/tls/off.yaml": "level: 0\n",
    "server/tls/deep/er/x.yaml": "x: 1\n",
    "only/groups/here/a.yaml": "a: 1\n",
    "must_choose/one.yaml": "x: 1\n",
    "must_choose/two.yaml": "x: 2\n",
    "broken_group/bad.yaml": "a: [\n",
    "experiment/fast.yaml": "# @package _global_\ndefaults:\n- override /db: pg\n- _self_\nlr: 0.5\n",
    "db/readme.txt": "no configuration\n",
    "lr.yaml": "x: 1\n",
    "text/a.yaml": "b: 1\n",
}
WORK = {"data.csv": "", "data/train.bin": "", "data/test.bin": "", ".hidden": "", "notes.md": ""}

KEYS = ["lr", "epochs", "name", "flag", "off", "nothing", "must", "half", "half.must", "link", "link.depth", "broken", "to_must", "text", "model", "model.depth", "model.layers",
        "model.layers.2", "model.layers.2.kernel", "model.layers.3", "model.layers.4", "model.layers.5", "model.layers.9", "model.inner.deep", "model.inner.deep.deeper",
        "model.empty", "model.none", "list", "list.0", "list.1", "list.1.0", "1", "true", "2.5", "True", "big", "small", "inf", "path", "équipe", "db", "db.host", "db.port",
        "db.user", "server", "server.name", "nokey", "no.key", "must.x", "lr.x", "link.layers.2", "model.no", "hydra.job", "hydra.run.dir", "hydra.run", "hydra.sweep", "hydra.verbose",
        "hydra.job.config", "hydra.searchpath", "hydra.job.chdir", "hydra.output_subdir", "model.layers[2]", "model.layers[0]", "model[inner]", "hydra.runtime.choices", "hydra.env"]
GROUPS = ["db", "server", "server/tls", "server/tls/deep", "server/tls/deep/er", "only", "only/groups", "only/groups/here", "must_choose", "nothere", "broken_group", "experiment",
          "text", "hydra", "hydra/job_logging", "hydra/launcher", "hydra/sweeper", "hydra/output", "hydra/env", "hydra/help", "db@other", "nogroup", "nogroup/x"]
OPTIONS = ["mysql", "pg", "my", "apache", "n", "strict", "none", "x", "a", "", "fast", "m"]
VALUES = ["./", ".", "./d", "./data/", "./data", "../", "./data/t", "./nothing", "1", "0.1", "a", "b,c", "[1", "'q'", "a=b"]
BEFORE = [*[""] * 24, "db=pg", "db=pg", "db=pg epochs=5", "-m db=mysql,pg", "db=mysql,pg", "experiment=fast", "+experiment=fast", "epochs=nonsense", "bad=a=b", "nokey=1", "must=1", "server=nginx",
          "~db", "db=none", "+server/tls=strict", "--cfg job", "-c hydra db=pg", "model.layers=[7,8,9]", "+new={a:{b:1}}", "hydra.job.name=x", "hydra.searchpath=[more]", "broken=1", "db.user=me"]


def words(rng):
    def cut(text):
        return text[: rng.randint(0, len(text))]

    key, group, option = rng.choice(KEYS), rng.choice(GROUPS), rng.choice(OPTIONS)
    return rng.choice(
        [lambda: cut(key), lambda: cut(key), lambda: key + ".", lambda: key + "=", lambda: key + "=" + rng.choice(VALUES), lambda: key,
         lambda: cut(group), lambda: group, lambda: group + "=", lambda: group + "=" + option, lambda: group + "/", lambda: rng.choice("+~") + cut(group),
         lambda: rng.choice("+~") + group + rng.choice(["", "=", "/", "=" + option]), lambda: "++" + cut(key), lambda: "+" + cut(key), lambda: "~" + key,
         lambda: key + "." + cut("depth")]
    )()


def fixed():
    yield from ["", " ", "d", "db", "db=", "db ", "+", "~", "+d", "~d", "+db=", "~db=", "hydra/", "hydra", "hydra.", ".", "=", "..", "a=.", "-m ", "-m", "-m db=pg ", "--cfg ", "-c job ",
                "-i ", "-i defaults ", "db=pg --multirun", "-x ", "db=pg   model.", "server/tls=", "server/tls/", "text", "text=", "text.", "lr", "lr=", "  db="]


def main():
    warnings.simplefilter("ignore")
    version.setbase("1.3")
    rng = random.Random(SEED)
    conf, work = Path(tempfile.mkdtemp(prefix="hydra-completion-")), Path(tempfile.mkdtemp())
    for folder, files in ((conf, FILES), (work, WORK)):
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    (conf / "empty_group").mkdir()
    os.chdir(work)
    lines = [{"files": FILES, "work": list(WORK)}]
    asked = list(fixed())
    while len(asked) < COUNT:
        line = f"{rng.choice(BEFORE)} {words(rng)}".lstrip()
        # What is above the directory is not the same everywhere.
        if line not in asked and "../" not in line:
            asked.append(line)
    hydra = Hydra.create_main_hydra2("app", create_config_search_path(str(conf)))
    plugin = DefaultCompletionPlugin(hydra.config_loader)
    for line in asked:
        entry = {"line": line}
        if len(lines) % 9 == 0:
            entry["config_name"] = "other"
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            try:
                entry["found"] = plugin._query(config_name=entry.get("config_name", "config"), line=line)
            except (Exception, SystemExit) as error:
                entry["error"] = type(error).__name__
        lines.append(entry)
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    OUT.write_text(text.replace(str(conf), "$CONF"))
    print(len(asked), "lines,", sum("error" in line for line in lines), "errors,", OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
