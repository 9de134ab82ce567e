"""What the commands of a stage find in their environment."""

from __future__ import annotations

import os

from pytest_syncguard.settings.model import Stage

SHELL_SIZE = ("COLUMNS", "LINES")
RUN_ONLY = ("PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID")


def environment(stage: Stage) -> dict[str, str]:
    """What a stage's commands see: the caller's environment, without what is true for this run only."""
    kept = {key: value for key, value in os.environ.items() if key not in (*SHELL_SIZE, *RUN_ONLY)}
    return {**kept, **dict(stage.env)}
