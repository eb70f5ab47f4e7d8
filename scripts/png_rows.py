"""PNGs by their rows of pixels, as far as it takes to cut and stack grids: eight bits of red, green and blue."""

from __future__ import annotations

import dataclasses
import struct
import zlib
from pathlib import Path

from setup_common import SetupError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB = 2
CHANNELS = 3


@dataclasses.dataclass(frozen=True)
class Picture:
    """Rows from top to bottom, each red, green and blue of its pixels."""

    width: int
    rows: tuple[bytes, ...]

    def cut(self, start: int, stop: int) -> Picture:
        """The rows from `start` up to `stop`."""
        return Picture(self.width, self.rows[start:stop])


def stacked(pictures: list[Picture]) -> Picture:
    """Pictures of one width, one below the other."""
    widths = {picture.width for picture in pictures}
    if len(widths) != 1:
        raise SetupError(f"pictures of different widths cannot be stacked: {sorted(widths)}")
    return Picture(widths.pop(), tuple(row for picture in pictures for row in picture.rows))


def read(path: Path) -> Picture:
    """The picture in a file."""
    try:
        return decoded(path.read_bytes())
    except (struct.error, zlib.error, IndexError) as error:
        raise SetupError(f"{path} is damaged: {error}") from error
    except SetupError as error:
        raise SetupError(f"{path}: {error}") from error


def decoded(data: bytes) -> Picture:
    """The picture in a PNG that is whole."""
    if not data.startswith(SIGNATURE):
        raise SetupError("it is no PNG")
    at, packed, head = len(SIGNATURE), b"", b""
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            head = body
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if (depth, colour, interlaced) != (8, RGB, 0):
        raise SetupError("it is another kind of PNG than the trainer's")
    raw, stride = zlib.decompress(packed), width * CHANNELS
    rows: list[bytes] = []
    above = bytes(stride)
    for row in range(height):
        start = row * (stride + 1)
        above = unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above)
        rows.append(above)
    return Picture(width, tuple(rows))


def unfiltered(kind: int, row: bytes, above: bytes) -> bytes:
    """A row without its filter (PNG specification, section 9)."""
    if kind == 0:
        return row
    out = bytearray(row)
    for place in range(len(out)):
        left = out[place - CHANNELS] if place >= CHANNELS else 0
        up = above[place]
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            corner = above[place - CHANNELS] if place >= CHANNELS else 0
            guess = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
        out[place] = (out[place] + guess) & 0xFF
    return bytes(out)


def encoded(picture: Picture) -> bytes:
    """The picture as a PNG."""
    head = struct.pack(">IIBBBBB", picture.width, len(picture.rows), 8, RGB, 0, 0, 0)
    # Grids show each pixel as four: what repeats is found without a filter.
    raw = b"".join(b"\0" + row for row in picture.rows)
    return SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
