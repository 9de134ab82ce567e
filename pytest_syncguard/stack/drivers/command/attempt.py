"""One trigger and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import DriverUnavailable, Look, Observation, Phase, Runtime
from pytest_syncguard.stack.drivers.command.build import Build
from pytest_syncguard.stack.drivers.command.child import CannotStart, ending, run
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
        observe: Callable[[Stage, str, str, str], Observation],
    ) -> None:
        self._engine, self._stage, self._observe = engine, stage, observe
        self._records, self._record = records, records.new(stage)
        self._leftovers = records.leftovers(stage.name)
        self._build = Build(engine, stage, records.log(stage.name), self._leftovers)
        self._watch: Watch | None = None
        self._kept = b""
        self._up = False

    def look(self) -> Look:
        """Beside `logs` the trigger's words are no sign of success: what it starts has yet to speak for itself."""
        signs = self._build.passed or not self._engine.command.logs
        if self._build.passed:
            self._watch = self._watch or Watch(self._engine, self._stage, self._build)
            text, phase, runtime, reason = self._watch.look(READ)
            self._note(self._watch.identity)
        else:
            text = self._build.read(READ)
            phase, reason, runtime = self._build.phase, self._build.reason, self._runtime()
            if phase is Phase.PASSED and (self._kept + text)[-1:] not in (b"", b"\n"):
                text += b"\n"  # what comes next is another's line
            if phase is Phase.PASSED and self._stage.one_shot:
                phase = Phase.BUILDING  # what it brought up has still to run to its end
        self._kept, self._up = (self._kept + text)[-KEPT:], runtime is Runtime.UP
        return Look(text, phase, runtime, self._record.trigger, reason, signs=signs)

    def tail(self, lines: int) -> bytes:
        """Read afresh, with the `tail` command where there is one, and waited for; what is followed is read already.

        Raises `DriverUnavailable` for what is up and of which the last lines cannot be read.
        """
        if self._watch is None:
            return _last_lines(self._kept, lines)
        if self._engine.command.tail:
            again, fault = self._fresh(self._watch, lines)
            text = again or _last_lines(self._kept, lines)
        else:
            again, fault = self._watch.again(), self._watch.fault
            text = _last_lines(self._kept + (again or b""), lines)
        if again is None and self._up:
            raise DriverUnavailable(f"the last lines of {self._stage.name} cannot be read once more: {fault}")
        return text

    def observe(self) -> Observation:
        named = (self._watch.identity, self._watch.started) if self._watch else ("", "")
        return self._observe(self._stage, self._record.trigger, *named)

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

    def _fresh(self, watch: Watch, lines: int) -> tuple[bytes | None, str]:
        """What the `tail` command prints for each replica; None, and why, where one of them cannot be asked."""
        template, text = self._engine.command.tail, b""
        if "identity" in names_in(template) and not watch.identity:
            return b"", ""
        for request in self._engine.requests(
            template, self._stage, at=watch.since, identity=watch.identity, tail=lines
        ):
            try:
                outcome = run(request, LIMIT, merged=True)
            except CannotStart as error:
                return None, str(error)
            if outcome.code != 0:
                return None, f"{request} {ending(outcome.code)}: {outcome.last_line}"
            text += _last_lines(outcome.output.encode(), lines)
        return text, ""


def _last_lines(text: bytes, lines: int) -> bytes:
    return b"".join(text.splitlines(keepends=True)[-lines:]) if lines > 0 else b""
