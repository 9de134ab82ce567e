"""Whether a stage's port is free for it: free, or held by what the stage itself served before."""

from __future__ import annotations

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.process.identity import Proc
from pytest_syncguard.stack.drivers.process.ready import Ready, holders, taken
from pytest_syncguard.stack.drivers.process.record import Record, Store
from pytest_syncguard.stack.drivers.process.tree import SERVE, members


def why_taken(store: Store, stage: Stage) -> str:
    """The sentence for a port that the stage cannot have; empty when it can. Raises `ValueError`, `OSError`."""
    ready = Ready.parse(stage.ready)
    found = holders(ready) if ready else []
    if not ready or not found:
        return ""
    owners = served(store)
    for listener in found:
        owner = owners.get(listener.pid or -1)
        if owner != stage.name:
            return taken(ready, listener.pid, owner or "")
    return ""


def served(store: Store) -> dict[int, str]:
    """Which stage of this project each process belongs to that any of its stages serves."""
    owners: dict[int, str] = {}
    for record in store.all().values():
        owners.update({process.pid: record.stage for process in _family(store, record)})
    return owners


def _family(store: Store, record: Record) -> set[Proc]:
    state = str(store.state)
    roots = [trace.child for trace in record.traces() if trace.served and trace.child is not None]
    return members(lambda mark: (mark.state, mark.stage, mark.part) == (state, record.stage, SERVE), roots)
