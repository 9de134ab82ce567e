"""What Tilt's resources wait for; the API does not tell, the dump of the engine's state does."""

from __future__ import annotations

import json
import subprocess

from pytest_syncguard.stack.drivers.tilt.client import ANSWER_LIMIT, BRIEF, Tilt
from pytest_syncguard.stack.drivers.tilt.question import TooMuch, ask


def dependencies(tilt: Tilt) -> dict[str, list[str]]:
    """``resource_deps`` of each resource that has some, by name.

    The dump is meant for Tilt's own developers and may change its shape: what cannot be read tells nothing. It holds
    secrets, too; nothing else of it is kept.
    """
    try:
        done = ask(["tilt", "dump", "engine"], {**tilt.env, **BRIEF}, ANSWER_LIMIT)
        targets = json.loads(done.stdout)["ManifestTargets"].items()
        found = {name: target["Manifest"]["ResourceDependencies"] for name, target in targets}
        return {name: [str(each) for each in needed] for name, needed in found.items() if needed}
    except (OSError, subprocess.TimeoutExpired, TooMuch, ValueError, TypeError, KeyError, AttributeError):
        return {}
