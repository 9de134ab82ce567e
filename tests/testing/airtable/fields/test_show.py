from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_syncguard.testing.airtable.fields.kind import Showing
from pytest_syncguard.testing.airtable.fields.registry import KINDS, kind_of
from pytest_syncguard.testing.airtable.formulas.values import Fault
from pytest_syncguard.testing.airtable.schema import Field
from tests.testing.airtable.fields.lab import ADA, BOB, FILE, LINKED, SHOWING, a_field

NOON = datetime(2026, 11, 21, 17, 5, 6, 7890, tzinfo=UTC)
FILE_URL = "http://127.0.0.1:1/attachments/attAAAAAAAAAAAAAA/a%20b.txt"
PEOPLE = [{"id": user.id, "email": user.email, "name": user.name} for user in (ADA, BOB)]
DAY = {"type": "date", "options": {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}}
MONEY = {"type": "currency", "options": {"precision": 2, "symbol": "€"}}
NAN, INF = float("nan"), float("inf")

SEEN: list[tuple[Field, Any, Any, str, Any]] = [  # field, cell, in JSON, as text, for formulas
    (a_field("singleLineText"), "a", "a", "a", "a"),
    (a_field("richText"), "**a**\n", "**a**\n", "**a**\n", "**a**\n"),
    (a_field("number"), 1234.56, 1234.56, "1234.6", 1234.56),
    (a_field("number"), 3, 3, "3.0", 3),
    (a_field("number", precision=0), 2.5, 2.5, "3", 2.5),
    (a_field("number", precision=0), -0.4, -0.4, "0", -0.4),
    (a_field("number"), 1e300, 1e300, "1" + "0" * 300 + ".0", 1e300),
    (a_field("currency"), -1234.5, -1234.5, "-$1,234.50", -1234.5),
    (a_field("currency"), -0.001, -0.001, "$0.00", -0.001),
    (a_field("percent"), 0.123, 0.123, "12.3%", 0.123),
    (a_field("duration"), 3723.4, 3723.4, "1:02:03", 3723.4),
    (a_field("duration", durationFormat="h:mm"), 5400, 5400, "1:30", 5400),
    (a_field("duration", durationFormat="h:mm"), -90 * 60, -5400, "-1:30", -5400),
    (a_field("duration", durationFormat="h:mm:ss.SS"), 59.999, 59.999, "0:01:00.00", 59.999),
    (a_field("duration", durationFormat="h:mm:ss.S"), 1.25, 1.25, "0:00:01.3", 1.25),
    (a_field("duration", durationFormat="h:mm:ss.SSS"), 1e30, 1e30, "2777777777777777777777777" + "77:46:40.000", 1e30),
    (a_field("rating"), 3, 3, "3", 3),
    (a_field("checkbox"), True, True, "checked", True),
    (a_field("singleSelect"), "low", "low", "low", "low"),
    (
        a_field("multipleSelects"),
        ["low", "High, very"],
        ["low", "High, very"],
        'low, "High, very"',
        ["low", "High, very"],
    ),
    (a_field("date"), "2026-11-21", "2026-11-21", "11/21/2026", datetime(2026, 11, 21, tzinfo=UTC)),
    (
        a_field("dateTime"),
        "2026-11-21T17:05:06.007Z",
        "2026-11-21T17:05:06.007Z",
        "11/21/2026 12:05pm",
        NOON.replace(microsecond=7000),
    ),
    (a_field("barcode"), {"text": "12", "type": "upce"}, {"text": "12", "type": "upce"}, "12", "12"),
    (a_field("singleCollaborator"), ADA.id, PEOPLE[0], "Ada", "Ada"),
    (a_field("singleCollaborator"), "usrGone", {"id": "usrGone"}, "usrGone", "usrGone"),
    (a_field("multipleCollaborators"), [ADA.id, BOB.id], PEOPLE, "Ada, Bob", ["Ada", "Bob"]),
    (a_field("createdBy"), ADA.id, PEOPLE[0], "Ada", "Ada"),
    (
        a_field("multipleAttachments"),
        [FILE],
        [{"id": FILE["id"], "url": FILE_URL, "filename": "a b.txt", "size": 3, "type": "text/plain"}],
        f"a b.txt ({FILE_URL})",
        [f"a b.txt ({FILE_URL})"],
    ),
    (
        a_field("createdTime"),
        "2026-11-21T17:05:06.007Z",
        "2026-11-21T17:05:06.007Z",
        "11/21/2026 12:05pm",
        NOON.replace(microsecond=7000),
    ),
    (a_field("lastModifiedTime", result=DAY), NOON, "2026-11-21", "2026-11-21", NOON),
    (a_field("autoNumber"), 7, 7, "7", 7),
    (a_field("count"), 0, 0, "0", 0),
    (a_field("button"), LINKED, {"label": "F", "url": None}, "F", "F"),
    (
        a_field("button", label="Go", url="https://example.com"),
        LINKED,
        {"label": "Go", "url": "https://example.com"},
        "Go",
        "Go",
    ),
    (a_field("formula"), 4.0, 4, "4", 4.0),
    (a_field("formula", result=MONEY), 4.5, 4.5, "€4.50", 4.5),
    (a_field("formula"), "x", "x", "x", "x"),
    (a_field("formula"), "", None, "", ""),
    (a_field("formula"), True, 1, "1", True),
    (a_field("formula", result={"type": "number", "options": {"precision": 0}}), False, 0, "0", False),
    (a_field("formula", result={"type": "checkbox"}), True, True, "checked", True),
    (a_field("formula", result={"type": "checkbox"}), False, None, "", False),
    (a_field("formula"), NOON, "2026-11-21T17:05:06.007Z", "11/21/2026 12:05pm", NOON),
    (a_field("formula", result={"type": "singleLineText"}), 2.5, 2.5, "2.5", 2.5),
    (a_field("formula", result=DAY), NOON, "2026-11-21", "2026-11-21", NOON),
    (a_field("formula"), Fault(), {"error": "#ERROR!"}, "#ERROR!", Fault()),
    (a_field("formula"), Fault("NaN"), {"specialValue": "NaN"}, "NaN", Fault("NaN")),
    (a_field("formula"), INF, {"specialValue": "Infinity"}, "Infinity", INF),
    (a_field("formula"), -INF, {"specialValue": "-Infinity"}, "-Infinity", -INF),
    (a_field("rollup"), ["b", "a, c"], ["b", "a, c"], 'b, "a, c"', ["b", "a, c"]),
    (a_field("multipleLookupValues", result=MONEY), [1, 2.5], [1, 2.5], "€1.00, €2.50", [1, 2.5]),
    (
        a_field("multipleLookupValues"),
        [True, Fault()],
        [True, {"error": "#ERROR!"}],
        "checked, #ERROR!",
        [True, Fault()],
    ),
    (
        a_field("multipleLookupValues", result=DAY),
        ["2026-11-21"],
        ["2026-11-21"],
        "2026-11-21",
        [datetime(2026, 11, 21, tzinfo=UTC)],
    ),
    (a_field("multipleLookupValues"), ["a", None], ["a", None], "a, ", ["a", None]),
    (a_field("multipleLookupValues"), PEOPLE, PEOPLE, "Ada, Bob", ["Ada", "Bob"]),
    (a_field("multipleLookupValues"), [], None, "", []),
]


