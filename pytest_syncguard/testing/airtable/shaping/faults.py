"""What is wrong in a schema that somebody wrote: every fault is collected, and all are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.faults import did_you_mean, quoted

MOST = 50  # lines that are told


class SchemaError(SyncguardError):
    """The schema cannot be used. ``str()`` is one line for each fault."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        more = len(self.faults) - MOST
        super().__init__("\n".join([*self.faults[:MOST], *([f"... and {more} more"] if more > 0 else [])]))


def found(value: Any) -> str:
    """A value as a message shows it."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return quoted(value)
        case _:
            return str(value).lower()


def fault(where: str, value: Any, required: str, names: Iterable[str] = ()) -> str:
    """One line: where, what was found there and what is required. ``names``: the right ones, the nearest is told."""
    near = did_you_mean(value, names) if isinstance(value, str) else ""
    return f"{where}: found {found(value)}, required {required}{'; ' if near else ''}{near}"
