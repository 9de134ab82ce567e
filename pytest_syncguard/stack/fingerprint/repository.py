"""One look at one repository: what the index says, corrected by what git and we see in the work tree."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, NamedTuple

from pytest_syncguard.stack.fingerprint import base as bases
from pytest_syncguard.stack.fingerprint.asked import Asked, ask
from pytest_syncguard.stack.fingerprint.base import Base
from pytest_syncguard.stack.fingerprint.content import Files, key
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.index import GITLINK
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.part import Inventory, Part
from pytest_syncguard.stack.fingerprint.place import Place
from pytest_syncguard.stack.fingerprint.plain import walk
from pytest_syncguard.stack.fingerprint.sources import Selection
from pytest_syncguard.stack.fingerprint.tally import State

ATTEMPTS: Final = 5


class Look(NamedTuple):
    """What a look needs to know, whatever folder it looks at."""

    sources: Sequence[tuple[str, ...]]
    selections: Sequence[Selection]
    memory: Memory
    files: Files


def look(place: Place, look: Look, begun: Asked | None = None) -> Part | None:
    """What is there; None when git ignores the whole folder, which then is nobody's repository.

    ``begun``: what git was asked already.

    Raises `FingerprintError`, also when somebody writes the index all the time.
    """
    for _ in range(ATTEMPTS):
        asked, begun = begun or ask(place, look.memory), None
        base = _base(place, look, asked.identity)
        different = asked.changed()
        untracked = asked.untracked.result()
        if place.identity() == asked.identity:
            break
    else:
        raise FingerprintError(f"{place.index_file} is written all the time; wait until that git command has ended")
    asked.untracked.remember(base.folders, {**different, **base.watched})
    if not base.entries and place.inner and place.ignored():
        return None
    part = Part(base.tallies, inventory=lambda: _inventory(place, asked.identity), indexed=True)
    part.symlinks = [place.prefix + path for path in base.symlinks]
    _correct(part, place, look.files, different | base.watched)
    for path in untracked:
        _take_in(part, place, look.files, path)
    for path, commit in base.links.items():
        _submodule(part, place, look.files, path, commit)
    return part


def _base(place: Place, look: Look, identity: str) -> Base:
    scope = bases.scope(identity, place, look.sources)
    name = key(place.prefix)
    base = Base.load(look.memory.bases.get(name), scope)
    if base is None:
        base, trusted = bases.compute(place, look.selections, look.files, look.memory.trusted(name))
        look.memory.bases[name] = base.dump(scope)
        look.memory.trust(name, trusted)
    return base


def _inventory(place: Place, identity: str) -> Inventory | None:
    found = bases.inventory(place)
    return found if place.identity() == identity else None


def _correct(part: Part, place: Place, files: Files, recorded: dict[bytes, State | None]) -> None:
    """Take out what the index says of these files, put in what they are."""
    for path, state in recorded.items():
        full = place.prefix + path
        now = files.state(full, place.algorithm)
        if now != state and state:
            part.removed[full] = state
        if now != state and now:
            part.added[full] = now


def _take_in(part: Part, place: Place, files: Files, path: bytes) -> None:
    full = place.prefix + path
    if path.endswith(b"/"):
        _enter(part, place, files, full.rstrip(b"/"))
    elif state := files.state(full, place.algorithm):
        part.added[full] = state


def _submodule(part: Part, place: Place, files: Files, path: bytes, commit: bytes) -> None:
    """A submodule counts by its files; one that is not checked out by the commit it should be at."""
    full = place.prefix + path
    if files.real(full):
        if _enter(part, place, files, full):
            return
    elif state := files.state(full, place.algorithm):
        part.added[full] = state
        return
    part.absent[full + b"/"] = (GITLINK, commit)


def _enter(part: Part, place: Place, files: Files, folder: bytes) -> bool:
    """A folder with a ``.git`` is looked at by itself (true); any other is walked through."""
    if os.path.lexists(files.full(folder + b"/.git")):
        part.nested.append(folder)
        return True
    walk(part, folder, files, place.algorithm, repositories=True)
    return False
