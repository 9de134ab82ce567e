"""Symbolic links to files and folders of the project: what lies behind them counts, too.

A link counts by its text, as git keeps it, and by the files behind it that would count where they really lie: they
stand in the list of sources a second time, under the link's own path, so that globs and messages can name them. A
stage without ``sources`` covers them as it is. What lies outside the project is not looked at, but told.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, Final

from pytest_syncguard.stack.fingerprint.content import SYMLINK, key, unkey
from pytest_syncguard.stack.fingerprint.errors import shown
from pytest_syncguard.stack.fingerprint.memory import Memory
from pytest_syncguard.stack.fingerprint.part import Behind, Inventory, Part
from pytest_syncguard.stack.fingerprint.sources import Selection

BELOW: Final = "below"  # in a base that is remembered: what its index says lies below some folders


class _IndexMoved(Exception):
    """A repository's index was written since it was looked at."""


class Tree:
    """All parts of a project as of one look; knows where links lead to, and what is there."""

    def __init__(self, root: bytes, parts: Mapping[bytes, Part], memory: Memory) -> None:
        self._root, self._parts, self._memory = root, parts, memory
        self._indexed: dict[bytes, Inventory] = {}

    def behind(self, links: Iterable[bytes], selections: Sequence[Selection]) -> Behind | None:
        """What the links lead to, as far as it bears on the selections; None when an index was written since."""
        found = Behind()
        try:
            for link in sorted(links):
                if any(selection.reaches(link) for selection in selections):
                    self._follow(link, found)
                else:
                    self._target(link, link, found)
        except _IndexMoved:
            return None
        return found

    def _follow(self, link: bytes, found: Behind) -> None:
        """Take in what this link leads to and, through links there, what those lead to: each place once."""
        visited: list[bytes] = []
        ahead = deque([(link, link)])
        while ahead:
            seen_as, at = ahead.popleft()
            target = self._target(at, seen_as, found)
            if target is None or any(_within(target, known) for known in visited):
                continue
            visited.append(target)
            for path, (mode, blob) in self._below(target):
                if path == target:
                    found.files[seen_as] = mode, blob + self._text(at)  # it stands for the link as well
                    continue
                name = seen_as + b"/" + path[len(target) :].lstrip(b"/")
                found.files[name] = mode, blob
                if mode == SYMLINK:
                    ahead.append((name, path))

    def _target(self, link: bytes, seen_as: bytes, found: Behind) -> bytes | None:
        """Where in the project the link leads to; None when it leads nowhere, or out of it, which is noted."""
        full = self._full(link)
        if not (os.path.isfile(full) or os.path.isdir(full)):  # noqa: PTH112, PTH113 - a Path has no bytes
            return None
        target = os.path.realpath(full)
        if not _within(target, self._root):
            found.outside[seen_as] = target
            return None
        return target[len(self._root) :].lstrip(b"/")

    def _text(self, link: bytes) -> bytes:
        with contextlib.suppress(OSError):  # gone since: the next look tells
            return os.readlink(self._full(link))  # noqa: PTH115 - a Path has no bytes
        return b""

    def _full(self, path: bytes) -> bytes:
        return self._root.rstrip(b"/") + b"/" + path

    def _below(self, target: bytes) -> Iterator[tuple[bytes, tuple[int, bytes]]]:
        """Every file at or below the target, whichever part keeps it."""
        for prefix, part in self._parts.items():
            folder = prefix.rstrip(b"/")
            if _within(folder, target) or _within(target, folder):
                listed = self._listed(prefix, part, target) if part.indexed else {}
                yield from ((path, state) for path, state in listed.items() if path not in part.removed)
                more = part.added | part.absent
                yield from ((path, state) for path, state in more.items() if _within(path, target))

    def _listed(self, prefix: bytes, part: Part, target: bytes) -> Inventory:
        """What the index says lies at or below the target: remembered for as long as the index is the same."""
        base = self._memory.bases[key(prefix)]
        known: dict[str, list[Any]] = base.get(BELOW, {})
        if (listed := known.get(key(target))) is not None:
            return {unkey(path): (mode, bytes.fromhex(blob)) for path, mode, blob in listed}
        if prefix not in self._indexed:
            if (whole := part.inventory()) is None:
                raise _IndexMoved
            self._indexed[prefix] = whole
        found = {path: state for path, state in self._indexed[prefix].items() if _within(path, target)}
        listed = [[key(path), mode, blob.hex()] for path, (mode, blob) in found.items()]
        self._memory.bases[key(prefix)] = {**base, BELOW: {**known, key(target): listed}}
        return found


def leaving(sources: Iterable[str], behind: Behind) -> list[str]:
    """One sentence about the links among these sources that lead out of the project, if there are any."""
    paths = sorted(behind.outside)
    left = list(compress(paths, Selection.parse(sources).mark(paths)[0]))
    if not left:
        return []
    first, more = shown(left[0]), len(left) - 1
    others = f" (as {more} more link{'s' if more > 1 else ''})" if more else ""
    where = f"{first} leads out of the project, to {shown(behind.outside[left[0]])}{others}, where no change is seen"
    return [f'{where}: move that into the project, or take the link out with "!{first}" in sources']


def _within(path: bytes, folder: bytes) -> bool:
    return not folder or path == folder or path.startswith(folder.rstrip(b"/") + b"/")
