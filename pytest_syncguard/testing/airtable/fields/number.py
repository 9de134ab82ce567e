"""Numbers: plain, currency, percent and duration. The cell is the number itself, as JSON has it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from pytest_syncguard.testing.airtable.errors import bad_value
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.options import checked, integer, one_of, text
from pytest_syncguard.testing.airtable.formulas.values import Value
from pytest_syncguard.testing.airtable.schema import Field

_WIDE = Context(prec=400)  # digits enough for every double
_LONGEST = 400  # characters of a number
_EXPONENT_FROM = 1e21  # from here on JavaScript writes a number with an exponent
_NOISE = re.compile(r"[\s,_']|^[^\d.+-]+(?=[\d.])|(?<=^[+-])[^\d.]+(?=[\d.])|[^\d.]+$")
# How many of the smallest unit that a format shows are in a minute.
DURATIONS = {"h:mm": 1, "h:mm:ss": 60, "h:mm:ss.S": 600, "h:mm:ss.SS": 6_000, "h:mm:ss.SSS": 60_000}


def plain(number: float) -> int | float:
    """The number as a double is written in JSON: whole ones without a fraction. It is finite."""
    number = float(number)
    return int(number) if number.is_integer() and abs(number) < _EXPONENT_FROM else number


def fixed(number: Decimal | float, digits: int, *, grouped: bool = False) -> str:
    """The number with that many decimals, rounded as people do."""
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE)
    return format(rounded or abs(rounded), ",f" if grouped else "f")


def parse_number(said: str) -> float | None:
    """What typecast reads: ``1,234.5``, ``$ 3``, ``12 %``; None if it is no number."""
    if len(said) > _LONGEST:
        return None
    try:
        return float(_NOISE.sub("", said.strip()))
    except ValueError:
        return None


class Number(Kind):
    """``precision`` decides on what people see, never on what is kept."""

    type = "number"
    merges = True

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return checked(options, name, {"precision": integer(0, 8)})

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, str) and writing.typecast:
            if not value.strip():
                return None
            value = self.parse(field, value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise bad_value(field.name)
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise bad_value(field.name)
        return plain(number)

    def parse(self, field: Field, said: str) -> float | None:
        """What typecast makes of a text; None if it is no number."""
        return parse_number(said)

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return fixed(cell, field.options.get("precision", 0))

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        number: int | float | None = cell
        return number

    def order(self, field: Field, cell: Cell) -> Any:
        return cell


class Currency(Number):
    type = "currency"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return checked(options, name, {"precision": integer(0, 7), "symbol": text})

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        amount = fixed(abs(cell), field.options.get("precision", 2), grouped=True)
        sign = "-" if cell < 0 and amount.strip("0.,") else ""
        return f"{sign}{field.options.get('symbol', '$')}{amount}"


class Percent(Number):
    """Kept as the fraction; written and shown as text in hundredths."""

    type = "percent"

    def parse(self, field: Field, said: str) -> float | None:
        number = parse_number(said)
        return None if number is None or not math.isfinite(number) else float(Decimal(repr(number)) / 100)

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return fixed(Decimal(repr(cell)) * 100, field.options.get("precision", 0)) + "%"


class Duration(Number):
    """Kept in seconds."""

    type = "duration"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return checked(options, name, {"durationFormat": one_of(*DURATIONS)})

    def parse(self, field: Field, said: str) -> float | None:
        """``1:30`` is told in the units of the field's format, from the right: minutes or seconds."""
        found = len(said) <= _LONGEST and re.fullmatch(r"([+-]?)(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)", said.strip())
        if not found:
            return None
        minutes = _per_minute(field) == 1 and not found[2]  # three parts are always hours, minutes and seconds
        parts = [float(part or 0) for part in found.groups()[1:]]
        total = (parts[0] * 3600 + parts[1] * 60 + parts[2]) * (60 if minutes else 1)
        return -total if found[1] == "-" else total

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        per_minute = _per_minute(field)
        exact = _WIDE.multiply(Decimal(repr(abs(cell))), per_minute) / 60
        units = int(exact.quantize(Decimal(1), ROUND_HALF_UP, _WIDE))
        minutes, rest = divmod(units, per_minute)
        clock = f"{minutes // 60}:{minutes % 60:02d}"
        if per_minute > 1:
            seconds, fraction = divmod(rest, per_minute // 60)
            clock += f":{seconds:02d}"
            if per_minute > 60:
                clock += f".{fraction:0{len(str(per_minute // 60)) - 1}d}"
        return f"-{clock}" if cell < 0 and units else clock


def _per_minute(field: Field) -> int:
    return DURATIONS[field.options.get("durationFormat", "h:mm")]
