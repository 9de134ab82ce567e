"""Fixtures: a folder of tools on the PATH, and a compose project with a `docker` that mimics compose."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.drivers.command.project import Compose, tool

FAKE_DOCKER = Path(__file__).with_name("fake_docker.py")


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def compose(tmp_path: Path, bin_folder: Path) -> Iterator[Compose]:
    tool(bin_folder, "docker", FAKE_DOCKER.read_text())
    project = tmp_path / "project"
    project.mkdir()
    made = Compose(project)
    yield made
    made.driver.close()
