"""The guard of the stack: plans from ledger, sources and driver; applies under the lock; then looks again."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.ledger import Ledger
from pytest_syncguard.lock import SyncLock
from pytest_syncguard.settings.checks import unused
from pytest_syncguard.settings.find import CACHE
from pytest_syncguard.settings.model import Settings, Stage
from pytest_syncguard.stack.drivers.base import (
    FRESH,
    Driver,
    DriverFactory,
    DriverUnavailable,
    Explains,
    Outlasts,
    StageFault,
    Warns,
)
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprint, Fingerprinter
from pytest_syncguard.stack.fingerprint.manifest import changed
from pytest_syncguard.stack.logs import StageLogs
from pytest_syncguard.stack.plan import KIND, Facts, cannot_see, plan_stack, undone
from pytest_syncguard.verdict import (
    Event,
    GuardFinished,
    Plan,
    Planned,
    Status,
    Step,
    StepFinished,
    Target,
    Verdict,
    Waiting,
    Warned,
    shown_path,
)

if TYPE_CHECKING:
    from pytest_syncguard.stack.pipeline import Workshop

ROUNDS = 3  # how often the whole is planned again because something changed during the sync
NOT_SOURCES = "let git ignore what builds and tests write, or take it out of sources; wait until nobody edits the rest"


class Clock(NamedTuple):
    """Time, as the sync sees it; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class _Newest(NamedTuple):
    """The last plan, the state of the ledger before it, and when it was made."""

    plan: Plan
    ledger: tuple[int, ...]
    at: float


