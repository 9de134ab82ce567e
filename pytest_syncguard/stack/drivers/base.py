"""What a driver is. Third parties implement `Driver` and hand it in through `pytest_syncguard_drivers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Settings, Stage

TAIL_LEAD = 0.06  # seconds; a command that asks an engine takes longer than that to start
FRESH = 1.0  # seconds for which a look at sources or engine still counts within one sync


class DriverUnavailable(SyncguardError):
    """The engine cannot be asked (not running, not installed, no answer): verdict `unknown`."""


class StageFault(SyncguardError):
    """The engine answers, and says that this stage cannot be synced (unknown or disabled resource, …)."""

    def __init__(self, stage: str, message: str) -> None:
        super().__init__(message)
        self.stage = stage


class Phase(StrEnum):
    """How far the build is that a trigger caused."""

    QUEUED = "queued"
    BUILDING = "building"
    PASSED = "passed"
    FAILED = "failed"
    LOST = "lost"  # the engine died or forgot it: nothing more will be known


class Runtime(StrEnum):
    """How the process is that this very build brought up (never its predecessor)."""

    NONE = "none"  # the stage serves nothing
    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Look(NamedTuple):
    """One look at a build: what is new in its log, and how it stands.

    ``build`` names the build that ``output`` and states belong to. When it changes between two looks, a
    newer build has taken over (a file change, a second trigger): whoever reads forgets what the older said.
    ``output`` is raw log text of this build and of the process it brought up, never of any other.
    ``behind`` says that more of it is there already and comes with the next look. ``held``: for how many seconds
    the build has passed and its process been up already, where the engine tells of it late and can prove it.
    ``signs``: whether a sign of success in ``output`` counts; an error always does.
    """

    output: bytes
    phase: Phase
    runtime: Runtime
    build: str = ""
    reason: str = ""
    behind: bool = False
    held: float = 0.0
    signs: bool = True


class Observation(NamedTuple):
    """What runs now. ``build`` equals a later one only if the very same build is still the one that runs."""

    build: str
    up: bool
    reason: str = ""
    unknown: bool = False  # the engine could not be asked: an outage is not drift
    fault: str = ""  # why it cannot be synced as it is set up, and the cure: what `open` would refuse


class Attempt(Protocol):
    """One trigger and the build that it caused. All methods return at once."""

    def look(self) -> Look:
        """What happened since the last look."""
        ...

    def tail(self, lines: int) -> bytes:
        """The last lines of this build and its process, at least so many, read afresh from the engine."""
        ...

    def observe(self) -> Observation:
        """The identity to keep in the ledger, now that the stage is synced."""
        ...

    def close(self) -> None:
        """Stop watching. What was started stays up."""
        ...


@runtime_checkable
class Foresighted(Protocol):
    """An `Attempt` whose engine takes a moment to answer."""

    def prepare_tail(self, lines: int) -> None:
        """`tail` is going to be called `TAIL_LEAD` seconds from now; the engine may be asked already."""
        ...


class Reread(NamedTuple):
    """What an engine has of a build's log. ``whole``: from its first line on, and nothing of it is missing."""

    text: bytes
    whole: bool = False


@runtime_checkable
class Rejoins(Protocol):
    """An `Attempt` whose engine may hand over a line in pieces, in `Look.output` as lines of their own that nobody
    can tell from whole ones; asked afresh, it has the line whole.
    """

    def prepare_reread(self) -> None:
        """`reread` is going to be called `TAIL_LEAD` seconds from now; the engine may be asked already."""
        ...

    def reread(self) -> Reread:
        """The log of this build and its process from its start, as far as the engine still has it, lines whole."""
        ...


class Check(NamedTuple):
    """One finding of ``syncguard doctor``."""

    name: str
    ok: bool
    found: str
    cure: str = ""


class Driver(Protocol):
    """How stages are triggered and watched. Made once a sync, opened before use, closed after."""

    name: str

    def open(self, stages: Sequence[Stage]) -> None:
        """Connect and make sure that every stage can be synced.

        Raises `DriverUnavailable` when the engine cannot be asked, `StageFault` for a stage it does not know.
        """
        ...

    def observe(self, stages: Sequence[Stage]) -> Mapping[str, Observation]:
        """What runs now, by stage name. Works without `open`; never raises for an outage."""
        ...

    def trigger(self, stage: Stage) -> Attempt:
        """Cause one build of the stage and start to watch it."""
        ...

    def down(self, stages: Sequence[Stage]) -> Sequence[str]:
        """Stop what this driver started, nothing else; one sentence for each thing stopped.

        No ``stages``: whatever is left, also of stages that the settings no longer have.
        """
        ...

    def log(self, stage: Stage) -> bytes:
        """What the engine still has of the stage's log."""
        ...

    def doctor(self, stages: Sequence[Stage]) -> Sequence[Check]:
        """Find what is missing or wrong in the set-up."""
        ...

    def close(self) -> None:
        """Let go of connections and helpers; never stops a service."""
        ...


@runtime_checkable
class Outlasts(Protocol):
    """A driver whose engine goes on with a build when the sync that triggered it has been given up."""

    engine: str
    """As people call it."""


@runtime_checkable
class Warns(Protocol):
    """A driver that knows something a user should hear of with each plan."""

    def warnings(self) -> Sequence[str]:
        """One sentence each, with the cure; cheap, for it is asked on every run. Never raises for an outage."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A driver that can tell why what runs is not what was synced."""

    def explain(self, recorded: str, seen: str) -> str:
        """What happened between two different values of `Observation.build`, in a few words; "" where unknown."""
        ...


DriverFactory: TypeAlias = Callable[[Settings], Driver]
