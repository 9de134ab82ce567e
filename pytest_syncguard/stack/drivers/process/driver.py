"""The driver that needs nothing else: stages are plain processes of this machine."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_syncguard.settings.model import Settings, Stage
from pytest_syncguard.stack.drivers.base import Check, DriverUnavailable, Observation, StageFault
from pytest_syncguard.stack.drivers.process.record import Record, Stand, Store, file_name

if TYPE_CHECKING:
    from pytest_syncguard.stack.drivers.process.attempt import ProcessAttempt

KEPT_LOGS = 5  # logs of older builds that are kept for each stage
LOG_LIMIT = 16 << 20  # bytes of a log that are handed out whole


class ProcessDriver:
    """Implements `Driver`. All that it knows stands in the project's state folder; it may be made anew any time."""

    name = "process"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = Store(Path(os.path.realpath(settings.state)))
        self._names = frozenset(stage.name for stage in settings.stack.stages)
        self._attempts: list[ProcessAttempt] = []

    def open(self, stages: Sequence[Stage]) -> None:
        for stage in stages:
            self._folder(stage)
            self._require_free_port(stage)
            if intruder := self._intruder(stage):
                raise StageFault(stage.name, intruder)

    def observe(self, stages: Sequence[Stage]) -> Mapping[str, Observation]:
        from pytest_syncguard.stack.drivers.process.observe import observe

        seen = dict(observe(self._store, [stage.name for stage in stages]))
        for stage in stages:
            if seen[stage.name].up and (intruder := self._intruder(stage)):
                seen[stage.name] = seen[stage.name]._replace(up=False, reason=intruder, fault=intruder)
        return seen

    def trigger(self, stage: Stage) -> ProcessAttempt:
        self._folder(stage)
        self._require_free_port(stage)
        try:
            return self._launch(stage)
        except OSError as error:
            raise self._unusable(stage, error) from error

    def down(self, stages: Sequence[Stage]) -> Sequence[str]:
        from pytest_syncguard.stack.drivers.process.down import down

        stop = self._settings.stack.process.stop
        waits = (stop.sigint, stop.sigterm, stop.sigkill)
        return down(self._store, {stage.name for stage in stages}, waits)

    def log(self, stage: Stage) -> bytes:
        from pytest_syncguard.stack.drivers.process.attempt import end_of

        try:
            record = self._store.load(stage.name)
            return end_of(Path(record.log), LOG_LIMIT) if record else b""
        except OSError as error:
            raise self._unusable(stage, error) from error

    def warnings(self) -> Sequence[str]:
        """Implements `Warns`."""
        from pytest_syncguard.stack.drivers.process.orphans import CURE, recorded_orphans, told

        return [f"{told(*orphan)}: {CURE}" for orphan in recorded_orphans(self._store, self._names).items()]

    def doctor(self, stages: Sequence[Stage]) -> Sequence[Check]:
        from pytest_syncguard.stack.drivers.process.doctor import check

        return check(self._settings, self._store, stages)

    def close(self) -> None:
        """Builds that were not let finish are gone when this returns, for whoever comes next."""
        for attempt in self._attempts:
            attempt.close()
        for attempt in self._attempts:
            attempt.wait_for_abort()
        self._attempts.clear()

    def _launch(self, stage: Stage) -> ProcessAttempt:
        from pytest_syncguard.stack.drivers.identity import Proc
        from pytest_syncguard.stack.drivers.process.attempt import ProcessAttempt
        from pytest_syncguard.stack.drivers.process.environment import environment
        from pytest_syncguard.stack.drivers.process.order import Order, launch

        stop = self._settings.stack.process.stop
        record = self._new_record(stage)
        order = Order(
            state=str(self._store.state),
            stage=stage.name,
            build_id=record.build,
            caller=Proc.of(os.getpid()),
            build=list(stage.build),
            serve=list(stage.serve),
            cwd=str(self._folder(stage)),
            env=environment(stage),
            waits=(stop.sigint, stop.sigterm, stop.sigkill),
        )
        Path(record.log).touch(exist_ok=False)
        self._store.put(record)
        keeper = launch(order, self._store.complaints(stage.name))
        attempt = ProcessAttempt(self._store, record, keeper)
        self._attempts.append(attempt)
        return attempt

    def _new_record(self, stage: Stage) -> Record:
        seconds, rest = divmod(time.time_ns(), 10**9)
        now = time.gmtime(seconds)
        # Sorts by time, also within a second; the random part makes it unique whatever the clock does.
        build = f"{time.strftime('%Y%m%dT%H%M%S', now)}{rest // 1000:06d}-{secrets.token_hex(4)}"
        self._store.logs.mkdir(parents=True, exist_ok=True)
        before = self._store.load(stage.name)
        earlier = before.traces() if before else ()
        self._drop_old_logs(stage, [trace.build for trace in earlier])
        return Record(
            stage=stage.name,
            build=build,
            log=str(self._store.logs / f"{file_name(stage.name)}.{build}.log"),
            started_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
            ready=stage.ready if stage.serve else "",
            earlier=earlier,
            state=str(self._store.state),
        )

    def _drop_old_logs(self, stage: Stage, running: Sequence[str]) -> None:
        """The newest are kept, and those of builds of which something may still run. Names sort by time."""
        logs = sorted(self._store.logs.glob(f"{file_name(stage.name)}.2*.log"))
        for log in logs[:-KEPT_LOGS]:
            if not any(build in log.name for build in running):
                log.unlink(missing_ok=True)

    def _intruder(self, stage: Stage) -> str:
        """Of the stage that the tests are sent to: who answers there instead of the stack."""
        stack = self._settings.stack
        if not (stack.ui and stage.serve):
            return ""
        from pytest_syncguard.stack.drivers.intruder import host_of, intruder
        from pytest_syncguard.stack.drivers.process.tree import VARIABLE, Mark

        if stage != host_of(stack.stages, stack.ui):
            return ""

        def ours(_: int, environment: Mapping[str, str]) -> bool:
            mark = Mark.parse(environment.get(VARIABLE, ""))
            return mark is not None and mark.state == str(self._store.state) and mark.stage in self._names

        records = [record for name, record in self._store.all().items() if name in self._names]
        served = [record.child for record in records if record.stand is Stand.SERVING and record.child]
        return intruder(stack.ui, served, ours, self._store.state)

    def _folder(self, stage: Stage) -> Path:
        root = Path(os.path.realpath(self._settings.root))
        folder = Path(os.path.realpath(root / stage.cwd))
        if not folder.is_relative_to(root):
            raise StageFault(stage.name, f'cwd of stage "{stage.name}" leads out of the project: {stage.cwd}')
        if not folder.is_dir():
            raise StageFault(
                stage.name, f'cwd of stage "{stage.name}" is not a folder: {stage.cwd}: create it or change cwd'
            )
        return folder

    def _unusable(self, stage: Stage, error: OSError) -> DriverUnavailable:
        where = f": {error.filename}" if error.filename else ""
        return DriverUnavailable(
            f'the process driver cannot use {self._store.state} for stage "{stage.name}" '
            f"({error.strerror or error}{where}): make room there, and make it writable for you"
        )

    def _require_free_port(self, stage: Stage) -> None:
        """Better told before a long build than after it."""
        if not (stage.ready and stage.serve):
            return
        from pytest_syncguard.stack.drivers.process.ports import why_taken

        try:
            reason = why_taken(self._store, stage.name, stage.ready, self._names)
        except ValueError as error:
            raise StageFault(stage.name, f'stage "{stage.name}": {error}') from error
        except OSError as error:
            raise self._unusable(stage, error) from error
        if reason:
            raise StageFault(stage.name, reason)
