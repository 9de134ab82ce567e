"""Formulas are kept by the ids of their fields, and the types of their results are told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.formulas.errors import FormulaError
from pytest_syncguard.testing.airtable.formulas.functions.registry import REGISTRY
from pytest_syncguard.testing.airtable.formulas.parse import compile_formula
from pytest_syncguard.testing.airtable.schema import Field, Table
from pytest_syncguard.testing.airtable.shaping.expressions import by_ids, kept, result_of

NAMES = st.text(st.characters(exclude_characters="\\", codec="utf-8"), min_size=1, max_size=12)


def table(*names: str) -> Table:
    fields = tuple(Field(f"fld{place:014}", name, "singleLineText") for place, name in enumerate(names))
    return Table("tbl" + "0" * 14, "T", fields[0].id, fields)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.text('ab&"{}', max_size=6))
def test_any_names(names: list[str], text: str) -> None:
    """Whatever fields are called, and whatever stands in texts, the ids take the place of the names and of no more."""
    known = table(*names)
    quoted = '"' + text.replace('"', '\\"') + '"'
    braced = [f"{{{name.replace('}', chr(92) + '}')}}}" for name in names]
    formula, ids = by_ids(" & ".join([quoted, *braced, quoted]), known)

    assert ids == [field.id for field in known.fields]
    assert formula == " & ".join([quoted, *(f"{{{each}}}" for each in ids), quoted])
    assert by_ids(formula, known) == (formula, ids)
    assert list(compile_formula(formula).references) == ids


@pytest.mark.parametrize(
    ("text", "kept_as", "places"),
    [
        ("Größe + a", "{fld00000000000000} + {fld00000000000001}", [0, 1]),
        ("{a}&{a}&a", "{fld00000000000001}&{fld00000000000001}&{fld00000000000001}", [1]),
        ("{fld00000000000001}", "{fld00000000000001}", [1]),
        ("LEN(a)", "LEN({fld00000000000001})", [1]),
        ("1 + 1", "1 + 1", []),
    ],
)
def test_by_ids(text: str, kept_as: str, places: list[int]) -> None:
    """Names stand for ids with braces or without; functions and numbers stay as they are."""
    known = table("Größe", "a")

    assert by_ids(text, known) == (kept_as, [known.fields[place].id for place in places])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{b} & {C} & {b}", "Unknown field names: b, c"),
        ("a(", "Invalid formula. Please check your formula text."),
        ("NOPE(a)", "Unknown function names: nope"),
        ("values", "Unknown field names: values"),
    ],
)
def test_no_formula(text: str, said: str) -> None:
    """What is no formula, and what names no field, is told as Airtable tells it."""
    with pytest.raises(FormulaError) as raised:
        by_ids(text, table("a"))

    assert str(raised.value) == said


def test_values_of_a_rollup() -> None:
    """In a rollup ``values`` are those of the linked records."""
    assert by_ids("SUM(values) & a", table("a"), rollup=True) == (
        "SUM(values) & {fld00000000000000}",
        ["fld" + "0" * 14],
    )


TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "singleLineText"},
    "n": {"type": "number", "options": {"precision": 2}},
    "day": {"type": "date"},
    "at": {"type": "createdTime"},
    "done": {"type": "checkbox"},
    "link": {"type": "multipleRecordLinks"},
}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("n", ("number", 2)),
        ("n + 1", ("number", 2)),
        ("1 / 3", ("number", 1)),
        ("AVERAGE(1, 2)", ("number", 1)),
        ("ROUND(n)", ("number", 2)),
        ("-n", ("number", 2)),
        ("n & ''", ("singleLineText", None)),
        ("n > 1", ("number", 0)),
        ("done", ("number", 0)),
        ("day", ("date", None)),
        ("at", ("dateTime", None)),
        ("DATEADD(day, 1, 'days')", ("dateTime", None)),
        ("DATETIME_FORMAT(at)", ("singleLineText", None)),
        ("MAX(day, at)", ("dateTime", None)),
        ("IF(n, day)", ("date", None)),
        ("IF(n, 1, text)", ("singleLineText", None)),
        ("IF(n, BLANK(), BLANK())", ("singleLineText", None)),
        ("SWITCH(n, 1, day, 2, at)", ("dateTime", None)),
        ("SWITCH(n, 1, 1, 2)", ("number", 0)),
        ("link", ("singleLineText", None)),
        ("AND(n, text)", ("number", 0)),
        ("0.125", ("number", 3)),
        ("1e-20", ("number", 0)),
    ],
)
def test_result(text: str, result: tuple[str, int | None]) -> None:
    """The type of a formula's result follows from the types of what it is made of."""
    found = result_of(text, TYPES.get)

    assert (found["type"], found.get("options", {}).get("precision")) == result


def test_result_of_any_function() -> None:
    """Of a call of any function the type of the result is known."""
    found = {
        name: result_of(f"{name}({', '.join(['text'] * max(each.least, 1))})", TYPES.get)
        for name, each in REGISTRY.items()
    }

    assert {each["type"] for each in found.values()} == {"number", "singleLineText", "date", "dateTime"}


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (Field("", "", "number", {"precision": 1}), {"type": "number", "options": {"precision": 1}}),
        (Field("", "", "email"), {"type": "email"}),
        (Field("", "", "formula", {"result": {"type": "date"}}), {"type": "date"}),
        (Field("", "", "rollup", {"result": None}), {"type": "singleLineText"}),
    ],
)
def test_kept(field: Field, told: dict[str, Any]) -> None:
    """The type of a field's values is its own, of computed ones that of the result."""
    assert kept(field) == told
