"""The build: the trigger command, before it a note of what runs and of what the log already holds."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import IO

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Phase
from pytest_syncguard.stack.drivers.command.child import CannotStart, Child, Run, drain, ending
from pytest_syncguard.stack.drivers.command.engine import Engine, Report, State, unreachable
from pytest_syncguard.stack.drivers.command.leftovers import Leftovers
from pytest_syncguard.stack.drivers.command.logs import POLL_LIMIT
from pytest_syncguard.stack.drivers.command.question import Question
from pytest_syncguard.stack.drivers.command.templates import names_in
from pytest_syncguard.stack.drivers.said import last_line

SAID = 500  # bytes of the last line that are kept

WITHIN = frozenset({"since", "epoch", "identity"})
"""With one of these in `logs` the engine itself leaves out what is old."""


class Build:
    """One run of the trigger command.

    Its output goes to a file and not through a pipe: a trigger may start a service that inherits the
    output, and that service must not die of a closed pipe when the sync is over.
    """

    def __init__(self, engine: Engine, stage: Stage, log: Path, leftovers: Leftovers) -> None:
        self.leftovers = leftovers
        leftovers.end()
        self.phase = Phase.QUEUED
        self.reason = ""
        self.since = time.time()
        self._engine, self._stage, self._path = engine, stage, log
        self._file: IO[bytes] | None = None
        self._child: Child | None = None
        self._baseline: Run | None = None
        self._line = b""
        self.before = Report(State.GONE)
        """What ran when the trigger began: its words and its state are not this build's."""
        named = engine.names_what_runs and engine.watches(stage)
        self._question = Question(engine, stage, whole=True) if named else None
        logs = engine.command.logs
        if logs and not engine.command.follow and not names_in(logs) & WITHIN:
            self._note(engine, stage)
        self._begin()

    @property
    def passed(self) -> bool:
        return self.phase is Phase.PASSED

    @property
    def over(self) -> bool:
        return self.phase in {Phase.PASSED, Phase.FAILED}

    def read(self, limit: int) -> bytes:
        """What is new of the trigger's output; moves `phase` on, to its end only when all has been read."""
        if self.phase is Phase.QUEUED:
            self._begin()
        if self._child is None or self._file is None or self.over:
            return b""
        code = self._child.code
        text = drain(self._file.fileno(), limit)
        self._line = last_line(text)[-SAID:] or self._line
        if code is not None and len(text) < limit:
            said = self._line.decode(errors="replace")
            self.phase = Phase.PASSED
            if code:
                self._fail(f"the trigger of {self._stage.name} {ending(code)}{': ' if said else ''}{said}")
        return text

    def baseline(self) -> IO[bytes] | None:
        """What the log held before the trigger, handed over to whoever reads on; None: leave out nothing."""
        run, self._baseline = self._baseline, None
        if run is None:
            return None
        outcome = run.outcome()
        if outcome is not None and outcome.code == 0:
            return run.output
        run.close()
        return None

    def close(self) -> None:
        """End the trigger with its tree if it still runs; what it has brought up stays."""
        if self._child is not None:
            self._child.end()
        if self._baseline is not None:
            self._baseline.close()
            self._baseline = None
        if self._question is not None:
            self._question.close()
        self._close_file()

    def _note(self, engine: Engine, stage: Stage) -> None:
        try:
            self._baseline = Run(engine.request(engine.command.logs, stage), POLL_LIMIT, merged=True)
        except CannotStart as error:
            self._fail(str(error))

    def _begin(self) -> None:
        """Start the trigger as soon as it is known what is old: else it could not be told from what is new."""
        noted = self._baseline.outcome() if self._baseline else None
        if noted and unreachable(noted):
            self._fail(f"the log of {self._stage.name} cannot be read: {noted.last_line or 'no answer'}")
        ran = self._question.answer() if self._question else self.before
        if ran and ran.state is State.UNREACHABLE:
            self._fail(f"what runs of {self._stage.name} before its trigger cannot be asked: {ran.reason}")
        if ran and (noted or self._baseline is None) and not self.over:
            self.before = ran
            self._start()

    def _fail(self, reason: str) -> None:
        self.phase, self.reason = Phase.FAILED, reason

    def _start(self) -> None:
        self.since = time.time()
        request = self._engine.request(self._engine.command.trigger, self._stage, at=self.since)
        try:
            self._file = _fresh(self._path)
            writer = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                self._child = Child(request, writer, writer)
            finally:
                os.close(writer)
            self.leftovers.note(self._child.pid)
            self.phase = Phase.BUILDING
        except CannotStart as error:
            self._close_file()
            self._fail(str(error))
        except OSError as error:
            raise SyncguardError(
                f"{self._path} cannot be written ({error.strerror}): make the folder writable"
            ) from error

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _fresh(path: Path) -> IO[bytes]:
    """A new file of that name: an older trigger that still writes has its own."""
    path.unlink(missing_ok=True)
    path.touch()
    return path.open("rb", buffering=0)
