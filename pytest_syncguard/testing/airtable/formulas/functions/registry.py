"""Functions of formulas by name: how many arguments they take and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pytest_syncguard.testing.airtable.formulas.errors import FormulaError
from pytest_syncguard.testing.airtable.formulas.scope import Scope
from pytest_syncguard.testing.airtable.formulas.values import Value

Evaluate: TypeAlias = Callable[[Scope], Value]


@dataclass(frozen=True)
class Operand:
    """An argument: ``evaluate`` computes it, ``field`` is its name if it is nothing but a field."""

    evaluate: Evaluate
    field: str | None = None


Build: TypeAlias = Callable[[Sequence[Operand]], Evaluate]


@dataclass(frozen=True)
class Function:
    """``most`` is None where there is no limit. Arguments may be left empty where ``gaps``."""

    name: str
    least: int
    most: int | None
    build: Build
    gaps: bool = False

    def check(self, count: int) -> None:
        """Raises `FormulaError` for a wrong number of arguments."""
        if count < self.least:
            raise FormulaError(f"Not enough arguments for function {self.name}.")
        if self.most is not None and count > self.most:
            raise FormulaError(f"Too many arguments for function {self.name}.")


REGISTRY: dict[str, Function] = {}


def lazy(name: str, least: int, most: int | None, *, gaps: bool = False) -> Callable[[Build], Build]:
    """Registers a function that decides itself which of its arguments are evaluated, and in which scope."""

    def register(build: Build) -> Build:
        REGISTRY[name] = Function(name, least, most, build, gaps)
        return build

    return register


def strict(name: str, least: int, most: int | None) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Registers a function of the values of all its arguments."""

    def register(compute: Callable[..., Value]) -> Callable[..., Value]:
        REGISTRY[name] = Function(name, least, most, lambda operands: _applied(compute, operands))
        return compute

    return register


def _applied(compute: Callable[..., Value], operands: Sequence[Operand]) -> Evaluate:
    evaluations = [each.evaluate for each in operands]
    match evaluations:
        case []:
            return lambda _: compute()
        case [only]:
            return lambda scope: compute(only(scope))
        case [first, second]:
            return lambda scope: compute(first(scope), second(scope))
        case _:
            return lambda scope: compute(*[each(scope) for each in evaluations])
