"""Dates, dates with times, and when a record was created or changed.

The cell of a date is ``2026-11-21``; of a date with time ``2026-11-21T07:00:00.000Z``, always in UTC. What is
computed may be a `datetime` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_syncguard.testing.airtable.errors import bad_value, computed_value, unparsed_date
from pytest_syncguard.testing.airtable.fields.dates import (
    DATE_FORMATS,
    TIME_FORMATS,
    parse,
    parse_iso,
    zone_of,
)
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.options import Check, bad_options, checked, field_of
from pytest_syncguard.testing.airtable.formulas.formats import written
from pytest_syncguard.testing.airtable.formulas.locales import locale
from pytest_syncguard.testing.airtable.formulas.values import Value
from pytest_syncguard.testing.airtable.schema import Field


def instant(cell: str | datetime) -> datetime:
    """The moment that a cell tells, with time zone; of a date its midnight in UTC."""
    moment = datetime.fromisoformat(cell) if isinstance(cell, str) else cell
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """A moment as Airtable tells it: in UTC, with milliseconds."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def _named(formats: Mapping[str, str]) -> Check:
    """Whether a format has a name, and what is written out, if anything, is the same."""

    def check(value: Any) -> bool:
        if not isinstance(value, Mapping) or not value.keys() <= {"name", "format"}:
            return False
        name = value.get("name")
        return isinstance(name, str) and name in formats and value.get("format", formats[name]) == formats[name]

    return check


def _complete(form: Mapping[str, Any], formats: Mapping[str, str]) -> dict[str, Any]:
    return {"name": form["name"], "format": formats[form["name"]]}


def _format(field: Field, key: str, default: str) -> str:
    return str((field.options.get(key) or {}).get("format", default))


class Date(Kind):
    type = "date"
    merges = True

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        said = checked(options, name, {"dateFormat": _named(DATE_FORMATS)})
        return {"dateFormat": _complete(said["dateFormat"], DATE_FORMATS)}

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        moment = read(field, value, writing)
        return None if moment is None else self.cell(field, moment)

    def cell(self, field: Field, moment: datetime) -> str:
        """What is kept of a moment as it was read. Raises INVALID_VALUE_FOR_COLUMN outside of the calendar."""
        try:
            return (moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat()
        except (OverflowError, ValueError) as error:
            raise bad_value(field.name) from error

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return cell if isinstance(cell, str) else instant(cell).astimezone(UTC).date().isoformat()

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return written(instant(cell), _format(field, "dateFormat", "l"), locale(showing.locale))

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return None if cell is None else instant(cell)

    def order(self, field: Field, cell: Cell) -> Any:
        return self.show(field, cell, Showing())  # written from the largest unit down: text sorts as time does


class DateTime(Date):
    type = "dateTime"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        required: dict[str, Check] = {
            "timeZone": lambda value: isinstance(value, str) and bool(value) and zone_of(value) is not None,
            "dateFormat": _named(DATE_FORMATS),
            "timeFormat": _named(TIME_FORMATS),
        }
        said = checked(options, name, required)
        date, time = _complete(said["dateFormat"], DATE_FORMATS), _complete(said["timeFormat"], TIME_FORMATS)
        return {"timeZone": said["timeZone"], "dateFormat": date, "timeFormat": time}

    def cell(self, field: Field, moment: datetime) -> str:
        zone = zone_of(field.options.get("timeZone", "utc")) or UTC
        try:
            return stamp(moment if moment.tzinfo else moment.replace(tzinfo=zone))
        except (OverflowError, ValueError) as error:
            raise bad_value(field.name) from error

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return cell if isinstance(cell, str) else stamp(instant(cell))

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        named = field.options.get("timeZone", "client")
        zone = zone_of(showing.zone if named == "client" else named) or UTC
        try:
            local = instant(cell).astimezone(zone)
        except OverflowError:  # at the very ends of the calendar
            local = instant(cell)
        form = f"{_format(field, 'dateFormat', 'l')} {_format(field, 'timeFormat', 'h:mma')}"
        return written(local, form, locale(showing.locale))


def read(field: Field, value: Any, writing: Writing) -> datetime | None:
    """The moment that a value tells, with or without time zone; None if it is blank, which typecast allows."""
    if not isinstance(value, str):
        raise bad_value(field.name)
    if writing.typecast and not value.strip():
        return None
    european = _format(field, "dateFormat", "l") == DATE_FORMATS["european"]
    moment = parse(value, european=european) if writing.typecast else parse_iso(value)
    if moment is None:
        raise unparsed_date(value, field.name)
    return moment


DATE, DATE_TIME = Date(), DateTime()
SHOWN_BY_DEFAULT: dict[str, Any] = {
    "type": "dateTime",
    "options": {
        "dateFormat": {"name": "local", "format": "l"},
        "timeFormat": {"name": "12hour", "format": "h:mma"},
        "timeZone": "client",
    },
}


class CreatedTime(Kind):
    """Shown as a date or a date with time, as the option ``result`` says."""

    type = "createdTime"
    computed = True
    creatable = False

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        said = checked(options, name, {}, {"result": lambda value: isinstance(value, Mapping)})
        return {"result": self.result(said, name)}

    def result(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The option ``result``, completed. Raises 422 if it is neither a date nor a date with time."""
        said = options.get("result", SHOWN_BY_DEFAULT)
        kind = {"date": DATE, "dateTime": DATE_TIME}.get(str(said.get("type")))
        if kind is None or not isinstance(said.get("options"), Mapping):
            raise bad_options(name, f"{field_of(name)}.options.result is invalid")
        return {"type": kind.type, "options": kind.configure(said["options"], name)}

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        raise computed_value(field.name)

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return _shown(field).show(field, instant(cell), showing)

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        result = field.options.get("result") or SHOWN_BY_DEFAULT
        inner = Field(field.id, field.name, result["type"], result.get("options") or {})
        return _shown(field).text(inner, cell, showing)

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return None if cell is None else instant(cell)

    def order(self, field: Field, cell: Cell) -> Any:
        return stamp(instant(cell))


class LastModifiedTime(CreatedTime):
    """Of any field, or of those in ``referencedFieldIds``."""

    type = "lastModifiedTime"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        optional: dict[str, Check] = {
            "result": lambda value: isinstance(value, Mapping),
            "referencedFieldIds": lambda value: (
                isinstance(value, list) and all(isinstance(each, str) for each in value)
            ),
        }
        said = checked(options, name, {}, optional)
        referenced = list(said.get("referencedFieldIds", ()))
        return {"isValid": True, "referencedFieldIds": referenced, "result": self.result(said, name)}


def _shown(field: Field) -> Date:
    return DATE if (field.options.get("result") or SHOWN_BY_DEFAULT)["type"] == "date" else DATE_TIME
