"""The values that formulas work with, and how one kind of them is seen as another.

Inside of a formula errors are raised (`Broken`) and NaN and Infinity are floats; outside of it all of them are
`Fault`. All numbers are floats while they are calculated with, as in JavaScript.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias, Union


@dataclass(frozen=True)
class Fault:
    """An error as a value, such as #ERROR! or NaN: what is computed from it is one, too."""

    name: str = "#ERROR!"


# None is blank; lists come from links, lookups and fields with several values; datetimes have a time zone.
Value: TypeAlias = Union[bool, int, float, str, datetime, "list[Value]", Fault, None]

NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
EXACT = 2**53  # whole floats below it are told as integers
LONGEST_TEXT = 100_000
LONGEST_DATE = 100  # characters of a text that tells one


class Broken(Exception):
    """The value of an expression is an error."""

    def __init__(self, fault: Fault | None = None) -> None:
        super().__init__()
        self.fault = fault or Fault()


def inward(value: Value) -> Value:
    """A value of a cell as formulas calculate with it. Raises `Broken` for an error."""
    if isinstance(value, Fault):
        if value.name in NOT_FINITE:
            return NOT_FINITE[value.name]
        raise Broken(value)
    return value


def outward(value: Value) -> Value:
    """A result as cells have it: no booleans, whole numbers as int, dates in UTC, NaN and Infinity as `Fault`."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return Fault("NaN" if math.isnan(value) else number_text(value))
        return int(value) if value.is_integer() and abs(value) < EXACT else value
    if isinstance(value, list):
        return [outward(each) for each in value]
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def truthy(value: Value) -> bool:
    """Whether a filter lets a record with this result pass: not blank, 0, "", false, NaN, [] or an error."""
    if isinstance(value, Fault):
        return value.name in ("Infinity", "-Infinity")
    return bool(value) and value == value  # NaN is not equal to itself


def scalar(value: Value) -> Value:
    """A list of one as its item, an empty one as blank, a longer one as text; anything else as it is."""
    while isinstance(value, list):
        if len(value) > 1:
            return text(value)
        value = inward(value[0]) if value else None
    return value


def number(value: Value) -> float:
    """Blank is 0. Raises `Broken` for text and dates: only VALUE() makes a number of text."""
    value = scalar(value)
    if value is None:
        return 0.0
    if isinstance(value, (str, datetime, Fault, list)):
        raise Broken
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def whole(value: Value) -> int:
    """A number without its fraction; what is no finite number is `Broken`."""
    found = number(value)
    if not math.isfinite(found):
        raise Broken
    return int(found)


def text(value: Value) -> str:
    """Blank is ""; lists are joined by ", "; dates are in ISO format and UTC."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return joined((text(inward(each)) for each in value), ", ")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Fault):
        raise Broken(value)
    return number_text(value)


def joined(parts: Iterable[str], separator: str = "") -> str:
    """Texts in a row. Raises `Broken` as soon as they are too long together."""
    found, size = [], -len(separator)
    for part in parts:
        size += len(part) + len(separator)
        if size > LONGEST_TEXT:
            raise Broken
        found.append(part)
    return whole_text(separator.join(found))


def whole_text(halves: str) -> str:
    """Halves that belong together, as one character again."""
    return halves if halves.isascii() else halves.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def bounded(made: str) -> str:
    """Text that a formula may produce. Raises `Broken` for more than 100,000 characters."""
    if len(made) > LONGEST_TEXT:
        raise Broken
    return made


def number_text(value: float) -> str:
    """A number as JavaScript writes it: 3, 0.1, 1e+21, NaN, Infinity."""
    try:
        value = float(value)
    except OverflowError:  # of an int
        value = math.copysign(math.inf, value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return re.sub(r"e([+-])0*", r"e\1", repr(value).replace(".0e", "e"))


def flat(values: list[Value] | tuple[Value, ...]) -> Iterator[Value]:
    """All items of lists and of the lists in them, one after the other. Raises `Broken` at an error."""
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield inward(value)


def parsed_date(said: str) -> datetime | None:
    """A date in ISO format, in UTC (which it is if it names no offset); None for other text."""
    return _parsed(said) if len(said) <= LONGEST_DATE else None


@lru_cache(maxsize=1024)
def _parsed(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
