"""What the commands of a stage find in their environment."""

from __future__ import annotations

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.environment import lasting


def environment(stage: Stage) -> dict[str, str]:
    """What a stage's commands see: the caller's environment, without what is true for this run only."""
    return {**lasting(), **dict(stage.env)}
