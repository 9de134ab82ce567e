"""Matching in a time that grows with pattern times text: all ways are followed at once (Pike's machine)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pytest_syncguard.testing.airtable.deadline import check
from pytest_syncguard.testing.airtable.formulas.regex.nodes import (
    WORD,
    At,
    Chars,
    Either,
    Group,
    Node,
    Repeat,
    Sequence,
)
from pytest_syncguard.testing.airtable.formulas.values import Broken

LARGEST = 5_000  # steps of a program
BUDGET = 1_000_000  # steps taken here for one formula and record, about a second
QUICK = 10_000_000  # steps that Python's machine might have to take for them
Spans: TypeAlias = tuple[int, ...]  # start and end of the match and of its groups; -1: not matched
LETTERS = Chars(WORD)


@dataclass(frozen=True)
class Save:
    slot: int


@dataclass(frozen=True)
class Fork:
    """Goes on at both places; the way that begins at the first one is preferred."""

    first: int
    second: int


@dataclass(frozen=True)
class Matched:
    pass


Step: TypeAlias = "Chars | At | Save | Fork | Matched"
Program: TypeAlias = tuple[Step, ...]


@dataclass
class Budget:
    """What the regular expressions of one formula may take for one record."""

    left: int = BUDGET
    quick: int = QUICK

    def spend(self, count: int) -> None:
        """Raises `Broken` when nothing is left."""
        check()
        self.left -= count
        if self.left < 0:
            raise Broken

    def allows(self, quick: int) -> bool:
        """Whether Python's machine may be used; if so, that is spent."""
        if quick > self.quick:
            return False
        self.quick -= quick
        return True


def program(node: Node) -> Program:
    """Raises `Broken` if it would be too large."""
    steps: list[Step] = []
    _emit(Group(node, 0), steps)
    steps.append(Matched())
    return tuple(steps)


def _emit(node: Node, steps: list[Step]) -> None:
    if len(steps) > LARGEST:
        raise Broken
    match node:
        case Sequence(items):
            for each in items:
                _emit(each, steps)
        case Either(items):
            _emit_either(items, steps)
        case Repeat():
            _emit_repeat(node, steps)
        case Group(item, index):
            steps.append(Save(2 * index))
            _emit(item, steps)
            steps.append(Save(2 * index + 1))
        case _:
            steps.append(node)


def _emit_either(items: tuple[Node, ...], steps: list[Step]) -> None:
    ends = []
    for each in items[:-1]:
        fork = len(steps)
        steps.append(Matched())  # its place is taken below
        _emit(each, steps)
        ends.append(len(steps))
        steps.append(Matched())
        steps[fork] = Fork(fork + 1, len(steps))
    _emit(items[-1], steps)
    for end in ends:
        steps[end] = Fork(len(steps), len(steps))


def _emit_repeat(node: Repeat, steps: list[Step]) -> None:
    for _ in range(node.least):
        _emit(node.item, steps)
    forks = []
    for _ in range(1 if node.most is None else node.most - node.least):
        forks.append(len(steps))
        steps.append(Matched())
        _emit(node.item, steps)
    if node.most is None:  # once more from here: a round that read nothing goes on after the loop
        steps.append(_fork(node, forks[0] + 1, len(steps) + 1))
    for fork in forks:
        steps[fork] = _fork(node, fork + 1, len(steps))


def _fork(node: Repeat, again: int, end: int) -> Fork:
    return Fork(again, end) if node.greedy else Fork(end, again)


def search(steps: Program, groups: int, text: str, begin: int, budget: Budget) -> Spans | None:
    """The first match from a place on, and of those that begin there the preferred one. Raises `Broken`
    when the budget is spent.
    """
    blank = (-1,) * (2 * groups + 2)
    threads: list[tuple[int, Spans]] = []
    found: Spans | None = None
    for at in range(begin, len(text) + 1):
        seen: set[int] = set()
        ready: list[tuple[int, Spans]] = []
        for place, spans in threads:
            _follow(steps, place, spans, text, at, seen, ready)
        if found is None:
            _follow(steps, 0, blank, text, at, seen, ready)
        elif not ready:
            break
        budget.spend(len(seen) + 1)
        threads = []
        for place, spans in ready:
            step = steps[place]
            if isinstance(step, Matched):
                found = spans
                break  # ways of less preference do not count any more
            if at < len(text) and isinstance(step, Chars) and step.accepts(text[at]):
                threads.append((place + 1, spans))
    return found


def _follow(
    steps: Program, place: int, spans: Spans, text: str, at: int, seen: set[int], ready: list[tuple[int, Spans]]
) -> None:
    """Goes on without reading, to all steps that read a character or end the match, the preferred ones first."""
    stack = [(place, spans)]
    while stack:
        place, spans = stack.pop()
        if place in seen:
            continue
        seen.add(place)
        step = steps[place]
        if isinstance(step, Fork):
            stack.append((step.second, spans))
            stack.append((step.first, spans))
        elif isinstance(step, Save):
            stack.append((place + 1, (*spans[: step.slot], at, *spans[step.slot + 1 :])))
        elif not isinstance(step, At):
            ready.append((place, spans))
        elif holds(step.place, text, at):
            stack.append((place + 1, spans))


def holds(where: str, text: str, at: int) -> bool:
    """Whether a place in the text is of this kind."""
    if where == "start":
        return at == 0
    if where == "end":
        return at == len(text)
    if where == "line start":
        return at == 0 or text[at - 1] == "\n"
    if where == "line end":
        return at == len(text) or text[at] == "\n"
    before = at > 0 and bool(LETTERS.accepts(text[at - 1]))
    after = at < len(text) and bool(LETTERS.accepts(text[at]))
    return (before is not after) is (where == "word")
