"""The part of a fingerprint that a stage's own settings are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Final

from pytest_syncguard.settings.model import Stage

# How long to wait and in which order changes neither what is built nor what it takes to be called built.
UNCOUNTED: Final = frozenset({"after", "timeout", "settle"})


def settings_digest(stage: Stage) -> str:
    """Hex digest over every field of the stage that bears on what is built and how it is judged.

    All fields count but ``after``, ``timeout`` and ``settle``, so that a field that is new counts by itself.
    """
    counted = {name: value for name, value in dataclasses.asdict(stage).items() if name not in UNCOUNTED}
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()
