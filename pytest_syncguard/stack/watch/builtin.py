"""The built-in signs, compiled, and the question whether one of them stands in a line and means it."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from pytest_syncguard.stack.watch.innocent import (
    GRAVE,
    INNOCENT_LINES,
    INNOCENT_PHRASES,
    INNOCENT_TEXTS,
    INNOCENT_TOKENS,
    SERVICE,
)
from pytest_syncguard.stack.watch.refusals import INSTEAD, REFUSALS
from pytest_syncguard.stack.watch.signs import ANYWHERE, FORMS, SIGNS

EVERYWHERE: Final = sys.maxsize
_FLAGS: Final = re.MULTILINE  # lines are looked at where they stand in their block
_OPENING: Final = 2_000  # bytes by which a line as a whole is known
_NEAR: Final = 200  # bytes on either side of a sign in which a phrase or what is done instead may excuse it
_BACK: Final = 64  # bytes before these that an expression looks back at, at most
# What stands in a path is no word of its own.
_JOINED: Final = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyz_/\\@")
_APART: Final = bytes(code if code in _JOINED else 32 for code in range(256))


@dataclass(frozen=True)
class Sign:
    """The signs of error that begin with one word, and the forms one of which must stand alone in the line."""

    word: bytes
    each: tuple[str, ...]
    forms: tuple[bytes, ...]  # none: the word may stand within others
    soft: bool  # it counts only if the sentence does not go on to say what is done instead

    @functools.cached_property
    def any(self) -> re.Pattern[bytes]:
        """All its expressions in one; compiled when a log first holds the word, for few logs hold them all."""
        return _compiled(_either(self.each))

    def name(self, lower: bytes, at: int, end: int) -> str:
        """The expression that matches at `at`."""
        return next(one for one in self.each if _compiled(one).match(lower, at, end))


class Opening(NamedTuple):
    """What the beginning of a line excuses: all before `until`, and, if `free`, all after it that is not grave."""

    until: int
    free: bool


@dataclass(frozen=True)
class Builtin:
    """The built-in set. All methods look at ``lower[start:end]``, one line in lower case.

    What is innocent is compiled when something first looks like an error.
    """

    signs: tuple[Sign, ...]
    heard: dict[bytes, frozenset[bytes]]  # by form, the words of the signs that it brings in

    @functools.cached_property
    def texts(self) -> re.Pattern[bytes]:
        return _compiled(rf"{SERVICE}(?:{_either(INNOCENT_TEXTS)})[ \t]*")

    @functools.cached_property
    def lines(self) -> re.Pattern[bytes]:
        return _compiled(f"{SERVICE}(?:{_either(INNOCENT_LINES)})")

    @functools.cached_property
    def grave(self) -> re.Pattern[bytes]:
        return _compiled(_either(GRAVE))

    @functools.cached_property
    def phrases(self) -> re.Pattern[bytes]:
        return _compiled(rf"\b(?:{_either(INNOCENT_PHRASES)})|{_either(INNOCENT_TOKENS)}")

    @functools.cached_property
    def denials(self) -> Callable[[bytes, int], list[tuple[int, int]]]:
        """Where in a text, from a place on, phrases lie that deny an error. What repeats itself is looked at once."""

        def find(text: bytes, begin: int) -> list[tuple[int, int]]:
            return [match.span() for match in self.phrases.finditer(text, begin)]

        return functools.lru_cache(maxsize=64)(find)

    @functools.cached_property
    def instead(self) -> re.Pattern[bytes]:
        return _compiled(INSTEAD)

    def spoken(self, lower: bytes) -> set[bytes]:
        """The words whose signs may stand in `lower`.

        Taking the text apart once costs less than looking for a dozen words, however many words there are.
        """
        words = set(self.heard[b""] if lower.isascii() else self.heard[b""] | self.heard[b"\x80"])
        for form in self.heard.keys() & lower.translate(_APART).split():
            words |= self.heard[form]
        return words

    def opening(self, lower: bytes, start: int, end: int) -> Opening:
        """How far the line is none that could report an error; `EVERYWHERE` when that is all of it."""
        until, limit = start, min(end, start + _OPENING)
        while (match := self.texts.match(lower, until, limit)) and match.end() > until:
            until = match.end()
        if until >= limit:
            return Opening(EVERYWHERE, True)
        return Opening(until, self.lines.match(lower, until, limit) is not None)

    def counts(self, sign: Sign, lower: bytes, start: int, end: int, at: int, opening: Opening) -> bool:
        """Whether `sign`, which was found at `at`, means what it says."""
        if at < opening.until or (opening.free and not self.grave.match(lower, at, end)):
            return False
        if sign.soft and self.instead.match(lower, at, min(end, at + _NEAR)):
            return False
        return not self.excused(lower, start, end, at)

    def excused(self, lower: bytes, start: int, end: int, at: int) -> bool:
        """Whether what looks like an error at `at` lies within a phrase that denies it."""
        begin = max(start, at - _NEAR)
        before = max(0, begin - _BACK)
        near = self.denials(lower[before : min(end, at + _NEAR)], begin - before)
        return any(first <= at - before < last for first, last in near)

    def first(self, lower: bytes, begin: int, stop: int, opening: Opening) -> tuple[int, str] | None:
        """Place and expression of the first sign in the line `lower` that begins in ``begin:stop`` and counts."""
        end = len(lower)
        best: tuple[int, str] | None = None
        spoken = self.spoken(lower)
        for sign in self.signs:
            if sign.word not in spoken:
                continue
            at = lower.find(sign.word, begin, end)
            while 0 <= at < (best[0] if best else stop):
                if sign.any.match(lower, at, end) and self.counts(sign, lower, 0, end, at, opening):
                    best = at, sign.name(lower, at, end)
                    break
                at = lower.find(sign.word, at + 1, end)
        return best


@functools.cache
def _compiled(expression: str) -> re.Pattern[bytes]:
    return re.compile(expression.encode("latin-1"), _FLAGS)


def _either(expressions: tuple[str, ...]) -> str:
    return "|".join(f"(?:{expression})" for expression in expressions)


def _forms(word: str) -> tuple[bytes, ...]:
    """What must stand alone in a line that holds `word`: as told, or the longest part of the word itself."""
    if word in FORMS:
        return tuple(form.encode() for form in FORMS[word])
    parts = re.findall(r"\w+", word, re.ASCII)
    return (max(parts, key=len).encode(),) if parts and word not in ANYWHERE else ()


def _heard(signs: Iterable[Sign]) -> dict[bytes, frozenset[bytes]]:
    heard: dict[bytes, set[bytes]] = {b"": set(), b"\x80": set()}
    for sign in signs:
        for form in sign.forms or (b"" if sign.word.isascii() else b"\x80",):
            heard.setdefault(form, set()).add(sign.word)
    return {form: frozenset(words) for form, words in heard.items()}


@functools.cache
def builtin() -> Builtin:
    """The built-in set."""
    signs = tuple(
        Sign(word.encode("latin-1"), expressions, _forms(word), word in REFUSALS) for word, expressions in SIGNS.items()
    )
    return Builtin(signs=signs, heard=_heard(signs))
