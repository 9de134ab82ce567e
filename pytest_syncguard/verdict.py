"""The words of the house: target, verdict, plan, event, guard. Pure; imported by all, importing none.

Named tuples, which cost a fifth of what dataclasses do until they are there: a run that has nothing to do waits
for these words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

KINDS = ("stack", "registry", "state")


FIRST_ERROR = "; first error: "  # in the reason of an older failure; what follows is a log's word, no cure


class Status(StrEnum):
    """What is known of a target."""

    SYNCED = "synced"
    STALE = "stale"
    MISSING = "missing"
    CONFLICT = "conflict"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Target(NamedTuple):
    """A thing that can be out of sync, written ``kind:name``, or ``kind`` alone for all of that kind."""

    kind: str
    name: str = ""

    @classmethod
    def parse(cls, text: str, kinds: Iterable[str] = KINDS) -> Target:
        """``stack:server``, ``server`` (short for it) or ``stack`` (all of the kind) as a target."""
        kind, colon, name = text.partition(":")
        if colon:
            return cls(kind, name)
        return cls(text) if text in set(kinds) else cls("stack", text)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind

    @property
    def short(self) -> str:
        """As people write it: a stage by its name alone."""
        return self.name if self.kind == "stack" and self.name else str(self)


OURS = "syncguard: "  # how evidence begins that is our own word, among lines of a log


class Evidence(NamedTuple):
    """What a verdict rests on: an excerpt and where it stands."""

    text: str
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.path, self.line) if part)
        return f"{where}: {self.text}" if where else self.text


def shown_path(path: str | Path) -> str:
    """A path as messages show it: from where the user is, if it lies below; else as it is."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


class Verdict(NamedTuple):
    """What is known of one target, why, and on what it rests; ``cure``: what to do, where the reason does not say."""

    target: Target
    status: Status
    reason: str
    evidence: tuple[Evidence, ...] = ()
    cure: str = ""

    @property
    def synced(self) -> bool:
        return self.status is Status.SYNCED


class Step(NamedTuple):
    """One thing that a plan would do, and why."""

    target: Target
    action: str
    reason: str
    number: int = 0


class Plan(NamedTuple):
    """Which targets are what, and which steps would bring them in sync. Changes nothing. ``engine``: who goes on with
    a build that a sync has given up, for people; empty where nobody does.
    """

    guard: str
    verdicts: tuple[Verdict, ...]
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    force: bool = False
    engine: str = ""

    @property
    def synced(self) -> bool:
        return all(verdict.synced for verdict in self.verdicts)


class Planned(NamedTuple):
    """A guard's plan is known; its steps come next."""

    plan: Plan


class Waiting(NamedTuple):
    """Another process is syncing; this one waits for it."""

    reason: str


class StepStarted(NamedTuple):
    """A step of the plan has begun."""

    step: Step


class StepProgress(NamedTuple):
    """What a step does now, and the last line it wrote."""

    step: Step
    doing: str
    elapsed: float
    line: str = ""


class RemedyApplied(NamedTuple):
    """An error had a known cure, which was carried out once."""

    step: Step
    error: str
    command: tuple[str, ...]


class StepFinished(NamedTuple):
    """A step has ended, with what is now known of its target."""

    step: Step
    verdict: Verdict
    seconds: float
    log: str = ""


class Warned(NamedTuple):
    """Something that a user should know and that does not stop the run."""

    message: str


class Interrupted(NamedTuple):
    """A signal ended the sync while these steps were under way; what is to be let go of has been."""

    steps: tuple[Step, ...]


class GuardFinished(NamedTuple):
    """A guard is done: the verdict of each wanted target."""

    guard: str
    verdicts: tuple[Verdict, ...]
    seconds: float = 0.0


Event: TypeAlias = (
    "Planned | Waiting | StepStarted | StepProgress | RemedyApplied | StepFinished | Warned | Interrupted | "
    "GuardFinished"
)
"""A fact that does not change any more. Reports listen to events; the engine knows no report."""

SUCCESS = "SUCCESS: The sync and deploy process completed successfully for all services"
ERROR = "ERROR: The sync and deploy process failed at [Step {number}]. See logs below for details"

IN_SYNC, COULD_NOT_CHECK, OUT_OF_SYNC = 0, 1, 2  # exit codes of `syncguard`
PYTEST_OUT_OF_SYNC, PYTEST_COULD_NOT_CHECK = 10, 11  # exit codes of a pytest run that the gate stops


class Result(NamedTuple):
    """What a sync, or a check, came to; which targets were named, which were left out because others were, and what
    was warned of.
    """

    verdicts: tuple[Verdict, ...]
    finished: tuple[StepFinished, ...] = ()
    seconds: float = 0.0
    asked: tuple[Target, ...] = ()
    not_asked: tuple[Target, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def synced(self) -> bool:
        return all(verdict.synced for verdict in self.verdicts)

    @property
    def unsynced(self) -> tuple[Verdict, ...]:
        """The verdicts that stop a run, what failed first."""
        bad = [verdict for verdict in self.verdicts if not verdict.synced]
        return tuple(sorted(bad, key=lambda verdict: verdict.status not in (Status.FAILED, Status.UNKNOWN)))

    @property
    def summary(self) -> str:
        """The one line that scripts and agents read; step 0: it failed before any step."""
        if self.synced:
            return SUCCESS
        failed = [event.step.number for event in self.finished if not event.verdict.synced]
        return ERROR.format(number=failed[0] if failed else 0)

    @property
    def exit_code(self) -> int:
        """0 in sync, 1 could not check, 2 out of sync. What is known to be wrong outweighs what is unknown,
        but a sync that stopped because it could not check is no verdict on the rest.
        """
        if self.synced:
            return IN_SYNC
        stopped = [event.verdict.status for event in self.finished if not event.verdict.synced]
        statuses = stopped or [verdict.status for verdict in self.unsynced]
        return COULD_NOT_CHECK if all(each is Status.UNKNOWN for each in statuses) else OUT_OF_SYNC

    @property
    def pytest_exit_code(self) -> int:
        """The same for a pytest run, whose codes 0 to 7 belong to pytest and its plugins."""
        codes = {COULD_NOT_CHECK: PYTEST_COULD_NOT_CHECK, OUT_OF_SYNC: PYTEST_OUT_OF_SYNC}
        return codes.get(self.exit_code, 0)


@runtime_checkable
class Guard(Protocol):
    """Whatever keeps one kind of target in sync."""

    kind: str

    def names(self) -> Sequence[str]:
        """The names of all targets of this kind, for strict markers."""
        ...

    def plan(self, wanted: Sequence[Target], *, force: bool = False) -> Plan:
        """What the wanted targets (none given: all) are, and what would bring them in sync."""
        ...

    def apply(self, plan: Plan) -> Iterator[Event]:
        """Carry the plan out; the last event is a `GuardFinished`. Closing the iterator cleans up."""
        ...


@runtime_checkable
class Background(Protocol):
    """A guard that can begin to look around early, and has something to let go of at the end."""

    def start(self) -> None:
        """Begin what the next `plan` needs, in the background."""
        ...

    def close(self) -> None:
        """End helpers; never stops a service."""
        ...


@runtime_checkable
class Lasting(Protocol):
    """A guard that can tell whether something was synced again since."""

    kind: str

    def standing(self) -> Mapping[str, int]:
        """A number for each name that is synced, which is another after each sync; none while it is synced."""
        ...


@runtime_checkable
class Stoppable(Protocol):
    """A guard that can stop the services it started, and nothing else."""

    def down(self) -> Sequence[str]:
        """Stop them; one sentence for each."""
        ...
