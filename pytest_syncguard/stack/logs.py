"""Where the logs of the stages lie, and the copy that is kept of a failed one."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pytest_syncguard.settings.model import Settings

KEPT = 20  # logs of each stage; failures, for each stage there is
IGNORED = "/.gitignore\n/sync-error-*.log\n"  # by git, in a folder that nobody but us had a use for
FAILURE = re.compile(r"sync-error-(\d{8}T\d{6})(?:-(\d+))?\.log")


class StageLogs:
    """Log files of one project: one a stage and sync, the newest kept."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.state / "logs"
        self._failures = settings.failure_logs
        self._kept_failures = KEPT * max(1, len(settings.stack.stages))

    def new(self, stage: str) -> Path:
        """A fresh path for the log of this sync of the stage; older ones beyond `KEPT` go."""
        for old in self.all(stage)[KEPT - 1 :]:
            old.unlink(missing_ok=True)
        return self._folder / f"{_safe(stage)}.{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 10**9:09d}.log"

    def all(self, stage: str) -> list[Path]:
        """The stage's logs, newest first."""
        return sorted(self._folder.glob(f"{_safe(stage)}.[0-9]*T*.log"), reverse=True)

    def keep_failure(self, log: Path, lines: Iterable[str], *, whole: bool = True) -> Path:
        """Copy a failed step's full log to ``logs/sync-error-<timestamp>.log``; never over an older one.

        ``lines``, the last that are known, stand in for a log that is not there, and follow one that is not
        ``whole``. Older ones beyond `KEPT` for each stage go; other files there are the user's. A folder that was not
        there hides these logs, and nothing else, from git. Raises
        `OSError`, and leaves nothing behind, when there is no room.
        """
        ours = not self._failures.is_dir()
        self._failures.mkdir(parents=True, exist_ok=True)
        stamp = time.strftime("%Y%m%dT%H%M%S")
        for suffix in itertools.chain([""], (f"-{number}" for number in itertools.count(2))):
            path = self._failures / f"sync-error-{stamp}{suffix}.log"
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            except FileExistsError:
                continue
            try:
                _copy(log, path, lines, whole=whole)
            except OSError:
                path.unlink(missing_ok=True)
                raise
            if ours:
                with suppress(OSError):
                    (self._failures / ".gitignore").write_text(IGNORED)
            self._forget_old_failures()
            return path
        raise AssertionError("unreachable: the numbers do not end")

    def _forget_old_failures(self) -> None:
        """An old one that cannot be removed costs room, not the failure that is being told."""
        found = [(match, path) for path in self._failures.iterdir() if (match := FAILURE.fullmatch(path.name))]
        found.sort(key=lambda each: (each[0][1], int(each[0][2] or 1)), reverse=True)
        for _, old in found[self._kept_failures :]:
            with suppress(OSError):
                old.unlink()


def _copy(log: Path, path: Path, lines: Iterable[str], *, whole: bool) -> None:
    there = log.exists()
    if there:
        shutil.copyfile(log, path)
    if not (there and whole):
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write("\n--- the log breaks off here; the last lines of it were:\n" if there else "")
            file.writelines(line + "\n" for line in lines)


def _safe(stage: str) -> str:
    """The stage's name as part of a file name; distinct names stay distinct."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: f"%{ord(match[0]):02x}", stage)
