"""Git's index file, read as gitformat-index(5) says: which files are tracked, and their stat data in full.

Git itself compares times by the second in its usual builds; whoever needs more than that reads the index.
"""

from __future__ import annotations

import os
import struct
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from pytest_syncguard.stack.fingerprint.errors import FingerprintError

ABSENT: Final = "none"
GITLINK: Final = 0o160000
MARK: Final = 12  # bytes
ASSUME_UNCHANGED, EXTENDED, STAGE = 0x8000, 0x4000, 0x3000
# The first two extensions without which the entries are not the whole list: split and sparse index.
PARTIAL: Final = (b"link", b"sdir")


class Entry(NamedTuple):
    """One entry. ``size`` is that of the file in the work tree, modulo 2**32; zero when git is not sure.

    ``raw``: everything that the index says, stat data, flags and path included, byte for byte.
    """

    path: bytes
    mode: int
    blob: bytes
    size: int
    mtime_ns: int
    ctime_ns: int
    ino: int
    flags: int
    extended: int
    raw: bytes

    @property
    def mark(self) -> bytes:
        """A short digest of all that the index says of the file."""
        return blake2b(self.raw, digest_size=MARK).digest()

    @property
    def plain(self) -> bool:
        """Neither in conflict nor flagged so that git would not look at the file (or only intends to add it)."""
        return not (self.flags & (ASSUME_UNCHANGED | STAGE) or self.extended)

    @property
    def content(self) -> bool:
        """Whether the entry says what the file holds: not in conflict, not only intended to be added."""
        return not (self.flags & STAGE or self.extended & 0x2000)


class Index(NamedTuple):
    """What an index file holds: entries in git's order, by path."""

    entries: list[Entry]
    partial: bool


def identity(path: Path) -> str:
    """What differs whenever the index was written: its own checksum, and where and when it was written."""
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            file.seek(-min(20, stat.st_size), os.SEEK_END)
            end = file.read().hex()
    except FileNotFoundError:
        return ABSENT
    except OSError as error:
        raise FingerprintError(f"cannot read {path}: {error.strerror}; make it readable") from None
    return f"{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{end}"


def read(path: Path, hash_size: int) -> Index:
    """The index at ``path``; no such file: no entries. ``hash_size`` is 20 (sha1) or 32 (sha256) bytes."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Index([], partial=False)
    except OSError as error:
        raise FingerprintError(f"cannot read {path}: {error.strerror}; make it readable") from None
    try:
        signature, version, count = struct.unpack_from(">4sII", data)
        if signature != b"DIRC" or version not in (2, 3, 4):
            raise FingerprintError(f"{path} is no index that git 2 writes (version {version}); update git")
        entries, end = _entries(data, count, hash_size, compressed=version == 4)
        return Index(entries, partial=_partial(data, end, len(data) - hash_size))
    except (struct.error, IndexError, ValueError):
        raise FingerprintError(f"{path} is damaged; see what `git status` says there") from None


def _entries(data: bytes, count: int, hash_size: int, *, compressed: bool) -> tuple[list[Entry], int]:
    unpack = struct.Struct(f">10I{hash_size}sH").unpack_from
    fixed, find, entries = 42 + hash_size, data.index, []
    at, path = 12, b""
    for _ in range(count):
        fields = unpack(data, at)
        name = at + fixed
        flags, extended = fields[11], 0
        if flags & EXTENDED:
            extended = data[name] << 8 | data[name + 1]
            name += 2
        if compressed:
            strip, name = _varint(data, name)
            end = find(b"\0", name)
            path, next_at = path[: len(path) - strip] + data[name:end], end + 1
        else:
            end = find(b"\0", name)
            path, next_at = data[name:end], at + ((end - at + 8) & ~7)
        ctime, mtime = fields[0] * 1_000_000_000 + fields[1], fields[2] * 1_000_000_000 + fields[3]
        entries.append(
            Entry(
                path,
                fields[6],
                fields[10],
                fields[9],
                mtime,
                ctime,
                fields[5],
                flags,
                extended,
                data[at : at + fixed] + path,
            )
        )
        at = next_at
    return entries, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at ``at`` in the encoding of pack offsets, and where it ends."""
    byte, at = data[at], at + 1
    value = byte & 0x7F
    while byte & 0x80:
        byte, at = data[at], at + 1
        value = (value + 1) << 7 | byte & 0x7F
    return value, at


def _partial(data: bytes, at: int, end: int) -> bool:
    while at + 8 <= end:
        name, size = struct.unpack_from(">4sI", data, at)
        if name in PARTIAL:
            return True
        at += 8 + size
    return False
