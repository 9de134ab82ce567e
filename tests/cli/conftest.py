"""Projects: an empty one, and one behind a third party's driver."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.project import SETTINGS, Project


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Project]:
    """A folder without settings. What plugins change in this process is undone."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    for name in ("TILT_HOST", "TILT_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield Project(root, capsys)
    sys.modules.pop("shelf_plugin", None)


@pytest.fixture
def project(empty: Project) -> Project:
    """Two stages, the second of which needs the first, behind the driver of `tests.cli.shelf`."""
    shutil.copyfile(Path(__file__).with_name("shelf.py"), empty.root / "shelf_plugin.py")
    empty.write("syncguard.toml", SETTINGS)
    for stage in ("client", "server"):
        empty.write(f"{stage}/source", "1")
        empty.write(f"shelf/{stage}.log", f"building {stage}\n{stage} is ready\n")
    return empty
