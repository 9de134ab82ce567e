"""A Tilt that answers and is still starting: without a session yet, or loading its Tiltfile for the first time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_syncguard.cli.app import syncguard
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.stack.drivers.tilt import TiltDriver, driver
from pytest_syncguard.testing.tilt import ScriptedTilt
from pytest_syncguard.verdict import COULD_NOT_CHECK, Status
from tests.stack.lab import Lab, four, make_project

# Plays, one for each question after the state, the lines of a file beside it; then it is the Tilt behind it.
SHIM = """#!{python}
import json, os, pathlib, subprocess, sys
left = pathlib.Path({left!r})
todo = left.read_text().split()
if not todo or sys.argv[1:3] != ["get", "session,uiresource"]:
    os.execv({real!r}, ["tilt", *sys.argv[1:]])
left.write_text(" ".join(todo[1:]))
if todo[0] == "deaf":
    sys.exit("Error: No tilt apiserver found")
items = json.loads(subprocess.check_output([{real!r}, *sys.argv[1:]]))["items"]
session = [item for item in items if item["kind"] == "Session"]
tiltfile = [item for item in items if item["metadata"]["name"] == "(Tiltfile)"]
for item in tiltfile:
    item["status"].pop("buildHistory")
    item["status"].update(updateStatus="in_progress", currentBuild={{"spanID": "tiltfile:(Tiltfile):1"}})
print(json.dumps({{"items": {{"empty": [], "bare": session, "loading": session + tiltfile}}[todo[0]]}}))
"""
EARLY = ["empty", "bare", "loading"]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Four healthy stages on the scripted Tilt."""
    with ScriptedTilt(four(), make_project(tmp_path / "project")) as tilt:
        monkeypatch.setenv("PATH", tilt.env["PATH"])
        yield Lab(tilt.project, tilt)


def begin(lab: Lab, *answers: str) -> Path:
    """Let Tilt answer so when it is asked for its state, then as it is; what is left of them stands in the file."""
    real, left = lab.tilt.bin / "real-tilt", lab.root / ".git" / "left"
    (lab.tilt.bin / "tilt").rename(real)
    left.write_text(" ".join(answers))
    shim = lab.tilt.bin / "tilt"
    shim.write_text(SHIM.format(python=sys.executable, left=str(left), real=str(real)))
    shim.chmod(0o755)
    return left


@pytest.mark.parametrize("answer", EARLY)
def test_a_plan_says_so_at_once(lab: Lab, answer: str) -> None:
    """It is an outage that will pass: no stage is blamed for a resource that is not known yet."""
    left = begin(lab, answer)
    verdicts = lab.plan().verdicts

    assert {verdict.status for verdict in verdicts} == {Status.UNKNOWN}
    assert f"Tilt is starting at localhost:{lab.tilt.port}" in verdicts[0].reason
    assert left.read_text() == ""


def test_a_sync_waits_for_it(lab: Lab) -> None:
    """``tilt up & syncguard sync``: all four are built as soon as Tilt knows them."""
    left = begin(lab, *EARLY, *EARLY)

    assert lab.sync().synced
    assert left.read_text() == ""
    assert all(lab.truth().values())


def test_a_port_that_listens_before_tilt_answers_gets_a_moment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a Tilt begins, and so does a stranger stand there: who it is, is told by waiting."""
    begin(lab, "deaf", "deaf", "empty")
    assert lab.sync().synced

    (lab.root / ".git" / "left").write_text("deaf " * 99)
    monkeypatch.setattr(driver, "TAKEN_LIMIT", 0.1)
    result = lab.sync()
    assert result.exit_code == COULD_NOT_CHECK
    assert f"no Tilt answers at localhost:{lab.tilt.port}, though something listens there: wait if that is a Tilt " in (
        result.unsynced[0].reason
    )


def test_a_tilt_that_never_gets_ready_is_not_waited_for_without_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says what was waited for, and what to do."""
    begin(lab, *["loading"] * 99)
    monkeypatch.setattr(driver, "START_LIMIT", 0.5)
    result = lab.sync()

    assert result.exit_code == COULD_NOT_CHECK
    assert result.unsynced[0].reason == (
        f"Step 1 UNKNOWN: Tilt is starting at localhost:{lab.tilt.port}, its Tiltfile is not loaded yet: "
        "wait for it or restart tilt up"
    )


def test_doctor_and_init_say_to_wait(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither finds fault with resources that are not known yet, nor writes settings for another driver."""
    begin(lab, "loading", "loading")
    monkeypatch.setenv("TILT_PORT", str(lab.tilt.port))
    where = f"Tilt is starting at localhost:{lab.tilt.port}, its Tiltfile is not loaded yet"
    *_, last = TiltDriver(lab.settings).doctor(lab.stages)
    with pytest.raises(SystemExit, match="1"):
        syncguard.main(["-C", str(lab.root), "init"])

    assert (last.ok, last.found, last.cure) == (False, where, "wait for it or restart tilt up")
    assert capsys.readouterr().err == f"syncguard: error: {where}: wait for it or restart tilt up\n"
    assert not (lab.root / "syncguard.toml").exists()


class SelfStartingLab(Lab):
    """A lab whose settings let syncguard start Tilt."""

    @property
    def settings(self) -> Settings:
        told = super().settings
        return told._replace(stack=told.stack._replace(tilt=told.stack.tilt._replace(up=True)))


def test_no_second_tilt_is_started_beside_it(lab: Lab) -> None:
    """With ``up = true``, too: somebody is starting one already."""
    starting = SelfStartingLab(lab.root, lab.tilt)
    begin(lab, *EARLY)

    assert starting.sync().synced
    assert starting.guard().down() == []
