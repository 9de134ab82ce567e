"""Which sources were written while a build ran, even if they hold again what they held before.

A fingerprint before the build and one after it are equal when somebody changes a file and puts it back, as a look
at another branch does; yet the build may have read what was there in between. So the files' stamps are compared,
too. What a stage's own build writes into its sources, the same each time, must not count: a file that is written
in two builds in a row is taken for such a one, and remembered.

What this cannot tell: a file that is there only while the build runs. Folders would show it, but most builds make
and remove files of their own in them.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[int, int]  # inode, and the time of its last change in nanoseconds


def stamps(root: Path, files: Iterable[bytes]) -> dict[bytes, Stamp]:
    """The stamp of each file (paths relative to the root) that is there."""
    base, found = os.fsencode(root) + b"/", {}
    for path in files:
        with contextlib.suppress(OSError):
            status = os.lstat(base + path)
            found[path] = status.st_ino, status.st_ctime_ns
    return found


def written(before: Mapping[bytes, Stamp], after: Mapping[bytes, Stamp]) -> frozenset[str]:
    """The paths whose stamps differ."""
    paths = before.keys() | after.keys()
    return frozenset(os.fsdecode(path) for path in paths if before.get(path) != after.get(path))


class OwnWrites:
    """What each stage's own build writes into its sources: learned, and kept in a file that may be lost."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "cache" / "writes.json"

    def of(self, stage: str) -> frozenset[str]:
        """What its last good build wrote."""
        return frozenset(self._load().get(stage, ()))

    def learn(self, stage: str, files: Collection[str]) -> None:
        """Its newest build, which is good, wrote these."""
        known = self._load()
        if known.get(stage, []) == (files := sorted(files)):
            return
        draft = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps({**known, stage: files}))
            draft.replace(self._path)

    def _load(self) -> dict[str, list[str]]:
        try:
            known = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}
