"""Numeric functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from typing import Any

from pytest_syncguard.testing.airtable.formulas.functions.registry import strict
from pytest_syncguard.testing.airtable.formulas.values import Broken, Value, flat, number, scalar, text, whole

EXACTLY = Context(prec=700)  # digits that a float of any size may have


def _numbers(values: tuple[Value, ...]) -> list[float]:
    """The numbers among values and the items of lists: blanks and texts do not count."""
    return [float(each) for each in flat(values) if isinstance(each, (int, float))]


@strict("SUM", 1, None)
def sum_(*values: Value) -> Value:
    """The sum of all numbers."""
    return _total(_numbers(values))


@strict("AVERAGE", 1, None)
def average(*values: Value) -> Value:
    """The mean of all numbers; NaN of none."""
    found = _numbers(values)
    return _total(found) / len(found) if found else math.nan


def _total(found: list[float]) -> float:
    try:
        return math.fsum(found)  # exact: 0.1 and 0.2 and 0.3 are 0.6
    except (OverflowError, ValueError):  # too great, or infinite with both signs
        return sum(found)


def _extreme(values: tuple[Value, ...], pick: Callable[[Any], Any]) -> Value:
    moments = [each for each in flat(values) if isinstance(each, datetime)]
    found = _numbers(values)
    extreme: Value = pick(moments or found or [0.0])
    return extreme


@strict("MAX", 1, None)
def max_(*values: Value) -> Value:
    """The greatest number, or the latest date; 0 of none."""
    return _extreme(values, max)


@strict("MIN", 1, None)
def min_(*values: Value) -> Value:
    """The least number, or the earliest date; 0 of none."""
    return _extreme(values, min)


@strict("COUNT", 1, None)
def count(*values: Value) -> Value:
    """How many numbers there are."""
    return float(len(_numbers(values)))


@strict("COUNTA", 1, None)
def counta(*values: Value) -> Value:
    """How many values there are that are neither blank nor ""."""
    return float(sum(each is not None and each != "" for each in flat(values)))


@strict("COUNTALL", 1, None)
def countall(*values: Value) -> Value:
    """How many values there are, blanks among them."""
    return float(sum(1 for _ in flat(values)))


@strict("ABS", 1, 1)
def abs_(value: Value) -> Value:
    """Without its sign."""
    return abs(number(value))


@strict("INT", 1, 1)
def int_(value: Value) -> Value:
    """The greatest whole number that is not greater."""
    return _rounded(number(value), 0, ROUND_FLOOR)


@strict("ROUND", 1, 2)
def round_(value: Value, precision: Value = None) -> Value:
    """To so many digits after the point (before it if negative), halves away from 0."""
    return _rounded(number(value), whole(precision), ROUND_HALF_UP)


@strict("ROUNDUP", 1, 2)
def roundup(value: Value, precision: Value = None) -> Value:
    """As ROUND, always away from 0."""
    return _rounded(number(value), whole(precision), ROUND_UP)


@strict("ROUNDDOWN", 1, 2)
def rounddown(value: Value, precision: Value = None) -> Value:
    """As ROUND, always towards 0."""
    return _rounded(number(value), whole(precision), ROUND_DOWN)


def _rounded(value: float, precision: int, rounding: str) -> float:
    if not math.isfinite(value):
        return value
    step = Decimal(1).scaleb(-max(-330, min(precision, 330)), EXACTLY)
    return float(Decimal(repr(value)).quantize(step, rounding, EXACTLY))


@strict("CEILING", 1, 2)
def ceiling(value: Value, significance: Value = 1) -> Value:
    """The nearest multiple that is not less."""
    return _multiple(number(value), number(significance), ROUND_CEILING)


@strict("FLOOR", 1, 2)
def floor(value: Value, significance: Value = 1) -> Value:
    """The nearest multiple that is not greater."""
    return _multiple(number(value), number(significance), ROUND_FLOOR)


def _multiple(value: float, significance: float, rounding: str) -> float:
    if not significance or not math.isfinite(value) or not math.isfinite(significance):
        return math.nan
    step = abs(Decimal(repr(significance)))
    times = EXACTLY.divide(Decimal(repr(value)), step).to_integral_value(rounding, EXACTLY)
    return float(EXACTLY.multiply(times, step))


@strict("EVEN", 1, 1)
def even(value: Value) -> Value:
    """The next even number, away from 0."""
    return _away(number(value), 0)


@strict("ODD", 1, 1)
def odd(value: Value) -> Value:
    """The next odd number, away from 0."""
    return _away(number(value), 1)


def _away(value: float, remainder: int) -> float:
    if not math.isfinite(value):
        return value
    size = math.ceil(abs(value))
    return math.copysign(size + (size % 2 != remainder), value)


@strict("MOD", 2, 2)
def mod(value: Value, divisor: Value) -> Value:
    """What remains of a division, with the sign of the dividend; NaN for the divisor 0."""
    try:
        return math.fmod(number(value), number(divisor))
    except ValueError:
        return math.nan


@strict("POWER", 2, 2)
def power(base: Value, exponent: Value) -> Value:
    """Infinite where it is too great, NaN where it is no real number."""
    return _real(math.pow, number(base), number(exponent))


@strict("EXP", 1, 1)
def exp(exponent: Value) -> Value:
    """A power of e."""
    return _real(math.exp, number(exponent))


@strict("SQRT", 1, 1)
def sqrt(value: Value) -> Value:
    """The square root; NaN of a negative number."""
    return _real(math.sqrt, number(value))


@strict("LOG", 1, 2)
def log(value: Value, base: Value = 10) -> Value:
    """To base 10 if no other is given."""
    found, to = number(value), number(base)
    if not found:
        return -math.inf
    if to == 10:
        return _real(math.log10, found)
    return _real(math.log, found, to)


def _real(compute: Callable[..., float], *values: float) -> float:
    try:
        return compute(*values)
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


@strict("VALUE", 1, 1)
def value_(value: Value) -> Value:
    """The number that is left of a text without all that is no digit, point or leading minus."""
    value = scalar(value)
    if not isinstance(value, str):
        return number(value)
    said = re.sub(r"[^0-9.]", "", value)
    digits = re.match(r"[0-9]*\.?[0-9]*", said)
    if digits is None or not re.search("[0-9]", digits[0]):
        raise Broken
    return float(digits[0]) * (-1 if re.match(r"[^0-9]*-[^0-9]*[0-9]", text(value)) else 1)
