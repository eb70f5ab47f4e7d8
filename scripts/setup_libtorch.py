#!/usr/bin/env python3
"""Puts libtorch where `.cargo/config.toml` looks for it: `.libtorch`, a link to a folder in a cache that clones share.

libtorch comes out of PyPI's `torch` wheel, by pip and with pinned hashes. Of the wheel only what training on a CPU
needs is kept: on Linux it is a CUDA build, which would want 3 GB of further packages. A wheel is tied to one version
of Python only by parts that are left out here, so one wheel a platform does for every Python.

Nothing is trusted that was not finished: a folder is made beside its place, its manifest is written last, and it is
renamed into place; and every later set-up compares the manifest with what is there.

Environment:
  DDPM_CACHE            the cache (default: ~/.cache/ddpm)
  LIBTORCH              the absolute path of a libtorch to use instead; nothing is downloaded then
  LIBTORCH_USE_PYTORCH  use the PyTorch of `python3` instead; nothing is downloaded then
  CXX                   the C++ compiler (default: c++), which Linux needs once
"""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import hashlib
import json
import os
import platform
import shlex
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from setup_common import (
    WORKSPACE,
    CallError,
    SetupError,
    call,
    make_environment,
    only_one_at_a_time,
    pip,
    point,
    run_main,
    say,
    sweep,
)

TORCH = "2.13.0"
MANIFEST = "manifest.json"
BY_HAND = (
    f"Get libtorch {TORCH} in another way, and set LIBTORCH to the absolute path of its folder (the one that holds "
    f"include/ and lib/), or LIBTORCH_USE_PYTORCH=1 where `python3` can import torch {TORCH}."
)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How libtorch is made for one platform. A change to what is kept, or to the pins, is a new folder in the cache."""

    platform: str
    """Names the requirements file and the folder."""
    tags: tuple[str, ...]
    """The wheel tags that this platform can use, best first."""
    take: tuple[str, ...]
    """What to keep of the wheels: every member whose name starts with one of these."""
    leave: tuple[str, ...]
    """Patterns of members to leave out all the same."""
    bare_libtorch: bool
    """Whether `libtorch.so` has to be replaced by one that does not want CUDA."""
    megabytes: int
    """Room wanted on the disk while it is made: for the wheels twice (pip copies them), or once beside the result."""

    def name(self, pins: str) -> str:
        """The folder's name: readable, and another one for any other content."""
        pinned = "\n".join(line for line in pins.splitlines() if line and not line.startswith("#"))
        text = json.dumps([dataclasses.astuple(dataclasses.replace(self, megabytes=0)), pinned])
        return f"libtorch-{TORCH}-{self.platform}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _linux(machine: str, megabytes: int) -> Recipe:
    return Recipe(
        platform=f"linux-{machine}",
        tags=tuple(
            f"{tag}_{machine}" for tag in ("manylinux_2_28", "manylinux_2_25", "manylinux_2_17", "manylinux2014")
        ),
        take=("torch/include/", "torch/lib/", "nvidia/cu13/lib/libcudart.so.13", "nvidia/cu13/lib/libcupti.so.13"),
        leave=("torch/lib/libtorch.so", "*_cuda.so", "*_cuda_linalg.so", "*_nvrtc.so", "*_nvshmem.so", "*_python.so"),
        bare_libtorch=True,
        megabytes=megabytes,
    )


RECIPES: dict[tuple[str, str], Recipe] = {
    ("Linux", "x86_64"): _linux("x86_64", 1200),
    ("Linux", "aarch64"): _linux("aarch64", 1000),
    ("Darwin", "arm64"): Recipe(
        platform="macos-arm64",
        tags=("macosx_14_0_arm64",),
        take=("torch/include/", "torch/lib/"),
        leave=("*_python.dylib",),
        bare_libtorch=False,
        megabytes=600,
    ),
}
OLDEST_SYSTEM = {"Linux": ("glibc", (2, 28)), "Darwin": ("macOS", (14, 0))}
"""What the wheels' tags ask for. pip is told to take them for any system, so the check is ours."""


def recipe_for(system: str, machine: str, version: tuple[int, ...] | None) -> Recipe:
    """The recipe for a system as Python's `platform` names it; a `SetupError` with the way out if there is none.

    `version` is that of glibc or macOS, `None` where a Linux has another libc.
    """
    recipe = RECIPES.get((system, machine))
    if recipe is None:
        known = ", ".join(" ".join(key) for key in RECIPES)
        raise SetupError(f"there is no ready-made libtorch for {system} {machine}, only for {known}.\n{BY_HAND}")
    name, oldest = OLDEST_SYSTEM[system]
    if version is None or version < oldest:
        wanted, found = ".".join(map(str, oldest)), ".".join(map(str, version or ())) or "none"
        raise SetupError(f"the ready-made libtorch needs {name} {wanted} or newer; found: {found}.\n{BY_HAND}")
    return recipe


