"""What git is asked about a work tree at the beginning of a look."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.place import Place
from pytest_syncguard.stack.fingerprint.tally import State
from pytest_syncguard.stack.fingerprint.untracked import Untracked


class Asked(NamedTuple):
    """The questions, put while the index was ``identity``; the answers can be collected."""

    identity: str
    changed: Callable[[], dict[bytes, State | None]]
    untracked: Untracked


def ask(place: Place, memory: Memory) -> Asked:
    """Start to look for all that is not as the index says: first what takes longest."""
    identity, changed = place.identity(), place.changed()
    return Asked(identity, changed, Untracked(place, identity, memory))
