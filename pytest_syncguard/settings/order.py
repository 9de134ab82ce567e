"""The order in which stages are synced: as configured, but never before what they need or come after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def in_order(names: Sequence[str], before: Mapping[str, Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The names in stable topological order, and every cycle that stood in the way (``[a, b, a]``).

    ``before`` gives for a name those that must come first. At each step the first name as configured whose
    predecessors are all placed is next. A cycle is cut, so that the others are found too.
    """
    waiting, placed, cycles = list(dict.fromkeys(names)), list[str](), list[list[str]]()
    while waiting:
        blockers = {name: [b for b in before.get(name, ()) if b in waiting] for name in waiting}
        ready = next((name for name in waiting if not blockers[name]), None)
        if ready is None:
            cycles.append(_cycle(waiting[0], blockers))
        cut = [ready] if ready is not None else cycles[-1][:-1]
        placed += cut
        waiting = [name for name in waiting if name not in cut]
    return placed, cycles


def _cycle(start: str, blockers: Mapping[str, Sequence[str]]) -> list[str]:
    """A cycle that is met by going from a name to its first blocker and on."""
    path = [start]
    while path[-1] not in path[:-1]:
        path.append(blockers[path[-1]][0])
    return path[path.index(path[-1]) :]
