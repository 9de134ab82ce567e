"""The part of a fingerprint that a stage's own settings are."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Final

from pytest_syncguard.settings.model import StackSettings, Stage

# How long to wait and in which order changes neither what is built nor what it takes to be called built; whether
# its outputs are there is looked at each time.
UNCOUNTED: Final = frozenset({"after", "outputs", "timeout", "settle"})
# Neither do the pace of looking, the way to stop and a second look at the same lines.
UNCOUNTED_COMMAND: Final = frozenset({"poll", "down", "tail"})


def shared_settings(stack: StackSettings) -> str:
    """What of the stack's own settings bears on every stage: the command driver's templates, a plugin's options."""
    if stack.driver != "command":
        return json.dumps(stack.options, sort_keys=True, default=str) if stack.options else ""
    counted = {key: value for key, value in stack.command._asdict().items() if key not in UNCOUNTED_COMMAND}
    return json.dumps(counted, sort_keys=True)


@functools.cache  # a sync asks again after every build, of all stages
def settings_digest(stage: Stage, shared: str = "") -> str:
    """Hex digest over every field of the stage that bears on what is built and how it is judged, and what is shared.

    All fields count but those of `UNCOUNTED`, so that a field that is new counts by itself.
    """
    counted = {name: value for name, value in stage._asdict().items() if name not in UNCOUNTED}
    return hashlib.sha256((json.dumps(counted, sort_keys=True) + shared).encode()).hexdigest()