def system_version() -> tuple[int, ...] | None:
    """The version of macOS or glibc; `None` for another libc."""
    if platform.system() == "Darwin":
        return _numbers(platform.mac_ver()[0])
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except ValueError:
        return None
    return _numbers(version) if name == "glibc" else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def chosen_by_user(environment: Mapping[str, str], link: Path) -> str | None:
    """The libtorch that the user chose, in words; `None` if that is left to this script.

    Follows torch-sys, which looks at LIBTORCH_USE_PYTORCH first, and only at whether it is set.
    A LIBTORCH that cannot work is reported here, in a sentence, rather than by a C++ compiler.
    """
    if "LIBTORCH_USE_PYTORCH" in environment:
        return "the PyTorch of `python3`, since LIBTORCH_USE_PYTORCH is set"
    value = environment.get("LIBTORCH")
    if value is None:
        return None
    chosen = Path(value)
    if chosen.name == link.name and chosen.parent.resolve() == link.parent.resolve():
        return None
    if not chosen.is_absolute():
        raise SetupError(
            f"LIBTORCH is {value!r}; it has to be an absolute path, or unset to let the set-up fetch libtorch."
        )
    for variable, part in (("LIBTORCH_INCLUDE", "include"), ("LIBTORCH_LIB", "lib")):
        folder = Path(environment.get(variable, value)) / part
        if not folder.is_dir():
            raise SetupError(f"LIBTORCH is {value!r}, but there is no folder {folder}.")
    return f"{value}, since LIBTORCH is set"


def cache_folder(environment: Mapping[str, str]) -> Path:
    """The folder that clones share."""
    named = environment.get("DDPM_CACHE")
    return Path(named).expanduser().absolute() if named else Path.home() / ".cache" / "ddpm"


