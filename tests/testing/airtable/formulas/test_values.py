"""What blanks, numbers, texts, dates, lists and errors are to operators and filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pytest_syncguard.testing.airtable.formulas.parse import compile_formula, truthy
from pytest_syncguard.testing.airtable.formulas.values import Fault, Value
from tests.testing.airtable.formulas.record import Record, evaluate

ERROR, NAN, INFINITY = Fault("#ERROR!"), Fault("NaN"), Fault("Infinity")
DAY = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("{F}=BLANK()", 1),
        ("{F}=''", 1),
        ("{F}=0", 1),
        ("{F}=FALSE()", 1),
        ("{F}='0'", 0),
        ("{F}!='x'", 1),
        ("{F}+1", 1),
        ("{F}*5", 0),
        ("-{F}", 0),
        ("{F}&'x'", "x"),
        ("{F}&''", ""),
        ("{F}<1", 1),
        ("{F}>0", 0),
        ("{F}>=0", 1),
        ("LEN({F})", 0),
        ("IF({F},'full','empty')", "empty"),
        ("{F}", None),
    ],
)
def test_blank(formula: str, result: Value) -> None:
    """A blank cell is 0 to arithmetic and "" to text, and it equals both."""
    assert evaluate(formula, F=None) == result


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("0=''", 0),
        ("0=BLANK()", 1),
        ("'0'=BLANK()", 0),
        ("5='5'", 1),
        ("'5'=5", 1),
        ("5='5.0'", 0),
        ("5='x'", 0),
        ("'a'='A'", 0),
        ("'a'<'b'", 1),
        ("'B'<'a'", 1),
        ("'10'<'9'", 1),
        ("10<'9'", 0),
        ("10>'9'", 1),
        ("10<'x'", 0),
        ("10>='x'", 0),
        ("TRUE()=1", 1),
        ("FALSE()=0", 1),
        ("TRUE()", 1),
        ("FALSE()", 0),
        ("TRUE()+TRUE()", 2),
        ("(1=1)&'!'", "1!"),
        ("(1=2)&'!'", "0!"),
    ],
)
def test_comparisons_between_kinds(formula: str, result: Value) -> None:
    """A number equals the text that shows it; capitals matter; a comparison is 1 or 0."""
    assert evaluate(formula) == result


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1/0", INFINITY),
        ("-1/0", Fault("-Infinity")),
        ("0/0", NAN),
        ("1/0&''", "Infinity"),
        ("1/0-1/0", NAN),
        ("1/(1/0)", 0),
        ("'a'*2", ERROR),
        ("-'a'", ERROR),
        ("ERROR()+1", ERROR),
        ("ERROR()&''", ERROR),
        ("ERROR()=1", ERROR),
        ("LEN(ERROR())", ERROR),
        ("IF(1,2,ERROR())", 2),
        ("IF(0,ERROR(),3)", 3),
        ("IF(ERROR(),1,2)", ERROR),
        ("SWITCH(1,1,'a',2,ERROR())", "a"),
        ("AND(1,ERROR())", ERROR),
        ("ISERROR(ERROR())", 1),
        ("ISERROR('a'*1)", 1),
        ("ISERROR(1/0)", 1),
        ("ISERROR(0/0)", 1),
        ("ISERROR('a')", 0),
        ("ISERROR(BLANK())", 0),
        ("IF(ISERROR(2/0),'Error!')", "Error!"),
    ],
)
def test_errors(formula: str, result: Value) -> None:
    """What is computed from an error is one, but for branches not taken and ISERROR; division by 0 is no error."""
    assert evaluate(formula) == result


@pytest.mark.parametrize(
    ("fault", "result"),
    [(ERROR, ERROR), (Fault("#REF!"), Fault("#REF!")), (NAN, NAN), (INFINITY, INFINITY)],
)
def test_errors_of_cells(fault: Fault, result: Fault) -> None:
    """The error of another formula's cell keeps its name."""
    assert evaluate("{F}+1", F=fault) == result
    assert evaluate("{F}+1", F=[fault]) == result
    assert evaluate("ISERROR({F})", F=fault) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e21, "1e+21"),
        (1.5e-7, "1.5e-7"),
        (0.000015, "0.000015"),
        (123456789012345680000, "123456789012345680000"),
        (True, "1"),
        (None, ""),
        ("a", "a"),
        (["a", "b"], "a, b"),
        ([["a", 1], None, "b"], "a, 1, , b"),
        ([], ""),
        (DAY, "2026-03-04T00:00:00.000Z"),
        (datetime(2026, 3, 4, 1, tzinfo=timezone(timedelta(hours=2))), "2026-03-03T23:00:00.000Z"),
    ],
)
def test_values_as_text(value: Value, shown: str) -> None:
    """Numbers are written as in JavaScript, dates in ISO format and UTC, lists with commas."""
    assert evaluate("{F}&''", F=value) == shown


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("{F}*2", 10),
        ("{F}=5", 1),
        ("{F}='5'", 1),
        ("{G}='a, b'", 1),
        ("{G}='a'", 0),
        ("{G}*2", ERROR),
        ("{E}=BLANK()", 1),
        ("{E}=''", 1),
        ("{E}+1", 1),
        ("FIND('b',{G})", 4),
        ("SEARCH('c',{G})", None),
        ("IF({E},1,2)", 2),
        ("IF({G},1,2)", 1),
    ],
)
def test_lists(formula: str, result: Value) -> None:
    """A list of one is its item, a longer one is text with commas, an empty one is blank."""
    assert evaluate(formula, E=[], F=[5], G=["a", "b"]) == result


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("{D}='2026-03-04'", 1),
        ("{D}=DATETIME_PARSE('2026-03-04')", 1),
        ("{D}='2026-03-04T00:00:00.000Z'", 1),
        ("{D}='soon'", 0),
        ("{D}>'2026-03-03'", 1),
        ("{D}<DATEADD({D},1,'days')", 1),
        ("{D}>=TODAY()", 0),
        ("{D}>'soon'", 0),
        ("{D}>BLANK()", 0),
        ("{D}=BLANK()", 0),
        ("{D}+1", ERROR),
        ("IF({D},1,2)", 1),
    ],
)
def test_dates(formula: str, result: Value) -> None:
    """Dates are compared with dates and with texts that tell one."""
    assert evaluate(formula, D=DAY) == result


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("4/2", "2"),
        ("7/2", "3.5"),
        ("1=1", "1"),
        ("2*2", "4"),
        ("1e300*10", "1e+301"),
        ("9007199254740993", "9007199254740992.0"),
    ],
)
def test_whole_results_are_integers(formula: str, result: str) -> None:
    """A result without a fraction is an int, as far as floats are exact; a comparison's is no bool."""
    assert repr(evaluate(formula)) == result


