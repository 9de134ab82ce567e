"""Hooks that other plugins, and a project's ``conftest.py``, may implement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from pytest_syncguard.settings.model import Settings
    from pytest_syncguard.stack.drivers.base import DriverFactory
    from pytest_syncguard.verdict import Guard, Result, StepFinished

hookspec = pluggy.HookspecMarker("pytest")  # the same as pytest.hookspec, without importing pytest


@hookspec
def pytest_syncguard_guards(settings: Settings) -> Sequence[Guard]:  # type: ignore[empty-body]
    """Bring in guards of your own: each plans, applies, gates and reports as the built-in ones do."""


@hookspec
def pytest_syncguard_drivers() -> Mapping[str, DriverFactory]:  # type: ignore[empty-body]
    """Bring in drivers by the name that ``[stack] driver`` may give; each is called with the settings."""


@hookspec
def pytest_syncguard_stage_finished(event: StepFinished) -> None:
    """Called once for each stage (or step of another guard) that ended, synced or not."""


@hookspec
def pytest_syncguard_report(result: Result) -> None:
    """Called once with the result of the whole sync, before the first test."""
