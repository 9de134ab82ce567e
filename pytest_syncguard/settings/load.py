"""The way in: the settings of a project, with all their faults at once or none."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.find import find_source
from pytest_syncguard.settings.model import Settings

DRIVERS = ("tilt", "process", "command")


def load_settings(
    start: Path, *, environ: Mapping[str, str] = os.environ, drivers: Collection[str] = DRIVERS
) -> Settings:
    """The settings of the project that ``start`` lies in; its root is the folder of the file found.

    Raises `SettingsError` with every fault there is, or when there is no file.
    """
    from pytest_syncguard.settings.source import read_source, rivals

    source = find_source(start)
    if source is None:
        found = "found neither syncguard.toml nor [tool.syncguard] in pyproject.toml here or above"
        raise SettingsError([f"{start}: {found}, required one of them: run `syncguard init`"])
    faults = rivals(source)
    try:
        settings = parse_settings(read_source(source), source.parent, source, environ, drivers=drivers)
    except SettingsError as error:
        raise SettingsError([*faults, *error.faults]) from None
    if faults:
        raise SettingsError(faults)
    return settings


def parse_settings(
    data: Mapping[str, object],
    root: Path,
    source: Path | None,
    environ: Mapping[str, str],
    *,
    drivers: Collection[str] = DRIVERS,
) -> Settings:
    """The settings that a table of TOML values gives, for a project at ``root``; messages name ``source``.

    ``environ`` may hold ``TILT_HOST`` and ``TILT_PORT``; ``drivers`` are the names that are known.
    Raises `SettingsError` with every fault there is.
    """
    from pytest_syncguard.settings.parse import parse

    return parse(data, root, source, environ, drivers)
