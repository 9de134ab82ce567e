"""Whether a stage's port is free for it: free, or held by what the stage itself served before."""

from __future__ import annotations

from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.process.ready import Ready, holders, taken
from pytest_syncguard.stack.drivers.process.record import Record, Store
from pytest_syncguard.stack.drivers.process.tree import SERVE, members


def why_taken(store: Store, stage: str, text: str) -> str:
    """The sentence for a port that a stage with this ``ready`` cannot have; empty when it can.

    Raises `ValueError` for a ``ready`` that is none, `OSError` when the system does not tell.
    """
    ready = Ready.parse(text)
    found = holders(ready) if ready else []
    if not ready or not found:
        return ""
    owners = _owners(store)
    for listener in found:
        if listener.pid is None and _serves_there(store.load(stage), text):
            continue  # a helper of what the stage serves, it may be; asked again when that was stopped
        owner = owners.get(listener.pid or -1, "")
        if owner != stage:
            return taken(ready, listener.pid, owner)
    return ""


def _serves_there(record: Record | None, text: str) -> bool:
    child = record.child if record else None
    return record is not None and record.ready == text and child is not None and child.alive


def _owners(store: Store) -> dict[int, str]:
    """Which stage of this project each process belongs to that any of its stages serves."""
    owners: dict[int, str] = {}
    for record in store.all().values():
        owners.update({process.pid: record.stage for process in _family(store, record)})
    return owners


def _family(store: Store, record: Record) -> set[Proc]:
    state = str(store.state)
    roots = [trace.child for trace in record.traces() if trace.served and trace.child is not None]
    return members(lambda mark: (mark.state, mark.stage, mark.part) == (state, record.stage, SERVE), roots)
