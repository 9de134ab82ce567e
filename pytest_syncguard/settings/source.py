"""Reads the file that settings stand in: `syncguard.toml`, or pyproject.toml with ``[tool.syncguard]``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.find import OWN, SHARED, Unfit, is_shared, read_bytes
from pytest_syncguard.verdict import shown_path


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
    if source.name == OWN and is_shared(source.with_name(SHARED)):
        found = f"found settings here and in [tool.syncguard] of {SHARED}"
        return (f"{shown_path(source)}: {found}, required one of the two: move them all to one file",)
    return ()


def _text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8-sig")
    except Unfit as error:
        raise SettingsError([f"{shown_path(path)}: {error}"]) from None
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
        from pytest_syncguard.settings.syntax import explained

        raise SettingsError([f"{shown_path(path)}: {explained(str(error), text)}"]) from error
