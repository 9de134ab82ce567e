"""Markers that were meant to be ours: by a slip of the pen a test would run unguarded, and nobody would see it."""

from __future__ import annotations

MARKER = "requires_synced"
SLIP = 2  # letters of a word added, left out or changed; `requires_async` is three away, and somebody else's


def looks_like_ours(name: str) -> bool:
    """Whether a marker that is not ours is so near to it that nothing else can be meant, such as ``require_sync``."""
    if name == MARKER or abs(len(name) - len(MARKER)) > 2 * SLIP:
        return False  # most are decided here
    words, ours = name.casefold().split("_"), MARKER.split("_")
    if len(words) == len(ours):
        return all(_distance(word, right) <= SLIP for word, right in zip(words, ours, strict=True))
    slip = SLIP if len(words) == 1 else 1  # without an underline, a letter may be lost with it
    return _distance(name.casefold(), MARKER) <= slip


def _distance(left: str, right: str) -> int:
    """How many letters have to be added, left out or changed to come from one to the other (Levenshtein)."""
    row = list(range(len(right) + 1))
    for above, letter in enumerate(left, start=1):
        before, row[0] = row[0], above
        for at, other in enumerate(right, start=1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != other))
    return row[-1]
