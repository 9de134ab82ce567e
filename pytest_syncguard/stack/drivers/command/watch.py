"""What a build brought up: asked for its status every so often, its log read as it comes."""

from __future__ import annotations

import time

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Phase, Runtime
from pytest_syncguard.stack.drivers.command.build import Build
from pytest_syncguard.stack.drivers.command.child import CannotStart, Run
from pytest_syncguard.stack.drivers.command.engine import Engine, Report, State
from pytest_syncguard.stack.drivers.command.logs import FollowedLog, Log, PolledLog, pause
from pytest_syncguard.stack.drivers.command.templates import names_in

PATIENCE = 5  # answers in a row that may fail to come before the build counts as lost


class Watch:
    """Begins when the trigger has passed: what its predecessor said while it was stopped never comes in."""

    def __init__(self, engine: Engine, stage: Stage, build: Build) -> None:
        self._engine, self._stage, self._build = engine, stage, build
        self._every = engine.command.poll
        self._began = time.monotonic()
        self._run: Run | None = None
        self._next = 0.0
        self._report: Report | None = None
        self._ended_at = float("inf")
        self._silent, self._answered = 0, self._began
        self._log: Log | None = None
        self.identity = ""
        self._finished = False
        self._open_log()

    def look(self, limit: int) -> tuple[bytes, Phase, Runtime, str]:
        """What is new in the log, and how the build stands; an end is told only with its last lines."""
        if self._engine.watches(self._stage):
            self._ask()
        self._open_log()
        text = self._log.read(limit) if self._log else b""
        phase, runtime, reason = self._stand(drained=len(text) < limit)
        return text, phase, runtime, reason or (self._log.fault if self._log else "")

    def close(self) -> None:
        if self._run is not None:
            self._run.close()
            self._run = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def _stand(self, *, drained: bool) -> tuple[Phase, Runtime, str]:
        report = self._report or Report(State.STARTING)
        if self._silent >= PATIENCE and time.monotonic() - self._answered >= PATIENCE * self._every:
            return Phase.LOST, Runtime.UNKNOWN, report.reason
        if self._stage.one_shot:
            return self._one_shot(report, drained=drained)
        if report.state.ended:
            told = drained and self._log_is_whole(self._ended_at)
            return Phase.PASSED, Runtime.DOWN if told else Runtime.STARTING, report.reason
        runtimes = {State.UP: Runtime.UP, State.UNREACHABLE: Runtime.UNKNOWN}
        return Phase.PASSED, runtimes.get(report.state, Runtime.STARTING), report.reason

    def _one_shot(self, report: Report, *, drained: bool) -> tuple[Phase, Runtime, str]:
        if not self._engine.watches(self._stage):
            self._finished = self._finished or (drained and self._log_is_whole(self._began))
            return Phase.PASSED if self._finished else Phase.BUILDING, Runtime.NONE, ""
        if report.state.ended and drained and self._log_is_whole(self._ended_at):
            if report.state is State.DONE:
                self._finished = True
                return Phase.PASSED, Runtime.NONE, ""
            return Phase.FAILED, Runtime.NONE, report.reason
        return Phase.BUILDING, Runtime.NONE, report.reason

    def _log_is_whole(self, moment: float) -> bool:
        return self._log is None or self._log.whole_since(moment)

    def _ask(self) -> None:
        now = time.monotonic()
        try:
            if self._run is None and now >= self._next and not self._finished:
                self._run = self._engine.ask(self._stage)
        except CannotStart as error:
            self._next = now + pause(self._every, self._began)
            self._take(Report(State.UNREACHABLE, reason=str(error)))
        if self._run is None or (outcome := self._run.outcome()) is None:
            return
        self._run.close()
        self._run, self._next = None, now + pause(self._every, self._began)
        self._take(self._engine.read(self._stage, outcome))

    def _take(self, report: Report) -> None:
        if report.state is State.UNREACHABLE:
            self._silent += 1
        else:
            self._silent, self._answered = 0, time.monotonic()
        if report.identity and self._engine.names_what_runs:
            self.identity = self.identity or report.identity
            if report.identity != self.identity:
                reason = f"another {self._stage.resource} ({report.identity}) took the place of {self.identity}"
                report = Report(State.GONE, report.identity, reason)
        if report.state.ended and not (self._report and self._report.state.ended):
            self._ended_at = time.monotonic()
        self._report = report

    def _open_log(self) -> None:
        """Start to read the log, as soon as all is known that its template asks for."""
        command = self._engine.command
        if self._log is not None or not command.logs:
            return
        if "identity" in names_in(command.logs) and not self.identity:
            return
        request = self._engine.request(command.logs, self._stage, at=self._build.since, identity=self.identity)
        if command.follow:
            self._log = FollowedLog(request, self._every, self._build.leftovers.note)
        else:
            self._log = PolledLog(request, self._every, self._build.baseline())
