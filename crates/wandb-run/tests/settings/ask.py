"""Asks the stock client what settings come of files, variables and a program; writes answers.json beside this file.

    pip install wandb==0.31.0 cwevals==0.0.1b1
    python crates/wandb-run/tests/settings/ask.py
"""

import json
import os
import pathlib
import tempfile

import wandb
from wandb.sdk import wandb_init, wandb_setup
from wandb.sdk.lib.wbauth import authenticate, host_url
from wandb.sdk.wandb_settings import Settings

HERE = pathlib.Path(__file__).parent
KEY, OTHER, THIRD = ("0123456789" * 4, "abcdefghij" * 4, "local-" + "z" * 40)
FORGE = "machine api.forge.coreweave.com\n  login user\n  password " + KEY + "\n"
UPSTREAM = "machine api.wandb.ai login user password " + OTHER + "\n"
FIELDS = """mode base_url entity project run_id run_name run_notes run_tags run_group run_job_type resume root_dir
    sweep_id sweep_param_path silent quiet x_graphql_timeout_seconds""".split()


def case(name, user=None, folder=None, hidden=None, netrc=None, program=None, **env):
    return {
        "name": name,
        "files": {"user": user, "folder": folder, "hidden": hidden, "netrc": netrc},
        "program": program or {},
        "env": {(k if k == "NETRC" else "WANDB_" + k): v for k, v in env.items()},
    }


def ini(text):
    return "[default]\n" + text


CASES = [
    case("nothing"),
    case("variables", API_KEY=KEY, PROJECT="p", ENTITY="e", RUN_ID="abc12345", NAME="n", NOTES="some\nnotes",
         RUN_GROUP="g", JOB_TYPE="train", RESUME="allow", MODE="online", BASE_URL="http://localhost:8080/"),
    case("user file", user=ini("project = p\nentity: e\nmode = offline\nbase_url = https://api.wandb.ai\n")),
    case("folder over user", user=ini("project = p\nentity = e\n"), folder=ini("project = q\n")),
    case("hidden folder", user=ini("project = p\n"), folder=ini("project = q\n"), hidden=ini("project = r\n")),
    case("variables over files", user=ini("project = p\nentity = e\n"), folder=ini("entity = f\n"), ENTITY="g"),
    case("program over variables", PROJECT="p", ENTITY="e", RUN_ID="abc",
         program={"project": "q", "run_id": "def", "run_name": "n"}),
    case("program over files", folder=ini("run_name = a\nrun_group = b\n"), program={"run_name": "c"}),
    case("sweep", SWEEP_ID="s1", PROJECT="p", ENTITY="e", RUN_ID="r1", SWEEP_PARAM_PATH="/tmp/params.yaml",
         program={"project": "q", "entity": "f", "run_id": "r2", "run_name": "n", "run_group": "g"}),
    case("sweep without a project", SWEEP_ID="s1", program={"project": "q"}),
    case("sweep of a file", folder=ini("sweep_id = s2\n"), program={"entity": "f"}),
    case("config dir", user=ini("project = p\n"), CONFIG_DIR="{current}/elsewhere"),
    case("config dir from home", user=ini("project = p\n"), CONFIG_DIR="~/.config/wandb"),
    case("dir", DIR="{current}/runs", folder=ini("project = p\n")),
    case("dir is not of a file", folder=ini("root_dir = /tmp\nproject = p\n")),
    case("tags", TAGS="a,b, c"),
    case("tags of a file", user=ini("run_tags = a,b\n")),
    case("tags of the program", TAGS="a", program={"run_tags": ["x", "y,z"]}),
    case("an empty tag", TAGS="a,,b"),
    case("a long tag", TAGS="x" * 65),
    case("a tag of 64", TAGS="ü" * 64),
    case("run", MODE="run", API_KEY=KEY),
    case("dryrun", MODE="dryrun"),
    case("disabled", MODE="disabled", API_KEY=KEY),
    case("no such mode", MODE="on"),
    case("mode in capitals", MODE="OFFLINE"),
    case("no such resume", RESUME="yes"),
    case("resume must", RESUME="must", RUN_ID="abc"),
    case("long project", PROJECT="p" * 129),
    case("project of 128", PROJECT="ü" * 128),
    case("slash in a project", PROJECT="a/b"),
    case("colon in a run id", RUN_ID="a:b"),
    case("space around a run id", RUN_ID=" ab"),
    case("space in a run id", RUN_ID="a b"),
    case("silent", SILENT="true", QUIET="1"),
    case("loud", SILENT="off", QUIET="No"),
    case("neither", SILENT="maybe"),
    case("timeout", HTTP_TIMEOUT="2.5"),
    case("no timeout", HTTP_TIMEOUT="soon"),
    case("no address", BASE_URL="localhost:8080"),
    case("the site", BASE_URL="https://wandb.ai"),
    case("the app", BASE_URL="https://app.wandb.ai"),
    case("not encrypted", BASE_URL="http://api.wandb.ai"),
    case("forge's proxy", BASE_URL="https://forge.coreweave.com/api/wandb/"),
    case("forge's site", BASE_URL="https://forge.coreweave.com"),
    case("slashes", BASE_URL="https://wandb.example.org//"),
    case("netrc", netrc=FORGE),
    case("netrc of the host behind", netrc=UPSTREAM),
    case("netrc of both", netrc=UPSTREAM + FORGE),
    case("variable over netrc", netrc=FORGE, API_KEY=THIRD),
    case("netrc over file", netrc=FORGE, user=ini("api_key = " + OTHER + "\n")),
    case("key of a file", user=ini("api_key = " + OTHER + "\n")),
    case("empty key", API_KEY="", netrc=FORGE),
    case("short key", API_KEY="0123456789"),
    case("short key in netrc", netrc="machine api.forge.coreweave.com password short\n"),
    case("key with a space", API_KEY=KEY[:39] + " x"),
    case("netrc with a port", BASE_URL="http://localhost:8080", netrc="machine localhost:8080 password " + KEY),
    case("netrc without the port", BASE_URL="http://localhost:8080", netrc="machine localhost password " + KEY),
    case("netrc's default", netrc="# all\ndefault login user password \"" + THIRD + "\"\n"),
    case("default before the host behind", netrc=UPSTREAM + "default password " + THIRD),
    case("netrc with a macro", netrc="macdef init\ncd /\nbin\n\n" + FORGE + "# end\n"),
    case("netrc elsewhere", netrc="machine api.wandb.ai password " + OTHER, NETRC="{current}/own"),
    case("netrc broken", netrc="what is this\n" + FORGE),
    case("no password", netrc="machine api.forge.coreweave.com login user\n"),
    case("file with capitals and percent", user=ini("RUN_NAME = 5%% of it\n")),
    case("file with other sections", user="[other]\nproject = x\n[DEFAULT]\nentity = e\n[default]\nproject = y\n"),
    case("unknown mode in a file", user=ini("entity = e\nmode = no\n")),
    case("a line that is none", user=ini("entity = e\nwhat\n")),
]


