"""The stop ladder: SIGINT, then SIGTERM, then SIGKILL, each with its wait, to a whole family of processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from signal import Signals
from typing import NamedTuple, TypeAlias

from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.process.record import Trace
from pytest_syncguard.stack.drivers.process.tree import SERVE, Mark, members

Waits: TypeAlias = tuple[float, float, float]
RUNGS = (Signals.SIGINT, Signals.SIGTERM, Signals.SIGKILL)
SHORTEST, LONGEST = 0.01, 0.1  # seconds between two looks at who still lives
KEEPER_MARGIN = 3.0  # seconds that a keeper may take beyond the ladder it climbs down


class Descent(NamedTuple):
    """How a family of processes was stopped: who, by which last signal, and who lives still."""

    stopped: frozenset[Proc]
    signal: str
    left: frozenset[Proc]


def descend(family: Callable[[], set[Proc]], waits: Waits, pause: Callable[[float], object] = time.sleep) -> Descent:
    """Signal everybody in the family, newcomers too, rung by rung until nobody lives.

    ``pause`` is called between two looks; whoever holds the family's terminal reads it there.
    """
    known: set[Proc] = set()
    last = ""
    for number, wait in zip(RUNGS, waits, strict=True):
        told: set[Proc] = set()
        # A killed process needs a moment to be gone, however impatient the settings are.
        deadline = time.monotonic() + (max(wait, 1.0) if number is Signals.SIGKILL else wait)
        tick = SHORTEST
        while True:
            known |= family()
            living = {process for process in known if process.alive}
            if not living:
                return Descent(frozenset(known), last, frozenset())
            for process in living - told:
                last = number.name if process.send(number) else last
            told |= living
            if time.monotonic() >= deadline:
                break
            pause(tick)
            tick = min(tick * 1.5, LONGEST)
    return Descent(frozenset(known), last, frozenset(process for process in known if process.alive))


def end(traces: Iterable[Trace], wanted: Callable[[Mark], bool], waits: Waits, patience: float = 0.0) -> Descent:
    """Stop all that earlier builds left running: through their keepers first, then whatever remains.

    ``patience``: seconds that a keeper may take where its own ladder is longer than ``waits``.
    """
    traces = tuple(traces)
    children = {trace.child for trace in traces if trace.child is not None and trace.child.alive}
    keepers = {trace.keeper for trace in traces if trace.keeper is not None and trace.keeper.alive}
    _dismiss(keepers, max(sum(waits), patience) + KEEPER_MARGIN)
    known = set(children)

    def family() -> set[Proc]:
        known.update(members(wanted, children))
        return known

    rest = descend(family, waits)
    stubborn = {keeper for keeper in keepers if keeper.alive}
    for keeper in stubborn:  # it hangs, and there is nothing left that it could hold
        keeper.send(Signals.SIGKILL)
    return rest


def _dismiss(keepers: set[Proc], limit: float) -> None:
    """Tell keepers to stop what they hold, and wait until they have left; at most ``limit`` seconds."""
    for keeper in keepers:
        keeper.send(Signals.SIGTERM)
    deadline = time.monotonic() + limit
    tick = SHORTEST
    while any(keeper.alive for keeper in keepers) and time.monotonic() < deadline:
        time.sleep(tick)
        tick = min(tick * 1.5, LONGEST)


def served_by(state: str, stage: str, but: str = "") -> Callable[[Mark], bool]:
    """Chooses what any build of a stage serves, but for one build."""
    return lambda mark: (mark.state, mark.stage, mark.part) == (state, stage, SERVE) and mark.build != but
