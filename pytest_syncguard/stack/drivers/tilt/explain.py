"""Which part of what Tilt runs is another one than the ledger says."""

from __future__ import annotations

from datetime import datetime

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
        return f"Tilt built it again{_at(new[3])} without syncguard (TRIGGER_MODE_MANUAL spares that)"
    return "its process was restarted" if old[4] != new[4] else ""


def _at(start: str) -> str:
    """The time of day as the clock on the wall shows it; Tilt tells it in UTC."""
    try:
        return f" at {datetime.fromisoformat(start).astimezone():%H:%M:%S}"
    except ValueError:
        return ""
