"""The quickstart's builder: what is built says which sources it was built from."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_syncguard.settings.load import load_settings

STAGES = ("client", "server", "internal-service", "ui")


@pytest.fixture
def quickstart(example: Callable[[str], Path]) -> Path:
    return example("quickstart")


def build(folder: Path, stage: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "builder.py", stage]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def versions(folder: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in folder.glob("build/*/version.txt")}


def rebuilt_after(folder: Path, edited: str) -> set[str]:
    """The stages whose version changes when the file is edited and everything is built again."""
    for stage in STAGES:
        assert build(folder, stage).returncode == 0
    before = versions(folder)
    path = folder / edited
    path.write_text(path.read_text() + "\n")
    for stage in STAGES:
        assert build(folder, stage).returncode == 0
    after = versions(folder)
    assert before.keys() == set(STAGES)
    return {stage for stage in STAGES if before[stage] != after[stage]}


@pytest.mark.parametrize(
    ("edited", "stages"),
    [
        ("client/page.js", {"client"}),
        ("server/greeting.txt", {"server"}),
        ("internal_service/__main__.py", {"internal-service"}),
        ("ui/index.html", {"ui"}),
        ("common/web.py", {"server", "internal-service", "ui"}),
        ("builder.py", set(STAGES)),
    ],
)
def test_a_version_changes_with_the_sources_of_its_stage(quickstart: Path, edited: str, stages: set[str]) -> None:
    """An edit changes the versions of the stages that are built from that file, and of no other."""
    assert stages == rebuilt_after(quickstart, edited)


def test_an_edit_alone_leaves_the_build_as_it_was(quickstart: Path) -> None:
    """Without a rebuild the old text stays in the build: the lie that a sync puts an end to."""
    build(quickstart, "server")
    (quickstart / "server" / "greeting.txt").write_text("Salut\n")
    assert (quickstart / "build" / "server" / "greeting.txt").read_text() == "Hello\n"


def test_a_source_that_does_not_compile_ends_the_build(quickstart: Path) -> None:
    """The fault is told with file and line, and the build before it stays whole."""
    build(quickstart, "server")
    (quickstart / "server" / "__main__.py").write_text("def main(:\n")
    failed = build(quickstart, "server")
    assert failed.returncode == 1
    assert 'File "server/__main__.py", line 1' in failed.stderr
    assert (quickstart / "build" / "server" / "__main__.pyc").exists()


def test_the_ui_cannot_be_built_without_the_client(quickstart: Path) -> None:
    """The bundle that the page carries comes from the client's build; without it the user learns what to do."""
    failed = build(quickstart, "ui")
    assert failed.returncode == 1
    assert failed.stderr.endswith("bundle.js is missing: build the client first\n")


def test_the_client_prints_its_sign_of_success(quickstart: Path) -> None:
    """What the builder prints is what the settings wait for."""
    stage = load_settings(quickstart, environ={}).stack.stages[0]
    assert any(re.search(sign, build(quickstart, "client").stdout) for sign in stage.success)
