"""A third party's driver and guard, as a module that ``plugins`` in the settings names.

The driver ``shelf`` plays what the project's folder ``shelf/`` says: ``STAGE.log`` is what a build of that stage
writes, ``STAGE.end`` how it ends (``passed``, ``failed``, ``hang``; ``refused``: it never begins). What runs
stands in ``shelf/running.json``. It needs no marker and no pytest: functions with the names of hooks are hooks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_syncguard.settings.model import Settings, Stage
from pytest_syncguard.stack.drivers.base import (
    Check,
    Driver,
    DriverFactory,
    DriverUnavailable,
    Look,
    Observation,
    Phase,
    Runtime,
    StageFault,
)
from pytest_syncguard.verdict import (
    Event,
    Guard,
    GuardFinished,
    Plan,
    Planned,
    Result,
    Status,
    Step,
    StepFinished,
    StepStarted,
    Target,
    Verdict,
)


class Shelf:
    """Implements `Driver`."""

    name = "shelf"

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.root / "shelf"
        self.address = str(settings.stack.options.get("address", "shelf 1"))

    def open(self, stages: Sequence[Stage]) -> None:
        if (self.folder / "closed").exists():
            raise DriverUnavailable(f"{self.address} does not answer: open it")

    def observe(self, stages: Sequence[Stage]) -> Mapping[str, Observation]:
        if (self.folder / "closed").exists():
            outage = Observation("", up=False, reason=f"{self.address} does not answer", unknown=True)
            return {stage.name: outage for stage in stages}
        running = self.running()
        return {
            stage.name: Observation(running.get(stage.name, ""), stage.name in running, "it does not run")
            for stage in stages
        }

    def trigger(self, stage: Stage) -> ShelfAttempt:
        return ShelfAttempt(self, stage)

    def down(self, stages: Sequence[Stage]) -> Sequence[str]:
        stopped = [f"stopped {name}" for name in self.running()]
        self.keep({})
        return stopped

    def log(self, stage: Stage) -> bytes:
        return f"the shelf's log of {stage.name}\n".encode() if stage.name in self.running() else b""

    def doctor(self, stages: Sequence[Stage]) -> Sequence[Check]:
        closed = (self.folder / "closed").exists()
        return [Check(self.address, not closed, "closed" if closed else "open", "open it" if closed else "")]

    def close(self) -> None:
        pass

    def running(self) -> dict[str, str]:
        path = self.folder / "running.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def keep(self, running: Mapping[str, str]) -> None:
        (self.folder / "running.json").write_text(json.dumps(running))


class ShelfAttempt:
    """Implements `Attempt`: everything a build will ever say is there at the first look."""

    def __init__(self, shelf: Shelf, stage: Stage) -> None:
        self.shelf, self.stage = shelf, stage
        end = shelf.folder / f"{stage.name}.end"
        self.end = end.read_text().strip() if end.exists() else "passed"
        if self.end == "refused":
            raise StageFault(stage.name, "it was taken off the shelf: put it back")
        self.rest = (shelf.folder / f"{stage.name}.log").read_bytes()
        counter = shelf.folder / "builds"
        number = int(counter.read_text()) + 1 if counter.exists() else 1
        counter.write_text(str(number))
        self.build = f"build {number}"

    def look(self) -> Look:
        output, self.rest = self.rest, b""
        if self.end == "hang":
            return Look(output, Phase.BUILDING, Runtime.NONE, self.build)
        if self.end == "failed":
            return Look(output, Phase.FAILED, Runtime.NONE, self.build, "it ended with exit code 1")
        self.shelf.keep({**self.shelf.running(), self.stage.name: self.build})
        return Look(output, Phase.PASSED, Runtime.UP, self.build)

    def tail(self, lines: int) -> bytes:
        return (self.shelf.folder / f"{self.stage.name}.log").read_bytes()

    def observe(self) -> Observation:
        return self.shelf.observe([self.stage])[self.stage.name]

    def close(self) -> None:
        pass


class Migrations:
    """A team's own guard: in sync when the file ``migrated`` is there."""

    kind = "migrations"

    def __init__(self, root: Path) -> None:
        self.done = root / "migrated"

    def names(self) -> Sequence[str]:
        return ["main"]

    def verdict(self) -> Verdict:
        status, reason = (
            (Status.SYNCED, "all are applied") if self.done.exists() else (Status.STALE, "1 is not applied")
        )
        return Verdict(Target(self.kind, "main"), status, reason)

    def plan(self, wanted: Sequence[Target], *, force: bool = False) -> Plan:
        verdict = self.verdict()
        steps = () if verdict.synced else (Step(verdict.target, "migrate", verdict.reason, 1),)
        return Plan(self.kind, (verdict,), steps)

    def apply(self, plan: Plan) -> Iterator[Event]:
        if plan.steps:
            yield Planned(plan=plan)
        for step in plan.steps:
            yield StepStarted(step=step)
            self.done.touch()
            yield StepFinished(step=step, verdict=self.verdict(), seconds=0.0)
        yield GuardFinished(guard=self.kind, verdicts=(self.verdict(),))


def pytest_syncguard_drivers() -> Mapping[str, DriverFactory]:
    def make(settings: Settings) -> Driver:
        return Shelf(settings)

    return {"shelf": make}


def pytest_syncguard_guards(settings: Settings) -> Sequence[Guard]:
    return [Migrations(settings.root)] if (settings.root / "migrations").is_dir() else []


def pytest_syncguard_stage_finished(event: StepFinished) -> None:
    _tell(f"finished {event.step.target} {event.verdict.status}")


def pytest_syncguard_report(result: Result) -> None:
    _tell(f"reported {result.summary.partition(':')[0]}")


def _tell(what: str) -> None:
    with Path("told").open("a") as file:
        file.write(f"{what}\n")
