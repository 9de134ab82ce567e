"""What Tilt is asked before somebody wants the answer: it comes in time, and an old one does not count."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_syncguard.cli import sync
from pytest_syncguard.project import NoHooks, Project
from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.tilt import TiltDriver, driver
from pytest_syncguard.stack.drivers.tilt.ahead import begin, take_over
from pytest_syncguard.stack.drivers.tilt.client import Tilt
from pytest_syncguard.stack.drivers.tilt.resource import Resource
from pytest_syncguard.stack.drivers.tilt.session import Session
from pytest_syncguard.testing.tilt import ScriptedTilt
from pytest_syncguard.verdict import StepFinished
from tests.stack.lab import NAMES, Lab, four, make_project

ASKED = "asked for Tilt's state"
State = tuple[Session, dict[str, Resource]]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Four healthy stages on the scripted Tilt."""
    with ScriptedTilt(four(), make_project(tmp_path / "project")) as tilt:
        for name in ("PATH", "TILT_HOST", "TILT_PORT", "TILT_DEV_DIR"):
            monkeypatch.setenv(name, tilt.env[name])
        yield Lab(tilt.project, tilt)


@pytest.fixture
def story(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In which order Tilt was asked for its state, and stages were done."""
    told: list[str] = []
    state: Callable[[Tilt], State] = Tilt.state

    def spy(self: Tilt) -> State:
        told.append(ASKED)
        return state(self)

    class Ear(list[object]):
        def append(self, event: object) -> None:
            super().append(event)
            if isinstance(event, StepFinished):
                told.append(event.step.target.name)

    monkeypatch.setattr(Tilt, "state", spy)
    lab.events = Ear()  # type: ignore[assignment]
    return told


def test_the_last_question_is_asked_while_the_last_stage_ends(lab: Lab, story: list[str]) -> None:
    """Its answer is the last look of the sync, and no other is waited for."""
    assert lab.sync().synced

    *others, last = NAMES
    assert story == [ASKED, *others, ASKED, last]
    assert all(lab.truth().values())


def test_an_answer_that_came_too_early_is_asked_for_again(
    lab: Lab, story: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked longer ago than counts is no look at what runs now."""
    monkeypatch.setattr(driver, "AHEAD", 0.0)

    assert lab.sync().synced
    assert story[-3:] == [ASKED, NAMES[-1], ASKED]


def test_what_changes_after_the_sync_is_seen_at_once(lab: Lab) -> None:
    """An answer is used up by the look that it was asked for."""
    guard = lab.guard()
    assert [event for event in guard.apply(guard.plan(())) if isinstance(event, StepFinished)]

    lab.tilt.crash("ui")
    lab.tilt.wait_until("ui", lambda status: status["runtimeStatus"] == "error")

    assert [step.target.name for step in guard.plan(()).steps] == ["ui"]


def test_what_was_asked_before_there_was_a_driver_is_its_first_look(
    lab: Lab, story: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: the second look asks anew."""
    monkeypatch.setattr(driver, "AHEAD", 60.0)
    end = begin(lab.settings.stack.tilt)
    tilt = TiltDriver(lab.settings)

    first, second = tilt.observe(lab.stages), tilt.observe(lab.stages)
    end()

    assert first == second
    assert all(seen.up for seen in first.values())
    assert story == [ASKED, ASKED]


def test_an_old_answer_is_not_taken_over(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened since it was given is seen."""
    monkeypatch.setattr(driver, "AHEAD", 0.0)
    end = begin(lab.settings.stack.tilt)
    tilt = TiltDriver(lab.settings)
    lab.tilt.crash("ui")
    lab.tilt.wait_until("ui", lambda status: status["runtimeStatus"] == "error")

    assert not tilt.observe(lab.stages)["ui"].up
    end()


def test_an_outage_that_was_found_ahead_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would have been without."""
    monkeypatch.setattr(driver, "AHEAD", 60.0)
    lab.tilt.close()
    end = begin(lab.settings.stack.tilt)

    seen = TiltDriver(lab.settings).observe(lab.stages)
    end()

    assert {each.unknown for each in seen.values()} == {True}
    assert "start it with tilt up" in seen["ui"].reason


def test_a_question_that_nobody_needs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Tilt that hangs keeps no child of ours alive."""
    silent = tmp_path / "tilt"
    silent.write_text(f'#!/bin/sh\necho $$ > "{tmp_path}/pid"\nexec sleep 1000\n')
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    end = begin(TiltSettings())
    taken = take_over(TiltSettings())
    assert taken is not None
    while not ((note := tmp_path / "pid").exists() and note.read_text().strip()):
        time.sleep(0.01)
    child = Proc.of(int(note.read_text()))

    end()

    with pytest.raises(DriverUnavailable):
        taken.answer.result()
    assert not child.alive
    assert take_over(TiltSettings()) is None


@pytest.mark.parametrize(("plugins", "asks"), [((), True), (("theirs",), False)])
def test_the_command_asks_ahead_unless_a_plugin_has_a_say(
    lab: Lab, story: list[str], plugins: tuple[str, ...], asks: bool
) -> None:
    """A plugin may bring another driver, or do something to what runs."""
    settings = lab.settings._replace(plugins=plugins)

    end = sync.ask_ahead(Project(settings, NoHooks()))
    taken = take_over(settings.stack.tilt)
    end()

    assert (taken is not None) is asks
    if taken is not None:
        taken.answer.wait()
    assert story == [ASKED] * asks
