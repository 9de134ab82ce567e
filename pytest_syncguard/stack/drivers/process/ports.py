"""Whether a stage's port is free for it: free, or held by what the stage itself served before."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.process.ready import Ready, holders, taken
from pytest_syncguard.stack.drivers.process.record import Record, Store
from pytest_syncguard.stack.drivers.process.tree import SERVE, mark_of, members


def why_taken(store: Store, stage: str, text: str, known: Collection[str] = ()) -> str:
    """The sentence for a port that a stage with this ``ready`` cannot have; empty when it can.

    ``known``: the stages that the settings have; none given: that is not known here. Raises `ValueError` for a
    ``ready`` that is none, `OSError` when the system does not tell.
    """
    ready = Ready.parse(text)
    found = holders(ready) if ready else []
    if not ready or not found:
        return ""
    owners = _owners(store)
    for listener in found:
        if listener.pid is None and _serves_there(store.load(stage), text):
            continue  # a helper of what the stage serves, it may be; asked again when that was stopped
        owner = owners.get(listener.pid or -1) or marked_owner(store.state, listener.pid)
        if owner is None:
            return taken(ready, listener.pid)
        if owner != Owner(stage):
            gone = bool(known and not owner.project and owner.stage not in known)
            return taken(ready, listener.pid, f"{owner}{' (now renamed or removed)' if gone else ''}", owner.cure)
    return ""


class Owner(NamedTuple):
    """The stage that a process belongs to; ``project`` is empty for this one."""

    stage: str
    project: str = ""

    def __str__(self) -> str:
        return f'stage "{self.stage}"{f" of the project {self.project}" if self.project else ""}'

    @property
    def cure(self) -> str:
        """How to stop it."""
        there = ("-C", self.project) if self.project else ()
        return f"run {shlex.join(('syncguard', *there, 'down'))}"


def marked_owner(state: Path, pid: int | None) -> Owner | None:
    """Who a process is by the mark that it carries: its record may be lost, or another project's. ``state`` is the
    real path of this project's folder.
    """
    mark = mark_of(pid) if pid else None
    if mark is None:
        return None
    return Owner(mark.stage, "" if mark.state == str(state) else str(Path(mark.state).parent))


def _serves_there(record: Record | None, text: str) -> bool:
    child = record.child if record else None
    return record is not None and record.ready == text and child is not None and child.alive


def _owners(store: Store) -> dict[int, Owner]:
    """Which stage of this project each process belongs to that any of its stages serves."""
    owners: dict[int, Owner] = {}
    for record in store.all().values():
        owners.update({process.pid: Owner(record.stage) for process in _family(store, record)})
    return owners


def _family(store: Store, record: Record) -> set[Proc]:
    state = str(store.state)
    roots = [trace.child for trace in record.traces() if trace.served and trace.child is not None]
    return members(lambda mark: (mark.state, mark.stage, mark.part) == (state, record.stage, SERVE), roots)
