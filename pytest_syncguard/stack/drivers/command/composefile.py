"""Whether the stages notice an edit of the compose file itself."""

from __future__ import annotations

from pytest_syncguard.settings.model import Settings
from pytest_syncguard.stack.drivers.base import Check

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""Where compose looks, in this order."""


def check_compose_file(settings: Settings) -> list[Check]:
    """A finding where the preset is used and no stage has the compose file in the root among its sources."""
    from pytest_syncguard.stack.fingerprint.sources import Selection

    name = next((name for name in NAMES if (settings.root / name).is_file()), "")
    if settings.preset != "compose" or not name:
        return []
    selections = [Selection.parse(stage.sources) for stage in settings.stack.stages]
    if any(any(selection.mark([name.encode()])[0]) for selection in selections):
        return [Check("compose file", ok=True, found=f"{name} is among the sources")]
    found = f"no stage has {name} among its sources: an edit of its image, command or environment goes unnoticed"
    return [Check("compose file", ok=False, found=found, cure=f'add "{name}" to the sources of its stages')]
