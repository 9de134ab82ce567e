"""Logical functions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_syncguard.testing.airtable.formulas.functions.registry import Evaluate, Operand, lazy, strict
from pytest_syncguard.testing.airtable.formulas.operators import equal
from pytest_syncguard.testing.airtable.formulas.scope import Scope
from pytest_syncguard.testing.airtable.formulas.values import Broken, Value, flat, inward, truthy


@lazy("IF", 2, 3, gaps=True)
def if_(operands: Sequence[Operand]) -> Evaluate:
    """The second argument if the first is true, else the third or blank; the other one is not evaluated."""
    condition, then, *more = (each.evaluate for each in operands)
    otherwise = more[0] if more else lambda _: None
    return lambda scope: then(scope) if truthy(condition(scope)) else otherwise(scope)


@lazy("SWITCH", 3, None, gaps=True)
def switch(operands: Sequence[Operand]) -> Evaluate:
    """The result beside the first pattern that equals the expression, else the last argument or blank."""
    expression, *rest = (each.evaluate for each in operands)
    otherwise = rest.pop() if len(rest) % 2 else lambda _: None
    cases = list(zip(rest[::2], rest[1::2], strict=True))

    def evaluate(scope: Scope) -> Value:
        value = expression(scope)
        for pattern, result in cases:
            if equal(value, pattern(scope)):
                return result(scope)
        return otherwise(scope)

    return evaluate


def _truths(values: tuple[Value, ...]) -> list[bool]:
    """Of all values and items of lists; an empty list is a blank."""
    if list in map(type, values):
        values = tuple(flat([each if each != [] else None for each in values]))
    return [truthy(each) for each in values]


@strict("AND", 1, None)
def and_(*values: Value) -> Value:
    """Whether all arguments are true."""
    return all(_truths(values))


@strict("OR", 1, None)
def or_(*values: Value) -> Value:
    """Whether an argument is true."""
    return any(_truths(values))


@strict("XOR", 1, None)
def xor(*values: Value) -> Value:
    """Whether an odd number of arguments is true."""
    return sum(_truths(values)) % 2 == 1


@strict("NOT", 1, 1)
def not_(value: Value) -> Value:
    """Whether the argument is not true."""
    return not truthy(value)


@strict("TRUE", 0, 0)
def true() -> Value:
    """1."""
    return True


@strict("FALSE", 0, 0)
def false() -> Value:
    """0."""
    return False


@strict("BLANK", 0, 0)
def blank() -> Value:
    """The value of an empty cell."""
    return None


@strict("ERROR", 0, 1)
def error(_: Value = None) -> Value:
    """#ERROR!"""
    raise Broken


@lazy("ISERROR", 1, 1)
def is_error(operands: Sequence[Operand]) -> Evaluate:
    """Whether the argument is an error, NaN or infinite."""
    inner = operands[0].evaluate

    def evaluate(scope: Scope) -> Value:
        try:
            value = inner(scope)
            found = list(flat(value)) if isinstance(value, list) else [inward(value)]
        except Broken:
            return True
        return any(isinstance(each, float) and not math.isfinite(each) for each in found)

    return evaluate
