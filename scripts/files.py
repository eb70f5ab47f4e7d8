"""Files that others read: whole, or as they were."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from setup_common import SetupError


def read_json(path: Path) -> Any:
    """What is in a file; None: there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        # Not JSON, or not even text.
        raise SetupError(f"{path} is not JSON: {error}") from error


def write(path: Path, content: str | bytes) -> None:
    """Writes a file beside its place, and then into it: who looks meanwhile, or after an interruption, sees no half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".part")
    with fresh.open("wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
