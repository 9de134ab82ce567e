from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.stack.fingerprint import content
from tests.stack.fingerprint.project import IDENTITY, Project


@pytest.fixture(autouse=True)
def _neutral_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the machine's user or system bear on these tests."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, IDENTITY[name])


@pytest.fixture(params=["fresh", "settled"])
def settled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as it is, with files that changed just now, and once as if all of them were old."""
    if request.param == "settled":
        monkeypatch.setattr(content, "FRESH_NS", -(10**15))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with two files in two folders, committed."""
    made = Project(tmp_path / "project", tmp_path / "cache", "init", "-q")
    made.write("src/a.py", "a = 1\n")
    made.write("lib/b.py", "b = 1\n")
    made.commit()
    return made


@pytest.fixture
def plain(tmp_path: Path) -> Project:
    """The same files where no repository is."""
    made = Project(tmp_path / "plain", tmp_path / "cache")
    made.write("src/a.py", "a = 1\n")
    made.write("lib/b.py", "b = 1\n")
    return made
