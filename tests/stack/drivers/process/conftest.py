"""A project for each test, and a guard: no process of a test outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.stack.drivers.process.project import Project, wait_for

SEAL = "SYNCGUARD_TEST_SEAL"


def sealed(seal: str) -> list[psutil.Process]:
    """Every process that was started, by whatever way, from the test with this seal."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(SEAL) == seal and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(autouse=True)
def no_leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(SEAL, str(tmp_path))
    yield
    try:
        wait_for(lambda: not sealed(str(tmp_path)), "processes that the test left behind")
    finally:
        for process in sealed(str(tmp_path)):
            process.kill()


@pytest.fixture
def project(tmp_path: Path, no_leftovers: None) -> Iterator[Project]:
    root = tmp_path / "project"
    root.mkdir()
    made = Project(root)
    yield made
    made.driver.close()
    made.driver.down([])
