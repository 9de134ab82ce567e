"""Whether what a build makes is there: globs as in ``sources``, looked for in the folders and not in git's list."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pytest_syncguard.stack.fingerprint.sources import WILD, translate


def gone(root: Path, outputs: Iterable[str]) -> str:
    """The first of the globs that no file matches; empty: each has one. Looks no further than the first match."""
    for glob in outputs:
        names = [name for name in glob.split("/") if name not in ("", ".")]
        if not _matches(os.fspath(root), names):
            return glob
    return ""


def _matches(path: str, names: Sequence[str]) -> bool:
    """Whether some file at or below the path is matched by what is left of the glob."""
    if not names:
        return _holds_file(path)
    name, rest = names[0], names[1:]
    if name == "**":
        return _matches(path, rest) or any(_matches(folder.path, names) for folder in _folders(path))
    if not WILD.search(name):
        return _matches(f"{path}/{name}", rest)
    pattern = re.compile(translate(name))
    return any(pattern.fullmatch(entry.name) and _matches(entry.path, rest) for entry in _entries(path))


def _holds_file(path: str) -> bool:
    """Whether it is a file, or a folder with one somewhere below."""
    if os.path.isfile(path):  # noqa: PTH113 - what scandir says is text
        return True
    return any(entry.is_file() for entry in _entries(path)) or any(_holds_file(each.path) for each in _folders(path))


def _folders(path: str) -> Iterator[os.DirEntry[str]]:
    """The folders in this one; links to folders may go in circles."""
    return (entry for entry in _entries(path) if entry.is_dir(follow_symlinks=False) and entry.name != ".git")


def _entries(path: str) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(path) as found:
        return list(found)
    return []
