"""What is new in a log that is printed whole each time."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

COMPARED = 1 << 20  # bytes at a time: memory stays bounded however long the log is
OVERLAP_LINES = 3
CANDIDATES = 10_000


def fresh_from(before: IO[bytes], now: IO[bytes]) -> int:
    """Offset in ``now`` from which its text was not in ``before``.

    Text was appended: the length of ``before``. The top was cut off as well: the end of the longest piece
    that ends ``before`` and begins ``now``. Anything else is a log that began anew: 0. A piece of fewer
    than three lines proves nothing (a restarted service may begin with what its predecessor ended with),
    so it is taken as new: a line told twice is the lesser evil beside an error that is never told.
    """
    if _size(before) == 0 or _size(now) == 0:
        return 0
    with _mapped(before) as old, _mapped(now) as new:
        if _continues(old, 0, new):
            return len(old)
        head = _head(new)
        at = old.find(head) if head else -1
        for _ in range(CANDIDATES):
            if at < 0:
                break
            if _continues(old, at, new):
                return len(old) - at
            at = old.find(head, at + 1)
    return 0


def _continues(old: mmap.mmap, at: int, new: mmap.mmap) -> bool:
    """Whether what follows ``at`` in the old text is the beginning of the new one."""
    length = len(old) - at
    if length > len(new):
        return False
    return all(
        old[at + begin : at + min(begin + COMPARED, length)] == new[begin : min(begin + COMPARED, length)]
        for begin in range(0, length, COMPARED)
    )


def _head(text: mmap.mmap) -> bytes:
    """The first lines, by which an overlap is found; nothing when there are too few."""
    end = 0
    for _ in range(OVERLAP_LINES):
        end = text.find(b"\n", end) + 1
        if end == 0:
            return b""
    return text[:end]


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


@contextmanager
def _mapped(file: IO[bytes]) -> Iterator[mmap.mmap]:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped
