"""Processes of stages that were renamed or removed: they run on, and no setting tells of them any more."""

from __future__ import annotations

from collections.abc import Collection

from pytest_syncguard.stack.drivers.process.record import Store


def recorded_orphans(store: Store, names: Collection[str]) -> dict[str, int]:
    """Stages that are not among these names and serve still, with the pid of each; cheap, from the records alone.

    Empty where the records cannot be read, which is told of each stage.
    """
    found = {}
    try:
        records = store.all()
    except OSError:
        return {}
    for name, record in records.items():
        served = [trace.child for trace in record.traces() if trace.served and trace.child and trace.child.alive]
        if served and name not in names:
            found[name] = served[0].pid
    return found


def orphans(store: Store, names: Collection[str]) -> dict[str, int]:
    """The same, and those whose record is lost: they carry our mark. Looks at every process of the machine."""
    from pytest_syncguard.stack.drivers.process.tree import SERVE, marked

    state = str(store.state)
    unknown = marked(lambda mark: mark.state == state and mark.part == SERVE and mark.stage not in names)
    oldest = sorted(unknown.items(), reverse=True)
    return {**{mark.stage: process.pid for process, mark in oldest}, **recorded_orphans(store, names)}


def told(stage: str, pid: int) -> str:
    """What a user should know of it."""
    return f'stage "{stage}", which the settings no longer have, still runs (pid {pid})'


CURE = "run syncguard down"
