"""Which part of what Tilt runs is another one than the ledger says."""

from __future__ import annotations

from pytest_syncguard.stack.drivers.tilt.resource import time_of_day

CAUSES = "its files changed, which TRIGGER_MODE_MANUAL spares, or it was triggered by hand or enabled"
PARTS = 5  # of the identity: session, load of the Tiltfile, span and start of the build, who serves


def explain(recorded: str, seen: str) -> str:
    """What happened between the two identities of `observation`, the most far-reaching first; "" for others' words."""
    old, new = recorded.split("/", PARTS - 1), seen.split("/", PARTS - 1)
    if len(old) != PARTS or len(new) != PARTS:
        return ""
    if old[0] != new[0]:
        return "Tilt was restarted"
    if old[1] != new[1]:
        return "the Tiltfile was loaded again"
    if old[2:4] != new[2:4]:
        at = f" at {when}" if (when := time_of_day(new[3])) else ""
        return f"Tilt built it again{at} without syncguard ({CAUSES})"
    return "its process was restarted" if old[4] != new[4] else ""
