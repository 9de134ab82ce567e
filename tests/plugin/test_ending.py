"""A run that is ended while it syncs: builds are stopped, the lock is free, the exit code tells what it was."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

import psutil
import pytest

from pytest_syncguard.lock import SyncLock
from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import Project

BUILDING = """
[stack]
driver = "process"

[[stack.stage]]
name = "client"
sources = ["client/**"]
one_shot = true
success = ["done"]
settle = 0
build = ["python3", "-c", "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"]
"""


def until(found: Callable[[], object]) -> None:
    """Wait for what must come; a minute is more than any of it takes."""
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def building(project: Project) -> Project:
    """A project whose only stage builds for ten minutes."""
    project.write("syncguard.toml", BUILDING)
    return project


def build_of(project: Project) -> psutil.Process:
    path = project.root / "pid"
    until(lambda: path.exists() and path.read_text())
    return psutil.Process(int(path.read_text()))


def free(project: Project) -> bool:
    """Whether the lock of the sync can be had at once."""
    lock = SyncLock(project.root / ".syncguard")
    waiting = lock.acquire()
    held = next(waiting, "") == ""
    waiting.close()
    lock.release()
    return held


def ended(child: subprocess.Popen[str]) -> tuple[str, str]:
    return child.communicate(timeout=60)


@pytest.mark.parametrize(
    ("number", "code", "said", "workers"),
    [
        (signal.SIGINT, 2, "Exit: the sync was interrupted", "-n0"),
        (signal.SIGINT, 2, "Exit: the sync was interrupted", "-n2"),
        (signal.SIGTERM, 143, "the sync was ended by SIGTERM", "-n0"),
        (signal.SIGTERM, 143, "the sync was ended by SIGTERM", "-n2"),
        (signal.SIGHUP, 129, "the sync was ended by SIGHUP", "-n0"),
    ],
)
def test_a_signal_during_the_sync(building: Project, number: int, code: int, said: str, workers: str) -> None:
    """To the controller alone: its build is gone with it, and the next sync can begin."""
    child = building.spawn("--sync-stack", workers)
    build = build_of(building)
    assert not free(building)
    child.send_signal(number)
    out, err = ended(child)

    assert child.returncode == code
    assert said in out
    assert out.splitlines().count("interrupted: the rebuild of client was given up; run the same command again") == 1
    assert SUCCESS not in out
    assert "session.py" not in out
    assert "INTERNALERROR" not in out + err
    assert not build.is_running()
    assert free(building)
    building.write("syncguard.toml", BUILDING.replace("time.sleep(600)", "print('done')"))
    assert building.call("--sync-stack").code == 0


LINELESS = """
from pytest_syncguard.testing.fake import FakeDriver

class Driver(FakeDriver):
    def observe(self, stages):
        ends()
        return super().observe(stages)

def ends():
    import os, time
    os.kill(os.getpid(), {})
    time.sleep(60)

# Python gives some of its instructions no line, such as the jump at the end of a loop.
ends.__code__ = ends.__code__.replace(co_linetable=b"")

def pytest_syncguard_drivers():
    return {{"fake": Driver}}
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 2), (signal.SIGTERM, 143)])
def test_a_signal_where_the_code_has_no_line(project: Project, number: int, code: int) -> None:
    """pytest cannot show such a place, and would end with a traceback and 1."""
    project.write("conftest.py", LINELESS.format(int(number)))
    run = project.call("--sync-stack", "-n0")

    assert (run.code, run.errors) == (code, [])
    assert run.having("no tests ran")


@pytest.mark.parametrize("args", [["-n0"], ["-n2"]])
def test_ctrl_c_while_a_fixture_syncs(building: Project, args: list[str]) -> None:
    """A terminal sends it to all: the worker that syncs cleans up, the run ends with 2."""
    building.tests("def test_a(synced_stack): pass\ndef test_b(synced_stack): pass\n")
    child = building.spawn(*args, start_new_session=True)
    build = build_of(building)
    os.killpg(child.pid, signal.SIGINT)
    out, _ = ended(child)

    assert child.returncode == 2
    assert "INTERNALERROR" not in out
    until(lambda: not build.is_running())
    assert free(building)


def test_sigterm_while_a_fixture_syncs(building: Project) -> None:
    """Without xdist the run ends with 143."""
    building.tests("def test_a(synced_stack): pass\n")
    child = building.spawn()
    build = build_of(building)
    child.send_signal(signal.SIGTERM)
    ended(child)

    assert child.returncode == 143
    assert not build.is_running()
    assert free(building)


def test_a_worker_that_is_ended_takes_its_build_along(building: Project) -> None:
    """SIGTERM to the worker that syncs: no pytest.exit there, which xdist makes an INTERNALERROR of."""
    building.tests("def test_a(synced_stack): pass\n")
    child = building.spawn("-n1", "--max-worker-restart=0")
    build = build_of(building)
    worker = next(each for each in psutil.Process(child.pid).children() if each.is_running())
    worker.send_signal(signal.SIGTERM)
    out, err = ended(child)

    assert child.returncode == 1
    assert "worker 'gw0' crashed" in out
    assert "INTERNALERROR" not in out + err
    until(lambda: not build.is_running())
    assert free(building)


def test_a_signal_after_the_sync_is_pytests_own(project: Project) -> None:
    """While tests run, nothing of ours is in the way of a signal."""
    project.tests("""
        import os, signal, time

        def test_a():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
    """)

    assert project.call("--sync-stack").code == -signal.SIGTERM
