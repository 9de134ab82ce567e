"""What a tool said last: the part of its output that is worth a place in a message."""

from __future__ import annotations

from typing import AnyStr


def last_line(text: AnyStr) -> AnyStr:
    """The last line that says anything, without the blanks around it; empty if none does."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else text[:0]