@pytest.mark.parametrize(("field", "cell", "shown", "text", "value"), SEEN)
def test_seen(field: Field, cell: Any, shown: Any, text: str, value: Any) -> None:
    """A cell in JSON, as people see it, and as formulas see it."""
    kind = kind_of(field.type)

    assert kind.show(field, cell, SHOWING) == shown
    assert kind.show(field, cell, SHOWING).__class__ is shown.__class__
    assert kind.text(field, cell, SHOWING) == text
    assert kind.value(field, cell, SHOWING) == value


def test_not_a_number() -> None:
    """What is no number has a word for it in JSON."""
    formula = a_field("formula")

    assert kind_of("formula").show(formula, NAN, SHOWING) == {"specialValue": "NaN"}
    assert kind_of("formula").text(formula, NAN, SHOWING) == "NaN"


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"checkbox", "button"}))
def test_blank(name: str) -> None:
    """To formulas an empty cell is blank."""
    assert kind_of(name).value(a_field(name), None, SHOWING) is None


def test_unchecked() -> None:
    """To formulas an empty checkbox is false."""
    assert kind_of("checkbox").value(a_field("checkbox"), None, SHOWING) is False


@pytest.mark.parametrize(("form", "locale", "text"), [
    (("local", "l"), "en", "3/4/2026"),
    (("local", "l"), "en-gb", "4/3/2026"),
    (("local", "l"), "de-AT", "4.3.2026"),
    (("local", "l"), "tlh", "3/4/2026"),
    (("friendly", "LL"), "en", "March 4, 2026"),
    (("friendly", "LL"), "en_GB", "4 March 2026"),
    (("friendly", "LL"), "de", "4. März 2026"),
    (("friendly", "LL"), "es", "4 de marzo de 2026"),
    (("us", "M/D/YYYY"), "de", "3/4/2026"),
    (("european", "D/M/YYYY"), "en", "4/3/2026"),
    (("iso", "YYYY-MM-DD"), "en", "2026-03-04"),
])  # fmt: skip
def test_date(form: tuple[str, str], locale: str, text: str) -> None:
    """Dates are written as the field says, and where it leaves that open, as the reader is used to."""
    field = a_field("date", dateFormat=dict(zip(("name", "format"), form, strict=True)))

    assert kind_of("date").text(field, "2026-03-04", Showing(locale=locale)) == text


