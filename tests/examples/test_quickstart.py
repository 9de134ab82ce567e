"""The quickstart as a user meets it: pytest in a process of its own, real builds, real services."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import engines
from tests.examples.user import PYTEST, SUCCESS, SYNCGUARD, free_ports, run

PORTS = ("18731", "18732", "18733")
STAGES = {"client", "server", "internal-service", "ui"}
SERVED = STAGES - {"client"}

pytestmark = pytest.mark.timeout(300)  # several whole runs of pytest each, on whatever machine this is


@dataclass(frozen=True)
class Quickstart:
    """A copy of the example, on free ports."""

    folder: Path
    ports: tuple[int, ...]

    def pytest(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run(self.folder, *PYTEST, *options)

    def down(self) -> subprocess.CompletedProcess[str]:
        return run(self.folder, *SYNCGUARD, "down")

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text)

    def builds(self) -> dict[str, int]:
        """By stage, when its build came about: a build that was made anew has another time."""
        found = self.folder.glob("build/*/version.txt")
        return {path.parent.name: path.stat().st_mtime_ns for path in found}

    def listening(self) -> list[bool]:
        return [_answers(port) for port in self.ports]


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def quickstart(example: Callable[[str], Path]) -> Iterator[Quickstart]:
    folder = example("quickstart")
    ports = free_ports(len(PORTS))
    settings = folder / "syncguard.toml"
    text = settings.read_text()
    for written, free in zip(PORTS, ports, strict=True):
        assert written in text
        text = text.replace(written, str(free))
    settings.write_text(text.replace('timeout = "1m"', 'timeout = "1m"\nsettle = "0.1s"'))
    copy = Quickstart(folder, ports)
    yield copy
    copy.down()
    assert copy.listening() == [False, False, False]


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {stage for stage in after if before.get(stage) != after[stage]}


def test_an_edit_rebuilds_the_stages_that_it_touches_and_no_other(quickstart: Quickstart) -> None:
    """First everything is built; then nothing; then what was edited, with what needs it."""
    first = quickstart.pytest("--sync-stack")
    assert SUCCESS in first.stdout, first.stdout + first.stderr
    assert f"page: {'browser' if engines.find('chromium') else 'http'}" in first.stdout
    assert "7 passed" in first.stdout
    built = quickstart.builds()
    assert built.keys() == STAGES
    assert quickstart.listening() == [True, True, True]

    again = quickstart.pytest("--sync-stack", "--page", "http")
    assert (SUCCESS in again.stdout, changed(built, quickstart.builds())) == (True, set())

    quickstart.write("server/greeting.txt", "Salut\n")
    edited = quickstart.pytest("--sync-stack", "--page", "http")
    assert "7 passed" in edited.stdout, edited.stdout
    assert changed(built, built := quickstart.builds()) == {"server"}

    quickstart.write("client/page.js", (quickstart.folder / "client/page.js").read_text() + "// edited\n")
    edited = quickstart.pytest("--sync-stack", "--page", "http")
    assert "7 passed" in edited.stdout, edited.stdout
    assert changed(built, quickstart.builds()) == {"client", "ui"}


def test_a_marked_test_says_why_it_does_not_run(quickstart: Quickstart) -> None:
    """Without --sync-stack the marker only checks: it names the file that changed, and builds nothing."""
    quickstart.pytest("--sync-stack", "--page", "http")
    built = quickstart.builds()
    quickstart.write("server/greeting.txt", "Salut\n")
    checked = quickstart.pytest("-m", "requires_synced")
    reason = "server is stale: 1 file changed since the last sync: server/greeting.txt; run pytest --sync-stack"
    assert reason in checked.stdout, checked.stdout
    assert "1 error" in checked.stdout
    assert changed(built, quickstart.builds()) == set()


def test_a_build_that_fails_stops_the_run_and_leaves_the_old_service_up(quickstart: Quickstart) -> None:
    """The compiler's words reach the terminal, no test runs, and the step is named."""
    quickstart.pytest("--sync-stack", "--page", "http")
    built = quickstart.builds()
    quickstart.write("server/__main__.py", "def main(:\n")
    failed = quickstart.pytest("--sync-stack", "--page", "http")
    assert "ERROR: The sync and deploy process failed at [Step 2]. See logs below for details" in failed.stdout
    assert 'File "server/__main__.py", line 1' in failed.stdout
    assert "passed" not in failed.stdout
    assert failed.returncode == 10
    assert changed(built, quickstart.builds()) == set()
    assert quickstart.listening() == [True, True, True]


def test_the_fixture_alone_brings_the_stack_in_sync(quickstart: Quickstart) -> None:
    """A test that asks for `synced_stack` gets a stack of today's sources without any option."""
    run = quickstart.pytest("--page", "http", "-m", "not requires_synced")
    assert "6 passed" in run.stdout, run.stdout + run.stderr
    assert quickstart.builds().keys() == STAGES


@pytest.mark.parametrize("way", ["command", "option"])
def test_what_was_started_can_be_stopped(quickstart: Quickstart, way: str) -> None:
    """`syncguard down` and `pytest --sync-down` name and stop the three services."""
    quickstart.pytest("--sync-stack", "--page", "http")
    assert quickstart.listening() == [True, True, True]
    stopped = quickstart.down() if way == "command" else quickstart.pytest("--sync-down", "--page", "http")
    assert quickstart.listening() == [False, False, False]
    assert {name for name in SERVED if f"stopped {name} " in stopped.stdout} == SERVED
