"""The look at the sources begins before the settings are read: what is written before that is seen."""

from __future__ import annotations

import pytest

from tests.plugin.project import CONFTEST, Project
from tests.stack.fingerprint.project import git

GENERATES = """
import time
from pathlib import Path

{}
    Path("client/source.txt").write_text(str(time.time_ns()))
"""


@pytest.mark.parametrize("moment", ["if True:", "def pytest_configure():"], ids=["import", "configure"])
def test_a_source_that_a_conftest_writes_is_seen(project: Project, moment: str) -> None:
    """In each run anew: each run rebuilds what it belongs to, and what needs that."""
    project.tests()
    git(project.root, "init", "-q")
    project.write("conftest.py", CONFTEST + GENERATES.format(moment))
    first, second = project.call("--sync-stack"), project.call("--sync-stack")
    assert (first.code, second.code) == (0, 0), second.text
    assert project.stack.builds == ["client", "server", "ui", "client", "ui"]


def test_nothing_is_begun_where_nothing_is_synced(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a run that only collects, nor for one that only stops things."""
    project.tests()
    begun: list[object] = []
    monkeypatch.setattr("pytest_syncguard.stack.fingerprint.ahead.begin", begun.append)
    project.run("--sync-stack", "--collect-only")
    project.run("--sync-down")
    assert begun == []
