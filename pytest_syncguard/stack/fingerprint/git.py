"""Git as a child process that reads and changes nothing, runs nothing of the repository's, and never hangs.

No optional locks are taken; what a surrounding hook put into the environment is left out; the file system
monitor and the untracked cache, which let git skip files, are off; stat data is compared in full.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import IO, Final

from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.processors import leave_one, take_all

KEPT: Final = {
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
}
OVERRIDES: Final = {
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.checkStat": "default",
    "core.trustctime": "true",
    "core.ignoreStat": "false",
    "core.fileMode": "true",
    "core.symlinks": "true",
    "core.autocrlf": "false",
    "core.preloadIndex": "true",
    "sparse.expectFilesOutsideOfPatterns": "false",
}

UNSEEN: Final = "could not open directory"


def environment(filters: Iterable[str] = (), base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of every git process. ``filters`` (configured clean filters) are put out of action."""
    env = {key: value for key, value in base.items() if not key.startswith("GIT_") or key in KEPT}
    env |= {"LC_ALL": "C", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "none"}
    env |= {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    pairs = [(f"filter.{name}.{key}", "") for name in filters for key in ("clean", "process")]
    pairs += [(f"filter.{name}.required", "false") for name in filters]
    env["GIT_CONFIG_COUNT"] = str(len(pairs))
    for number, (key, value) in enumerate(pairs):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


class Command:
    """One git process on its way. Whoever does not take its result leaves it to `Git.abandon`."""

    def __init__(self, git: Git, process: subprocess.Popen[bytes], args: Sequence[str], cwd: Path) -> None:
        self._git, self._process, self._cwd = git, process, cwd
        self._name = f"git {args[0]}"

    def result(self) -> tuple[int, bytes, str]:
        """Exit code, output and what was said on stderr, once it ends. Raises when it does not end in time."""
        try:
            output, said = self._process.communicate(timeout=self._git.limit)
        except subprocess.TimeoutExpired:
            raise FingerprintError(
                f"{self._name} gave no answer within {self._git.limit:g} s in {self._cwd}; "
                f"see what holds `git status` up there"
            ) from None
        self._git.forget(self)
        return self._process.returncode, output, said.decode("utf-8", "replace")

    def output(self) -> bytes:
        """What it prints, once it ends. Raises when it fails or could not see everything."""
        code, output, said = self.result()
        if code or UNSEEN in said:
            raise self.failure(code, said)
        return output

    def failure(self, code: int, said: str) -> FingerprintError:
        """One line for a git that failed."""
        wrong, cure = wrong_and_cure(code, said)
        return FingerprintError(f"{self._name} failed in {self._cwd}: {wrong}; {cure}")

    def hurry(self) -> None:
        """Let it run wherever it can."""
        take_all(self._process.pid)

    def kill(self) -> None:
        """Make it end, if it still runs."""
        self._process.kill()

    def reap(self) -> None:
        """Let go of it once it has ended. Only for whoever knows that nobody else waits for it."""
        self._process.communicate()


def wrong_and_cure(code: int, said: str) -> tuple[str, str]:
    """What a git that failed with this on stderr complains of, and the cure: its own proposal if it has one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or [f"exit code {code}"]
    wrong = next((line for line in lines if UNSEEN in line or line.startswith("fatal:")), lines[0])
    cure = next((line for line in lines if line.startswith("git config --global --add safe.directory")), "")
    return wrong.rstrip("."), f"run `{cure}`" if cure else "see what `git status` says there"


class Git:
    """Starts git processes and knows which of them nobody has collected. Safe to use from several threads."""

    def __init__(self, limit: float = 120.0) -> None:
        """``limit``: seconds after which a git that has not ended counts as hanging."""
        self.limit = limit
        self.yielding = False  # whether what is started leaves a processor to this process, until `hurry`
        self._running: list[Command] = []
        self._lock = Lock()
        self._closed = False

    @property
    def installed(self) -> bool:
        return shutil.which("git") is not None

    def start(
        self,
        cwd: Path,
        *args: str,
        filters: Iterable[str] = (),
        stdin: IO[bytes] | None = None,
        index: Path | None = None,
    ) -> Command:
        """Start ``git ARGS`` in ``cwd`` and return at once; on another ``index`` than the repository's if given."""
        options = [part for key, value in OVERRIDES.items() for part in ("-c", f"{key}={value}")]
        with self._lock:
            if self._closed:
                raise FingerprintError("the look at the sources was broken off; start it again")
            try:
                process = subprocess.Popen(
                    ["git", "--no-optional-locks", *options, *args],
                    cwd=cwd,
                    env=environment(filters) | ({"GIT_INDEX_FILE": str(index)} if index else {}),
                    stdin=stdin or subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            except OSError as error:
                raise FingerprintError(
                    f"git cannot be started in {cwd}: {error.strerror}; check that git is installed"
                ) from None
            if self.yielding:
                leave_one(process.pid)
            command = Command(self, process, args, cwd)
            self._running.append(command)
        return command

    def forget(self, command: Command) -> None:
        """It was collected."""
        with self._lock:
            self._running.remove(command)

    def hurry(self) -> None:
        """Somebody waits for what still runs: from now on it yields to nobody."""
        with self._lock:
            for command in self._running:
                command.hurry()

    def kill(self) -> None:
        """Make all that still run end; whoever waits for one of them gets an error."""
        with self._lock:
            for command in self._running:
                command.kill()

    def abandon(self) -> None:
        """Kill and reap what nobody will collect. Only once no other thread waits for a command."""
        self.kill()
        while self._running:
            self._running.pop().reap()

    def close(self) -> None:
        """Kill what still runs; nothing can be started any more."""
        with self._lock:
            self._closed = True
        self.kill()
