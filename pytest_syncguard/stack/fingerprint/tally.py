"""A sum over files that does not care for order, so that a change to one file is one subtraction and one sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import compress
from typing import TypeAlias

from pytest_syncguard.stack.fingerprint.sources import Selection

MODULUS = 1 << 256
State: TypeAlias = tuple[int, bytes]
"""What a file is: its mode as git writes it (0o100644, 0o100755, 0o120000, 0o160000) and its blob's id."""


def weight(path: bytes, mode: int, blob: bytes) -> int:
    """What one file adds to the sum."""
    return int.from_bytes(sha256(b"%o %d %b%b" % (mode, len(blob), blob, path)).digest(), "big")


@dataclass(frozen=True, slots=True)
class Tally:
    """The sum over the files of one selection, their number, and how many each of its globs matches."""

    total: int
    files: int
    hits: tuple[int, ...]

    @classmethod
    def of(cls, selection: Selection, paths: Sequence[bytes], weights: Iterable[int]) -> Tally:
        """Over sorted paths."""
        marks, hits = selection.mark(paths)
        return cls(sum(compress(weights, marks)) % MODULUS, sum(marks), tuple(hits))

    @property
    def uncounted(self) -> Tally:
        """The same weight, of things that are no files."""
        return Tally(self.total, 0, (0,) * len(self.hits))

    def __add__(self, other: Tally) -> Tally:
        hits = tuple(map(int.__add__, self.hits, other.hits))
        return Tally((self.total + other.total) % MODULUS, self.files + other.files, hits)

    def __sub__(self, other: Tally) -> Tally:
        hits = tuple(map(int.__sub__, self.hits, other.hits))
        return Tally((self.total - other.total) % MODULUS, self.files - other.files, hits)


def tally(selections: Sequence[Selection], files: Mapping[bytes, State]) -> list[Tally]:
    """One tally for each selection over the same files."""
    paths = sorted(files)
    weights = [weight(path, *files[path]) for path in paths]
    return [Tally.of(selection, paths, weights) for selection in selections]
