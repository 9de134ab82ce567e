"""Syncs as processes of their own would do them: to the end, interrupted, abandoned, killed, two at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import GeneratorType
from typing import cast

from pytest_syncguard import gate
from pytest_syncguard.lock import SyncLock
from pytest_syncguard.verdict import Event, GuardFinished, Result, Status, StepFinished, StepStarted, Target
from tests.stack.property.world import TIMEOUT, Weather, World

LIMIT = 4 * 3 * 3 * (TIMEOUT + 3)  # stages, builds of each, rounds; virtual seconds
dead: list[object] = []  # what a killed process was about to do: kept, so that nothing of it is carried out


class Sync:
    """One sync. `advance` lets it go on to its next event."""

    def __init__(self, world: World, names: Sequence[str] = (), *, force: bool = False, jobs: int = 1) -> None:
        self.world = world
        self.names = names
        self.events: list[Event] = []
        self.running = False
        self.ended = False
        self.error: BaseException | None = None  # what it ended with, if that was none of its events
        self._guard = world.guard(jobs)
        wanted = [Target("stack", name) for name in names]
        plan = self._guard.plan(wanted, force=force)
        self.planned = [step.target.name for step in plan.steps]
        self._events = cast("GeneratorType[Event, None, None]", self._guard.apply(plan))
        self._deadline = world.now + LIMIT * (1 + len(world.stages))

    def advance(self) -> bool:
        """Go on to the next event; False once it has ended."""
        assert not self.running
        assert self.world.now < self._deadline, "this sync does not end"
        self.running = True
        try:
            self.events.append(next(self._events))
            self._check_step(self.events[-1])
        except StopIteration:
            self.ended = True
        except BaseException as error:
            self.ended, self.error = True, error
            raise
        finally:
            self.running = False
        return not self.ended

    def _check_step(self, event: Event) -> None:
        """A step that has just ended well is synced, not only the whole in the end. What it needs may have been
        edited since, and in a Tilt with lags nobody can know yet.
        """
        if not isinstance(event, StepFinished) or not event.verdict.synced or self.world.weather != Weather():
            return
        name = event.step.target.name
        why = "" if self.world.stage(name).needs else self.world.why_not_synced(name)
        assert not why, f"{name} ended as synced, but {why}"

    def run(self, events: int | None = None) -> None:
        """Go on to the end, or for so many events."""
        while (events is None or len(self.events) < events) and self.advance():
            pass

    def close(self) -> None:
        """Whoever started it wants no more of it."""
        self._events.close()
        self._guard.close()
        self.ended = True

    def die(self) -> None:
        """As by SIGKILL: nothing is cleaned up, only the kernel takes its lock back."""
        dead.append(self._events)
        if (lock := self._lock) is not None and lock._lock is not None:
            lock._lock.release()  # type: ignore[attr-defined]
        self.ended = True

    @property
    def _lock(self) -> SyncLock | None:
        frame = self._events.gi_frame
        return frame.f_locals.get("lock") if frame is not None else None

    @property
    def holding(self) -> bool:
        """Whether it is the one that syncs."""
        return (lock := self._lock) is not None and lock._lock is not None

    @property
    def result(self) -> Result:
        finished = tuple(event for event in self.events if isinstance(event, StepFinished))
        last = self.events[-1]
        assert isinstance(last, GuardFinished)
        return Result(last.verdicts, finished)

    @property
    def under_way(self) -> set[str]:
        """The stages that were triggered and not finished: what is told of a start comes before the trigger."""
        names: set[str] = set()
        for event in self.events[:-1]:
            if isinstance(event, StepStarted):
                names.add(event.step.target.name)
        return names - {event.step.target.name for event in self.events if isinstance(event, StepFinished)}

    def check(self) -> None:
        """Its result is the truth, and a failure is told as it should be."""
        if self.result.synced:
            assert not gate.plan([self.world.guard()], [verdict.target for verdict in self.result.verdicts])[0].steps
        else:
            self.check_failure()

    def check_failure(self) -> None:
        """If it failed: it names a stage, whose log is kept and shows why."""
        result = self.result
        if result.synced:
            return
        told = [event for event in result.finished if not event.verdict.synced]
        assert told, f"a failure that names no stage: {result}"
        failed = told[-1]
        number = [stage.name for stage in self.world.stages].index(failed.step.target.name) + 1
        assert result.summary.endswith(f"failed at [Step {failed.step.number}]. See logs below for details")
        assert failed.step.number == number
        if failed.verdict.status is Status.FAILED and "rebuild error" in failed.verdict.reason:
            kept = Path(failed.log).read_text()
            assert Path(failed.log).parent == self.world.settings.failure_logs
            shown = failed.verdict.evidence[0]
            assert not shown.line or shown.text in kept, f"{shown} is not in {failed.log}"


def run_together(world: World, syncs: Sequence[Sync], order: Sequence[int]) -> None:
    """Both go on by turns; one that waits for the other lets it work meanwhile."""

    def let_others_work() -> None:
        for sync in syncs:
            if sync.holding and not sync.running and not sync.ended:
                with suppress(Exception):  # its own, told below; the one that waits must not take it for its own
                    sync.advance()

    world.wait_for_others = let_others_work
    turn = 0
    try:
        while not all(sync.ended for sync in syncs):
            sync = syncs[order[turn % len(order)]] if turn < 200 else syncs[turn % len(syncs)]
            turn += 1
            if sync.ended:
                sync = next(each for each in syncs if not each.ended)
            sync.advance()
    finally:
        world.wait_for_others = lambda: None
    for each in syncs:
        if each.error is not None:
            raise each.error