def lay_out(home, current, files):
    texts = {
        home / ".config/wandb/settings": files["user"],
        current / "wandb/settings": files["folder"],
        current / ".wandb/settings": files["hidden"],
        home / ".netrc": files["netrc"],
        current / "own": FORGE,
    }
    for path, text in texts.items():
        if text is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def answer(case, home, current):
    for variable in [name for name in os.environ if name.startswith("WANDB_")]:
        del os.environ[variable]
    os.environ.pop("NETRC", None)
    os.environ["HOME"] = str(home)
    for variable, value in case["env"].items():
        os.environ[variable] = value.format(home=home, current=current)
    os.chdir(current)
    # Only these settings; not what the server knows of the user.
    wandb_setup._WandbSetup._load_user_settings = lambda self: None
    singleton = wandb_setup.singleton()
    init = wandb_init._WandbInit(singleton, wandb_init.telemetry.TelemetryRecord())
    settings, _ = init.make_run_settings(Settings(**case["program"]))
    values = {field: getattr(settings, field) for field in FIELDS}
    values["root_dir"] = values["root_dir"].replace(str(current), "{current}")
    auth = None
    try:
        auth = authenticate._use_system_auth(
            host=host_url.HostUrl(settings.base_url), source="test", update_session=False
        )
    except wandb.errors.AuthenticationError as error:
        values["bad_key"] = type(error).__name__
    values["api_key"] = auth.api_key if auth else None
    return values


def ask(case):
    """In a process of its own: settings are loaded once in one."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with tempfile.TemporaryDirectory() as folder, os.fdopen(writer, "w") as out:
            home, current = pathlib.Path(folder, "home"), pathlib.Path(folder, "work")
            home.mkdir(), current.mkdir()
            lay_out(home, current, case["files"])
            try:
                result = answer(case, home, current)
            except Exception as error:
                result = {"error": type(error).__name__}
            json.dump(result, out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as out:
        text = out.read()
    os.waitpid(child, 0)
    return json.loads(text)


if __name__ == "__main__":
    table = [{**case, "own_netrc": FORGE, "answer": ask(case)} for case in CASES]
    for line in table:
        if "{current}/own" not in line["env"].values():
            del line["own_netrc"]
    lines = ",\n".join(json.dumps(line, ensure_ascii=False) for line in table)
    (HERE / "answers.json").write_text(f'{{"wandb": "{wandb.__version__}", "cases": [\n{lines}\n]}}\n')
