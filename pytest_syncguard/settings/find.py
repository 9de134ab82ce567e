"""Finds where a project's settings stand, with as little of this package as can be: it is the first thing done."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

OWN = "syncguard.toml"
SHARED = "pyproject.toml"
STATE = ".syncguard"  # the folder beside it for all that syncguard keeps of the project
CACHE = "cache"  # in that: what can be worked out again
LARGEST = 2 << 20  # bytes


class Unfit(Exception):
    """Why a file can hold no settings: what was found, and what is required."""


def find_source(start: Path) -> Path | None:
    """The nearest file with settings, looking in ``start`` and then in each folder above it.

    The search goes on above a ``.git``: a stack often spans submodules and neighbouring clones, and its
    settings stand in the folder that holds them all.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100  absolute() would keep the "..": its parents are not ours
    for folder in (start, *start.parents):
        if os.path.lexists(folder / OWN):
            return folder / OWN
        if is_shared(folder / SHARED):
            return folder / SHARED
    return None


def is_shared(path: Path) -> bool:
    """Whether this pyproject.toml speaks of us. One that is broken and names us is taken as ours."""
    try:
        raw = read_bytes(path)
    except (OSError, Unfit):
        return False  # not there, or not ours to judge: pytest itself complains of what it cannot read
    if b"syncguard" not in raw:
        return False  # most are decided here, without a parser
    import tomllib

    try:
        tool = tomllib.loads(raw.decode("utf-8-sig")).get("tool")
    except (ValueError, RecursionError):
        return b"tool.syncguard" in raw
    return isinstance(tool, dict) and "syncguard" in tool


def read_bytes(path: Path) -> bytes:
    """What the file holds. A pipe or a device may never end, and nobody writes so much by hand as `LARGEST`.

    Raises `OSError` or `Unfit`.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # waits for nobody at a pipe's other end
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise Unfit("found a pipe or device, required a file that can be read")
        with os.fdopen(os.dup(handle), "rb") as file:
            data = file.read(LARGEST + 1)
    finally:
        os.close(handle)
    if len(data) > LARGEST:
        required = "a file of settings: see what wrote so much into it"
        raise Unfit(f"found more than {LARGEST >> 20} MB, required {required}")
    return data
