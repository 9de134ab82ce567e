"""A step of the plan under way, and what it means when it fails."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.machine import refusal
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import StageFault
from pytest_syncguard.stack.excerpt import SHOWN, cause, excerpt
from pytest_syncguard.stack.follow import UNCERTAIN, Follower
from pytest_syncguard.stack.occupied import occupied
from pytest_syncguard.stack.outcome import Kind, Outcome
from pytest_syncguard.stack.remedies import RemedyFailed, RemedyRun
from pytest_syncguard.stack.writes import Stamp
from pytest_syncguard.verdict import FIRST_ERROR, OURS, Evidence, Status, Step, Verdict, shown_path

KEPT = 200  # characters of an error's line that the ledger keeps
PROCESS_AWAITED = "waiting for its process: "  # what a `Follower` says of that, with the reason behind it
SIGN_AWAITED = "waiting for its sign of success"  # what a `Follower` says of that


@dataclass(slots=True)
class Work:
    """One step, from its trigger to the end of the whole sync: a finished stage stays watched."""

    step: Step
    stage: Stage
    log: Path
    began: float
    digest: str = ""  # of the sources when the build was triggered
    manifest: bytes = b""  # the files behind it, kept once they have changed under a build
    needs: Mapping[str, int] = field(default_factory=dict)  # serials of the stages it was built on
    stamps: Mapping[bytes, Stamp] = field(default_factory=dict)  # of the sources just before that
    wrote: Sequence[str] = ()  # which of them were written during the last build, against expectation
    follower: Follower | None = None
    remedy: RemedyRun | None = None
    rebuilds: int = 0
    recorded: str | None = None  # the build that the ledger calls synced
    finished: bool = False

    @property
    def doing(self) -> str:
        """What it does now, in a few words."""
        if self.remedy is not None:
            return "running its remedy"
        return self.follower.doing if self.follower is not None else "queued"

    @property
    def held(self) -> bool:
        """Synced and recorded, and still so at the last look."""
        return self.follower is not None and self.follower.outcome is not None and self.recorded is not None

    def close(self) -> None:
        """Stop watching, and end a remedy that still runs."""
        if self.follower is not None:
            self.follower.close()
            self.follower = None
        if self.remedy is not None:
            self.remedy.close()
            self.remedy = None


class StepFailed(Exception):
    """A step cannot be synced: the sync ends here."""

    def __init__(self, work: Work, verdict: Verdict, lines: tuple[str, ...] = ()) -> None:
        super().__init__(verdict.reason)
        self.work = work
        self.verdict = verdict
        self.lines = lines


def failure(work: Work, outcome: Outcome) -> StepFailed:
    """The failure that a build's end amounts to, in the words that scripts and agents look for."""
    name = work.stage.name
    match outcome.kind:
        case Kind.TIMEOUT:
            said = f"{name} timeout - {_not_reached(work.stage, outcome.reason)}"
        case Kind.DOUBT:
            said = f"{name}: {outcome.reason}"
        case Kind.LOST:
            return fault(work, Status.UNKNOWN, outcome.reason, outcome.lines)
        case _:
            said = f"{name} {'error after it was synced' if work.finished else 'rebuild error'}"
    first = cause(outcome)
    found = (Evidence(first.text, str(work.log), first.line),) if first else ()
    plain = outcome.kind not in (Kind.DOUBT, Kind.TIMEOUT) and outcome.reason and not found
    reason = (Evidence(outcome.reason),) if plain else ()
    who, cure = occupied(outcome.lines, work.stage.success, state=work.log.parent.parent)
    taken = (Evidence(f"{OURS}{who}: {cure}"),) if who else ()  # what an older build left behind, say
    said_first = (*found, *reason, *_in_vain(work, outcome), *taken)
    shown = excerpt(outcome, work.log, SHOWN - len(said_first))
    verdict = Verdict(
        work.step.target,
        outcome.status,
        f"Step {work.step.number} FAILED: {said}",
        (*said_first, *map(Evidence, shown)),
        cure,
    )
    return StepFailed(work, verdict, outcome.lines)


def _not_reached(stage: Stage, doing: str) -> str:
    """What did not come in time: of a stage that is served and not built, what its process did not come to; of any
    that is served, why its process does not count as up.
    """
    if not stage.serve:
        return "build did not complete"
    _, _, why = doing.partition(PROCESS_AWAITED)
    if stage.build:
        said = "build did not complete"
    elif doing.startswith(SIGN_AWAITED):
        said = "its sign of success did not come"
    else:
        awaited = stage.ready or "its process"
        said, why = f"{awaited} did not come up", why.removeprefix(f"{awaited} ")
    return f"{said}: {why}" if why else said


def _in_vain(work: Work, outcome: Outcome) -> tuple[Evidence, ...]:
    """What was waited for, for how long, and how to try a sign: the first thing to look at in a new set-up.

    It stands among log lines, so it says whose word it is.
    """
    signs = " or ".join(repr(sign) for sign in work.stage.success)
    for_sign = bool(signs) and outcome.reason in (SIGN_AWAITED, UNCERTAIN)
    what = f"a line that matches {signs}" if for_sign else _awaited(outcome.reason)
    match outcome.kind:
        case Kind.TIMEOUT:
            said = f"waited {work.stage.timeout:g} s (timeout of the stage) for {what}"
        case Kind.DOUBT if for_sign:
            said = f"required: {what}"
        case _:
            return ()
    if for_sign and work.log.exists():
        said += f"; try: {shlex.join(['syncguard', 'judge', '--stage', work.stage.name, shown_path(work.log)])}"
    return (Evidence(f"{OURS}{said}"),)


def _awaited(doing: str) -> str:
    """What a follower says that it does, as what it waits for."""
    awaited = doing.removeprefix("waiting for ")
    return awaited if awaited != doing else f"the build: {doing}"


def fault(work: Work, status: Status, said: str, lines: tuple[str, ...] = ()) -> StepFailed:
    """A failure that no log line tells of."""
    verb = "FAILED" if status is Status.FAILED else "UNKNOWN"
    last = tuple(Evidence(line) for line in lines[-SHOWN:] if line.strip())
    verdict = Verdict(work.step.target, status, f"Step {work.step.number} {verb}: {work.stage.name}: {said}", last)
    return StepFailed(work, verdict, lines)


def recorded(verdict: Verdict) -> str:
    """The reason of a failure as the ledger keeps it: with the line of the log that it rests on first."""
    first = next((each.text.strip() for each in verdict.evidence[:1] if each.line), "")
    return verdict.reason + (FIRST_ERROR + textwrap.shorten(first, KEPT, placeholder=" …") if first else "")


@contextmanager
def blame(work: Work) -> Iterator[None]:
    """Whatever goes wrong within is this step's: an outage stays an outage, a fault becomes a failure."""
    try:
        yield
    except (StageFault, RemedyFailed) as error:
        raise fault(work, Status.FAILED, str(error)) from None
    except SyncguardError as error:
        raise fault(work, Status.UNKNOWN, str(error)) from None
    except OSError as error:
        said = refusal(error) or f"{error}: free space, or make it writable"
        raise fault(work, Status.UNKNOWN, said) from None
