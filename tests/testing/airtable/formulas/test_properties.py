"""Formulas agree with Python on random expressions, and no text does harm."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.formulas.functions.registry import REGISTRY
from pytest_syncguard.testing.airtable.formulas.parse import FormulaError, compile_formula
from pytest_syncguard.testing.airtable.formulas.values import Fault, Value
from tests.testing.airtable.formulas.record import Record, evaluate


@dataclass(frozen=True)
class Told:
    """An expression as a formula, and what Python makes of it."""

    formula: str
    value: Any


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _shown(value: int | str) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _cut(text: str, begin: int, end: int) -> str:
    """By halves of characters beyond U+FFFF, as JavaScript counts."""
    return text.encode("utf-16-le", "surrogatepass")[2 * begin : 2 * end].decode("utf-16-le", "surrogatepass")


def _whole(text: str) -> str:
    return _cut(text, 0, len(text) * 2)


def _pair(symbol: str, compute: Callable[[Any, Any], Any]) -> Callable[[tuple[Told, Told]], Told]:
    return lambda both: Told(f"({both[0].formula}){symbol}({both[1].formula})", compute(both[0].value, both[1].value))


def _of_two(inner: st.SearchStrategy[Told], operators: dict[str, Callable[[Any, Any], Any]]) -> st.SearchStrategy[Told]:
    both = st.tuples(inner, inner)
    return st.one_of([both.map(_pair(symbol, compute)) for symbol, compute in operators.items()])


ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul}
ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne}

NUMBERS = st.recursive(
    st.integers(-50, 50).map(lambda value: Told(str(value), value)),
    lambda inner: st.one_of(
        _of_two(inner, ARITHMETIC),
        inner.map(lambda told: Told(f"-({told.formula})", -told.value)),
        inner.map(lambda told: Told(f"ABS({told.formula})", abs(told.value))),
        st.tuples(inner, inner).map(
            lambda both: Told(f"MAX({both[0].formula},{both[1].formula})", max(both[0].value, both[1].value))
        ),
    ),
    max_leaves=8,
)
TEXTS = st.recursive(
    st.text(max_size=5).map(lambda value: Told(_quoted(value), value)),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(
            lambda both: Told(f"{both[0].formula} & {both[1].formula}", _whole(both[0].value + both[1].value))
        ),
        st.tuples(inner, NUMBERS).map(
            lambda both: Told(f"({both[0].formula})&({both[1].formula})", _whole(both[0].value + _shown(both[1].value)))
        ),
        inner.map(lambda told: Told(f"LEFT({told.formula},2)", _cut(told.value, 0, 2))),
        inner.map(lambda told: Told(f"MID({told.formula},2,3)", _cut(told.value, 1, 4))),
        inner.map(lambda told: Told(f"REPT({told.formula},2)", told.value * 2)),
    ),
    max_leaves=6,
)
TRUTHS = st.recursive(
    st.one_of(_of_two(NUMBERS, ORDER), _of_two(TEXTS, ORDER), st.just(Told("TRUE()", True))),
    lambda inner: st.one_of(
        inner.map(lambda told: Told(f"NOT({told.formula})", not told.value)),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda some: Told(f"AND({','.join(each.formula for each in some)})", all(each.value for each in some))
        ),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda some: Told(f"OR({','.join(each.formula for each in some)})", any(each.value for each in some))
        ),
    ),
    max_leaves=4,
)
ANYTHING = st.one_of(
    NUMBERS,
    TEXTS,
    TRUTHS,
    st.tuples(TRUTHS, NUMBERS, TEXTS).map(
        lambda three: Told(
            f"IF({three[0].formula},{three[1].formula},{three[2].formula})",
            three[1].value if three[0].value else three[2].value,
        )
    ),
)


@given(ANYTHING)
def test_formulas_agree_with_python(told: Told) -> None:
    """Numbers, texts and truths are computed as Python computes them."""
    assert evaluate(told.formula) == told.value


@given(NUMBERS, NUMBERS)
def test_division_agrees_with_python(one: Told, other: Told) -> None:
    """Division is exact to the last bit; by 0 it is infinite or NaN."""
    result = evaluate(f"({one.formula})/({other.formula})")

    if other.value:
        assert result == one.value / other.value
    else:
        assert result in (Fault("NaN"), Fault("Infinity"), Fault("-Infinity"))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-5, 12))
def test_rounding_goes_to_the_nearest(value: float, precision: int) -> None:
    """ROUND is between ROUNDDOWN and ROUNDUP in size, and no farther than half a step from the value."""
    down, near, up = (evaluate(f"{name}({{F}},{precision})", F=value) for name in ("ROUNDDOWN", "ROUND", "ROUNDUP"))
    assert isinstance(down, (int, float))
    assert isinstance(near, (int, float))
    if isinstance(up, Fault):  # above the greatest float
        return
    assert isinstance(up, (int, float))

    assert abs(down) <= abs(near) <= abs(up)
    assert abs(down) <= abs(value) <= abs(up)
    assert abs(near - value) <= 10.0**-precision / 2 + math.ulp(value)


@given(st.text(max_size=8))
def test_any_text_can_be_found(text: str) -> None:
    """A text in quotes is that text, as a literal and as a cell."""
    assert evaluate(f"{{F}}={_quoted(text)}", F=text) == 1
    assert evaluate(_quoted(text)) == text


WORDS = st.sampled_from(
    [*sorted(REGISTRY), "F", "{F}", "{G}", "'a'", "1", "0.5", "2026-03-04", "'2026-03-04'", "'days'"]
)
SIGNS = st.sampled_from([*"()()()+-*/&=<{}'\"\\ \n,", "!=", ">="])
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["2026-03-04", "12/31/2026", "days", "M", "(a+)+", "YYYY [", "Europe/Berlin"]),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(st.one_of(st.none(), st.floats(), st.text(max_size=3), st.just(Fault("#REF!"))), max_size=3),
    st.sampled_from([Fault("#ERROR!"), Fault("NaN"), Fault("Infinity")]),
)


@given(st.one_of(st.text(max_size=40), st.lists(st.one_of(WORDS, SIGNS), max_size=25).map("".join)), VALUES)
def test_no_text_does_harm(text: str, value: Value) -> None:
    """Any text is a formula or is refused, and what is a formula has a value."""
    try:
        formula = compile_formula(text)
    except FormulaError:
        return
    formula.evaluate(Record(dict.fromkeys(formula.references, value)))


@settings(max_examples=400)
@given(st.sampled_from(sorted(REGISTRY)), st.lists(VALUES, max_size=4))
def test_no_argument_does_harm(name: str, values: list[Value]) -> None:
    """Every function takes values of every kind: it has a result, which may be an error, and raises nothing."""
    cells = {f"F{index}": value for index, value in enumerate(values)}
    try:
        formula = compile_formula(f"{name}({','.join(f'{{{field}}}' for field in cells)})")
    except FormulaError:
        return
    result = formula.evaluate(Record(cells))

    assert result is None or isinstance(result, (int, float, str, list, datetime, Fault))
    assert not isinstance(result, float) or math.isfinite(result)
