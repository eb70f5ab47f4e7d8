"""Programs that cargo installs, at pinned versions, into the cache that clones share; and calling cargo."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import setup_libtorch
from setup_common import WORKSPACE, SetupError


def cargo(*arguments: str, cwd: Path = WORKSPACE, environment: Mapping[str, str] | None = None) -> None:
    """Runs cargo, which says for itself what is wrong."""
    command = [os.environ.get("CARGO", "cargo"), *arguments]
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **(environment or {})}, check=False)
    if done.returncode != 0:
        raise SetupError(f"'{' '.join(command[:2])}' has failed")


def add_component(name: str) -> None:
    """A part of the toolchain, where rustup keeps it. One that came another way has it or has not: cargo will say."""
    if shutil.which("rustup"):
        subprocess.run(["rustup", "component", "add", name], cwd=WORKSPACE, capture_output=True, check=False)


def installed(tool: str, version: str) -> Path:
    """The program `tool` of the crate of that name. Installed once for each version, which takes a minute."""
    root = setup_libtorch.cache_folder(os.environ) / f"{tool}-{version}"
    program = root / "bin" / tool
    if not program.is_file():
        cargo("install", tool, "--version", version, "--locked", "--root", str(root))
    return program


def with_path_to(program: Path) -> str:
    """PATH, with the program's folder first: `cargo NAME` looks for cargo-NAME there."""
    return os.pathsep.join([str(program.parent), os.environ.get("PATH", "")])
