"""Known cures for known errors: run once for each kind of error, then the stage is triggered again."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Remedy, Stage
from pytest_syncguard.stack.watch import Finding

LARGEST = 64 << 20  # bytes; what prints more than this prints for ever, and would fill the disk

# Only somebody who edits the sources cures these; a remedy for a follow-up error would only lose time.
HOPELESS = re.compile(r"error\[E\d+\]|Missing script")


def find_remedy(stage: Stage, findings: Iterable[Finding], used: set[tuple[str, str]]) -> tuple[Remedy, Finding] | None:
    """The first remedy of the stage that fits an error and was not ``used`` in this run yet."""
    errors = [finding for finding in findings if finding.kind == "error"]
    if any(HOPELESS.search(finding.text) for finding in errors):
        return None
    for remedy in stage.remedies:
        for finding in errors:
            if (stage.name, remedy.match) not in used and re.search(remedy.match, finding.text):
                return remedy, finding
    return None


class RemedyFailed(SyncguardError):
    """The cure itself did not work."""


class RemedyRun:
    """A remedy's command under way. `poll` returns at once; `close` ends what still runs."""

    def __init__(
        self, remedy: Remedy, root: Path, log: Path, limit: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.remedy = remedy
        self._clock = clock
        self._limit = limit
        self._deadline = clock() + limit
        self._done_at: float | None = None
        self._log = log
        cwd = (root / remedy.cwd).resolve()
        if not cwd.is_dir():
            raise RemedyFailed(f"remedy {shlex.join(remedy.run)}: no folder {remedy.cwd}: correct its cwd")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            out.write(f"\n--- remedy: {shlex.join(remedy.run)}\n".encode())
            out.flush()
            self._begin = out.tell()  # of what it prints
            try:
                self._child = subprocess.Popen(
                    remedy.run,
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            except OSError as error:
                raise RemedyFailed(f"remedy {shlex.join(remedy.run)} cannot be run: {_why_not(error)}") from None

    def poll(self) -> bool:
        """Whether the command has ended well and its ``wait`` is over; raises when it failed."""
        code = self._child.poll()
        if code is None:
            if self._printed > LARGEST:
                self.close()
                self._cut_log()
                raise RemedyFailed(f"remedy {self} printed more than {LARGEST >> 20} MB and was ended: {self._cure}")
            if self._clock() > self._deadline:
                self.close()
                raise RemedyFailed(f"remedy {self} did not end within {self._limit:g} s: {self._cure}")
            return False
        if code != 0:
            raise RemedyFailed(f"remedy {self} ended with exit code {code}: {self._cure}")
        if self._done_at is None:
            self._done_at = self._clock()
        return self._clock() - self._done_at >= self.remedy.wait

    def __str__(self) -> str:
        return shlex.join(self.remedy.run)

    @property
    def _printed(self) -> int:
        """Bytes so far; none where nobody can look, the log having been removed."""
        try:
            return self._log.stat().st_size - self._begin
        except OSError:
            return 0

    def _cut_log(self) -> None:
        """Keep the beginning, which tells what it was about; the rest is more of the same."""
        with contextlib.suppress(OSError), self._log.open("r+b") as file:
            file.truncate(self._begin + LARGEST)
            file.seek(0, os.SEEK_END)
            file.write(b"\n--- the remedy printed on; the rest of it was not kept\n")

    @property
    def _cure(self) -> str:
        return f"run it by hand in {self.remedy.cwd}, what it said is in the log"

    def close(self) -> None:
        if self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()


def _why_not(error: OSError) -> str:
    """The system's words, and what to do."""
    missing = isinstance(error, FileNotFoundError)
    return f"{error.strerror}: {'install it' if missing else 'make it executable'}, or change run of the remedy"
