"""`up = true`: a Tilt of our own when none answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Settings
from pytest_syncguard.testing.tilt import RunningTilt, ScriptedTilt
from pytest_syncguard.verdict import COULD_NOT_CHECK, Status
from tests.stack.lab import NAMES, Lab, four, make_project


class SelfStartingLab(Lab):
    """A lab whose settings let syncguard start Tilt."""

    @property
    def settings(self) -> Settings:
        told = super().settings
        return replace(told, stack=replace(told.stack, tilt=replace(told.stack.tilt, up=True)))


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
