"""What is wrong in a schema that somebody wrote: every fault is collected, and all are told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.faults import did_you_mean, quoted

MOST = 50  # lines that are told
SLIP = 0.8  # so like a word that we know is what must be that word misspelt, rather than one that Airtable has since
_PLACE = re.compile(r"tables\[(\d+)](?:\.fields\[(\d+)])?")


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


def with_names(faults: Iterable[str], document: Any) -> Iterator[str]:
    """The same lines; those that begin with a place in a document also tell which table and field is there."""
    for line in faults:
        place = _PLACE.match(line)
        table = _at(document, "tables", place[1]) if place else None
        field = _at(table, "fields", place[2]) if place and place[2] else None
        names = [f"{kind} {quoted(name)}" for kind, name in (("table", _name(table)), ("field", _name(field))) if name]
        yield f"{line} ({', '.join(names)})" if names else line


def _at(document: Any, key: str, number: str) -> Any:
    inside = document.get(key) if isinstance(document, Mapping) else None
    return inside[int(number)] if isinstance(inside, Sequence) and int(number) < len(inside) else None


def _name(document: Any) -> str:
    name = document.get("name") if isinstance(document, Mapping) else None
    return name if isinstance(name, str) else ""
