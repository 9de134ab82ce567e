"""Marks: the checkbox and the rating."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_syncguard.testing.airtable.errors import bad_value
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.number import Number
from pytest_syncguard.testing.airtable.fields.options import checked, integer, one_of
from pytest_syncguard.testing.airtable.formulas.values import Value
from pytest_syncguard.testing.airtable.schema import Field

_HUES = ("yellow", "orange", "red", "pink", "purple", "blue", "cyan", "teal", "green", "gray")
_COLOR = one_of(*(f"{hue}Bright" for hue in _HUES))
_RATINGS = ("star", "heart", "thumbsUp", "flag", "dot")
_YES = {"true", "yes", "y", "checked", "1", "x", "on", "✓", "✔", "☑"}
_NO = {"false", "no", "n", "unchecked", "0", "off", ""}


class Checkbox(Kind):
    """The cell is True, or empty."""

    type = "checkbox"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return checked(options, name, {"color": _COLOR, "icon": one_of("check", "xCheckbox", *_RATINGS)})

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, str | int | float) and writing.typecast:
            word = str(value).strip().casefold()
            value = True if word in _YES else False if word in _NO else value
        if not isinstance(value, bool):
            raise bad_value(field.name)
        return value or None

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return "checked" if cell else ""

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return bool(cell)

    def order(self, field: Field, cell: Cell) -> Any:
        return bool(cell)


class Rating(Number):
    """A whole number from 1 to ``max``; 0 is an empty cell."""

    type = "rating"
    merges = False

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return checked(options, name, {"color": _COLOR, "icon": one_of(*_RATINGS), "max": integer(1, 10)})

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        number = super().accept(field, value, writing)
        if number is not None and not (isinstance(number, int) and 0 <= number <= field.options.get("max", 10)):
            raise bad_value(field.name)
        return number or None

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return str(cell)
