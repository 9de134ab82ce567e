"""The reports that pytest and its other plugins write of a run: they are no sources, though they may lie among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard import xdist
from pytest_syncguard.ahead import start_folder
from pytest_syncguard.settings.find import CACHE, STATE, find_source

PAGE = "htmlpath"  # of pytest-html
REPORTS = ("xmlpath", "report_log", PAGE)  # the others: of pytest itself and of pytest-reportlog
STYLE = "assets/style.css"  # what pytest-html writes beside its page


def reports(config: pytest.Config) -> list[Path]:
    """Where this run's will lie."""
    here = config.invocation_params.dir
    found = {name: here / Path(given).expanduser() for name in REPORTS if (given := getattr(config.option, name, None))}
    return [*found.values(), *([found[PAGE].parent / STYLE] if PAGE in found else [])]


def note_reports(config: pytest.Config) -> None:
    """They are written: remember them for the looks to come, where a sync ever was."""
    source = None if xdist.is_worker(config) else find_source(start_folder(config))
    if source is None or not (state := source.parent / STATE).is_dir():
        return
    from pytest_syncguard.stack.fingerprint.reports import note

    note(source.parent, state / CACHE, reports(config))