def write_manifest(folder: Path) -> None:
    """Notes the size of every file in `folder`. Written last: a folder that has a manifest was finished."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST)
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in files}
    (folder / MANIFEST).write_text(json.dumps({"files": sizes}, indent=0), encoding="utf-8")


def what_is_wrong(folder: Path) -> str | None:
    """Why `folder` cannot be used as it is, or `None` if it is complete.

    Sizes, not hashes: this runs before every build and must take no time. A file that a crash or a full disk cut short
    has another size; one that rotted on the disk is beyond what a set-up can promise.
    """
    try:
        sizes = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"].items()
    except FileNotFoundError:
        return "it has no manifest"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "its manifest cannot be read"
    for name, size in sizes:
        try:
            found = os.stat(os.path.join(folder, name)).st_size
        except FileNotFoundError:
            return f"{name} is missing"
        if found != size:
            return f"{name} has {found} bytes instead of {size}"
    return None


def unpack(wheel: Path, recipe: Recipe, into: Path) -> None:
    """Copies out of `wheel` what `recipe` keeps: torch's folders as they are, and every other library into `lib/`."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            name = member.filename
            left_out = any(fnmatch.fnmatchcase(name, pattern) for pattern in recipe.leave)
            if member.is_dir() or left_out or not name.startswith(recipe.take):
                continue
            # CUDA's libraries go beside torch's own, whose RPATH ends in $ORIGIN.
            place = into / (name.removeprefix("torch/") if name.startswith("torch/") else f"lib/{Path(name).name}")
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(place, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            # zipfile leaves the permissions behind; a shared library customarily has x.
            if ".so" in place.suffixes or place.suffix == ".dylib":
                place.chmod(place.stat().st_mode | 0o111)


def link_bare_libtorch(lib: Path, compiler: Sequence[str], temporary: Path) -> None:
    """Makes a `libtorch.so` that holds nothing and needs `libtorch_cpu.so`.

    That is what the wheel's own is, but for its need of `libtorch_cuda.so`, which alone would bring in all of CUDA.
    """
    call(
        [
            *compiler,
            *("-shared", "-nostdlib", "-o", str(lib / "libtorch.so"), "-x", "c", os.devnull, "-x", "none"),
            *("-Wl,-soname,libtorch.so", "-Wl,--no-as-needed", "-Wl,-rpath,$ORIGIN"),
            *(str(lib / "libtorch_cpu.so"), str(lib / "libc10.so")),
        ],
        failure="could not link libtorch.so with the C++ compiler",
        temporary=temporary,
    )


def cxx(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The C++ compiler's command, looked for before 500 MB are downloaded."""
    command = tuple(shlex.split(environment.get("CXX", ""))) or ("c++",)
    if shutil.which(command[0]) is None:
        raise SetupError(f"there is no C++ compiler {command[0]!r}. Install one (g++ or clang), or name one in CXX.")
    return command


def download(recipe: Recipe, pins: Path, scratch: Path) -> list[Path]:
    """Fetches the wheels with pip, which checks their hashes.

    pip gets an environment of its own, since many systems have venv but no pip.
    """
    home, wheels = scratch / "pip", scratch / "wheels"
    make_environment(home, scratch / "tmp")
    command = pip(home, "download", "--require-hashes", "--no-deps", "--only-binary=:all:", "--no-cache-dir")
    command += ["--python-version=3.11", "--implementation=cp", "--abi=cp311", "--abi=none"]
    command += [f"--platform={tag}" for tag in recipe.tags]
    command += [f"--requirement={pins}", f"--dest={wheels}"]
    try:
        call(
            command,
            failure="pip could not download libtorch",
            temporary=scratch / "tmp",
            progress=sys.stdout.isatty(),
        )
    except CallError as error:
        if "DO NOT MATCH THE HASHES" in error.said:
            raise CallError(f"a download is not what {pins.name} pins; it was thrown away", error.said) from error
        raise CallError(f"{error.failure} (is there a network?)", error.said) from error
    return sorted(wheels.glob("*.whl"))


def make(recipe: Recipe, pins: Path, place: Path, compiler: Sequence[str]) -> None:
    """Makes libtorch in a scratch folder beside `place`, and renames it there when it is complete."""
    prefix = f".{place.name}."
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place.parent, ignore_cleanup_errors=True) as scratch_name:
        scratch = Path(scratch_name)
        free = shutil.disk_usage(scratch).free // 1_000_000
        if free < recipe.megabytes:
            raise SetupError(
                f"{place.parent} has {free} MB free, and {recipe.megabytes} MB are needed for a while. "
                "Free some space, or let DDPM_CACHE name a folder on another disk."
            )
        made = scratch / "libtorch"
        for wheel in download(recipe, pins, scratch):
            unpack(wheel, recipe, made)
        if recipe.bare_libtorch:
            link_bare_libtorch(made / "lib", compiler, scratch / "tmp")
            # torch-sys links with -lgomp; this makes it find the one that libtorch runs on.
            (made / "lib" / "libgomp.so").symlink_to("libgomp.so.1")
        (made / "build-version").write_text(TORCH + "\n", encoding="utf-8")
        write_manifest(made)
        install(made, place)


def install(made: Path, place: Path) -> None:
    """Renames `made` to `place`. What is complete there already stays; what is broken makes way."""
    if os.path.lexists(place):
        if what_is_wrong(place) is None:
            return
        place.rename(made.with_name("replaced"))
    try:
        made.rename(place)
    except OSError:
        # Where there is no lock, another set-up may have come first.
        if what_is_wrong(place) is not None:
            raise


def set_up(environment: Mapping[str, str], workspace: Path) -> None:
    """All of it. Does nothing and says nothing when everything is in place."""
    link = workspace / ".libtorch"
    chosen = chosen_by_user(environment, link)
    if chosen is not None:
        say(f"libtorch: {chosen}")
        return
    recipe = recipe_for(platform.system(), platform.machine(), system_version())
    pins = workspace / "requirements" / f"libtorch-{recipe.platform}.txt"
    place = cache_folder(environment) / recipe.name(pins.read_text(encoding="utf-8"))
    if what_is_wrong(place) is not None:
        compiler = cxx(environment) if recipe.bare_libtorch else ()
        place.parent.mkdir(parents=True, exist_ok=True)
        with only_one_at_a_time(place.parent) as alone:
            wrong = what_is_wrong(place)
            if alone:
                sweep(place.parent, f".{place.name}.*")
            if wrong is not None:
                again = f" again, since {wrong}" if place.exists() else ""
                say(f"libtorch: downloading {TORCH} for {recipe.platform} into {place}{again} …")
                make(recipe, pins, place, compiler)
    if point(link, place, if_yours="if it is a libtorch of yours, set LIBTORCH to it"):
        say(f"libtorch: {link.name} -> {place}")


def main() -> None:
    """The command line: nothing to choose but --help."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    set_up(os.environ, WORKSPACE)


if __name__ == "__main__":
    run_main(main)
