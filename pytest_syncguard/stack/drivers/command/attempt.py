"""One trigger and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Look, Observation, Phase, Runtime
from pytest_syncguard.stack.drivers.command.build import Build
from pytest_syncguard.stack.drivers.command.child import CannotStart, run
from pytest_syncguard.stack.drivers.command.engine import LIMIT, Engine
from pytest_syncguard.stack.drivers.command.record import Records
from pytest_syncguard.stack.drivers.command.templates import names_in
from pytest_syncguard.stack.drivers.command.watch import Watch

READ = 4 << 20  # bytes that one look hands out at most
KEPT = 256 << 10  # bytes of the end of the log that are kept for `tail`


class CommandAttempt:
    """Implements `Attempt`: first the trigger command alone, then what it brought up."""

    def __init__(
        self,
        engine: Engine,
        stage: Stage,
        records: Records,
        observe: Callable[[Stage, str, str], Observation],
    ) -> None:
        self._engine, self._stage, self._observe = engine, stage, observe
        self._records, self._record = records, records.new(stage)
        self._leftovers = records.leftovers(stage.name)
        self._build = Build(engine, stage, records.log(stage.name), self._leftovers)
        self._watch: Watch | None = None
        self._kept = b""

    def look(self) -> Look:
        if self._build.passed:
            self._watch = self._watch or Watch(self._engine, self._stage, self._build)
            text, phase, runtime, reason = self._watch.look(READ)
            self._note(self._watch.identity)
        else:
            text = self._build.read(READ)
            phase, reason, runtime = self._build.phase, self._build.reason, self._runtime()
            if phase is Phase.PASSED and self._stage.one_shot:
                phase = Phase.BUILDING  # what it brought up has still to run to its end
        self._kept = (self._kept + text)[-KEPT:]
        return Look(text, phase, runtime, self._record.trigger, reason)

    def tail(self, lines: int) -> bytes:
        """Read afresh with the `tail` command where there is one, else what was read last."""
        return _last_lines(self._fresh(lines) or self._kept, lines)

    def observe(self) -> Observation:
        return self._observe(self._stage, self._record.trigger, self._watch.identity if self._watch else "")

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        self._build.close()
        self._leftovers.forget()

    def _note(self, identity: str) -> None:
        """Keep what the trigger brought up as soon as it has a name: a sync that fails must be stopped, too."""
        if identity and not self._record.identity:
            self._record = replace(self._record, identity=identity)
            if self._records.of(self._stage.name).trigger == self._record.trigger:
                self._records.keep(self._stage.name, self._record)

    def _runtime(self) -> Runtime:
        if self._stage.one_shot:
            return Runtime.NONE
        return Runtime.DOWN if self._build.phase is Phase.FAILED else Runtime.STARTING

    def _fresh(self, lines: int) -> bytes:
        """The engine's own last lines, after those of the trigger; nothing where it cannot be asked."""
        template = self._engine.command.tail
        identity = self._watch.identity if self._watch else ""
        if not template or self._watch is None or ("identity" in names_in(template) and not identity):
            return b""
        request = self._engine.request(template, self._stage, at=self._build.since, identity=identity, tail=lines)
        try:
            outcome = run(request, LIMIT, merged=True)
        except CannotStart:
            return b""
        return outcome.output.encode() if outcome.code == 0 else b""


def _last_lines(text: bytes, lines: int) -> bytes:
    return b"".join(text.splitlines(keepends=True)[-lines:]) if lines > 0 else b""
