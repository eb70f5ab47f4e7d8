"""What is in a transaction log of Weights & Biases, `run-<id>.wandb`: a reader of its own, so that what REPORT.md says
of the records does not rest on the program that wrote them.

Blocks of 32 KiB, in them chunks (CRC-32 of kind and payload, length, kind), in those one protobuf message a record.
Field numbers are those of the stock client's `wandb_internal.proto`.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from setup_common import SetupError

FILE_HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32 * 1024
CHUNK_HEADER = 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4

HISTORY, CONFIG, FILES, ARTIFACT, RUN, EXIT = 2, 5, 6, 8, 17, 18
"""Fields of a record, which say what it is."""

Fields = dict[int, list[Any]]


def records(data: bytes) -> Iterator[bytes]:
    """The payload of each record after the file's header. What a writer that was killed has left unfinished is none."""
    at, payload = len(FILE_HEADER), None
    while at < len(data):
        room = BLOCK - at % BLOCK
        header = data[at : at + CHUNK_HEADER]
        if room < CHUNK_HEADER or len(header) < CHUNK_HEADER:
            at += room
            continue
        checksum, length, kind = struct.unpack("<IHB", header)
        chunk = data[at + CHUNK_HEADER : at + CHUNK_HEADER + length]
        if len(chunk) < length or kind not in (FULL, FIRST, MIDDLE, LAST) or zlib.crc32(header[6:] + chunk) != checksum:
            # Damaged, or its end: reading can start again at the next block.
            at, payload = at + room, None
            continue
        at += CHUNK_HEADER + length
        if kind in (FULL, FIRST):
            payload = b""
        if payload is None:
            continue
        payload += chunk
        if kind in (FULL, LAST):
            yield payload
            payload = None


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and the place after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(message: bytes) -> Fields:
    """The values of each field of a protobuf message: numbers, or bytes."""
    found: Fields = {}
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        wire = tag & 7
        value: Any
        if wire == 0:
            value, at = varint(message, at)
        else:
            length, at = varint(message, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            value, at = message[at : at + length], at + length
        found.setdefault(tag >> 3, []).append(value)
    return found


def text(message: Fields, field: int) -> str:
    """A field of text; empty, if it is not there."""
    content: bytes = message.get(field, [b""])[-1]
    return content.decode()


def items(messages: list[bytes]) -> dict[str, Any]:
    """Keys and their values, from JSON. A key in several parts has dots between them."""
    found = {}
    for message in messages:
        item = fields(message)
        key = ".".join(part.decode() for part in item.get(2, [])) or text(item, 1)
        found[key] = json.loads(text(item, 16))
    return found


@dataclasses.dataclass
class Log:
    """What a run's log says."""

    run_id: str = ""
    name: str = ""
    records: int = 0
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    artifacts: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    files: list[str] = dataclasses.field(default_factory=list)
    exit_status: int | None = None

    def add(self, path: Path) -> None:
        """Adds what is in a file: a run has one for each time it was started."""
        data = path.read_bytes()
        if not data.startswith(FILE_HEADER):
            raise SetupError(f"{path} is not a transaction log of W&B")
        for payload in records(data):
            self.records += 1
            for field, values in fields(payload).items():
                if field in (HISTORY, CONFIG, FILES, ARTIFACT, RUN, EXIT):
                    self.take(field, fields(values[-1]))

    def take(self, field: int, message: Fields) -> None:
        """Adds one record."""
        if field == HISTORY:
            self.rows.append(items(message.get(1, [])))
        elif field == CONFIG:
            self.config |= items(message.get(1, []))
        elif field == FILES:
            self.files += [text(fields(file), 1) for file in message.get(1, [])]
        elif field == ARTIFACT:
            self.artifacts.append(artifact(message))
        elif field == RUN:
            self.run_id, self.name = text(message, 1), text(message, 8)
            if 4 in message:
                self.config |= items(fields(message[4][-1]).get(1, []))
        elif field == EXIT:
            # A message without fields says 0.
            self.exit_status = message.get(1, [0])[-1]


def artifact(message: Fields) -> dict[str, Any]:
    """Type, name and digest of an artifact, and the files in it with the checksums that the log has of them."""
    manifest = fields(message.get(12, [b""])[-1])
    entries = [fields(entry) for entry in manifest.get(4, [])]
    return {
        "type": text(message, 4),
        "name": text(message, 5),
        "digest": text(message, 6),
        "files": {text(entry, 1): text(entry, 2) for entry in entries},
    }


def digest(folder: Path, names: list[str]) -> str:
    """The digest that W&B computes of an artifact with these files."""
    found = hashlib.md5(b"wandb-artifact-manifest-v1\n", usedforsecurity=False)
    for name in sorted(names):
        own = hashlib.md5((folder / name).read_bytes(), usedforsecurity=False).digest()
        found.update(f"{name}:{base64.b64encode(own).decode()}\n".encode())
    return found.hexdigest()
