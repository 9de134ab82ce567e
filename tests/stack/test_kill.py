"""Syncs that are ended at any moment: the ledger stays true, the lock is free, nobody is left, the next one works.

``SYNCGUARD_KILLS=1000`` asks for more than the usual number; ``SYNCGUARD_SEED`` repeats the moments of a run.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from pytest_syncguard.lock import SyncLock
from pytest_syncguard.testing.tilt import Build, Scenario, ScriptedTilt, Serve, say, sleep
from tests.stack.lab import Lab, make_project, one_shot, resource, stage

SEAL = "SYNCGUARD_TEST_SEAL"
NAMES = ("client", "server", "ui")
PIECES = 4  # a hundred kills, so that they can be shared among the processes of pytest-xdist
KILLS = int(os.environ.get("SYNCGUARD_KILLS", "100")) // PIECES
SYNC = (sys.executable, "-m", "pytest_syncguard.cli", "sync")
SETTINGS = """
[stack]
driver = "tilt"
[stack.tilt]
port = {port}
[[stack.stage]]
name = "client"
sources = ["client/**"]
success = ["Finished"]
settle = 0.05
timeout = 20
one_shot = true
[[stack.stage]]
name = "server"
after = ["client"]
sources = ["server/**"]
success = ["listening"]
settle = 0.05
timeout = 20
[[stack.stage]]
name = "ui"
needs = ["client"]
after = ["server"]
sources = ["ui/**"]
success = ["listening"]
settle = 0.05
timeout = 20
"""
BUILD = Build((say("working\n"), sleep(0.05), say("Finished\n")))
UP = Serve((say("listening\n"),))


@pytest.fixture
def chance() -> random.Random:
    """Fresh each time; pytest shows the seed when a test fails."""
    number = int(os.environ.get("SYNCGUARD_SEED") or random.randrange(2**32))
    print(f"SYNCGUARD_SEED={number}")
    return random.Random(number)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Three stages on a scripted Tilt, in-process and for the command."""
    root = make_project(tmp_path / "project", NAMES)
    scenario = Scenario((one_shot("client", BUILD), *(resource(name, BUILD, serve=(UP,)) for name in NAMES[1:])))
    with ScriptedTilt(scenario, root) as tilt:
        for name in ("PATH", "TILT_HOST", "TILT_PORT"):
            monkeypatch.setenv(name, tilt.env[name])
        (root / "syncguard.toml").write_text(SETTINGS.format(port=tilt.port))
        basis = (stage("client"), stage("server", after=("client",)), stage("ui", needs=("client",), after=("server",)))
        yield Lab(root, tilt, tuple(replace(each, settle=0.05) for each in basis))


class Syncs:
    """``syncguard sync`` as processes of their own, whose children can be told from all others."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.seconds = self._measure()

    def start(self) -> subprocess.Popen[bytes]:
        env = {**os.environ, SEAL: str(self._root)}
        return subprocess.Popen(
            SYNC, cwd=self._root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def _measure(self) -> float:
        began = time.monotonic()
        assert self.start().wait(60) == 0
        return time.monotonic() - began

    def left(self) -> list[str]:
        """Who was started by any of them and still runs."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(SEAL) == str(self._root) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def require_nobody_left(self) -> None:
        """All end with the one who started them, or a moment later."""
        wait_for(lambda: not self.left(), lambda: f"the end of {self.left()}")


def wait_for(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what()}"
        time.sleep(0.01)


def edit_something(lab: Lab, chance: random.Random) -> None:
    for name in chance.sample(NAMES, chance.randint(1, len(NAMES))):
        lab.edit(name, f"{chance.random()}\n")


def require_truth(lab: Lab) -> None:
    """Nothing counts as synced that does not run what its sources say, and nobody holds the lock."""

    deadline = time.monotonic() + 5  # a child that was being started holds it until it has become a program

    def wait(seconds: float) -> None:
        assert time.monotonic() < deadline, "the lock is still held"
        time.sleep(seconds)

    lock = SyncLock(lab.settings.state, wait)
    for _ in lock.acquire():
        pass
    lock.release()
    truth = lab.truth()
    for verdict in lab.plan().verdicts:
        assert truth[verdict.target.name] or not verdict.synced, verdict


@pytest.mark.timeout(60 + KILLS * 5)
@pytest.mark.parametrize("piece", range(PIECES))
def test_sigkill_at_any_moment(lab: Lab, chance: random.Random, piece: int) -> None:
    """A hundred kills: after each the plan is true, nobody is left, and the next sync succeeds."""
    syncs = Syncs(lab.root)
    for _ in range(KILLS):
        edit_something(lab, chance)
        sync = syncs.start()
        time.sleep(chance.uniform(0, 1.1 * syncs.seconds))
        sync.kill()
        sync.wait()

        require_truth(lab)
        syncs.require_nobody_left()
        assert lab.sync().synced
        assert all(lab.truth().values())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_signals_at_any_moment(lab: Lab, chance: random.Random, number: signal.Signals, code: int) -> None:
    """Told to end, it does so in order: its exit code says why, nobody is left, nothing is believed too much."""
    syncs = Syncs(lab.root)
    codes = []
    for _ in range(8):
        edit_something(lab, chance)
        sync = syncs.start()
        time.sleep(chance.uniform(0, syncs.seconds))
        sync.send_signal(number)
        codes.append(sync.wait(60))

        assert not syncs.left()
        require_truth(lab)
    assert set(codes) <= {code, -number, 0}  # too early: Python itself was not up; too late: it was done
    assert lab.sync().synced
