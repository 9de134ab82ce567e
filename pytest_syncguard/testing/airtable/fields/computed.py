"""What is computed when it is read: formula, rollup, lookup, count, autonumber and button.

The cell is the `Value` that was computed; that of a lookup is a list of what the linked field shows in JSON (or of
`Value`), that of a button the id of its record. The option ``result``, ``{"type", "options"}``, says how
values are formatted as text; who calls fills it in, and the other options that only a look at other fields can tell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pytest_syncguard.testing.airtable.errors import computed_value
from pytest_syncguard.testing.airtable.fields.choice import join
from pytest_syncguard.testing.airtable.fields.dates import parse_iso
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.moment import DATE, DATE_TIME, SHOWN_BY_DEFAULT, Date, instant, stamp
from pytest_syncguard.testing.airtable.fields.number import Currency, Duration, Number, Percent, plain
from pytest_syncguard.testing.airtable.fields.options import checked, no_options, text
from pytest_syncguard.testing.airtable.formulas.values import Fault, Value
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.schema import Field

_NUMBERS: dict[str, Number] = {kind.type: kind() for kind in (Number, Currency, Percent, Duration)}
_MOMENTS: dict[str, Date] = {kind.type: kind for kind in (DATE, DATE_TIME)}
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")
_WORDS = ("text", "name", "label", "filename", "email", "id")  # what a JSON object is called as text


def _result(field: Field) -> Mapping[str, Any]:
    return field.options.get("result") or {}


def _special(number: float) -> str:
    """What JSON has no number for."""
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def shown(value: Any, result: Mapping[str, Any]) -> Any:
    """A value in JSON; None if it is empty."""
    match value:
        case None | "" | []:
            return None
        case bool():
            return (value or None) if result.get("type") == "checkbox" else int(value)
        case int() | float():
            return plain(value) if math.isfinite(value) else {"specialValue": _special(value)}
        case datetime():
            return stamp(value)[:10] if result.get("type") == "date" else stamp(value)
        case Fault(name):
            return {"specialValue": name} if name in _NOT_FINITE else {"error": name}
        case list():
            # Booleans of a lookup are those of checkboxes; items keep their places.
            return [item if isinstance(item, bool) else shown(item, result) for item in value]
        case _:
            return value


def worded(value: Any, result: Mapping[str, Any], showing: Showing) -> str:
    """A value as people see it."""
    kind = str(result.get("type"))
    inner = Field("", "", kind, result.get("options") or {})
    match value:
        case None:
            return ""
        case str():
            return _MOMENTS[kind].text(inner, value, showing) if kind in _MOMENTS and parse_iso(value) else value
        case bool():
            return ("checked" if value else "") if kind == "checkbox" else str(int(value))
        case int() | float():
            if not math.isfinite(value):
                return _special(value)
            return _NUMBERS[kind].text(inner, value, showing) if kind in _NUMBERS else str(plain(value))
        case datetime():
            if kind not in _MOMENTS:
                inner = Field("", "", "dateTime", SHOWN_BY_DEFAULT["options"])
            return _MOMENTS.get(kind, DATE_TIME).text(inner, value, showing)
        case Fault(name):
            return name
        case list():
            ticked = {True: "checked", False: ""}
            return join(ticked[item] if isinstance(item, bool) else worded(item, result, showing) for item in value)
        case _:
            return next((str(value[word]) for word in _WORDS if value.get(word)), "")


def ranked(value: Any) -> tuple[int, Any]:
    """A key that sorts values of any sorts: numbers, moments, texts, then faults."""
    match value:
        case bool() | int() | float():
            return (3, _special(value)) if not math.isfinite(value) else (0, value)
        case datetime():
            return (1, stamp(value))
        case Fault(name):
            return (3, name)
        case [single]:
            return ranked(single)
        case _:
            return (2, worded(value, {}, Showing()).casefold())


class Computed(Kind):
    """Nobody writes it."""

    computed = True
    creatable = False

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        raise computed_value(field.name)

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return shown(cell, _result(field))

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return worded(cell, _result(field), showing)

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return _valued(cell, _result(field), showing)

    def order(self, field: Field, cell: Cell) -> Any:
        return ranked(cell)


class Formula(Computed):
    """Who calls checks the formula and fills in ``referencedFieldIds`` and ``result``."""

    type = "formula"
    creatable = True

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        said = checked(options, name, {"formula": text})
        return said | {"isValid": True, "referencedFieldIds": [], "result": None}


class Rollup(Computed):
    """``formula``, which works on ``values``, is an option of this server: Airtable does not tell it."""

    type = "rollup"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        said = checked(options, name, {"recordLinkFieldId": _field, "fieldIdInLinkedTable": _field}, {"formula": text})
        return said | {"isValid": True, "referencedFieldIds": [], "result": None}


class MultipleLookupValues(Computed):
    type = "multipleLookupValues"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        said = checked(options, name, {"recordLinkFieldId": _field, "fieldIdInLinkedTable": _field})
        return said | {"isValid": True, "result": None}


class Count(Computed):
    type = "count"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return checked(options, name, {"recordLinkFieldId": _field}) | {"isValid": True}


class AutoNumber(Computed):
    type = "autoNumber"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return no_options(options, name, self.type)


class Button(Computed):
    """``label`` and ``url`` are options of this server: Airtable does not tell them with the field."""

    type = "button"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return checked(options, name, {}, {"label": text, "url": text})

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return {"label": self.label(field), "url": field.options.get("url")}

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return self.label(field)

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return self.label(field)

    def order(self, field: Field, cell: Cell) -> Any:
        return self.label(field).casefold()

    def label(self, field: Field) -> str:
        return str(field.options.get("label") or field.name)


def _field(value: Any) -> bool:
    return is_id(value, "fld")


def _valued(value: Any, result: Mapping[str, Any], showing: Showing) -> Value:
    """A value for formulas: what is JSON only is turned into text or a moment."""
    match value:
        case list():
            return [_valued(item, result, showing) for item in value]
        case Mapping():
            return worded(value, result, showing)
        case str() if result.get("type") in _MOMENTS and parse_iso(value):
            return instant(value)
        case _:
            known: Value = value
            return known
