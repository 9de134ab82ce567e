"""One fault: what it does, and which requests it strikes."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from pytest_syncguard.settings.faults import did_you_mean
from pytest_syncguard.testing.airtable.errors import RETRY_LATER

STATUSES = {
    429: ("RATE_LIMIT_REACHED", RETRY_LATER),
    500: ("SERVER_ERROR", "The server encountered an unexpected condition"),
    502: ("BAD_GATEWAY", "Airtable's servers are restarting or an unexpected outage is in progress"),
    503: ("RETRIABLE_ERROR", "The server could not process your request in time"),
}
CALLING = frozenset({"between", "drop_field", "rename_field"})
CUTTING = frozenset({"reset_before", "reset_after", "half_a_body"})
KINDS = frozenset({"latency", *map(str, STATUSES), *CALLING, *CUTTING})
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS")


@dataclass(eq=False)
class Fault:
    """One fault and when it strikes. ``kind``: one of `KINDS`; ``strikes``: how often it has struck so far."""

    kind: str
    times: int | None = None
    path: re.Pattern[str] | None = None
    method: str | None = None
    probability: float | None = None
    after: int = 0
    seconds: float = 0.0
    retry_after: float | None = None
    call: Callable[[], object] | None = field(default=None, repr=False)
    schedule: Iterator[bool] | None = field(default=None, repr=False)
    dice: random.Random = field(default_factory=random.Random, repr=False)
    strikes: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for what makes no sense."""
        if self.kind not in KINDS:
            raise ValueError(f"the kind of a fault must be one of {', '.join(sorted(KINDS))}; found {self.kind}")
        if self.kind in CALLING and self.call is None:
            raise ValueError(f"a fault of kind {self.kind} needs call=, what is to happen; found none")
        if self.kind not in CALLING and self.call is not None:
            raise ValueError(f"call= is for {', '.join(sorted(CALLING))}; found it for {self.kind}")
        if self.call is not None and not callable(self.call):
            raise ValueError(f"call= must be a function, such as lambda: ...; found {self.call!r}")
        if self.method is not None and self.method not in METHODS:
            near = did_you_mean(self.method, METHODS)
            raise ValueError(f"method must be one of {', '.join(METHODS)}; found {self.method}{near and f'; {near}'}")
        self._check_numbers()
        self._due = next(self.schedule, None) if self.schedule else None

    def _check_numbers(self) -> None:
        for name in ("times", "after", "seconds", "retry_after", "probability"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ValueError(f"{name} must be a number; found {value!r}")
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be from 0 to 1; found {self.probability}")
        if (self.times is not None and self.times < 1) or self.after < 0 or self.seconds < 0:
            found = f"{self.times}, {self.after}, {self.seconds}"
            raise ValueError(f"times must be 1 or more, after and seconds 0 or more; found {found}")

    @property
    def missed(self) -> bool:
        """Whether it was to strike so and so often, and never did; of dice nobody knows."""
        return not self.strikes and self.probability is None and bool(self.times or self.schedule)

    @property
    def spent(self) -> bool:
        """Whether it can never strike again."""
        return self.times == 0 or (self.schedule is not None and self._due is None)

    @property
    def ends(self) -> bool:
        """Whether the request gets no further answer when it has struck."""
        return self.kind != "latency" and self.kind not in CALLING

    def concerns(self, method: str, path: str) -> bool:
        return self.method in (None, method) and (self.path is None or self.path.search(path) is not None)

    def due(self) -> bool:
        """Whether the next request that it concerns is to be struck; that request has now been counted."""
        if self.after:
            self.after -= 1
            return False
        due = True
        if self.schedule is not None:
            due, self._due = bool(self._due), next(self.schedule, None)
        return due and (self.probability is None or self.dice.random() < self.probability)

    def struck(self) -> None:
        self.strikes += 1
        if self.times is not None:
            self.times -= 1


def strikes(schedule: Iterable[bool] | Iterable[int]) -> Iterator[bool]:
    """Booleans are themselves; numbers become as many booleans as there are requests up to them."""
    if isinstance(schedule, Collection) and not any(isinstance(item, bool) for item in schedule):
        schedule = sorted(schedule)
        if schedule and schedule[0] < 1:
            raise ValueError(f"a schedule must be of booleans or of numbers from 1; found {schedule[0]}")
    items: Iterator[bool | int] = iter(schedule)
    first = list(itertools.islice(items, 1))
    everything = itertools.chain(first, items)
    return map(bool, everything) if first and isinstance(first[0], bool) else _by_number(everything)


def _by_number(numbers: Iterable[int]) -> Iterator[bool]:
    answered = 0  # requests that have got their boolean
    for number in numbers:
        if number > answered:
            yield from itertools.repeat(False, number - answered - 1)
            yield True
            answered = number
