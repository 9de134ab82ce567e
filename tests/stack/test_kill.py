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
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from pytest_syncguard.lock import SyncLock
from pytest_syncguard.settings.load import load_settings
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.testing.tilt import Build, Scenario, ScriptedTilt, Serve, say, sleep
from pytest_syncguard.verdict import SUCCESS
from tests.stack.lab import Lab, make_project, one_shot, require_free_lock, resource, stage

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
SLOW = Build((say("working\n"), sleep(1.0), say("Finished\n")))
MOMENTS = {  # what a sync is to be ended in, and what in the settings makes it stay there
    "waiting": ("", ""),
    "building": ("", ""),
    "settling": ("settle = 0.05", "settle = 15"),
    "without a sign": ('success = ["Finished"]', 'success = ["never"]'),
}
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
        yield LabOfFile(root, tilt, tuple(map(stage, NAMES)))


class LabOfFile(Lab):
    """Its settings are those that the command reads: what that one synced is synced for this one."""

    @property
    def settings(self) -> Settings:
        return load_settings(self.root, environ={})


class Running(subprocess.Popen[bytes]):
    """One ``syncguard sync``; what it says goes into files."""

    def __init__(self, root: Path) -> None:
        self.out, self.err = root.with_name("out"), root.with_name("err")
        with self.out.open("wb") as out, self.err.open("wb") as err:
            super().__init__(
                SYNC, cwd=root, env={**os.environ, SEAL: str(root)}, stdout=out, stderr=err, start_new_session=True
            )

    def end(self) -> tuple[int, str, str]:
        """Its exit code and what it said on stdout and stderr, once it has ended."""
        return self.wait(60), self.out.read_text(), self.err.read_text()


class Syncs:
    """``syncguard sync`` as processes of their own, whose children can be told from all others."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.seconds = self._measure()

    def start(self) -> Running:
        return Running(self._root)

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
    require_free_lock(lab.settings.state)
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


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def ending(request: pytest.FixtureRequest) -> Ending:
    return Ending(request.param)


@dataclass(frozen=True, slots=True)
class Ending:
    """A signal, and how a sync that hears it ends."""

    number: signal.Signals

    @property
    def code(self) -> int:
        return 128 + self.number

    @property
    def said(self) -> str:
        how = "interrupted" if self.number == signal.SIGINT else f"ended by {self.number.name}"
        return f"syncguard: error: {how}"


def test_a_signal_while_it_syncs_ends_it_in_order(lab: Lab, ending: Ending) -> None:
    """Whatever it waits for: one line and a code that tell the signal; nobody left, the lock free, nothing believed."""
    settings = SETTINGS.format(port=lab.tilt.port)
    syncs = Syncs(lab.root)
    lab.tilt.plan("client", SLOW)
    for moment, text in MOMENTS.items():
        lab.edit("client", f"{moment}\n")
        (lab.root / "syncguard.toml").write_text(settings.replace(*text))
        with held(lab) if moment == "waiting" else nullcontext():
            builds = len(lab.tilt.builds("client"))
            sync = syncs.start()
            wait_for(lambda: reached(moment, lab, sync, builds), lambda: moment)  # noqa: B023
            sync.send_signal(ending.number)
            code, out, err = sync.end()

        assert (moment, code, err.strip()) == (moment, ending.code, ending.said)
        assert SUCCESS not in out
        assert not syncs.left()
        require_truth(lab)
        assert "client" in lab.planned()
    (lab.root / "syncguard.toml").write_text(settings)
    assert lab.sync().synced
    assert all(lab.truth().values())


def test_signals_at_any_moment(lab: Lab, chance: random.Random, ending: Ending) -> None:
    """Also at those that nobody thought of. Before Python listens, the signal itself ends it, and nothing was begun;
    SUCCESS is said only when all is synced, even if the signal comes a moment later.
    """
    syncs = Syncs(lab.root)
    for _ in range(8):
        edit_something(lab, chance)
        builds = count_builds(lab)
        sync = syncs.start()
        time.sleep(chance.uniform(0, syncs.seconds))
        sync.send_signal(ending.number)
        code, out, err = sync.end()

        assert not syncs.left()
        require_truth(lab)
        if SUCCESS in out:
            assert not lab.planned()
            assert code in (0, ending.code, -ending.number)
        elif code == ending.code:
            assert err.strip() == ending.said
        else:
            assert count_builds(lab) == builds
            assert code == -ending.number or (code == 1 and "KeyboardInterrupt" in err), (code, err)  # Python's start
            assert lab.planned()
    assert lab.sync().synced
    assert all(lab.truth().values())


def count_builds(lab: Lab) -> int:
    return sum(len(lab.tilt.builds(name)) for name in NAMES)


@contextmanager
def held(lab: Lab) -> Iterator[None]:
    """Somebody else syncs."""
    lock = SyncLock(lab.settings.state)
    for holder in lock.acquire():
        raise AssertionError(f"{holder} holds the lock")
    try:
        yield
    finally:
        lock.release()


def reached(moment: str, lab: Lab, sync: Running, builds: int) -> bool:
    """Whether the sync is where it is to be ended."""
    assert sync.poll() is None, f"it ended before {moment}: {sync.end()}"
    if moment == "waiting":
        return "waiting for" in sync.out.read_text()
    if len(lab.tilt.builds("client")) == builds:
        return False
    return moment == "building" or lab.tilt.resource("client")["status"]["updateStatus"] == "ok"
