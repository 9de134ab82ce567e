"""Formulas through pyairtable.formulas, as the service's formula reference describes them."""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest
from pyairtable import formulas as fo

from tests.contract.airtable.endpoint import cells, field_ids

ROWS: list[dict[str, Any]] = [
    {"Name": 'It\'s "a"', "Count": 1, "Done": True, "Status": "Todo", "Tags": ["red", "blue"], "Day": "2026-03-01"},
    {"Name": "b", "Count": 2, "Status": "Done", "Day": "2026-03-15"},
    {"Name": "c", "Count": 2, "Tags": ["red"]},
    {"Name": "d", "Count": 3},
]
NAME, COUNT, DONE, TAGS, DAY = (fo.Field(name) for name in ("Name", "Count", "Done", "Tags", "Day"))


@pytest.fixture(scope="module")
def rows(shared: pyairtable.Table) -> pyairtable.Table:
    shared.batch_create(ROWS)
    return shared


def found(table: pyairtable.Table, formula: fo.Formula | str) -> str:
    """The first letters of the records that satisfy it, in order; the first record is ``a``."""
    names = cells(table.all(formula=formula, sort=["Name"], fields=["Name"]))
    return "".join(sorted("a" if name.startswith("It") else name for name in names))


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        (fo.EQ(COUNT, 2), "bc"),
        (fo.NE(COUNT, 2), "ad"),
        (fo.GT(COUNT, 1), "bcd"),
        (fo.GTE(COUNT, 2), "bcd"),
        (fo.LT(COUNT, 2), "a"),
        (COUNT.lte(2), "abc"),
        (fo.AND(COUNT.eq(2), NAME.eq("c")), "c"),
        (fo.OR(NAME.eq("b"), NAME.eq("c")), "bc"),
        (fo.NOT(COUNT.eq(2)), "ad"),
        (fo.XOR(COUNT.eq(2), NAME.eq("b")), "c"),
        (fo.IF(DONE, COUNT.eq(1), NAME.eq("d")), "ad"),
        (fo.EQ(DAY, fo.BLANK()), "cd"),
        (fo.FIND("blue", fo.Formula("ARRAYJOIN({Tags})")), "a"),
        (fo.SEARCH("blue", fo.Formula("ARRAYJOIN({Tags})")), "a"),
        (fo.IS_AFTER(DAY, "2026-03-10"), "b"),
        (fo.IS_SAME(DAY, "2026-03-01", "day"), "a"),
    ],
    ids=str,
)
def test_records_that_satisfy_a_formula(rows: pyairtable.Table, formula: fo.Formula, names: str) -> None:
    """Comparisons, logic and blanks over fields."""
    assert found(rows, formula) == names


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"Name": 'It\'s "a"'}, "a"),
        ({"Count": 2, "Name": "b"}, "b"),
        ({"Count": (">", 1)}, "bcd"),
        ({"Status": "Done"}, "b"),
    ],
    ids=str,
)
def test_match(rows: pyairtable.Table, wanted: dict[str, Any], names: str) -> None:
    """pyairtable's ``match`` makes a formula of values, whatever quotes are in them."""
    assert found(rows, fo.match(wanted)) == names


def test_match_any(rows: pyairtable.Table) -> None:
    """One of the values is enough."""
    assert found(rows, fo.match({"Name": "d", "Count": 1}, match_any=True)) == "ad"


def test_fields_by_id(rows: pyairtable.Table) -> None:
    """In braces an id stands for its field."""
    assert found(rows, f"{{{field_ids(rows)['Count']}}}=2") == "bc"


def test_a_record_by_its_id(rows: pyairtable.Table) -> None:
    """RECORD_ID() is the id of the record."""
    record = rows.first(formula="{Name}='c'")
    assert record is not None

    assert found(rows, fo.EQ(fo.RECORD_ID(), record["id"])) == "c"


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (fo.ABS(-5), 5),
        (fo.AVERAGE(1, 2, 6), 3),
        (fo.CEILING(1.4), 2),
        (fo.COUNTA("a", "b"), 2),
        (fo.EVEN(1.5), 2),
        (fo.EXP(0), 1),
        (fo.FLOOR(1.6), 1),
        (fo.INT(1.99), 1),
        (fo.LOG(1024, 2), 10),
        (fo.MAX(1, 3, 2), 3),
        (fo.MIN(1, 3, 2), 1),
        (fo.MOD(10, 3), 1),
        (fo.ODD(1.5), 3),
        (fo.POWER(3, 3), 27),
        (fo.ROUND(3.5, 0), 4),
        (fo.ROUNDDOWN(3.5, 0), 3),
        (fo.ROUNDUP(3.2, 0), 4),
        (fo.SQRT(100), 10),
        (fo.SUM(1, 2, 3), 6),
        (fo.VALUE("$10000"), 10000),
        (fo.CONCATENATE("Hello ", "World"), "Hello World"),
        (fo.LEFT("abcdef", 2), "ab"),
        (fo.RIGHT("abcdef", 2), "ef"),
        (fo.LEN("quick"), 5),
        (fo.LOWER("Hello"), "hello"),
        (fo.UPPER("Hello"), "HELLO"),
        (fo.REPLACE("database", 2, 5, "o"), "dose"),
        (fo.REPT("Hi! ", 2), "Hi! Hi! "),
        (fo.SUBSTITUTE("gold mold", "old", "et"), "get met"),
        (fo.TRIM(" Hello! "), "Hello!"),
        (fo.ENCODE_URL_COMPONENT("chicken & waffles"), "chicken%20%26%20waffles"),
        (fo.REGEX_EXTRACT("Hello World", "W.*"), "World"),
        (fo.REGEX_REPLACE("Hello World", " W.*", ""), "Hello"),
        (fo.SWITCH(2, 1, "one", 2, "two", "many"), "two"),
        (fo.DATETIME_DIFF("2026-03-02", "2026-03-01", "hours"), 24),
        (fo.DATETIME_FORMAT("2026-03-01", "DD.MM.YYYY"), "01.03.2026"),
        (fo.DATESTR(fo.DATEADD("2026-02-28", 1, "days")), "2026-03-01"),
        (fo.YEAR("2026-03-01"), 2026),
        (fo.MONTH("2026-03-01"), 3),
        (fo.DAY("2026-03-01"), 1),
        (fo.WEEKDAY("2026-03-01"), 0),
        (fo.HOUR("2026-03-01T09:30:00Z"), 9),
        (fo.MINUTE("2026-03-01T09:30:00Z"), 30),
        (fo.WORKDAY_DIFF("2026-03-02", "2026-03-06"), 5),
    ],
    ids=lambda part: str(part)[:40],
)
def test_a_function(rows: pyairtable.Table, call: fo.Formula, result: Any) -> None:
    """Its result, by the examples of the reference: of all records if it is right, else of none."""
    assert found(rows, fo.EQ(call, result)) == "abcd"


@pytest.mark.parametrize("call", [fo.ERROR(), fo.FALSE(), fo.Formula("''"), fo.Formula("0"), fo.BLANK()], ids=str)
def test_what_is_not_true(rows: pyairtable.Table, call: fo.Formula) -> None:
    """0, false, "", nothing and errors leave a record out."""
    assert found(rows, call) == ""


def test_an_error_is_seen(rows: pyairtable.Table) -> None:
    """ISERROR tells whether an expression is one."""
    assert found(rows, fo.ISERROR(fo.ERROR())) == "abcd"
    assert found(rows, fo.ISERROR(1)) == ""
