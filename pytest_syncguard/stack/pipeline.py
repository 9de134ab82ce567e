"""Carries out a plan of the stack: stage after stage, each only once those before it are synced."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.ledger import Failed, Ledger, Synced
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Driver
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprint, Fingerprinter
from pytest_syncguard.stack.fingerprint.manifest import changed
from pytest_syncguard.stack.follow import Follower
from pytest_syncguard.stack.logs import StageLogs
from pytest_syncguard.stack.outcome import Kind, Outcome
from pytest_syncguard.stack.outputs import gone
from pytest_syncguard.stack.plan import REBUILD
from pytest_syncguard.stack.remedies import RemedyRun, find_remedy
from pytest_syncguard.stack.work import StepFailed, Work, blame, failure, fault, recorded
from pytest_syncguard.stack.writes import Stamp, named, restless, stamps, written
from pytest_syncguard.verdict import (
    Event,
    Plan,
    RemedyApplied,
    Status,
    Step,
    StepFinished,
    StepProgress,
    StepStarted,
    Verdict,
    Warned,
)

LOOK_EVERY = 0.01  # seconds between two looks
TELL_EVERY = 0.1  # seconds between two progress events
REBUILDS = 2  # how often a stage is built again because its sources changed under it


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a pipeline works with."""

    root: Path
    stages: Mapping[str, Stage]
    driver: Driver
    ledger: Ledger
    fingerprinter: Fingerprinter
    logs: StageLogs
    jobs: int = 1
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class Pipeline:
    """One pass over a plan. ``prints`` are the fingerprints that the plan was made from."""

    shop: Workshop
    prints: dict[str, Fingerprint]
    failed: StepFailed | None = None
    works: list[Work] = field(default_factory=list)
    cured: set[tuple[str, str]] = field(default_factory=set)  # shared by all passes of one sync
    _told_at: float = float("-inf")

    def run(self, plan: Plan) -> Iterator[Event]:
        """Yield what happens. Afterwards `failed` is None, or says where and why the pass ended."""
        try:
            yield from self._run([step._replace(action=REBUILD) for step in plan.steps])  # what barred one is over
        except StepFailed as failed:
            self.failed = failed
            yield from self._report(failed)
        finally:
            for work in self.works:
                work.close()

    def _run(self, pending: list[Step]) -> Iterator[Event]:
        while pending or not all(work.held for work in self.works):
            for step in self._ready(pending):
                pending.remove(step)
                yield StepStarted(step=step)
                self._start(step)
            for work in self.works:
                yield from self._advance(work)
            yield from self._progress()
            if not self._ready(pending):
                self.shop.sleep(LOOK_EVERY)

    def _ready(self, pending: Sequence[Step]) -> list[Step]:
        """The steps that may start now: at most ``jobs`` at once, none before what it needs or follows."""
        under_way = [work for work in self.works if not work.held]
        if any(work.finished for work in under_way):
            return []  # one that was done is being built again: first that
        unsynced = {step.target.name for step in pending} | {work.stage.name for work in under_way}
        ready: list[Step] = []
        for step in pending:
            if len(under_way) + len(ready) >= self.shop.jobs:
                break
            stage = self.shop.stages[step.target.name]
            if self.shop.jobs == 1 or not unsynced.intersection((*stage.needs, *stage.after)):
                ready.append(step)
        return ready

    def _start(self, step: Step) -> None:
        stage = self.shop.stages[step.target.name]
        work = Work(step, stage, self.shop.logs.new(stage.name), self.shop.clock())
        self.works.append(work)
        self._trigger(work)

    def _trigger(self, work: Work) -> None:
        """Cause a build. From here on nothing is known of the stage until it is recorded again."""
        work.close()
        work.recorded = None
        work.digest = self.prints[work.stage.name].digest
        with blame(work):
            known = self.shop.ledger.synced()
            work.needs = {name: known[name].serial for name in work.stage.needs if name in known}
            self.shop.ledger.begin(work.stage.name, work.digest)
            if work.rebuilds:  # what moves under the builds is worth a name
                work.manifest = self.shop.fingerprinter.manifest(work.stage)
            work.stamps = self._stamps(work.stage)
            attempt = self.shop.driver.trigger(work.stage)
            work.follower = Follower(work.stage, attempt, work.log, clock=self.shop.clock, settled=self._begin_to_look)

    def _advance(self, work: Work) -> Iterator[Event]:
        if work.remedy is not None:
            with blame(work):
                if work.remedy.poll():
                    self._begin_to_look()  # what was seen before the remedy ran is old
                    self._look_at_sources()
                    self._trigger(work)
            return
        if work.follower is None:
            return
        with blame(work):
            outcome = work.follower.step()
        if outcome is None:
            return
        if outcome.kind is not Kind.SYNCED:
            yield self._cure(work, work.follower, outcome)
        elif work.recorded != work.follower.build:
            yield from self._record(work, work.follower)

    def _record(self, work: Work, follower: Follower) -> Iterator[Event]:
        """The build is good; it counts only if it is of the sources as they are now."""
        name = work.stage.name
        with blame(work):
            self._look_at_sources()
            overtaken = self._overtaken(work)
        if overtaken:
            work.rebuilds += 1
            if work.rebuilds > REBUILDS:
                raise fault(work, Status.FAILED, restless(self._changed(work), work.wrote, work.rebuilds))
            yield Warned(message=f"{overtaken} while it was built: building it again")
            with blame(work):
                self._look_at_sources()  # what was seen may be older than what was written
            self._trigger(work)
            return
        seconds = self.shop.clock() - work.began
        with blame(work):
            build = self._what_runs(work, follower)
            entry = Synced(name, work.digest, build, self.shop.driver.name, needs=work.needs, seconds=seconds)
            self.shop.ledger.record(entry, self.shop.fingerprinter.manifest(work.stage))
        work.recorded = follower.build
        if not work.finished:
            work.finished = True
            verdict = Verdict(work.step.target, Status.SYNCED, f"{name} was rebuilt: {work.step.reason}")
            yield StepFinished(step=work.step, verdict=verdict, seconds=seconds, log=str(work.log))

    def _what_runs(self, work: Work, follower: Follower) -> str:
        """The build that runs, once it is up and has left what it should."""
        seen = follower.observe()
        if not seen.up:
            raise fault(work, Status.FAILED, f"it was synced and then was not: {seen.reason}")
        if output := gone(self.shop.root, work.stage.outputs):
            said = f"its build passed, but there is no file of its output {output}"
            raise fault(work, Status.FAILED, f"{said}: mend what it writes, or outputs = [...] of the stage")
        return seen.build

    def _overtaken(self, work: Work) -> str:
        """What happened to the sources since the trigger, if the build may have read others than there are now."""
        name, now = work.stage.name, self._stamps(work.stage)
        work.wrote = written(work.stamps, now, work.stage.writes)
        if self.prints[name].digest != work.digest:
            files = named(written(work.stamps, now))
            return f"the sources of {name} changed{f' ({files})' if files else ''}"
        return f"{work.wrote[0]}, a source of {name}, was written" if work.wrote else ""

    def _stamps(self, stage: Stage) -> dict[bytes, Stamp]:
        return stamps(self.shop.root, self.shop.fingerprinter.files(stage))

    def _changed(self, work: Work) -> Sequence[str]:
        """Which sources hold something else than when the last build was triggered."""
        with blame(work):
            return changed(work.manifest, self.shop.fingerprinter.manifest(work.stage))

    def _cure(self, work: Work, follower: Follower, outcome: Outcome) -> Event:
        found = find_remedy(work.stage, outcome.findings, self.cured) if outcome.kind is Kind.ERROR else None
        if found is None or work.finished:
            raise failure(work, outcome)
        remedy, finding = found
        self.cured.add((work.stage.name, remedy.match))
        follower.close()
        work.follower = None
        with blame(work):
            work.remedy = RemedyRun(remedy, self.shop.root, work.log, work.stage.timeout, self.shop.clock)
        return RemedyApplied(step=work.step, error=finding.text, command=remedy.run)

    def _begin_to_look(self) -> None:
        """Fingerprint in the background, while the engine is asked for the last lines."""
        self.shop.fingerprinter.start(tuple(self.shop.stages.values()))

    def _look_at_sources(self) -> None:
        """Fingerprint all stages once more; the next trigger starts from these."""
        self.prints = self.shop.fingerprinter.take(tuple(self.shop.stages.values()))

    def _progress(self) -> Iterator[Event]:
        now = self.shop.clock()
        if now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        for work in self.works:
            if not work.held:
                line = work.follower.line if work.follower is not None else ""
                yield StepProgress(step=work.step, doing=work.doing, elapsed=now - work.began, line=line)

    def _report(self, failed: StepFailed) -> Iterator[Event]:
        """Keep the full log where it can be found (none if nothing was begun), and the failure in the ledger."""
        work = failed.work
        begun = work.follower is not None or work.log.exists() or bool(failed.lines)
        kept = str(work.log) if begun else ""
        try:
            lines = failed.lines or (failed.verdict.reason, *map(str, failed.verdict.evidence))
            whole = work.follower is None or not work.follower.unkept
            if begun:
                kept = str(self.shop.logs.keep_failure(work.log, lines, whole=whole))
        except OSError as error:
            yield Warned(message=f"the log of {work.stage.name} could not be copied to logs/: {error.strerror}")
        if failed.verdict.status is Status.FAILED:
            try:
                self.shop.ledger.fail(Failed(work.stage.name, work.digest, recorded(failed.verdict), kept))
            except SyncguardError as error:  # nobody takes it for synced: that entry went before the trigger
                yield Warned(message=str(error))
        seconds = self.shop.clock() - work.began
        yield StepFinished(step=work.step, verdict=failed.verdict, seconds=seconds, log=kept)
