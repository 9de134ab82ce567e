"""From the text of a formula to a `Formula`, which is evaluated for one record after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pytest_syncguard.testing.airtable.deadline import check
from pytest_syncguard.testing.airtable.formulas import operators, syntax
from pytest_syncguard.testing.airtable.formulas.errors import FormulaError
from pytest_syncguard.testing.airtable.formulas.functions import array, date, logic, number, record, regex, text
from pytest_syncguard.testing.airtable.formulas.functions.registry import REGISTRY, Evaluate, Operand
from pytest_syncguard.testing.airtable.formulas.scope import Scope
from pytest_syncguard.testing.airtable.formulas.syntax import Call, Chain, Literal, Node, Reference, parse
from pytest_syncguard.testing.airtable.formulas.values import Broken, Value, inward, outward, truthy

__all__ = ["Formula", "FormulaError", "compile_formula", "truthy"]
SHORT = 4_000  # characters
GROUPS = (array, date, logic, number, record, regex, text)  # whose import fills the registry


@dataclass(frozen=True)
class Formula:
    """``references``: the fields that it names, by name or id as written, each once, in their order."""

    text: str
    references: tuple[str, ...]
    compute: Evaluate

    def evaluate(self, scope: Scope) -> Value:
        """The result for one record. Errors are a `Fault`; only `KeyError` for an unknown field is raised."""
        check()
        try:
            return outward(self.compute(scope))
        except Broken as broken:
            return broken.fault


def compile_formula(text: str) -> Formula:
    """Raises `FormulaError`. Many short formulas are kept, as those of fields are needed again and again, and few long
    ones: one of 100,000 characters takes megabytes.
    """
    return _short(text) if len(text) <= SHORT else _long(text)


def _compile(text: str) -> Formula:
    tree = parse(text)
    unknown = dict.fromkeys(name.lower() for name in _called(tree) if name not in REGISTRY)
    if unknown:
        raise FormulaError(f"Unknown function names: {', '.join(unknown)}")
    compute = _compiled(tree)
    if any(name.startswith("REGEX_") for name in _called(tree)):
        compute = regex.within_budget(compute)
    return Formula(text, tuple(dict.fromkeys(_named(tree))), compute)


_short, _long = lru_cache(maxsize=512)(_compile), lru_cache(maxsize=4)(_compile)


def _within(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Chain):
        return (node.first, *(operand for _, operand in node.rest))
    if isinstance(node, Call):
        return tuple(each for each in node.arguments if each is not None)
    return ()


def _called(node: Node) -> Iterator[str]:
    if isinstance(node, Call) and node.function != syntax.NEGATION:
        yield node.function
    for each in _within(node):
        yield from _called(each)


def _named(node: Node) -> Iterator[str]:
    if isinstance(node, Reference):
        yield node.field
    for each in _within(node):
        yield from _named(each)


def _compiled(node: Node) -> Evaluate:
    match node:
        case Literal(value):
            return lambda _: value
        case Reference(field):
            return lambda scope: inward(scope.cell(field))
        case Chain(first, rest):
            return operators.chain(_compiled(first), [(symbol, _compiled(operand)) for symbol, operand in rest])
        case Call(syntax.NEGATION, (inner,)) if inner is not None:
            return operators.negated(_compiled(inner))
    function = REGISTRY[node.function]
    function.check(len(node.arguments))
    if None in node.arguments and not function.gaps:
        raise FormulaError
    return function.build([_operand(each) for each in node.arguments])


def _operand(node: Node | None) -> Operand:
    if node is None:
        return Operand(lambda _: None)
    return Operand(_compiled(node), node.field if isinstance(node, Reference) else None)
