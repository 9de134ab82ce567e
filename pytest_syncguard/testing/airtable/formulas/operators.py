"""What operators do with values, and chains of them as one closure."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pytest_syncguard.testing.airtable.formulas.functions.registry import Evaluate
from pytest_syncguard.testing.airtable.formulas.scope import Scope
from pytest_syncguard.testing.airtable.formulas.values import (
    Value,
    joined,
    number,
    parsed_date,
    scalar,
    text,
)


def quotient(dividend: float, divisor: float) -> float:
    """As in JavaScript: what is divided by 0 is infinite or NaN."""
    if divisor:
        return dividend / divisor
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, math.copysign(1, dividend) * math.copysign(1, divisor))


def equal(left: Value, right: Value) -> bool:
    """Blank equals "", 0 and false; a number equals the text that shows it; a date equals its text."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    left, right = scalar(left), scalar(right)
    if left is None or right is None:
        return not left and not right
    if isinstance(left, str) is isinstance(right, str):
        return left == right
    shown, other = (left, right) if isinstance(left, str) else (right, left)
    assert isinstance(shown, str)
    if isinstance(other, datetime):
        return parsed_date(shown) == other
    return shown == text(other)


def before(left: Value, right: Value) -> bool:
    """Whether one value is less than another: numbers, texts or dates. Blank is 0 or "", and no date."""
    return _ordered(left, right, operator.lt)


def _ordered(left: Value, right: Value, compare: Callable[[Any, Any], bool]) -> bool:
    left, right = scalar(left), scalar(right)
    if isinstance(left, datetime) or isinstance(right, datetime):
        moments = [parsed_date(each) if isinstance(each, str) else each for each in (left, right)]
        return all(isinstance(each, datetime) for each in moments) and compare(*moments)
    if isinstance(left, str) and isinstance(right, str):
        return compare(left, right)
    return compare(_magnitude(left), _magnitude(right))


def _magnitude(value: Value) -> float:
    """A number to compare with: NaN, which is neither less nor greater, for text that is none."""
    if not isinstance(value, str):
        return number(value)
    try:
        return float(value) if value.strip() else 0.0
    except ValueError:
        return math.nan


COMPARISONS: dict[str, Callable[[Value, Value], Value]] = {
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": before,
    ">": lambda left, right: before(right, left),
    "<=": lambda left, right: _ordered(left, right, operator.le),
    ">=": lambda left, right: _ordered(left, right, operator.ge),
}
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": quotient,
}
Rest = Sequence[tuple[str, Evaluate]]


def chain(first: Evaluate, rest: Rest) -> Evaluate:
    """One closure of operands with operators of one rank between them."""
    symbol = rest[0][0]
    if symbol == "&":
        return _joined([first, *(operand for _, operand in rest)])
    if symbol in COMPARISONS:
        return _compared(first, rest)
    return _calculated(first, rest)


def negated(inner: Evaluate) -> Evaluate:
    return lambda scope: -number(inner(scope))


def _joined(parts: Sequence[Evaluate]) -> Evaluate:
    return lambda scope: joined(text(part(scope)) for part in parts)


def _compared(first: Evaluate, rest: Rest) -> Evaluate:
    if len(rest) == 1:
        compare, second = COMPARISONS[rest[0][0]], rest[0][1]
        return lambda scope: compare(first(scope), second(scope))
    steps = [(COMPARISONS[symbol], operand) for symbol, operand in rest]

    def evaluate(scope: Scope) -> Value:
        value = first(scope)
        for compare, operand in steps:
            value = compare(value, operand(scope))
        return value

    return evaluate


def _calculated(first: Evaluate, rest: Rest) -> Evaluate:
    steps = [(ARITHMETIC[symbol], operand) for symbol, operand in rest]

    def evaluate(scope: Scope) -> Value:
        value = number(first(scope))
        for calculate, operand in steps:
            value = calculate(value, number(operand(scope)))
        return value

    return evaluate
