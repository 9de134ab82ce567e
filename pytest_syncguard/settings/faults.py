"""What is wrong in the settings: every fault is collected, and all are told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from pytest_syncguard.errors import SyncguardError

T = TypeVar("T")

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LISTED = 20  # names that are worth listing in a message
_SHOWN = 80  # characters of a user's text that are worth repeating in a message


class SettingsError(SyncguardError):
    """The settings cannot be used. ``str()`` is one line for each fault."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class Faults:
    """The faults of one file, as ``file: key path: found …, required …; did you mean …?``."""

    def __init__(self, file: str, prefix: str = "") -> None:
        self._file = file
        self._prefix = prefix
        self._lines: dict[str, str] = {}  # to the key path; two faults never read the same

    def add(self, path: str, found: str, required: str, hint: str = "") -> None:
        """Note a fault at a key path."""
        where = f"{self._prefix}{path}"
        where = f"{self._file}: {where}" if where else self._file
        self._lines[f"{where}: found {found}, required {required}{'; ' if hint else ''}{hint}"] = path

    def explain(self, path: str) -> bool:
        """Whether a fault is known at this path, above or below it: what is amiss there follows from that."""
        return any(_inside(path, known) or _inside(known, path) for known in self._lines.values())

    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)


class Wrong(Exception):
    """A value cannot be used; its fault is noted already."""


class Place(NamedTuple):
    """A key path, and the collector that hears what is wrong there."""

    faults: Faults
    path: str = ""

    def key(self, key: str) -> Place:
        """The place of a key of the table here."""
        step = key if _BARE_KEY.fullmatch(key) else quoted(key)
        return Place(self.faults, f"{self.path}.{step}" if self.path else step)

    def item(self, index: int | str) -> Place:
        """The place of one element of the array here: by its name, or by its number, counted from 1."""
        step = quoted(index) if isinstance(index, str) else f"#{index}"
        return Place(self.faults, f"{self.path}[{step}]")

    def wrong(self, found: str, required: str, hint: str = "") -> Wrong:
        """Note what was found here and what was required; raise what comes back to go no further."""
        self.faults.add(self.path, found, required, hint)
        return Wrong()

    @property
    def faulty(self) -> bool:
        """Whether a fault is known that explains what is amiss here."""
        return self.faults.explain(self.path)

    def lacks(self, found: str, required: str, hint: str = "") -> None:
        """Note that something is not there, unless that follows from a fault already known."""
        if not self.faulty:
            self.wrong(found, required, hint)

    def read(self, reader: Callable[[Place, object], T], value: object) -> T | None:
        """What a reader makes of the value here; `None` when that is wrong."""
        try:
            return reader(self, value)
        except Wrong:
            return None


def _inside(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def quoted(text: str) -> str:
    """Text in double quotes, on one line, cut when long, harmless to a terminal."""
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f'"{"".join(c if c.isprintable() else repr(c)[1:-1] for c in text)}"'


def listed(names: Sequence[str]) -> str:
    """Names as a message shows them: all, or the first when there are many."""
    shown_names = ", ".join(names[:_LISTED]) or "none"
    return f"{shown_names} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown_names


def kind(value: object) -> str:
    """What sort of TOML value this is, without the value."""
    for python, toml in _KINDS:
        if isinstance(value, python):
            return toml
    return "a date or time"


def shown(value: object) -> str:
    """A TOML value as a message shows it: scalars as they are written, tables and arrays by their kind."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    short = isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= 64)
    return str(value) if short else kind(value)


def nearest(name: str, names: Iterable[str], likeness: float = 0.6) -> str:
    """The right name that a wrong one looks most like, by `difflib`'s ratio; nothing below ``likeness``."""
    from difflib import get_close_matches

    by_folded = {right.casefold(): right for right in names}
    matches = get_close_matches(name.casefold(), by_folded, 1, likeness)
    return by_folded[matches[0]] if matches else ""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """``did you mean "x"?``, or nothing when no right name is near."""
    right = nearest(name, names)
    return f"did you mean {quoted(right)}?" if right else ""


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (str, "a string"),
    (int, "an integer"),
    (float, "a float"),
    (list, "an array"),
    (tuple, "an array"),
    (dict, "a table"),
)
