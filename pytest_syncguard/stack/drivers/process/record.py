"""What is known of a stage's newest build, kept in one small file a stage."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from pytest_syncguard.stack.drivers.identity import Proc


class Stand(StrEnum):
    """How far the newest build of a stage is."""

    QUEUED = "queued"  # its keeper has not begun
    BUILDING = "building"
    FAILED = "failed"  # the build failed, or could not be run
    ABORTED = "aborted"  # the build was stopped: whoever asked for it is gone, or said so
    DONE = "done"  # built, and there is nothing to serve
    REPLACING = "replacing"  # built; the predecessor is being stopped
    SERVING = "serving"
    ENDED = "ended"  # the served process ended by itself, or could not be started
    STOPPED = "stopped"  # the served process was stopped on demand

    @property
    def final(self) -> bool:
        """Whether the keeper has nothing more to do, and has left or is about to."""
        return self not in (Stand.QUEUED, Stand.BUILDING, Stand.REPLACING, Stand.SERVING)


class Trace(NamedTuple):
    """An earlier build of the stage of which something may still run: its build, or what it served."""

    build: str
    served: bool
    unfinished: bool
    keeper: Proc | None
    child: Proc | None

    @property
    def alive(self) -> bool:
        return any(process is not None and process.alive for process in (self.keeper, self.child))


class Record(NamedTuple):
    """The newest build of a stage. ``log_size`` is how much of the log had been written by then, in bytes.

    ``state``: the real path of the state folder it was made for; empty in records of older versions.
    """

    stage: str
    build: str
    log: str
    stand: Stand = Stand.QUEUED
    started_at: str = ""
    argv: tuple[str, ...] = ()
    ready: str = ""
    keeper: Proc | None = None
    child: Proc | None = None
    code: int | None = None
    signal: str = ""
    reason: str = ""
    fault: str = ""
    log_size: int = 0
    earlier: tuple[Trace, ...] = ()
    state: str = ""

    def trace(self) -> Trace:
        """What remains of this record when a newer build takes its place."""
        served = self.stand in (Stand.SERVING, Stand.ENDED, Stand.STOPPED)
        unfinished = self.stand in (Stand.QUEUED, Stand.BUILDING, Stand.REPLACING, Stand.ABORTED)
        return Trace(self.build, served, unfinished, self.keeper, self.child)

    def traces(self) -> tuple[Trace, ...]:
        """This build and the earlier ones of which something may still run, newest first.

        A build that was cut off counts even when all that is known of it is dead: it may have left others.
        """
        return tuple(trace for trace in (self.trace(), *self.earlier) if trace.unfinished or trace.alive)

    def text(self) -> str:
        return json.dumps(self._asdict(), indent=1)

    @classmethod
    def parse(cls, text: str) -> Record:
        """Raises `ValueError` for anything that `text` did not write."""
        try:
            fields: dict[str, Any] = json.loads(text)
            for key in ("keeper", "child"):
                fields[key] = _process(fields[key])
            fields["stand"] = Stand(fields["stand"])
            fields["argv"] = tuple(fields["argv"])
            fields["earlier"] = tuple(
                Trace(build, served, unfinished, _process(keeper), _process(child))
                for build, served, unfinished, keeper, child in fields["earlier"]
            )
            return cls(**fields)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a record of a build: {error}") from error


def _process(found: list[Any] | None) -> Proc | None:
    return Proc(int(found[0]), str(found[1])) if found else None


def file_name(stage: str) -> str:
    """A file name for a stage: never outside its folder, never the same for two stages, in any letter case."""
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", stage):
        return stage
    digest = hashlib.sha256(stage.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{re.sub(r'[^a-z0-9_-]+', '-', stage.lower())[:40].strip('-')}~{digest}"


class Store:
    """The records of one project. Methods raise `OSError` when the folder cannot be used.

    A record that came here with a copy of its folder counts as nothing: what it names is the original's.
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        self.run = state / "run"
        self.logs = self.run / "logs"  # apart from the logs of the syncs, which are kept and dropped by another rule
        self._home = os.path.realpath(state)

    def complaints(self, stage: str) -> Path:
        """Where a stage's keeper writes what it cannot say in the record; empty when all is well."""
        return self.logs / f"{file_name(stage)}.keeper.log"

    def load(self, stage: str) -> Record | None:
        """The record of a stage; None when there is none, or none that can be understood."""
        found = self._read(self._path(stage))
        return found if found is not None and found.stage == stage else None

    def all(self) -> dict[str, Record]:
        """The readable records of every stage that was ever built here, in the settings still or not."""
        found = {}
        for path in sorted(self.run.glob("*.json")):
            with suppress(OSError):
                if record := self._read(path):
                    found[record.stage] = record
        return found

    def put(self, record: Record) -> None:
        """Make this the stage's record; whoever kept the one before may no longer write."""
        self.run.mkdir(parents=True, exist_ok=True)
        with self._locked(record.stage):
            self._write(record)

    def update(self, record: Record) -> bool:
        """Replace the record by a later one of the same build; False when another build took its place."""
        with self._locked(record.stage):
            now = self.load(record.stage)
            if now is None or now.build != record.build:
                return False
            self._write(record)
            return True

    def _path(self, stage: str) -> Path:
        return self.run / f"{file_name(stage)}.json"

    def _read(self, path: Path) -> Record | None:
        try:
            record = Record.parse(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return record if record.state in ("", self._home) else None

    def _write(self, record: Record) -> None:
        path = self._path(record.stage)
        fresh = path.with_suffix(".new")
        fresh.write_text(record.text(), encoding="utf-8")
        fresh.replace(path)

    @contextmanager
    def _locked(self, stage: str) -> Iterator[None]:
        """Held for the length of one small write; the system frees it when its holder dies."""
        handle = os.open(self.run / f"{file_name(stage)}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
