"""What is a formula and what is none, and which operator binds closer."""

from __future__ import annotations

import pytest

from pytest_syncguard.testing.airtable.formulas.parse import FormulaError, compile_formula
from pytest_syncguard.testing.airtable.formulas.values import Value
from tests.testing.airtable.formulas.record import evaluate

INVALID = "Invalid formula. Please check your formula text."


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1", 1),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000),
        ("'text'", "text"),
        ('"text"', "text"),
        (r"'it\'s'", "it's"),
        (r'"\"GreatProduct\""', '"GreatProduct"'),
        (r"'a\\b'", "a\\b"),
        (r"'two\nlines'", "two\nlines"),
        ("'two\nlines'", "two\nlines"),
        ("''", ""),
        ("'it is \"so\"'", 'it is "so"'),
    ],
)
def test_literals(formula: str, result: Value) -> None:
    """Numbers and texts stand for themselves; a backslash takes from a quote its meaning."""
    assert evaluate(formula) == result


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("10-4-3", 3),
        ("24/4/2", 3),
        ("-2*3", -6),
        ("2*-3", -6),
        ("2--3", 5),
        ("--2", 2),
        ("1&2+3", "15"),
        ("1+2&3", "33"),
        ("1&2=12", 1),
        ("'a'&'b'='ab'", 1),
        ("1+1=2", 1),
        ("3>2>1", 0),
        ("1<2=1", 1),
        ("1!=2", 1),
        ("2<=2", 1),
        ("2>=3", 0),
        ("-1<0", 1),
        ("1+2-3*4/6", 1),
    ],
)
def test_precedence(formula: str, result: Value) -> None:
    """A sign binds closest, then * and /, + and -, &, and comparisons; each from the left to the right."""
    assert evaluate(formula) == result


@pytest.mark.parametrize("formula", ["1+2", " 1 + 2 ", "\n1\t+\r\n2\n", "1+\u00a02"])
def test_white_space_means_nothing(formula: str) -> None:
    """Formulas may be written over several lines."""
    assert evaluate(formula) == 3


@pytest.mark.parametrize("formula", ["if(1,2,3)", "If(1,2,3)", "IF(1,2,3)", "IF( 1 ,\n 2 ,\n 3 )"])
def test_functions_are_called_in_any_case(formula: str) -> None:
    """Capitals and small letters are the same in the name of a function."""
    assert evaluate(formula) == 2


@pytest.mark.parametrize(
    ("formula", "references"),
    [
        ("Price*Quantity", ("Price", "Quantity")),
        ("{First Name}&{First Name}", ("First Name",)),
        (r"{a \} b}", ("a } b",)),
        (r"{a\b}", ("a\\b",)),
        ("{fldA1b2C3d4E5f6G7}=1", ("fldA1b2C3d4E5f6G7",)),
        ("IF({B},SUM({A},{B}),-{C})", ("B", "A", "C")),
        ("{IF(1)}", ("IF(1)",)),
        ("Größe>1", ("Größe",)),
        ("LAST_MODIFIED_TIME({A})", ("A",)),
        ("'{A}'", ()),
        ("TRUE", ("TRUE",)),
    ],
)
def test_references(formula: str, references: tuple[str, ...]) -> None:
    """A field is named in braces, or without them if its name is one word; each is told once, in its order."""
    assert compile_formula(formula).references == references


@pytest.mark.parametrize(
    "formula",
    [
        "",
        " ",
        "1+",
        "(1",
        "1)",
        "'open",
        '"open',
        "{open",
        "{}",
        "First Name",
        "1 2",
        "&1",
        "1==2",
        "1<>2",
        "AND(1,2",
        "IF (1,2)",
        "LEFT('a',)",
        "LEFT(,1)",
        "%",
        "id IS rec12343",
        "{A} contains 'x'",
        "LAST_MODIFIED_TIME('A')",
        "“curly”",
    ],
)
def test_what_is_no_formula(formula: str) -> None:
    """Text that is no formula is refused in Airtable's words."""
    with pytest.raises(FormulaError) as refused:
        compile_formula(formula)

    assert refused.value.reason == INVALID


@pytest.mark.parametrize(
    ("formula", "result"),
    [("IF(1,,2)", None), ("IF(0,1,)", None), ("IF(,1,2)", 2), ("SWITCH(1,1,,2)", None)],
)
def test_arguments_left_empty_are_blank(formula: str, result: Value) -> None:
    """IF and SWITCH may be called with nothing between commas."""
    assert evaluate(formula) == result


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("FOO()", "Unknown function names: foo"),
        ("FOO(BAR(1), LEN('a'), Foo())", "Unknown function names: foo, bar"),
        ("LEFT()", "Not enough arguments for function LEFT."),
        ("if(1)", "Not enough arguments for function IF."),
        ("SUM()", "Not enough arguments for function SUM."),
        ("TRUE(1)", "Too many arguments for function TRUE."),
        ("MID('a',1,2,3)", "Too many arguments for function MID."),
    ],
)
def test_wrong_calls(formula: str, reason: str) -> None:
    """A function that is not there and a wrong number of arguments are told when a formula is compiled."""
    with pytest.raises(FormulaError) as refused:
        compile_formula(formula)

    assert refused.value.reason == reason


@pytest.mark.parametrize(("open_", "close"), [("(", ")"), ("ABS(", ")"), ("-", ""), ("IF(1,", ")"), ("(1&(", "))")])
def test_depth_is_bounded(open_: str, close: str) -> None:
    """A formula that is nested a hundred times is evaluated; one of thousands is refused, not a RecursionError."""
    times = 32 if len(close) > 1 else 98
    assert evaluate(open_ * times + "1" + close * times) in (1, "1" * (times + 1))
    with pytest.raises(FormulaError):
        compile_formula(open_ * 2500 + "1" + close * 2500)


def test_length_is_bounded() -> None:
    """100,000 characters are a formula, one more is none."""
    assert evaluate("1" + "+1" * 49_999 + " ") == 50_000
    with pytest.raises(FormulaError):
        compile_formula("1" + "+1" * 49_999 + "  ")


@pytest.mark.parametrize(("text", "others"), [("1+41", 600), ("1" + "+1" * 4000, 6)], ids=["short", "long"])
def test_compiled_formulas_are_kept(text: str, others: int) -> None:
    """The same text is compiled once; of short formulas some hundred are kept, of long ones a few."""
    first = compile_formula(text)
    assert compile_formula(text) is first

    for number in range(others):
        compile_formula(f"{number}+{text}")
    assert compile_formula(text) is not first


def test_an_unknown_field_is_told_to_the_caller() -> None:
    """Who evaluates has looked at the references before: what is missing still is a KeyError."""
    with pytest.raises(KeyError):
        evaluate("{Nowhere}=1")
