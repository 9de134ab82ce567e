"""What counts as a sign of error and of success for one stage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import PatternSet, Stage
from pytest_syncguard.stack.watch.builtin import Builtin, builtin
from pytest_syncguard.stack.watch.lines import decoded
from pytest_syncguard.stack.watch.literals import required_literals
from pytest_syncguard.stack.watch.patience import PATIENCE
from pytest_syncguard.stack.watch.signs import STRICT

Kind: TypeAlias = Literal["error", "success"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression over the text of a line, and the words without which it cannot match there."""

    pattern: str
    regex: re.Pattern[str]
    words: frozenset[bytes] | None

    @property
    def caseless(self) -> bool:
        return bool(self.regex.flags & re.IGNORECASE)

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """As of the expression; raises `SyncguardError` where that would take for ever (see `patience`)."""
        PATIENCE.trying = self.pattern
        try:
            return self.regex.search(text, start)
        finally:
            PATIENCE.trying = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """What one line is: a sign of error or of success, by which pattern, at which byte of the line."""

    kind: Kind
    pattern: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Patterns:
    """The signs of one stage: its own, the built-in ones where they apply, and what is never an error.

    Signs of error and `ignore` disregard case; signs of success are taken as they are written.
    """

    errors: tuple[Rule, ...] = ()
    ignore: tuple[Rule, ...] = ()
    success: tuple[Rule, ...] = ()
    builtin_errors: Builtin | None = None

    @classmethod
    def of(cls, stage: Stage) -> Patterns:
        """What the settings of `stage` say. Raises `SyncguardError` for an expression that is none."""
        key = f"stage {stage.name!r}"
        own = _rules(stage.errors, f"{key}, errors", re.IGNORECASE)
        cures = _rules((cure.match for cure in stage.remedies), f"{key}, remedy.match", re.IGNORECASE)
        base = cls.builtin(stage.patterns)
        return cls(
            errors=own + cures + base.errors,
            ignore=_rules(stage.ignore, f"{key}, ignore", re.IGNORECASE),
            success=_rules(stage.success, f"{key}, success", 0),
            builtin_errors=base.builtin_errors,
        )

    @classmethod
    def builtin(cls, mode: PatternSet = "default") -> Patterns:
        """The set that ships with the package, alone: ``default``, or ``strict``, which cries wolf."""
        if mode == "strict":
            return cls(errors=tuple(_literal(text) for text in STRICT))
        return cls(builtin_errors=builtin())

    def judge(self, plain: bytes, lower: bytes, *, harmless: bool = False) -> Hit | None:
        """What one line is, looked at with every rule. Errors come first, and `ignore` before them.

        `harmless`: the line belongs to a message that said that it is none; only what is grave counts.
        """
        text = decoded(plain)
        error = None if any(rule.search(text) for rule in self.ignore) else self._error(text, lower, harmless)
        return error or _first(self.success, text, "success")

    def _error(self, text: str, lower: bytes, harmless: bool) -> Hit | None:
        own = _first(self.errors, text, "error")
        if own or self.builtin_errors is None:
            return own
        opening = self.builtin_errors.opening(lower, 0, len(lower))
        opening = opening._replace(free=opening.free or harmless)
        found = self.builtin_errors.first(lower, 0, len(lower), opening)
        return Hit("error", found[1], found[0]) if found else None


def _first(rules: Sequence[Rule], text: str, kind: Kind) -> Hit | None:
    for rule in rules:
        match = rule.search(text)
        if match:
            return Hit(kind, rule.pattern, len(text[: match.start()].encode()))
    return None


def _literal(text: str) -> Rule:
    return Rule(text, re.compile(re.escape(text), re.IGNORECASE), frozenset((text.lower().encode(),)))


def _rules(patterns: Iterable[str], key: str, flags: int) -> tuple[Rule, ...]:
    return tuple(_rule(pattern, key, flags) for pattern in patterns)


def _rule(pattern: str, key: str, flags: int) -> Rule:
    try:
        regex = re.compile(pattern, flags)
    except re.error as fault:
        where = f"at position {fault.pos}" if fault.pos is not None else "somewhere"
        message = f"{key}: {pattern!r} is no regular expression: {fault.msg} {where}; correct it there"
        raise SyncguardError(message) from None
    return Rule(pattern, regex, required_literals(pattern, flags))
