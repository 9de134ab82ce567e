"""Where a project's settings stand: `syncguard.toml`, or ``[tool.syncguard]`` in pyproject.toml."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.verdict import shown_path

OWN = "syncguard.toml"
SHARED = "pyproject.toml"
LARGEST = 2 << 20  # bytes


def find_source(start: Path) -> Path | None:
    """The nearest file with settings, looking in ``start`` and then in each folder above it.

    The search goes on above a ``.git``: a stack often spans submodules and neighbouring clones, and its
    settings stand in the folder that holds them all.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100  absolute() would keep the "..": its parents are not ours
    for folder in (start, *start.parents):
        if os.path.lexists(folder / OWN):
            return folder / OWN
        if _is_shared(folder / SHARED):
            return folder / SHARED
    return None


def read_source(source: Path) -> Mapping[str, object]:
    """The settings as they are written there. Raises `SettingsError` when there is no reading them."""
    data = _parse(source, _text(source))
    if source.name != SHARED:
        return data
    tool = data.get("tool")
    table = tool.get("syncguard", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError([f"{shown_path(source)}: tool.syncguard: found no table, required [tool.syncguard]"])
    return table


def rivals(source: Path) -> tuple[str, ...]:
    """A fault when both files of one folder hold settings: two sources of truth are none."""
    if source.name == OWN and _is_shared(source.with_name(SHARED)):
        found = f"found settings here and in [tool.syncguard] of {SHARED}"
        return (f"{shown_path(source)}: {found}, required one of the two: move them all to one file",)
    return ()


def _is_shared(path: Path) -> bool:
    """Whether this pyproject.toml speaks of us. One that is broken and names us is taken as ours."""
    try:
        raw = _bytes(path)
    except (OSError, SettingsError):
        return False  # not there, or not ours to judge: pytest itself complains of what it cannot read
    if b"syncguard" not in raw:
        return False  # most are decided here, without a parser
    try:
        tool = _parse(path, _text(path)).get("tool")
    except SettingsError:
        return b"tool.syncguard" in raw
    return isinstance(tool, dict) and "syncguard" in tool


def _bytes(path: Path) -> bytes:
    """What the file holds. A pipe or a device may never end, and nobody writes so much by hand as `LARGEST`."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # waits for nobody at a pipe's other end
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise SettingsError([f"{shown_path(path)}: found a pipe or device, required a file that can be read"])
        with os.fdopen(os.dup(handle), "rb") as file:
            data = file.read(LARGEST + 1)
    finally:
        os.close(handle)
    if len(data) > LARGEST:
        required = "a file of settings: see what wrote so much into it"
        raise SettingsError([f"{shown_path(path)}: found more than {LARGEST >> 20} MB, required {required}"])
    return data


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except OSError as error:
        reason = f"found {error.strerror or error}, required a file that can be read"
        raise SettingsError([f"{shown_path(path)}: {reason}"]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = f"byte 0x{error.object[error.start]:02x} in line {line}"
        raise SettingsError([f"{shown_path(path)}: found {found}, required UTF-8"]) from error


def _parse(path: Path, text: str) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Its message ends with "(at line 3, column 5)".
        raise SettingsError([f"{shown_path(path)}: found {error}, required TOML"]) from error
