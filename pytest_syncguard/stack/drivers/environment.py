"""What outlives a run must not carry what is true of that run only."""

from __future__ import annotations

import os

SHELL_SIZE = ("COLUMNS", "LINES")
OF_A_RUN = "PYTEST_"  # the prefix of what pytest and its plugins tell their children


def lasting() -> dict[str, str]:
    """The caller's environment, but for what is true of this run or this terminal only."""
    return {key: value for key, value in os.environ.items() if key not in SHELL_SIZE and not key.startswith(OF_A_RUN)}
