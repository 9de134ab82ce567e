"""One look at a whole project: its own repository and all that are nested in it, side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Final, Literal

from pytest_syncguard.stack.fingerprint.ahead import Begun
from pytest_syncguard.stack.fingerprint.content import Files, key
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.git import Git
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.part import Behind, Inventory, Part
from pytest_syncguard.stack.fingerprint.place import Place
from pytest_syncguard.stack.fingerprint.plain import walk
from pytest_syncguard.stack.fingerprint.reports import leave_out
from pytest_syncguard.stack.fingerprint.repository import Look, look
from pytest_syncguard.stack.fingerprint.sources import Selection
from pytest_syncguard.stack.fingerprint.tally import Tally, tally

AT_ONCE: Final = 4
ATTEMPTS: Final = 5
PLAIN_ALGORITHM: Final = "sha256"


@dataclass(slots=True)
class Observation:
    """What was found: one tally for each of ``sources``, in their order."""

    root: Path
    sources: list[tuple[str, ...]]
    tallies: list[Tally]
    parts: list[Part] = field(default_factory=list)
    behind: Behind = field(default_factory=Behind)

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


def observe(
    root: Path, sources: Sequence[tuple[str, ...]], memory: Memory, git: Git, begun: Begun | None = None
) -> Observation:
    """Look at ``root`` for these sources and leave in ``memory`` what spares work next time.

    ``begun``: the look at the project's own repository, if it is on its way already.
    """
    selections = [Selection.parse(globs) for globs in sources]
    files = Files(os.fsencode(root), memory.files)
    try:
        parts, behind = _whole(root, Look(sources, selections, memory, files), git, begun)
    except BaseException:
        git.abandon()
        raise
    memory.keep({key(prefix) for prefix in parts}, files.remembered)
    found = list(parts.values())
    leave_out(root, memory.folder, found)
    added = tally(selections, _merged(found, "added"))
    removed = tally(selections, _merged(found, "removed"))
    absent = tally(selections, _merged(found, "absent"))
    linked = [tally([each], behind.files if each.globs else {})[0] for each in selections]
    indexed = [reduce(Tally.__add__, column) for column in zip(*(p.tallies for p in found), strict=True)]
    tallies = [
        known + more - less + links.uncounted + through
        for known, more, less, links, through in zip(indexed, added, removed, absent, linked, strict=True)
    ]
    return Observation(root, list(sources), tallies, found, behind)


def _whole(root: Path, task: Look, git: Git, begun: Begun | None) -> tuple[dict[bytes, Part], Behind]:
    """All parts, and what symbolic links in them lead to."""
    for _ in range(ATTEMPTS):
        parts, begun = _parts(root, task, git, begun), None
        links = [path for part in parts.values() for path in part.links()]
        if not links:
            return parts, Behind()
        from pytest_syncguard.stack.fingerprint.links import Tree  # what few projects need

        if (behind := Tree(os.fsencode(root), parts, task.memory).behind(links, task.selections)) is not None:
            return parts, behind
    raise FingerprintError(f"a repository in {root} is written all the time; wait until that git command has ended")


def _merged(parts: Sequence[Part], name: Literal["added", "removed", "absent"]) -> Inventory:
    whole: Inventory = {}
    for part in parts:
        whole |= getattr(part, name)
    return whole


def _parts(root: Path, task: Look, git: Git, begun: Begun | None) -> dict[bytes, Part]:
    """The project's own part and those nested in it, by prefix; each level of nesting side by side."""
    parts = {b"": _part(root, b"", task, git, begun)}
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


def _part(root: Path, prefix: bytes, task: Look, git: Git, begun: Begun | None = None) -> Part:
    installed = git.installed
    if begun is not None:
        part = look(begun.place, task, begun.asked)
    else:
        place = Place.find(git, root / os.fsdecode(prefix), prefix) if installed else None
        part = look(place, task) if place else None
    if part is None:
        part = Part([Tally(0, 0, (0,) * len(selection.globs)) for selection in task.selections])
        walk(part, prefix.rstrip(b"/"), task.files, PLAIN_ALGORITHM, repositories=installed)
    return part
