"""Which sources were written while a build ran, even if they hold again what they held before.

A fingerprint before the build and one after it are equal when somebody changes a file and puts it back, as a look
at another branch does; yet the build may have read what was there in between. So the files' stamps are compared,
too. What a stage's own build writes into its sources each time, as ``npm install`` does with its lock file, is
named in ``writes`` of the stage: there the content alone counts.

Folders count, too, as far as a rename shows in them: one that is moved away and back, with all that is in it, has a
new time of change and its old time of writing. What this cannot tell: a file that is there only while the build
runs. Folders would show it, but most builds make and remove files of their own in them.
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
# Inode, and the time of the last change in nanoseconds; of a link and its file. Of a folder, whose path ends with a
# slash, also the time of the last writing.
Stamp: TypeAlias = tuple[int, ...]


def stamps(root: Path, files: Iterable[bytes]) -> dict[bytes, Stamp]:
    """The stamp of each file (paths relative to the root) that is there, and of the folders that they lie in."""
    base = os.fsencode(root) + b"/"
    found: dict[bytes, Stamp] = {}
    folders: set[bytes] = set()
    for path in files:
        _above(path, folders)
        with contextlib.suppress(OSError):
            status = os.lstat(base + path)
            found[path] = status.st_ino, status.st_ctime_ns
            if stat.S_ISLNK(status.st_mode) and stat.S_ISREG((behind := os.stat(base + path)).st_mode):  # noqa: PTH116 - a Path has no bytes
                found[path] += behind.st_ino, behind.st_ctime_ns
    for folder in folders:
        with contextlib.suppress(OSError):
            status = os.lstat(base + folder)
            found[folder] = status.st_ino, status.st_ctime_ns, status.st_mtime_ns
    return found


def _above(path: bytes, folders: set[bytes]) -> None:
    """Add the folders that the path lies in, each with a slash at its end."""
    while (path := path.rstrip(b"/").rpartition(b"/")[0] + b"/") != b"/" and path not in folders:
        folders.add(path)


def _moved(before: Stamp | None, after: Stamp | None) -> bool:
    """Whether it is another folder now, or the same that was renamed meanwhile. What comes and goes is the files'."""
    if before is None or after is None:
        return False
    return before[0] != after[0] or (before[1] != after[1] and before[2] == after[2])


def written(before: Mapping[bytes, Stamp], after: Mapping[bytes, Stamp], own: Sequence[str] = ()) -> list[str]:
    """The paths whose stamps differ, sorted, as a message shows them; but for those that the globs ``own`` cover."""
    paths = sorted(path for path in before.keys() | after.keys() if _differs(path, before.get(path), after.get(path)))
    excused = Selection.parse(own).mark(paths)[0] if own else bytes(len(paths))
    return [shown(path) for path in compress(paths, (not each for each in excused))]


def _differs(path: bytes, before: Stamp | None, after: Stamp | None) -> bool:
    return _moved(before, after) if path.endswith(b"/") else before != after


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
        f"its sources were written under each of {builds} builds ({named(wrote)}): let git ignore what its own build "
        "writes, or name what git keeps in writes = [...] of the stage; if it was not the build, wait until nothing "
        "edits them"
    )
