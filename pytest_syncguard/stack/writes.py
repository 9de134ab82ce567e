"""Which sources were written while a build ran, even if they hold again what they held before.

A fingerprint before the build and one after it are equal when somebody changes a file and puts it back, as a look
at another branch does; yet the build may have read what was there in between. So the files' stamps are compared,
too. What a stage's own build writes into its sources each time, as ``npm install`` does with its lock file, is
named in ``writes`` of the stage: there the content alone counts.

What this cannot tell: a file that is there only while the build runs. Folders would show it, but most builds make
and remove files of their own in them.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Final, TypeAlias

from pytest_syncguard.stack.fingerprint.errors import shown
from pytest_syncguard.stack.fingerprint.sources import Selection

SHOWN_FILES: Final = 5
Stamp: TypeAlias = tuple[int, ...]  # inode, and the time of its last change in nanoseconds; of a link and its file


def stamps(root: Path, files: Iterable[bytes]) -> dict[bytes, Stamp]:
    """The stamp of each file (paths relative to the root) that is there."""
    base = os.fsencode(root) + b"/"
    found: dict[bytes, Stamp] = {}
    for path in files:
        with contextlib.suppress(OSError):
            status = os.lstat(base + path)
            found[path] = status.st_ino, status.st_ctime_ns
            if stat.S_ISLNK(status.st_mode) and stat.S_ISREG((behind := os.stat(base + path)).st_mode):  # noqa: PTH116 - a Path has no bytes
                found[path] += behind.st_ino, behind.st_ctime_ns
    return found


def written(before: Mapping[bytes, Stamp], after: Mapping[bytes, Stamp], own: Sequence[str] = ()) -> list[str]:
    """The paths whose stamps differ, sorted, as a message shows them; but for those that the globs ``own`` cover."""
    paths = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    excused = Selection.parse(own).mark(paths)[0] if own else bytes(len(paths))
    return [shown(path) for path in compress(paths, (not each for each in excused))]


def named(files: Sequence[str]) -> str:
    """The first few of them, for a sentence."""
    return ", ".join(files[:SHOWN_FILES]) + (", …" if len(files) > SHOWN_FILES else "")


def restless(changed: Sequence[str], wrote: Sequence[str], builds: int) -> str:
    """What is wrong with a stage whose sources moved under each of its builds, and what to do about it.

    ``changed``: the files that hold something else than before the last build; none: ``wrote`` were only written.
    """
    if changed or not wrote:
        return (
            f"its sources changed under each of {builds} builds ({named(changed) or 'and back'}): wait until nothing "
            "edits them; what its own build makes of them, commit, let git ignore or leave out of sources"
        )
    return (
        f"its sources were written under each of {builds} builds ({named(wrote)}): wait until nothing edits them, "
        "or name them in writes = [...] of the stage if its own build writes them"
    )
