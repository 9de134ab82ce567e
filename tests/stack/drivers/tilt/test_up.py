"""`up = true`: a Tilt of our own when none answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Settings
from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.tilt.up import start_tilt, stop_tilt
from pytest_syncguard.testing.tilt import RunningTilt, ScriptedTilt
from pytest_syncguard.verdict import COULD_NOT_CHECK, Status
from tests.stack.lab import NAMES, Lab, four, make_project


class SelfStartingLab(Lab):
    """A lab whose settings let syncguard start Tilt."""

    @property
    def settings(self) -> Settings:
        told = super().settings
        return told._replace(stack=told.stack._replace(tilt=told.stack.tilt._replace(up=True)))


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SelfStartingLab]:
    """A project with a ``tilt`` on the PATH that does not run yet."""
    root = make_project(tmp_path / "project")
    tilt: RunningTilt = ScriptedTilt(four(), root)
    monkeypatch.setenv("PATH", tilt.env["PATH"])
    lab = SelfStartingLab(root, tilt)
    yield lab
    lab.guard().down()


def test_a_tilt_is_started_used_and_stopped(lab: SelfStartingLab) -> None:
    """No Tilt runs: that is no outage; a sync starts one, `down` stops that one, and once."""
    assert {verdict.status for verdict in lab.plan().verdicts} == {Status.MISSING}

    assert lab.sync().synced
    assert lab.rebuilt() == list(NAMES)
    assert lab.planned() == []

    (line,) = lab.guard().down()
    assert line.startswith("stopped tilt up (pid ")
    assert lab.guard().down() == []
    assert {verdict.status for verdict in lab.plan().verdicts} == {Status.STALE}


def test_a_tilt_that_ends_at_once_is_quoted(lab: SelfStartingLab) -> None:
    """The last words of ``tilt up`` are the reason, and nothing waits for it in vain."""
    (lab.tilt.bin / "tilt").write_text("#!/bin/sh\necho 'no such Tiltfile' >&2\nexit 3\n")

    result = lab.sync()

    assert result.exit_code == COULD_NOT_CHECK
    assert "tilt up ended with exit code 3: no such Tiltfile" in result.unsynced[0].reason


def test_each_tilt_has_a_log_of_its_own(lab: SelfStartingLab) -> None:
    """The one before is kept, older ones are not; what an older Tilt said last is no reason of this one."""
    log = lab.settings.state / "logs" / "tilt.log"
    for said in ("first", "second", ""):
        (lab.tilt.bin / "tilt").write_text(f"#!/bin/sh\nprintf '{said}'\nexit 3\n")
        reason = lab.sync().unsynced[0].reason
        assert f"tilt up ended with exit code 3: {said or 'it wrote nothing'}" in reason

    assert [path.name for path in sorted(log.parent.glob("tilt.log*"))] == ["tilt.log", "tilt.log.1"]
    assert (log.read_text(), log.with_name("tilt.log.1").read_text()) == ("", "second")


TELLS = """
import json, os
told = {"env": sorted(os.environ), "handles": sorted(map(int, os.listdir("/proc/self/fd")))}
with open("told.json", "w") as file:
    json.dump(told, file)
"""
ASKED = """
import pathlib, signal, sys, time
note = pathlib.Path(sys.argv[1])
def end(*_):
    pathlib.Path(sys.argv[2]).write_text(str(note.exists()))
    sys.exit()
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
time.sleep(60)
"""


def tool(folder: Path, code: str) -> None:
    (folder / "tilt").write_text(f"#!{sys.executable} -SE\n{code}")


@contextmanager
def noted(settings: Settings, code: str, *words: object) -> Iterator[Proc]:
    """A process that the note calls our Tilt."""
    with subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        note = settings.state / "run" / "tilt.json"
        note.parent.mkdir(parents=True)
        note.write_text(json.dumps(Proc.of(child.pid)._asdict()))
        try:
            yield Proc.of(child.pid)
        finally:
            child.kill()


def test_it_knows_nothing_of_the_run(lab: SelfStartingLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither pytest's variables nor a handle of ours reach a Tilt that outlives the run."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    monkeypatch.setenv("MINE", "kept")
    tool(lab.tilt.bin, TELLS)
    reader, writer = os.pipe()
    os.set_inheritable(reader, True)
    own = start_tilt(lab.settings)
    own._child.wait()
    told = json.loads((lab.root / "told.json").read_text())
    for handle in (reader, writer):
        os.close(handle)

    assert [name for name in told["env"] if name.startswith("PYTEST_")] == []
    assert {"MINE", "TILT_DISABLE_ANALYTICS"} <= set(told["env"])
    assert reader not in told["handles"]


def test_it_is_forgotten_only_when_it_has_ended(lab: SelfStartingLab) -> None:
    """A `down` that is killed on the way leaves the note to the next one."""
    settings, answer = lab.settings, lab.root / "noted"
    note = settings.state / "run" / "tilt.json"
    with noted(settings, ASKED, note, answer) as tilt:
        assert stop_tilt(settings) == [f"stopped tilt up (pid {tilt.pid})"]

    assert answer.read_text() == "True"
    assert not note.exists()


def test_whoever_has_its_pid_now_is_left_alone(lab: SelfStartingLab) -> None:
    """The pid in the note with another start is another process."""
    settings = lab.settings
    with noted(settings, "print(1, flush=True); import time; time.sleep(60)") as stranger:
        (settings.state / "run" / "tilt.json").write_text(json.dumps({"pid": stranger.pid, "started": "then"}))

        assert stop_tilt(settings) == []
        assert stranger.alive


def test_one_that_cannot_be_noted_is_not_left_running(lab: SelfStartingLab) -> None:
    """Nobody could stop it later; the sync says why in one line."""
    tool(lab.tilt.bin, "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)")
    (lab.settings.state / "run" / "tilt.json").mkdir(parents=True)

    with pytest.raises(DriverUnavailable, match=r"tilt up cannot be started: .*Is a directory"):
        start_tilt(lab.settings)

    pid = lab.root / "pid"
    assert not pid.exists() or not Proc.of(int(pid.read_text() or 0)).started
