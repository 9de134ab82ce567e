"""Whatever pyairtable writes as a formula is one here."""

from __future__ import annotations

import inspect
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from pyairtable import formulas
from pyairtable.formulas import AND, EQ, GT, NE, NOT, OR, Field, match

from pytest_syncguard.testing.airtable.formulas.functions.registry import REGISTRY
from pytest_syncguard.testing.airtable.formulas.parse import compile_formula
from pytest_syncguard.testing.airtable.formulas.values import Value
from tests.testing.airtable.formulas.record import evaluate

FUNCTIONS = {name: made for name, made in inspect.getmembers(formulas, inspect.isfunction) if name.isupper()}
COMPOUNDS = {"AND", "OR", "NOT"}  # which take no plain values
OTHERS = {"ARRAYCOMPACT", "ARRAYFLATTEN", "ARRAYJOIN", "ARRAYSLICE", "ARRAYUNIQUE"}


def _call(name: str, count: int) -> str:
    arguments: list[Any] = [Field(f"F{index}") for index in range(count)]
    return str(FUNCTIONS[name](*arguments))


def test_there_are_functions_to_try() -> None:
    """pyairtable has many functions; otherwise the tests below would try none."""
    assert len(FUNCTIONS) > 70


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_of_pyairtable_is_here(name: str) -> None:
    """Each compiles with the fewest and with the most arguments that pyairtable gives it."""
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    positional = [each for each in parameters if each.kind is each.POSITIONAL_ONLY]
    fewest = sum(each.default is each.empty for each in positional)
    most = len(positional) + 4 * any(each.kind is each.VAR_POSITIONAL for each in parameters)

    for count in {1, 3} if name in COMPOUNDS - {"NOT"} else {1} if name == "NOT" else {fewest, most}:
        formula = compile_formula(_call(name, count))

        assert formula.references == tuple(f"F{index}" for index in range(count))


def test_only_documented_functions_are_here() -> None:
    """Besides pyairtable's functions there are Airtable's array functions, and the sign under a name of its own."""
    assert set(REGISTRY) == set(FUNCTIONS) | OTHERS


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "it's",
        'say "so"',
        "back\\slash",
        "\\'",
        "end\\",
        "",
        "{brace}",
        "a\nb",
        "日本",
        "',1)",
        5,
        -2.5,
        True,
        False,
    ],
)
@pytest.mark.parametrize("name", ["Name", "First Name", "a}b", "{a", "it's", 'q"q', "a\\b", "1st", "Größe"])
def test_match(name: str, value: Value) -> None:
    """A record is found by the very value that it has, whatever quotes or braces are in it or in the field's name."""
    formula = str(match({name: value}))

    assert compile_formula(formula).references == (name,)
    assert evaluate(formula, **{name: value}) == 1
    assert evaluate(formula, **{name: "another"}) == 0


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        (match({"A": 1, "B": "x"}), 1),
        (match({"A": 2, "B": "x"}), 0),
        (match({"A": 2, "B": "x"}, match_any=True), 1),
        (match({"A": (">=", 1), "B": ("!=", "y")}), 1),
        (AND(EQ(Field("A"), 1), NOT(EQ(Field("B"), "y"))), 1),
        (OR(GT(Field("A"), 1), NE(Field("B"), "x")), 0),
        (EQ(EQ(Field("A"), 1), True), 1),
        (Field("A").eq(Decimal("1.00")), 1),
        (EQ(Field("Half"), Fraction(1, 2)), 1),
        (EQ(Field("A"), 1) & EQ(Field("B"), "x"), 1),
        (EQ(Field("A"), 1) ^ EQ(Field("B"), "x"), 0),
        (~EQ(Field("A"), 1), 0),
        (EQ(Field("Tiny"), 1e-07), 1),
    ],
)
def test_built_formulas(formula: Any, result: Value) -> None:
    """What is built of pyairtable's parts means what it says."""
    assert evaluate(str(formula), A=1, B="x", Half=0.5, Tiny=1e-7) == result


def test_dates() -> None:
    """Dates are found by dates and by moments."""
    day = datetime.fromisoformat("2026-03-04T00:00:00+00:00")

    assert evaluate(str(match({"D": date(2026, 3, 4)})), D=day) == 1
    assert evaluate(str(match({"D": day})), D=day) == 1
    assert evaluate(str(match({"D": ("<", day)})), D=day) == 0
