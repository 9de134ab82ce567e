"""What Tilt is asked before somebody wants the answer: it comes in time, and an old one does not count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_syncguard.stack.drivers.tilt import driver
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
