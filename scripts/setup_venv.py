#!/usr/bin/env python3
"""Puts the Python packages that tests compare with (hydra-core above all) into `.venv`.

Only tests use them; the programs built here need no Python. Everything is pinned by hash in requirements/tests.txt,
and pip itself and what builds packages from source in requirements/tests-build.txt, so every Python from 3.10 on gets
the same. It is made anew when either file, or the version of Python, changes.

`.venv` is a link to a folder beside it with a name of its own. A virtual environment cannot be renamed when it is
finished, since scripts in it name their place; a link can be put there in one step.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from setup_common import WORKSPACE, call, make_environment, only_one_at_a_time, pip, point, run_main, say, sweep

STAMP = "made-from"
"""A file in `.venv`, written last: what it was made from."""
IF_YOURS = "the tests want an environment of their own"


def wanted(requirements: list[Path]) -> str:
    """What a `.venv` that is up to date has in its stamp."""
    pins = b"".join(path.read_bytes() for path in requirements)
    return f"python{sys.version_info[0]}.{sys.version_info[1]} {hashlib.sha256(pins).hexdigest()}"


def is_ready(home: Path, stamp: str) -> bool:
    """Whether `home` was finished from these pins, and its Python is still there (upgrades leave a dangling link)."""
    try:
        return (home / STAMP).read_text(encoding="utf-8") == stamp and (home / "bin" / "python").exists()
    except (FileNotFoundError, NotADirectoryError):
        return False


def make(home: Path, build: Path, tests: Path, stamp: str) -> None:
    """Fills the folder `home`."""
    temporary = home / "tmp"
    make_environment(home, temporary)
    pinned = ("install", "--quiet", "--require-hashes", "--no-deps")
    call(
        pip(home, *pinned, "--only-binary=:all:", f"--requirement={build}"),
        failure=f"pip could not install {build.name}",
        temporary=temporary,
    )
    # Without build isolation, which would fetch an unpinned setuptools for the package that comes as source.
    call(
        pip(home, *pinned, "--no-build-isolation", f"--requirement={tests}"),
        failure=f"pip could not install {tests.name}",
        temporary=temporary,
    )
    call(pip(home, "check"), failure=f"{tests.name} is not complete", temporary=temporary)
    shutil.rmtree(temporary)
    home.chmod(0o755)  # mkdtemp makes it for its owner alone
    (home / STAMP).write_text(stamp, encoding="utf-8")


def set_up(workspace: Path) -> None:
    """All of it. Does nothing and says nothing when everything is in place."""
    link = workspace / ".venv"
    build, tests = (workspace / "requirements" / f"{name}.txt" for name in ("tests-build", "tests"))
    stamp = wanted([build, tests])
    if is_ready(link, stamp):
        return
    with only_one_at_a_time(workspace) as alone:
        if is_ready(link, stamp):
            return
        say(f"tests: installing their Python packages into {link.name} …")
        home = Path(tempfile.mkdtemp(prefix=f"{link.name}.setup.", dir=workspace))
        try:
            make(home, build, tests, stamp)
            point(link, Path(home.name), if_yours=IF_YOURS)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        if alone:
            sweep(workspace, f"{link.name}.setup.*", keep=home)


def main() -> None:
    """The command line: nothing to choose but --help."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    set_up(WORKSPACE)


if __name__ == "__main__":
    run_main(main)
