"""The command driver: stages behind any tool that can be told to build, to show logs and to say how it is."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import CommandSettings, Settings, Stage
from pytest_syncguard.stack.drivers.base import Check, DriverUnavailable, Observation, StageFault
from pytest_syncguard.stack.drivers.command.attempt import CommandAttempt
from pytest_syncguard.stack.drivers.command.build import WITHIN
from pytest_syncguard.stack.drivers.command.child import CannotStart, Request, run
from pytest_syncguard.stack.drivers.command.composefile import check_compose_file
from pytest_syncguard.stack.drivers.command.engine import LIMIT, Engine, Report, State
from pytest_syncguard.stack.drivers.command.record import Records
from pytest_syncguard.stack.drivers.command.templates import names_in

LOG_LINES = 10_000
LOG_BYTES = 16 << 20
DOWN_LIMIT = 120.0  # seconds; stopping a container alone may take ten


class CommandDriver:
    """Implements `Driver` with the argv templates of ``[stack.command]``."""

    name = "command"

    def __init__(self, settings: Settings) -> None:
        self._settings, self._engine = settings, Engine(settings)
        self._records = Records(settings.state / "command")
        self._names = {stage.name for stage in settings.stack.stages}
        self._attempts: list[CommandAttempt] = []

    def open(self, stages: Sequence[Stage]) -> None:
        for fault in faults(self._engine, stages):
            raise SyncguardError(fault)
        asked = [stage for stage in stages if self._engine.command.status]
        for stage, report in zip(asked, self._reports(asked), strict=True):
            if report.state is State.UNREACHABLE:
                raise DriverUnavailable(f"the status of {stage.name} cannot be asked: {report.reason}")
            if report.state is State.STRANGER:
                raise StageFault(stage.name, report.reason)

    def observe(self, stages: Sequence[Stage]) -> Mapping[str, Observation]:
        reports = self._reports(stages, whole=True)
        return {stage.name: self._observation(stage, report) for stage, report in zip(stages, reports, strict=True)}

    def trigger(self, stage: Stage) -> CommandAttempt:
        attempt = CommandAttempt(self._engine, stage, self._records, self._observe_synced)
        self._attempts.append(attempt)
        return attempt

    def down(self, stages: Sequence[Stage]) -> Sequence[str]:
        """Stop these stages, as far as they are ours; none given: all that is recorded, though it left the settings."""
        template = self._engine.command.down
        if not template:
            return []
        asked = stages or self._orphans()
        ours = [stage for stage in asked if self._records.of(stage.name).trigger]
        reports = zip(ours, self._reports(ours), strict=True)
        return [said for stage, report in reports if (said := self._stop_ours(stage, report))]

    def log(self, stage: Stage) -> bytes:
        """The output of the last trigger, and what the engine still has of what it brought up."""
        path = self._records.log(stage.name)
        return _end_of(path) + self._engine_log(stage)

    def doctor(self, stages: Sequence[Stage]) -> Sequence[Check]:
        wrong = faults(self._engine, stages)
        checks = [
            Check("command settings", ok=False, found=fault, cure="correct [stack.command]") for fault in wrong
        ] or [Check("command settings", ok=True, found="trigger, status and patterns fit together")]
        checks += [self._tool(tool) for tool in sorted(self._tools())]
        asked = [stage for stage in stages if self._engine.command.status]
        reports = zip(asked, self._reports(asked), strict=True)
        checks += [_health(stage, report) for stage, report in reports]
        return [*checks, *check_compose_file(self._settings), *self._left()]

    def close(self) -> None:
        for attempt in self._attempts:
            attempt.close()
        self._attempts.clear()

    def _reports(self, stages: Sequence[Stage], *, whole: bool = False) -> list[Report]:
        """What the engine says of each stage; asked side by side, for each answer takes a process."""
        if not stages:
            return []
        with ThreadPoolExecutor(min(len(stages), 8)) as pool:
            return list(pool.map(self._whole_report if whole else self._report, stages))

    def _report(self, stage: Stage) -> Report:
        return self._engine.report(stage) if self._engine.command.status else Report(State.UP)

    def _whole_report(self, stage: Stage) -> Report:
        return self._engine.since_when(stage, self._report(stage))

    def _observation(self, stage: Stage, report: Report) -> Observation:
        record = self._records.of(stage.name)
        if stage.one_shot and not self._engine.watches(stage):
            # It left nothing behind that could be asked: the trigger that passed is all there is.
            return Observation(record.build(""), up=bool(record.trigger))
        up = report.state is (State.DONE if stage.one_shot else State.UP)
        unknown = report.state is State.UNREACHABLE
        identity = "@".join(filter(None, (report.identity, report.started)))
        return Observation(record.build(identity), up, "" if up else report.reason, unknown)

    def _observe_synced(self, stage: Stage, trigger: str, identity: str, started: str) -> Observation:
        """What runs now, if it is what this trigger brought up; noted, so that `down` knows it for ours."""
        report, record = self._whole_report(stage), self._records.of(stage.name)
        named = self._engine.names_what_runs and identity and report.identity
        again = report.started and started and report.started != started
        if record.trigger != trigger or (named and (again or report.identity != identity)):
            return Observation("", up=False, reason=f"another {stage.resource} took the place of this build's")
        if report.identity:
            self._records.keep(stage.name, replace(record, identity=report.identity))
        return self._observation(stage, report)

    def _orphans(self) -> list[Stage]:
        """What was triggered of stages that have left the settings."""
        if not self._engine.names_what_runs:
            return []
        return [stage for stage in self._records.stages() if stage.name not in self._names]

    def _left(self) -> list[Check]:
        """What stages that have left the settings left running."""
        asked = self._orphans() if self._engine.command.status else []
        found = zip(asked, self._reports(asked), strict=True)
        ours = [
            (stage, report)
            for stage, report in found
            if not report.state.ended and self._records.of(stage.name).brought_up(report.identity)
        ]
        said = 'stage "{}", which the settings no longer have, still runs ({})'
        return [
            Check(f"stage {stage.name}", False, said.format(stage.name, report.identity), "run syncguard down")
            for stage, report in ours
        ]

    def _stop_ours(self, stage: Stage, report: Report) -> str:
        """Stop what one of our triggers brought up; where that was never known, say what is left and how to stop it."""
        if report.state is State.UNREACHABLE:
            raise DriverUnavailable(f"{stage.name} cannot be stopped: {report.reason}")
        if report.state in {State.STRANGER, State.GONE}:
            return ""
        record = self._records.of(stage.name)
        request = self._engine.request(self._engine.command.down, stage, identity=report.identity)
        if not self._engine.names_what_runs or record.brought_up(report.identity):
            return self._stop(stage, request)
        if record.identity or record.earlier or report.state.ended:
            return ""  # what others have put in its place, or nothing
        return (
            f"{stage.name}: left {stage.resource} ({report.identity or 'without a name'}) running, for its sync failed "
            f"before it was known what it had started; stop it with {request}"
        )

    def _stop(self, stage: Stage, request: Request) -> str:
        outcome = run(request, DOWN_LIMIT)
        if outcome.code != 0:
            raise SyncguardError(f"{stage.name} could not be stopped: {request}: {outcome.last_line}")
        self._records.forget(stage.name)
        return f"{stage.name}: stopped {stage.resource} with {request}"

    def _engine_log(self, stage: Stage) -> bytes:
        command = self._engine.command
        template = command.tail or (() if command.follow else command.logs)
        identity = self._records.of(stage.name).identity
        if not template or ("identity" in names_in(template) and not identity):
            return b""
        requests = self._engine.requests(template, stage, identity=identity, tail=LOG_LINES)
        try:
            return b"".join(run(request, LIMIT, merged=True).output.encode() for request in requests)
        except CannotStart as error:
            return f"{error}\n".encode()

    def _tools(self) -> set[str]:
        command = self._engine.command
        return {argv[0] for argv in (command.trigger, command.logs, command.status, command.down) if argv}

    def _tool(self, tool: str) -> Check:
        found = shutil.which(tool, path=None) or shutil.which(str(self._engine.root / tool))
        cure = "" if found else f"install {tool}, or correct [stack.command]"
        return Check(f"command {Path(tool).name}", bool(found), found or "not found", cure)


def _end_of(path: Path) -> bytes:
    """The last `LOG_BYTES` of a file, nothing when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            return file.read()
    except OSError:
        return b""


