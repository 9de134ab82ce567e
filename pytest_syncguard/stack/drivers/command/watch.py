"""What a build brought up: asked for its status every so often, its log read as it comes."""

from __future__ import annotations

import time

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Phase, Runtime
from pytest_syncguard.stack.drivers.command.build import Build
from pytest_syncguard.stack.drivers.command.child import Request
from pytest_syncguard.stack.drivers.command.engine import Engine, Report, State
from pytest_syncguard.stack.drivers.command.logs import FollowedLog, JoinedLog, Log, PolledLog, pause
from pytest_syncguard.stack.drivers.command.question import Question
from pytest_syncguard.stack.drivers.command.templates import moment, names_in

PATIENCE = 5  # answers in a row that may fail to come before the build counts as lost


class Watch:
    """Begins when the trigger has passed. A predecessor may run on for a while, and may have said all that this
    build is going to say; so nothing is believed and no log is read before status shows what did not run before.
    """

    def __init__(self, engine: Engine, stage: Stage, build: Build) -> None:
        self._engine, self._stage, self._build = engine, stage, build
        self._every = engine.command.poll
        self._began = time.monotonic()
        self._question: Question | None = None
        self._next = 0.0
        self._report: Report | None = None
        self._ended_at = float("inf")
        self._silent, self._answered = 0, self._began
        self._log: Log | None = None
        self.identity = self.started = ""
        self.since = build.since
        """What {since} and {epoch} mean here, in seconds since 1970."""
        self._untied = ""
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

    def again(self) -> bytes | None:
        """The end of the log as it is now, as far as nobody has read it; None: it cannot be read."""
        return self._log.again() if self._log else b""

    @property
    def fault(self) -> str:
        """Why the log cannot be read."""
        return self._log.fault if self._log else ""

    def close(self) -> None:
        if self._question is not None:
            self._question.close()
            self._question = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def _stand(self, *, drained: bool) -> tuple[Phase, Runtime, str]:
        report = self._report or Report(State.STARTING)
        if self._silent >= PATIENCE and time.monotonic() - self._answered >= PATIENCE * self._every:
            return Phase.LOST, Runtime.UNKNOWN, report.reason
        if self._untied:
            return Phase.PASSED, Runtime.DOWN, self._untied
        if self._stage.one_shot:
            return self._one_shot(report, drained=drained)
        if report.state.ended:
            told = drained and self._log_is_whole(self._ended_at)
            return Phase.PASSED, Runtime.DOWN if told else Runtime.STARTING, report.reason
        runtimes = {State.UP: Runtime.UP, State.UNREACHABLE: Runtime.UNKNOWN}
        return Phase.PASSED, runtimes.get(report.state, Runtime.STARTING), report.reason

    def _one_shot(self, report: Report, *, drained: bool) -> tuple[Phase, Runtime, str]:
        if not self._engine.watches(self._stage):  # there is no log either: the trigger has printed all and waited
            return Phase.PASSED, Runtime.NONE, ""
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
        if self._question is None and now >= self._next and not self._finished:
            self._question = Question(self._engine, self._stage, whole=not self.identity)
        if self._question is None or (report := self._question.answer()) is None:
            return
        self._question, self._next = None, now + pause(self._every, self._began)
        self._take(report)

    def _take(self, report: Report) -> None:
        if report.state is State.UNREACHABLE:
            self._silent += 1
        else:
            self._silent, self._answered = 0, time.monotonic()
        nameless = report.state is State.UP or (report.state is State.DONE and not self.identity)
        if self._engine.names_what_runs and (report.identity or nameless):
            report = self._same(report) if self.identity else self._first(report)
        if report.state.ended and not (self._report and self._report.state.ended):
            self._ended_at = time.monotonic()
        self._report = report

    def _same(self, report: Report) -> Report:
        if report.identity == self.identity:
            return report
        found = report.identity or "without a name"
        reason = f"another {self._stage.resource} ({found}) took the place of {self.identity}"
        return Report(State.GONE, report.identity, reason)

    def _first(self, report: Report) -> Report:
        """The report if what it names is new, else one that says what is still waited for."""
        resource = self._stage.resource
        if not report.identity:
            return Report(State.STARTING, reason=f"`identity` finds no name in the status of {resource}")
        if report.ran_already(self._build.before):
            old = f"status still shows the {resource} that there was before the trigger ({report.identity})"
            return Report(State.STARTING, reason=old)
        if self._engine.command.started and not report.started and report.state is not State.FAILED:
            return Report(State.STARTING, reason=report.reason or f"`started` of {resource} gave no answer")
        self.identity, self.started = report.identity, report.started
        if self._engine.command.logs and not self._stage.one_shot:
            self._tie(report, names_in(self._engine.command.logs))
        return report

    def _tie(self, report: Report, names: frozenset[str]) -> None:
        """Find what keeps the predecessor's words out: a name of its own, or else the moment of its start."""
        kept, start = report.kept_a_name_of(self._build.before), moment(report.started)
        if "identity" in names and not kept:
            return
        if start is not None and names & {"since", "epoch"}:
            self.since = start
            return
        said = f"the log of {self._stage.resource} may hold its predecessor's words"
        if kept:
            said += f", for a restart keeps its name ({report.identity})"
        cure = "let stack.command.logs have {since} or {epoch} and `started` print one moment with its fraction"
        printed = f" (it printed {report.started})" if report.started else ""
        self._untied = f"{said}: {cure}{printed}" + ("" if kept else ", or let logs have {identity}")

    def _open_log(self) -> None:
        """Start to read the log, as soon as all is known that its template asks for."""
        command = self._engine.command
        if self._log is not None or not command.logs:
            return
        serves = self._engine.names_what_runs and not self._stage.one_shot
        if self._untied or ((serves or "identity" in names_in(command.logs)) and not self.identity):
            return
        requests = self._engine.requests(command.logs, self._stage, at=self.since, identity=self.identity)
        logs: list[Log] = [self._log_of(request) for request in requests]
        self._log = logs[0] if len(logs) == 1 else JoinedLog(logs)

    def _log_of(self, request: Request) -> Log:
        if self._engine.command.follow:
            return FollowedLog(request, self._every, self._build.leftovers.note)
        return PolledLog(request, self._every, self._build.baseline())