@pytest.mark.parametrize(("zone", "reader", "form", "text"), [
    ("client", "UTC", "h:mma", "3/4/2026 12:05am"),
    ("client", "America/New_York", "h:mma", "3/3/2026 7:05pm"),
    ("client", "America/New_York", "HH:mm", "3/3/2026 19:05"),
    ("utc", "America/New_York", "HH:mm", "3/4/2026 00:05"),
    ("Asia/Tokyo", "America/New_York", "HH:mm", "3/4/2026 09:05"),
    ("client", "Mars/Base", "HH:mm", "3/4/2026 00:05"),
])  # fmt: skip
def test_time(zone: str, reader: str, form: str, text: str) -> None:
    """Times are those of the field's time zone, or of the reader's where the field has none."""
    field = a_field("dateTime", timeZone=zone, timeFormat={"format": form})

    assert kind_of("dateTime").text(field, "2026-03-04T00:05:00.000Z", Showing(zone=reader)) == text


@pytest.mark.parametrize("cell", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:00.000Z"])
def test_ends_of_time(cell: str) -> None:
    """At the ends of the calendar a time is still shown."""
    for zone in ("Asia/Tokyo", "America/New_York"):
        assert kind_of("dateTime").text(a_field("dateTime"), cell, Showing(zone=zone))


ORDERED: list[tuple[Field, list[Any]]] = [
    (a_field("singleLineText"), ["a", "B", "c"]),
    (a_field("number"), [-1.5, 0, 2, 10]),
    (a_field("duration"), [-1.5, 0, 90]),
    (a_field("rating"), [1, 2, 5]),
    (a_field("checkbox"), [False, True]),
    (a_field("singleSelect"), ["low", "High, very", "gone"]),
    (a_field("multipleSelects"), [["low"], ["low", "High, very"], ["High, very"], ["gone"]]),
    (a_field("date"), ["0999-12-31", "2026-02-10", "2026-11-02"]),
    (a_field("dateTime"), ["2026-02-10T00:00:00.000Z", "2026-02-10T00:00:00.001Z"]),
    (a_field("barcode"), [{"text": "a"}, {"text": "B"}]),
    (a_field("createdTime"), ["2026-02-10T00:00:00.000Z", NOON]),
    (a_field("multipleAttachments"), [[{"filename": "a"}], [{"filename": "B"}]]),
    (a_field("autoNumber"), [2, 10]),
    (a_field("formula"), [-1, [2], 10, NOON, "a", "B", ["b", "c"], Fault()]),
]


@pytest.mark.parametrize(("field", "cells"), ORDERED)
def test_order(field: Field, cells: list[Any]) -> None:
    """Cells are sorted by what they mean: options by their place, numbers by size, text without regard to case."""
    mixed = cells[1::2] + cells[::2]

    assert sorted(mixed, key=lambda cell: kind_of(field.type).order(field, cell)) == cells
