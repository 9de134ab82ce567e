"""What runs: one question to the engine, asked without waiting."""

from __future__ import annotations

from collections.abc import Callable

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.command.child import CannotStart, Run
from pytest_syncguard.stack.drivers.command.engine import Engine, Report, State


class Question:
    """Asks for the status and then, where ``whole``, for the start of what that names."""

    def __init__(self, engine: Engine, stage: Stage, *, whole: bool) -> None:
        self._engine, self._stage, self._whole = engine, stage, whole
        self._status: Report | None = None
        self._run: Run | None = None
        self._answer: Report | None = None
        self._start(lambda: engine.ask(stage))

    def answer(self) -> Report | None:
        """The answer, or None while it is under way."""
        if self._answer is None and self._run is not None and (outcome := self._run.outcome()) is not None:
            self.close()
            if self._status is not None:
                self._answer = self._engine.with_start(self._stage, self._status, outcome)
                return self._answer
            report = self._engine.read(self._stage, outcome)
            if self._whole and self._engine.command.started and report.identity:
                self._status = report
                self._start(lambda: self._engine.ask_start(self._stage, report))
            else:
                self._answer = report
        return self._answer

    def close(self) -> None:
        if self._run is not None:
            self._run.close()
            self._run = None

    def _start(self, ask: Callable[[], Run]) -> None:
        try:
            self._run = ask()
        except CannotStart as error:
            self._answer = Report(State.UNREACHABLE, reason=str(error))
