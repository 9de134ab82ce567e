"""One look at a whole project: its own repository and all that are nested in it, side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Final, Literal

from pytest_syncguard.stack.fingerprint.content import Files, key
from pytest_syncguard.stack.fingerprint.git import Git
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.part import Inventory, Part
from pytest_syncguard.stack.fingerprint.place import Place
from pytest_syncguard.stack.fingerprint.plain import walk
from pytest_syncguard.stack.fingerprint.repository import Look, look
from pytest_syncguard.stack.fingerprint.sources import Selection
from pytest_syncguard.stack.fingerprint.tally import Tally, tally

AT_ONCE: Final = 4
PLAIN_ALGORITHM: Final = "sha256"


@dataclass(slots=True)
class Observation:
    """What was found: one tally for each of ``sources``, in their order."""

    root: Path
    sources: list[tuple[str, ...]]
    tallies: list[Tally]
    parts: list[Part] = field(default_factory=list)

    def inventory(self) -> Inventory | None:
        """Every file of the project; None when a repository's index was written since."""
        whole: Inventory = {}
        for part in self.parts:
            found = part.inventory()
            if found is None:
                return None
            whole |= {path: state for path, state in found.items() if path not in part.removed}
            whole |= part.added | part.absent
        return whole


def observe(root: Path, sources: Sequence[tuple[str, ...]], memory: Memory, git: Git) -> Observation:
    """Look at ``root`` for these sources and leave in ``memory`` what spares work next time."""
    selections = [Selection.parse(globs) for globs in sources]
    files = Files(os.fsencode(root), memory.files)
    try:
        parts = _parts(root, Look(sources, selections, memory, files), git)
    except BaseException:
        git.abandon()
        raise
    memory.keep({key(prefix) for prefix in parts}, files.remembered)
    found = list(parts.values())
    added = tally(selections, _merged(found, "added"))
    removed = tally(selections, _merged(found, "removed"))
    absent = tally(selections, _merged(found, "absent"))
    indexed = [reduce(Tally.__add__, column) for column in zip(*(p.tallies for p in found), strict=True)]
    tallies = [
        known + more - less + links.uncounted
        for known, more, less, links in zip(indexed, added, removed, absent, strict=True)
    ]
    return Observation(root, list(sources), tallies, found)


def _merged(parts: Sequence[Part], name: Literal["added", "removed", "absent"]) -> Inventory:
    whole: Inventory = {}
    for part in parts:
        whole |= getattr(part, name)
    return whole


def _parts(root: Path, task: Look, git: Git) -> dict[bytes, Part]:
    """The project's own part and those nested in it, by prefix; each level of nesting side by side."""
    parts = {b"": _part(root, b"", task, git)}
    prefixes = [folder + b"/" for folder in parts[b""].nested]
    if prefixes:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(AT_ONCE) as pool, _killing(git):
            while prefixes:
                level = dict(zip(prefixes, pool.map(lambda p: _part(root, p, task, git), prefixes), strict=True))
                parts |= level
                prefixes = [folder + b"/" for part in level.values() for folder in part.nested]
    return parts


@contextmanager
def _killing(git: Git) -> Iterator[None]:
    """When one look fails, the others beside it need not be waited for."""
    try:
        yield
    except BaseException:
        git.kill()
        raise


def _part(root: Path, prefix: bytes, task: Look, git: Git) -> Part:
    installed = git.installed
    place = Place.find(git, root / os.fsdecode(prefix), prefix) if installed else None
    part = look(place, task) if place else None
    if part is None:
        part = Part([Tally(0, 0, (0,) * len(selection.globs)) for selection in task.selections])
        walk(part, prefix.rstrip(b"/"), task.files, PLAIN_ALGORITHM, repositories=installed)
    return part
