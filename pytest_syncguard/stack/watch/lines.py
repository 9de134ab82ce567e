"""From the bytes that a tool wrote to the lines that a reader sees.

Escapes and control characters are taken out on whole blocks of bytes, before anything is decoded: only the
few lines that matter are ever turned into `str`.
"""

from __future__ import annotations

import re
from typing import Final

PIECE: Final = 64 * 1024  # a line longer than this many bytes is judged in pieces
CONTEXT: Final = 4 * 1024  # how far, in bytes, a piece sees on either side of what it judges
TEXT_LIMIT: Final = 2_000  # characters of a line that are ever shown

_LOWER: Final = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\r") + b"\x7f"
# A terminal title or a link ends with BEL or ESC \; one that never ends must not swallow an error.
_OSC: Final = re.compile(rb"\x1b[\]PX^_][^\x07\x1b\r\n]*(?:\x07|\x1b\\)")
# A cursor that moves leaves a gap on the screen, so words on both sides of it stay apart.
_MOVE: Final = re.compile(rb"\x1b\[[0-9;]*[A-HJSTdf]")
_ESCAPE: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[ -/]+[0-~]?|[0-Z\\-~]?)")
# What could still command a terminal or reorder text once decoded: C1, line separators, bidi controls.
_UNSEEN: Final = re.compile("[\x80-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def split_at_last_line_end(data: bytes) -> tuple[bytes, bytes]:
    """The part of `data` that ends with its last line end, and the half line after it."""
    cut = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    return data[:cut], data[cut:]


def unify_line_ends(data: bytes) -> bytes:
    r"""`data` with every ``\r\n`` and every lone ``\r`` turned into ``\n``."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def plain_and_lower(data: bytes) -> tuple[bytes, bytes]:
    r"""`data` (lines ended by ``\n``) without escapes and control characters, and the same in lower case.

    Both have the same length, so that a place found in one is the same place in the other.
    """
    if b"\x1b" in data:
        data = _ESCAPE.sub(b"", _MOVE.sub(b" ", _OSC.sub(b"", data)))
    lower = data.translate(_LOWER, _CONTROLS)
    plain = data if len(lower) == len(data) else data.translate(None, _CONTROLS)
    return plain, lower


def decoded(line: bytes) -> str:
    """The text of a plain line; bytes that are no UTF-8 become U+FFFD."""
    return line.decode("utf-8", "replace")


def shown(line: bytes, around: int = 0) -> str:
    """The text of a plain line as it may be shown: at most `TEXT_LIMIT` characters, byte `around` in it."""
    start = max(0, around - TEXT_LIMIT // 4) if len(line) > TEXT_LIMIT else 0
    piece = line[start : start + 4 * TEXT_LIMIT]  # a character takes at most four bytes
    return _UNSEEN.sub("", decoded(piece).expandtabs(4))[:TEXT_LIMIT]
