"""Functions of regular expressions. What is no regular expression makes them an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextvars import ContextVar
from functools import partial

from pytest_syncguard.testing.airtable.formulas.functions.registry import Evaluate, strict
from pytest_syncguard.testing.airtable.formulas.regex.machine import Budget, Spans
from pytest_syncguard.testing.airtable.formulas.regex.pattern import pattern
from pytest_syncguard.testing.airtable.formulas.scope import Scope
from pytest_syncguard.testing.airtable.formulas.values import Broken, Value, joined, text

PUT = re.compile(r"\$(\$|&|[0-9]{1,2})")


_budget: ContextVar[Budget] = ContextVar("budget")


def within_budget(compute: Evaluate) -> Evaluate:
    """An evaluation all of whose regular expressions together take no more than a `Budget`."""

    def evaluate(scope: Scope) -> Value:
        _budget.set(Budget())
        return compute(scope)

    return evaluate


def _matches(said: str, regex: str) -> Iterator[Spans]:
    return pattern(regex).matches(said, _budget.get())


@strict("REGEX_MATCH", 2, 2)
def regex_match(value: Value, regex: Value) -> Value:
    """Whether a part of the text matches."""
    return next(_matches(text(value), text(regex)), None) is not None


@strict("REGEX_EXTRACT", 2, 2)
def regex_extract(value: Value, regex: Value) -> Value:
    """The first part of the text that matches; an error if there is none."""
    said = text(value)
    spans = next(_matches(said, text(regex)), None)
    if spans is None:
        raise Broken
    return said[spans[0] : spans[1]]


@strict("REGEX_REPLACE", 3, 3)
def regex_replace(value: Value, regex: Value, replacement: Value) -> Value:
    """With each part that matches replaced; in the replacement ``$1`` is the first group, ``$&`` the whole part."""
    return joined(_replaced(text(value), text(regex), text(replacement)))


def _replaced(said: str, regex: str, replacement: str) -> Iterator[str]:
    end = 0
    for spans in _matches(said, regex):
        yield said[end : spans[0]]
        yield PUT.sub(partial(_put, said, spans), replacement)
        end = spans[1]
    yield said[end:]


def _put(said: str, spans: Spans, found: re.Match[str]) -> str:
    if found[1] == "$":
        return "$"
    groups, digits = len(spans) // 2 - 1, found[1]
    if digits == "&":
        return said[spans[0] : spans[1]]
    rest = ""
    if int(digits) > groups and len(digits) == 2:
        digits, rest = digits[0], digits[1]
    if not 0 < int(digits) <= groups:
        return found[0]
    begin, end = spans[2 * int(digits)], spans[2 * int(digits) + 1]
    return (said[begin:end] if begin >= 0 else "") + rest