def faults(engine: Engine, stages: Sequence[Stage]) -> list[str]:
    """What is wrong with the settings for these stages, one sentence each."""
    command = engine.command
    found = _old_lines(command)
    if not command.trigger:
        found.insert(
            0, 'stack.command.trigger is missing: name the command that builds, such as ["make", "{resource}"]'
        )
    serving = next((stage.name for stage in stages if not stage.one_shot), "")
    if serving and not (command.status and command.up):
        found.append(
            f"stack.command.status and .up are needed to see that {serving} is up; "
            f"add them or set one_shot = true for {serving}"
        )
    job = next((stage.name for stage in stages if stage.one_shot), "")
    if job and command.logs and not command.done:
        found.append(
            f"stack.command.done is missing: without it, what an older {job} still writes to the log would count; "
            "add a pattern over what status prints at its end, or leave out logs if the trigger prints all and waits"
        )
    if job and command.done and not (command.status and command.identity):
        found.append(
            f"stack.command.status and .identity are needed beside done, to tell this run of {job} from the one before"
        )
    if serving:
        found += [
            f"stack.command.{key} may print words of the {serving} that ran before the trigger: let it name "
            "{identity} (docker logs {identity}, journalctl _SYSTEMD_INVOCATION_ID={identity}), "
            "or {since} beside `started`"
            for key in ("logs", "tail")
            if getattr(command, key) and not tied(command, key)
        ]
    return found


def _old_lines(command: CommandSettings) -> list[str]:
    """What would let the lines of an older build count, or hide those of a new one."""
    found = []
    if command.follow and command.logs and not names_in(command.logs) & WITHIN:
        found.append(
            "stack.command.logs is followed and names none of {since}, {epoch}, {identity}: "
            "old lines would count; add one of them or set follow = false"
        )
    if command.logs and not (command.follow or command.appends or names_in(command.logs) & WITHIN):
        found.append(
            "stack.command.logs names none of {since}, {epoch}, {identity}: a log that is emptied at the start and "
            "repeats itself would hide this build's errors; add one of them, or appends = true if nothing empties it"
        )
    if command.tail and not names_in(command.tail) & WITHIN:
        found.append("stack.command.tail names none of {since}, {epoch}, {identity}: old lines would count; add one")
    return found


def tied(command: CommandSettings, key: str) -> bool:
    """Whether a log is of what runs now, and not only of what was said since the trigger."""
    names = names_in(getattr(command, key))
    return "identity" in names or bool(command.started and names & WITHIN)


def _health(stage: Stage, report: Report) -> Check:
    ok = report.state not in {State.UNREACHABLE, State.STRANGER}
    _, _, missing = report.reason.partition(": install ")
    cure = "" if ok else f"install {missing}" if missing else "start the engine, or correct the stage's resource"
    return Check(f"status of {stage.name}", ok, report.reason or report.state.name.lower(), cure)
