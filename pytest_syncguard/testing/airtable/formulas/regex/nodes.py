"""What a regular expression consists of."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from pytest_syncguard.testing.airtable.formulas.values import Broken

Ranges: TypeAlias = tuple[tuple[int, int], ...]  # of code points, both ends included

DIGIT: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}


@dataclass(frozen=True)
class Chars:
    """One character of these; ``fold``: capitals and small letters are the same."""

    ranges: Ranges
    fold: bool = False

    @cached_property
    def written(self) -> str:
        """In Python's own notation."""
        if not self.ranges:
            return "(?!)"
        members = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in self.ranges)
        return f"(?i:[{members}])" if self.fold else f"[{members}]"

    @cached_property
    def accepts(self) -> Callable[[str], object]:
        """A function that tells whether a character is one of these: something true if it is."""
        return re.compile(self.written).match


@dataclass(frozen=True)
class At:
    """A place: ``start`` or ``end`` of the text or (``line ...``) of a line, ``word`` or ``no word`` boundary."""

    place: str


@dataclass(frozen=True)
class Sequence:
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """The first one that leads to a match."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """``most`` is None where there is no limit; what is not greedy takes as few as it can."""

    item: Node
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True)
class Group:
    """What ``$1`` and so on stand for; ``index`` counts from 1."""

    item: Node
    index: int


Node: TypeAlias = "Chars | At | Sequence | Either | Repeat | Group"


def inverted(ranges: Ranges) -> Ranges:
    """All other characters."""
    found, at = [], 0
    for first, last in sorted(ranges):
        if first > at:
            found.append((at, first - 1))
        at = max(at, last + 1)
    return (*found, (at, sys.maxunicode)) if at <= sys.maxunicode else tuple(found)


def category(name: str) -> Ranges:
    """The characters of a general category of Unicode, such as L or Lu. Raises `Broken` for another name."""
    if name not in _categories():
        raise Broken
    return _categories()[name]


@cache
def _categories() -> dict[str, Ranges]:
    found: dict[str, list[tuple[int, int]]] = {}
    every = map(unicodedata.category, map(chr, range(sys.maxunicode + 1)))
    for name, run in groupby(enumerate(every), key=itemgetter(1)):
        codes = [code for code, _ in run]
        for each in (name, name[0]):
            found.setdefault(each, []).append((codes[0], codes[-1]))
    return {name: tuple(ranges) for name, ranges in found.items()}
