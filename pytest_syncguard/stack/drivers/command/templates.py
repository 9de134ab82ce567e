"""Argv templates: which placeholders there are, and how they are filled in."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

PLACEHOLDERS = ("resource", "since", "epoch", "identity", "tail")
"""``{since}``: RFC 3339 in UTC; ``{epoch}``: the same in seconds since 1970; ``{tail}``: a count of lines."""

# Only these names count: `{{.ID}}` of a Go template or a piece of JSON stays as it is.
_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")


def names_in(argv: Sequence[str]) -> frozenset[str]:
    """The placeholders that a template uses."""
    return frozenset(name for word in argv for name in _PLACEHOLDER.findall(word))


def fill(argv: Sequence[str], *, resource: str, at: float = 0.0, identity: str = "", tail: int = 0) -> list[str]:
    """The argv with every placeholder replaced; ``at`` is in seconds since 1970."""
    values = {
        "resource": resource,
        "since": rfc3339(at),
        "epoch": f"{at:.6f}",
        "identity": identity,
        "tail": str(tail),
    }
    return [_PLACEHOLDER.sub(lambda match: values[match[1]], word) for word in argv]


def moment(text: str) -> float | None:
    """Seconds since 1970 of what an engine prints for a start; None where that is not one exact moment.

    RFC 3339 with its zone, or seconds since 1970. Whole seconds will not do: in that very second the predecessor
    may have spoken, too.
    """
    if "." not in text:
        return None
    with contextlib.suppress(ValueError):
        return float(text.removeprefix("@"))
    with contextlib.suppress(ValueError):
        found = datetime.fromisoformat(text)
        return found.timestamp() if found.tzinfo else None
    return None


def rfc3339(at: float) -> str:
    """A moment in UTC to the microsecond: whole seconds would let in lines from just before it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