class StackGuard:
    """Implements `Guard` for the stack."""

    kind = KIND

    def __init__(
        self, settings: Settings, make_driver: DriverFactory, *, jobs: int = 1, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.stages = settings.stack.stages
        self.driver: Driver = make_driver(settings)
        self.ledger = Ledger(settings.state)
        self.logs = StageLogs(settings)
        self._jobs = jobs
        self._clock = clock or Clock()
        self._fingerprinter = Fingerprinter(settings.root, settings.state / CACHE, stack=settings.stack, fresh=FRESH)
        self._prints: dict[str, Fingerprint] = {}
        self._newest: _Newest | None = None

    def names(self) -> Sequence[str]:
        return [stage.name for stage in self.stages]

    @property
    def warnings(self) -> Sequence[str]:
        """Those of the newest plan."""
        return self._newest.plan.warnings if self._newest else ()

    def start(self) -> None:
        """Begin to fingerprint in the background; a `plan` that comes soon collects it."""
        self._fingerprinter.start(self.stages)

    def close(self) -> None:
        """End helpers; never stops a service."""
        self._fingerprinter.close()

    def standing(self) -> Mapping[str, int]:
        """Implements `Lasting` by the serials of the ledger."""
        return {name: entry.serial for name, entry in self.ledger.synced().items()}

    def down(self) -> Sequence[str]:
        """Stop what the driver started, nothing else."""
        with SyncLock(self.settings.state):
            return [*self.driver.down(self.stages), *self.driver.down(())]

    def plan(self, wanted: Sequence[Target], *, force: bool = False) -> Plan:
        names = [target.name for target in wanted if target.name]
        if unknown := sorted(set(names) - set(self.names())):
            where = shown_path(self.settings.source) if self.settings.source else "the settings"
            raise SyncguardError(f'no stage "{unknown[0]}" in {where}: it has {", ".join(self.names())}')
        stamp = self.ledger.stamp
        self._fingerprinter.refresh(self.stages)  # while the driver is asked
        seen = self.driver.observe(self.stages)
        self._prints = self._fingerprinter.take(self.stages)
        recorded = self.ledger.synced()
        syncing = SyncLock(self.settings.state).other_holder()
        facts = Facts(
            recorded, self.ledger.failed(), self._prints, seen, self._changed, self._gone, self._explain, syncing
        )
        warnings = [*self._fingerprinter.warnings, *self.ledger.warnings]
        warnings += self.driver.warnings() if isinstance(self.driver, Warns) else ()
        warnings += unused(self.settings.stack)
        warnings += [warning for fingerprint in self._prints.values() for warning in fingerprint.warnings]
        plan = plan_stack(self.stages, facts, names, force=force, warnings=warnings)
        plan = plan._replace(engine=self.driver.engine if isinstance(self.driver, Outlasts) else "")
        self._newest = _Newest(plan, stamp, self._clock.now())
        return plan

    def _still_good(self, plan: Plan) -> bool:
        """Whether the plan is this guard's newest, is fresh, and nobody wrote the ledger since."""
        newest = self._newest
        fresh = newest is not None and newest.plan is plan and self._clock.now() - newest.at < FRESH
        return newest is not None and fresh and self.ledger.stamp == newest.ledger

    def _again(self, plan: Plan) -> Plan:
        return self.plan([verdict.target for verdict in plan.verdicts], force=plan.force)

    def apply(self, plan: Plan) -> Iterator[Event]:
        began = self._clock.now()
        if not plan.steps:
            for warning in plan.warnings:
                yield Warned(message=warning)
            yield self._finished(plan.verdicts, began)
            return
        lock = SyncLock(self.settings.state, self._clock.sleep)
        try:
            for holder in lock.acquire():
                yield Waiting(reason=f"waiting for {holder}")
            self.ledger.repair()
            if not self._still_good(plan):
                plan = self._again(plan)
            yield from self._sync(plan, began)
        finally:
            lock.release()

    def _sync(self, plan: Plan, began: float) -> Iterator[Event]:
        """Under the lock: carry the plan out, and look again until there is nothing to do."""
        wanted = [verdict.target for verdict in plan.verdicts]
        told: set[str] = set()
        cured: set[tuple[str, str]] = set()
        for number in range(ROUNDS + 1):
            for warning in plan.warnings:
                if warning not in told:
                    told.add(warning)
                    yield Warned(message=warning)
            yield Planned(plan=plan)
            if not plan.steps:
                yield self._finished(plan.verdicts, began)
                return
            if number == ROUNDS:
                break
            failed = yield from self._carry_out(plan, cured)
            if failed is not None:
                yield self._finished(failed, began)
                return
            self.start()  # a look that was begun during the sync may have missed an edit since
            plan = self.plan(wanted)
        last = plan.steps[0]
        verdict = self._never_at_rest(last)
        yield StepFinished(step=last, verdict=verdict, seconds=self._clock.now() - began)
        yield self._finished(_with(plan, verdict), began)

    def _carry_out(self, plan: Plan, cured: set[tuple[str, str]]) -> Generator[Event, None, list[Verdict] | None]:
        """All verdicts, if a step failed."""
        from pytest_syncguard.stack.pipeline import Pipeline  # what nothing to do never needs

        stages = {stage.name: stage for stage in self.stages}
        planned = [stages[step.target.name] for step in plan.steps]
        for step in plan.steps:  # what was built could never be told from what is there
            if (now := self._prints[step.target.name]).blind:
                said = f"Step {step.number} UNKNOWN: {step.target.name}: {cannot_see(now)}"
                verdict = Verdict(step.target, Status.UNKNOWN, said)
                yield StepFinished(step=step, verdict=verdict, seconds=0.0)
                return _with(plan, verdict)
        try:
            self.driver.open(planned)
        except (DriverUnavailable, StageFault) as error:
            step, verdict = _refused(plan, error)
            yield StepFinished(step=step, verdict=verdict, seconds=0.0)
            return _with(plan, verdict)
        pipeline = Pipeline(self._workshop(stages), self._prints, cured=cured)
        try:
            yield from pipeline.run(plan)
        finally:
            self.driver.close()
        if pipeline.failed is None:
            return None
        verdict = pipeline.failed.verdict
        return undone(_with(plan, verdict), verdict.target.name)

    def _workshop(self, stages: Mapping[str, Stage]) -> Workshop:
        from pytest_syncguard.stack.pipeline import Workshop

        return Workshop(
            self.settings.root,
            stages,
            self.driver,
            self.ledger,
            self._fingerprinter,
            self.logs,
            self._jobs,
            self._clock.now,
            self._clock.sleep,
        )

    def _changed(self, name: str) -> Sequence[str]:
        """The names of the files, for people: where they cannot be told, that they changed is told without."""
        stage = next(stage for stage in self.stages if stage.name == name)
        old = self.ledger.manifest(name)
        try:
            return changed(old, self._fingerprinter.manifest(stage)) if old else ()
        except FingerprintError:
            return ()

    def _never_at_rest(self, step: Step) -> Verdict:
        """What each sync of a stage was undone by, as seen last, and the cure."""
        name = step.target.name
        why = step.reason.removeprefix(f"{name} is stale: ")
        cure = NOT_SOURCES if self._changed(name) else "wait until nothing else rebuilds or stops what it needs"
        said = f"Step {step.number} FAILED: {name} went out of sync again and again while it was synced ({why}): {cure}"
        return Verdict(step.target, Status.FAILED, said)

    def _gone(self, name: str) -> str:
        """The first of its outputs of which no file is there."""
        stage = next(stage for stage in self.stages if stage.name == name)
        if not stage.outputs:
            return ""
        from pytest_syncguard.stack.outputs import gone  # what few projects name

        return gone(self.settings.root, stage.outputs)

    def _explain(self, recorded: str, seen: str) -> str:
        """What came between the two builds, if the driver can tell."""
        return self.driver.explain(recorded, seen) if isinstance(self.driver, Explains) else ""

    def _finished(self, verdicts: Sequence[Verdict], began: float) -> GuardFinished:
        return GuardFinished(guard=KIND, verdicts=tuple(verdicts), seconds=self._clock.now() - began)


def _refused(plan: Plan, error: DriverUnavailable | StageFault) -> tuple[Step, Verdict]:
    """The driver will not begin: whose step that is, and whether it is a fault or an outage."""
    step = plan.steps[0]
    if isinstance(error, StageFault):
        step = next((each for each in plan.steps if each.target.name == error.stage), step)
        return step, Verdict(step.target, Status.FAILED, f"Step {step.number} FAILED: {error}")
    return step, Verdict(step.target, Status.UNKNOWN, f"Step {step.number} UNKNOWN: {error}")


def _with(plan: Plan, verdict: Verdict) -> list[Verdict]:
    """The plan's verdicts, with the one that ended the sync in its place."""
    return [verdict if each.target == verdict.target else each for each in plan.verdicts]
