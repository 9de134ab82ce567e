"""Projects on a fake stack, and two guards around every test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import filelock  # noqa: F401  a run in this process must not import it anew each time
import psutil
import pytest

import pytest_syncguard.items
import pytest_syncguard.report.github
import pytest_syncguard.report.json
import pytest_syncguard.report.junit
import pytest_syncguard.settings.parse
import pytest_syncguard.stack.guard  # noqa: F401
from tests.plugin.project import Project

VOLATILE = ("PYTEST_CURRENT_TEST", "COV_CORE")


@pytest.fixture(autouse=True)
def environment_unchanged() -> Iterator[None]:
    """No run in this process leaves anything in its environment."""
    before = dict(os.environ)
    yield
    assert _stable(os.environ) == _stable(before)


@pytest.fixture(autouse=True)
def no_children_left() -> Iterator[None]:
    """Whatever a run started has ended with it; what other tests of this process left is not its fault."""
    before = set(psutil.Process().children(recursive=True))
    yield
    left = [child for child in psutil.Process().children(recursive=True) if child not in before]
    _, alive = psutil.wait_procs(left, timeout=5)
    assert [child.cmdline() for child in alive] == []


@pytest.fixture
def empty(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder without settings."""
    xdist = [name for name in os.environ if name.startswith("PYTEST_XDIST_")]  # this very test may run in a worker
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TILT_HOST", "TILT_PORT", "PYTEST_PLUGINS", "CI", *xdist):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(sys, "path", [*sys.path])
    return Project(pytester)


@pytest.fixture
def project(empty: Project) -> Project:
    """Three stages, none ever synced, and one test."""
    empty.settle()
    empty.tests()
    return empty


def _stable(environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith(VOLATILE)}
