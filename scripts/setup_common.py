"""What both set-up scripts need: errors for people, a clean end when interrupted, a lock, and programs to call.

Standard library only: the set-up runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

WORKSPACE = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 10)
# With `.venv` activated, `python3` is the one in it, which may be about to be replaced: then the one it was made from.
PYTHON = sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(sys.executable)


class SetupError(Exception):
    """Something that the person at the keyboard can act on; its text is the whole message."""


class CallError(SetupError):
    """A program that failed, with what it said."""

    def __init__(self, failure: str, said: str) -> None:
        self.failure, self.said = failure, said
        super().__init__(failure + "".join(f"\n  | {line}" for line in said.strip().splitlines()[-25:]))


def say(line: str) -> None:
    """Prints at once, so that the line comes before what pip prints, in a pipe too."""
    print(line, flush=True)


def run_main(main: Callable[[], None]) -> NoReturn:
    """Runs `main` and ends the process: an error as one message without a traceback, a signal by its usual code."""
    # A SIGTERM (a CI time limit, say) or a closed terminal has to unwind like Ctrl-C does,
    # or half-made folders would stay behind.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _frame: sys.exit(128 + number))
    try:
        if sys.version_info < OLDEST_PYTHON:
            wanted, found = ".".join(map(str, OLDEST_PYTHON)), sys.version.split()[0]
            raise SetupError(
                f"Python {wanted} or newer is needed; this is {found}. Name another: make PYTHON=python3.12 …"
            )
        main()
    except SetupError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except OSError as error:
        sys.exit(f"error: {describe(error)}")
    sys.exit(0)


def describe(error: OSError) -> str:
    """An `OSError` as a sentence, with the way out where there is a usual one."""
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({what}). Nothing half-made is left; free some space and run the set-up again."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"no permission to write there ({what}). DDPM_CACHE can name another folder for what is downloaded."
    return what


@contextlib.contextmanager
def only_one_at_a_time(folder: Path) -> Iterator[bool]:
    """Holds a lock on `folder`, waiting for it if need be; yields `False` where there is no such lock to be had.

    The lock is on the folder itself, so no lock file stays behind, and it ends with its process, however that dies.
    Some network file systems cannot lock a folder.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(handle, folder)
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"Waiting for another set-up that is at work in {folder} …")
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def sweep(folder: Path, pattern: str, keep: Path | None = None) -> None:
    """Removes what killed set-ups left in `folder` under names like `pattern`.

    Only under the lock: nobody is at work then. Errors do not matter: what a killed set-up had started may live a
    moment longer, and the next one sweeps again.
    """
    for left in folder.glob(pattern):
        if left.is_symlink():
            left.unlink(missing_ok=True)
        elif left != keep:
            shutil.rmtree(left, ignore_errors=True)


def point(link: Path, place: Path, *, if_yours: str) -> bool:
    """Makes `link` lead to `place`, in one step for whoever looks; says whether it led elsewhere before.

    A folder in the place of the link is somebody's own: an error, with the advice `if_yours`.
    """
    if link.is_symlink() and os.readlink(link) == str(place):
        return False
    if link.exists() and not link.is_symlink():
        raise SetupError(f"{link} is in the way: the set-up keeps a link there. Move it elsewhere; {if_yours}.")
    fresh = link.with_name(f"{link.name}.setup.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(place)
    os.replace(fresh, link)
    return True


def call(command: Sequence[str], *, failure: str, temporary: Path, progress: bool = False) -> None:
    """Runs `command`. What it says is kept for a `CallError` headed `failure`; `progress` shows its output.

    Its temporary files go to `temporary`, so that they go away with what is being made: /tmp is often a small file
    system in memory. When this process is interrupted, the command ends with all that it has started.
    """
    temporary.mkdir(exist_ok=True)
    try:
        child = subprocess.Popen(
            command,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=None if progress else subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise SetupError(f"{failure}: there is no program {command[0]!r}") from error
    with child:
        try:
            output, errors = child.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            raise
    if child.returncode == 0:
        return
    said = (output or "") + errors
    if os.strerror(errno.ENOSPC) in said:
        raise SetupError(f"{failure}: the disk is full. Free some space and run the set-up again.")
    raise CallError(failure, said)


def make_environment(home: Path, temporary: Path) -> None:
    """Makes a virtual environment with pip in the folder `home`."""
    call(
        [PYTHON, "-m", "venv", str(home)],
        failure="could not make a virtual environment with pip (on Debian and Ubuntu: apt install python3-venv)",
        temporary=temporary,
    )


def pip(home: Path, *arguments: str) -> list[str]:
    """The command for the pip of the environment `home`; `-I` keeps PYTHONPATH and the user's packages out of it."""
    return [str(home / "bin" / "python"), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
