"""A regular expression, ready to be searched for: by Python's own machine where that is sure to be quick."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

from pytest_syncguard.testing.airtable.formulas.regex import machine
from pytest_syncguard.testing.airtable.formulas.regex.nodes import At, Chars, Either, Group, Node, Repeat, Sequence
from pytest_syncguard.testing.airtable.formulas.regex.parser import Parser

PLACES = {
    "start": r"\A",
    "end": r"\Z",
    "line start": "(?m:^)",
    "line end": "(?m:$)",
    "word": r"(?a:\b)",
    "no word": r"(?a:\B)",
}
# How many ways lead through a part, and how many things in it may take any number of characters each, so that the
# length of the text multiplies the ways once more. None: ways may be exponentially many.
Cost: TypeAlias = tuple[int, int] | None


@dataclass(frozen=True)
class Pattern:
    """``cost`` is that of a search from any beginning."""

    node: Node
    groups: int
    steps: machine.Program
    cost: Cost

    def matches(self, text: str, budget: machine.Budget) -> Iterator[machine.Spans]:
        """One after the other, none over another. Raises `Broken` when the budget is spent."""
        ways = self._ways(len(text))
        quick = ways is not None and budget.allows(ways * len(self.steps))
        at = 0
        while at <= len(text):
            spans = self._quickly(text, at) if quick else machine.search(self.steps, self.groups, text, at, budget)
            if spans is None:
                return
            yield spans
            at = spans[1] + (spans[0] == spans[1])

    def _ways(self, length: int) -> int | None:
        return self.cost and self.cost[0] * (length + 1) ** self.cost[1]

    def _quickly(self, text: str, begin: int) -> machine.Spans | None:
        found = self._python.search(text, begin)
        return found and tuple(edge for group in range(self.groups + 1) for edge in found.span(group))

    @cached_property
    def _python(self) -> re.Pattern[str]:
        return re.compile(_written(self.node))


@lru_cache(maxsize=256)
def pattern(said: str) -> Pattern:
    """Raises `Broken` for what is no regular expression."""
    parser = Parser(said)
    node = parser.parse()
    cost = _cost(node)
    if cost and not (isinstance(node, Sequence) and node.items[:1] == (At("start"),)):
        cost = cost[0], cost[1] + 1
    return Pattern(node, parser.groups, machine.program(node), cost)


def _cost(node: Node) -> Cost:
    match node:
        case Sequence(items):
            return _product(items, 1)
        case Either(items):
            return _product(items, len(items))
        case Group(item, _):
            return _cost(item)
        case Repeat(item, least, most, _):
            cost = _cost(item)
            if most == 0 or cost is None or (cost != (1, 0) and most != 1):
                return None
            return (
                (cost[0], cost[1] + 1) if most is None else (min(cost[0] * (most - least + 1), machine.QUICK), cost[1])
            )
        case _:
            return 1, 0


def _product(items: tuple[Node, ...], ways: int) -> Cost:
    parts = 0
    for each in items:
        if (cost := _cost(each)) is None:
            return None
        ways, parts = min(ways * cost[0], machine.QUICK), parts + cost[1]
    return ways, parts


def _written(node: Node) -> str:
    """In Python's own notation."""
    match node:
        case Chars():
            return node.written
        case At(place):
            return PLACES[place]
        case Sequence(items):
            return "".join(map(_written, items))
        case Either(items):
            return f"(?:{'|'.join(map(_written, items))})"
        case Group(item, _):
            return f"({_written(item)})"
        case Repeat(item, least, most, greedy):
            return f"(?:{_written(item)}){{{least},{'' if most is None else most}}}{'' if greedy else '?'}"