@pytest.mark.parametrize("value", [None, 0, 0.0, "", False, [], ERROR, NAN, float("nan")])
def test_a_filter_refuses(value: Value) -> None:
    """0, false, "", NaN, [] and errors keep a record out."""
    assert not truthy(value)


@pytest.mark.parametrize("value", [1, -1, 0.5, "0", " ", True, ["a"], DAY, INFINITY])
def test_a_filter_passes(value: Value) -> None:
    """Anything else lets it in."""
    assert truthy(value)


def test_one_formula_for_many_records() -> None:
    """A compiled formula keeps nothing of a record."""
    formula = compile_formula("IF({N}>1,{N}&'!','few')")

    assert [formula.evaluate(Record({"N": count})) for count in (1, 2, 1, 3)] == ["few", "2!", "few", "3!"]


def test_text_is_bounded() -> None:
    """What would become more than 100,000 characters is an error, and it is never built."""
    assert len(str(evaluate("REPT('a',100000)"))) == 100_000
    for formula in (
        "REPT('a',100001)",
        "REPT('ab',1e300)",
        "REPT('a',100000)&'a'",
        "SUBSTITUTE(REPT('a',100000),'a','aa')",
        "REPLACE(REPT('a',100000),1,0,'a')",
        "CONCATENATE(REPT('a',60000),REPT('a',60000))",
        "ENCODE_URL_COMPONENT(REPT(' ',60000))",
        "REGEX_REPLACE(REPT('a',60000),'a','aa')",
        "DATETIME_FORMAT('2026-03-04',REPT('MMMM',25000))",
        "ARRAYJOIN({L},REPT('a',60000))",
    ):
        assert evaluate(formula, L=["a", "b", "c"]) == ERROR, formula
    assert evaluate("REPT('',1e300)") == ""
