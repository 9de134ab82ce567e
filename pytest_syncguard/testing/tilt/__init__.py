"""A scripted Tilt, and the real one on the same scenarios."""

from __future__ import annotations

from pytest_syncguard.testing.tilt.engine import ScriptedEngine, TriggerRefused
from pytest_syncguard.testing.tilt.harness import RunningTilt, ScriptedTilt
from pytest_syncguard.testing.tilt.install import install
from pytest_syncguard.testing.tilt.journal import Built, Journal, content_of
from pytest_syncguard.testing.tilt.scenario import (
    Build,
    Resource,
    Scenario,
    ScenarioError,
    Serve,
    Step,
    hang,
    kill_tilt,
    say,
    sleep,
)

__all__ = [
    "Build",
    "Built",
    "Journal",
    "Resource",
    "RunningTilt",
    "Scenario",
    "ScenarioError",
    "ScriptedEngine",
    "ScriptedTilt",
    "Serve",
    "Step",
    "TriggerRefused",
    "content_of",
    "hang",
    "install",
    "kill_tilt",
    "say",
    "sleep",
]
