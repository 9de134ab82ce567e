"""The grammar of formulas, and the tree that is made of a text.

As in Airtable no space may stand between the name of a function and its parenthesis.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_syncguard.testing.airtable.formulas.errors import FormulaError

if TYPE_CHECKING:
    from lark import Lark

LONGEST = 100_000  # characters: POST listRecords is there for those that no URL can hold
DEEPEST = 100  # calls, signs, operations and parentheses in one another

GRAMMAR = r"""
?start: comparison
?comparison: joined (COMPARISON joined)*
?joined: sum (AND sum)*
?sum: product ((PLUS | MINUS) product)*
?product: signed ((TIMES | OVER) signed)*
?signed: MINUS signed -> negation
    | atom
?atom: NUMBER -> number
    | TEXT -> text
    | FIELD -> field
    | NAME -> word
    | CALL [comparison] ("," [comparison])* ")" -> call
    | "(" comparison ")" -> group

COMPARISON: "<=" | ">=" | "!=" | "=" | "<" | ">"
AND: "&"
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
NUMBER: /([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
TEXT: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
FIELD: /\{(\\\}|[^}])+\}/
CALL.2: /[^\W\d]\w*\(/
NAME: /[^\W\d]\w*/
SPACE: /\s+/
%ignore SPACE
"""


@dataclass(frozen=True)
class Literal:
    """A number or a text."""

    value: float | str
    depth: int = 1


@dataclass(frozen=True)
class Reference:
    """A field, named as in the text."""

    field: str
    depth: int = 1


@dataclass(frozen=True)
class Chain:
    """Operands of operators of one rank, from the left to the right: ``rest`` has an operator before each."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    depth: int


@dataclass(frozen=True)
class Call:
    """A function, in capitals, with its arguments; None: an argument that was left empty."""

    function: str
    arguments: tuple[Node | None, ...]
    depth: int


Node: TypeAlias = "Literal | Reference | Chain | Call"
NEGATION = "-"  # the name of the function that a sign is


class Builder:
    """Makes nodes from the bottom to the top while lark parses: no recursion, however deep the text."""

    def number(self, found: list[str]) -> Node:
        return Literal(float(found[0]))

    def text(self, found: list[str]) -> Node:
        return Literal(re.sub(r"\\(.)", _unescaped, found[0][1:-1], flags=re.DOTALL))

    def field(self, found: list[str]) -> Node:
        return Reference(found[0][1:-1].replace(r"\}", "}"))

    def word(self, found: list[str]) -> Node:
        return Reference(str(found[0]))

    def group(self, found: list[Node]) -> Node:
        return replace(found[0], depth=_deeper(found[0]))

    def negation(self, found: list[Any]) -> Node:
        return Call(NEGATION, (found[1],), _deeper(found[1]))

    def call(self, found: list[Any]) -> Node:
        arguments = tuple(found[1:])
        if arguments == (None,):
            arguments = ()
        return Call(found[0][:-1].upper(), arguments, _deeper(*arguments))

    def comparison(self, found: list[Any]) -> Node:
        operands = found[::2]
        rest = tuple((str(operator), operand) for operator, operand in zip(found[1::2], operands[1:], strict=True))
        return Chain(operands[0], rest, _deeper(*operands))

    joined = sum = product = comparison


def _unescaped(found: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1])


def _deeper(*nodes: Node | None) -> int:
    """The depth of a node over these."""
    depth = 1 + max((node.depth for node in nodes if node is not None), default=0)
    if depth > DEEPEST:
        raise FormulaError
    return depth


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True, transformer=Builder())


def parse(text: str) -> Node:
    """The tree of a formula. Raises `FormulaError`."""
    from lark.exceptions import LarkError

    if len(text) > LONGEST:
        raise FormulaError
    try:
        return _parser().parse(text)  # type: ignore[return-value]
    except LarkError:
        raise FormulaError from None
