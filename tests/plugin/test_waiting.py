"""Whoever waits for a sync says for whom; within one run, what that sync comes to counts."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator

import pytest

from pytest_syncguard.ledger import Ledger
from pytest_syncguard.lock import SyncLock
from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, Project

HELD = """
import time
from pathlib import Path
from pytest_syncguard.testing.fake import FakeDriver

class Held(FakeDriver):
    def trigger(self, stage):
        deadline = time.monotonic() + 60
        while not Path("go").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return super().trigger(stage)

def pytest_syncguard_drivers():
    return {"fake": Held}
"""
MARKED = """
    import time
    import pytest
    from pathlib import Path
    from pytest_syncguard.testing.fake import FakeStack

    def test_until_the_other_builds():
        deadline = time.monotonic() + 60
        while not FakeStack(Path.cwd()).builds and time.monotonic() < deadline:
            time.sleep(0.02)

    @pytest.mark.requires_synced("ui")
    def test_marked(): pass
"""


@pytest.fixture
def held(project: Project) -> Iterator[Project]:
    """A project whose builds do not begin before there is a file ``go``."""
    project.write("conftest.py", HELD)
    yield project
    project.write("go", "")


def until(stream: Iterator[str], part: str) -> str:
    """The first line that holds this."""
    return next(line for line in stream if part in line).rstrip("\n")


def test_workers_say_what_they_build_and_for_whom_they_wait(held: Project) -> None:
    """On stderr, each line with its worker: one syncs for its fixture, the other waits for it."""
    held.tests("""
        import pytest

        @pytest.mark.parametrize("n", range(2))
        def test_it(synced_stack, n): pass
    """)
    child = held.spawn("-n2")
    assert child.stderr is not None
    said = [until(child.stderr, "] ") for _ in range(3)]
    held.write("go", "")
    out, rest = child.communicate(timeout=90)
    syncs, waits = said[0][:5], f"[{'gw1' if said[0].startswith('[gw0]') else 'gw0'}]"

    assert child.returncode == 0
    assert said[:2] == [
        f"{syncs} stack: 3 of 3 to bring in sync",
        f"{syncs}   1. client: rebuild (client was never synced here)",
    ]
    assert said[2].startswith(f"{waits} syncguard: waiting for pid ")
    assert f" ({syncs.strip('[]')} for test_it.py::test_it[" in said[2]
    assert f"{syncs}   3. ui: synced in " in rest
    assert "waiting" not in rest
    assert out.splitlines().count(SUCCESS) == 1


def test_a_marked_test_waits_for_the_sync_of_another_worker(project: Project) -> None:
    """In the middle of the fixture's sync it would only be told that nothing is in sync yet."""
    project.stack.play("server", "server is ready\n", seconds=1)
    project.tests("def test_fixture(synced_stack): pass\n", "test_a.py")
    project.tests(MARKED, "test_b.py")
    run = project.run("-n2", "--dist", "loadfile")

    assert (run.code, run.outcomes()) == (0, {"passed": 4})
    assert len(project.stack.builds) == 3


def test_a_marked_test_is_told_how_the_sync_of_another_worker_ended(project: Project) -> None:
    """It waited, and the stack is not in sync."""
    project.stack.play("server", BROKEN, end="failed", seconds=1)
    project.tests("def test_fixture(synced_stack): pass\n", "test_a.py")
    project.tests(MARKED, "test_b.py")
    run = project.run("-n2", "--dist", "loadfile")

    assert (run.code, run.outcomes()) == (1, {"passed": 2, "error": 2})
    assert run.having("ui was never synced here; run pytest --sync-stack")
    assert not run.having("is being rebuilt")


def test_a_marked_test_says_who_syncs(held: Project) -> None:
    """Another run is at it already: a second sync is not what is missing."""
    held.tests("""
        import pytest

        @pytest.mark.requires_synced("client")
        def test_of_what_is_built(): pass

        @pytest.mark.requires_synced("server")
        def test_of_what_comes_next(): pass
    """)
    other = held.spawn("--sync-stack")
    state = held.root / ".syncguard"
    while not (state / "lock.holder.json").exists() or "client" not in Ledger(state).failed():
        time.sleep(0.02)
    run = held.run()
    held.write("go", "")
    other.communicate(timeout=60)

    who = rf"pid {other.pid} \(pytest\), syncing since [0-9:]+"
    assert run.outcomes() == {"error": 2}
    assert re.search(
        rf"client is stale: it is being rebuilt by {who}; wait for it to end, and run the test again", run.text
    )
    assert re.search(rf"server was never synced here; wait for {who} to end, and run the test again", run.text)


def test_down_says_for_whom_it_waits(project: Project) -> None:
    """--sync-down while another run syncs: once, and then it stops what there is."""
    project.run("--sync-stack")
    with SyncLock(project.root / ".syncguard", what="another run"):
        child = project.spawn("--sync-down", stderr=subprocess.STDOUT)
        assert child.stdout is not None
        said = until(child.stdout, "waiting")
    out, _ = child.communicate(timeout=90)

    assert said.startswith("syncguard: waiting for pid ")
    assert " (another run), syncing since " in said
    assert "waiting" not in out
    assert "syncguard: stopped server" in out.splitlines()
    assert project.stack.running == {}


def test_a_sync_says_for_whom_it_waits(project: Project) -> None:
    """--sync-stack while another run syncs."""
    with SyncLock(project.root / ".syncguard", what="another run"):
        child = project.spawn("--sync-stack", "-qq")
        assert child.stdout is not None
        said = until(child.stdout, "waiting")
    out, _ = child.communicate(timeout=90)

    assert " (another run), syncing since " in said
    assert (child.returncode, out.splitlines().count(SUCCESS)) == (0, 1)
