"""What a tool said last: the part of its output that is worth a place in a message, and where more of it is."""

from __future__ import annotations

from typing import AnyStr


def last_line(text: AnyStr) -> AnyStr:
    """The last line that says anything, without the blanks around it; empty if none does."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else text[:0]


def died(reason: str, stage: str) -> str:
    """Of a process that ended after its sync, why it counts as down: the log of the sync tells nothing of its end."""
    return f"{reason}; see {log_of_driver(stage)}"


def log_of_driver(stage: str) -> str:
    """The command that shows what the driver has: also of the time after the sync."""
    return f"syncguard logs --driver {stage}"
