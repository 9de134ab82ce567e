"""What a sync came to, kept where every process of one pytest run finds it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from pytest_syncguard.lock import SyncLock
from pytest_syncguard.verdict import Evidence, Result, Status, Step, StepFinished, Target, Verdict

PATIENCE = 1.0  # seconds after which a wait for another process of the run is worth a line
KEPT = 24 * 3600.0  # seconds for which the files of a run that has ended stay


class Told(NamedTuple):
    """A result, the process and the test that met it, and whether it is about all there is."""

    result: Result
    by: str = ""  # the worker; empty for the controller and without xdist
    test: str = ""
    whole: bool = True

    def dumps(self) -> str:
        """As text, which any process can read."""
        return json.dumps(self)

    @classmethod
    def loads(cls, text: str) -> Told:
        """What `dumps` wrote."""
        result, *rest = json.loads(text)
        return cls(_result(result), *rest)


class Note(NamedTuple):
    """The file through which the processes of one run tell each other.

    ``state`` is the project's folder for such files; ``run`` names the run, and begins with its pid and a dash.
    """

    state: Path
    run: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.state / "runs" / f"{self.run}.json"

    @contextmanager
    def alone(self, what: str, told: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """Within, no other process of this run syncs, and those that wait are told that ``what`` does.

        ``told`` is called with who is waited for, if that takes long. Raises `SyncguardError` when there is no
        place for a lock.
        """
        lock = self._lock(what)
        try:
            for holder in lock.acquire(PATIENCE):
                told(holder)
            yield
        finally:
            lock.release()

    def wait(self, what: str, told: Callable[[str], None]) -> bool:
        """Wait for the process of this run that syncs, as `alone` does; whether there was one."""
        if not self._lock(what).other_holder():
            return False
        with self.alone(what, told):
            return True

    def _lock(self, what: str) -> SyncLock:
        return SyncLock(self.state, name=f"runs/{self.run}.lock", what=what)

    def read(self) -> Told | None:
        """What was told; None when nobody did yet."""
        try:
            return Told.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError):
            return None

    def leave(self, told: Told) -> None:
        """Tell the others; whoever finds no note asks the guards itself."""
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_suffix(".part")
            part.write_text(told.dumps(), encoding="utf-8")
            part.replace(self.path)
            self._prune()

    def _prune(self) -> None:
        """Let the files of runs go that have ended long ago; one that goes on may still read its own."""
        for file in self.path.parent.iterdir():
            if time.time() - file.stat().st_mtime > KEPT and not _is_alive(file.name.partition("-")[0]):
                file.unlink(missing_ok=True)


def _is_alive(pid: str) -> bool:
    """Whether there is such a process; a pid that was given anew keeps a file for longer, and does no harm."""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


def _result(data: Sequence[Any]) -> Result:
    verdicts, finished, seconds, *names, warnings = data
    asked, not_asked = (tuple(Target(*target) for target in targets) for targets in names)
    done = tuple(map(_finished, finished))
    return Result(tuple(map(_verdict, verdicts)), done, seconds, asked, not_asked, tuple(warnings))


def _finished(data: Sequence[Any]) -> StepFinished:
    (target, *step), verdict, *rest = data
    return StepFinished(Step(Target(*target), *step), _verdict(verdict), *rest)


def _verdict(data: Sequence[Any]) -> Verdict:
    target, status, reason, evidence, cure = data
    return Verdict(Target(*target), Status(status), reason, tuple(Evidence(*each) for each in evidence), cure)
