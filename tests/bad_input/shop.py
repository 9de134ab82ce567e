"""A small project, the two doors to it, and ways to take from a process what it takes for granted."""

from __future__ import annotations

import ctypes
import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_syncguard.cli.app import syncguard as command
from pytest_syncguard.ledger import Ledger
from pytest_syncguard.testing.fake import End, FakeStack

COMMAND = (sys.executable, "-m", "pytest_syncguard.cli")
PYTEST = (sys.executable, "-m", "pytest", *("-p", "no:cacheprovider"), *("-p", "syncguard"), "-p", "timeout")
LIMIT = 60.0  # seconds: whoever takes longer hangs
REPOSITORY = Path(__file__).parents[2]
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2

STAGES = f"""
[[stack.stage]]
name = "client"
sources = ["client/**"]
build = ["{sys.executable}", "-S", "-c", "print('client is ready')"]
success = ["client is ready"]
one_shot = true
settle = 0
timeout = "20s"

[[stack.stage]]
name = "server"
needs = ["client"]
sources = ["server/**"]
build = ["{sys.executable}", "-S", "-c", "print('server is ready')"]
success = ["server is ready"]
one_shot = true
settle = 0
timeout = "20s"
"""
SETTINGS = f'[stack]\ndriver = "process"\n{STAGES}'
FAKE_SETTINGS = "".join(
    line
    for line in f'plugins = ["tests.bad_input.fakes"]\n[stack]\ndriver = "fake"\n{STAGES}'.splitlines(keepends=True)
    if not line.startswith("build = ")
)
CLIENT_BUILDS = "print('client is ready')"


@dataclass(frozen=True)
class Run:
    """What a process came to. No process of this suite may end in a traceback, so none gets this far."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in (*self.out.splitlines(), *self.err.splitlines())]

    def telling(self, part: str) -> list[str]:
        """The lines that hold this, but for the short summary in which pytest repeats the first line."""
        return [line for line in self.lines if part in line and not line.startswith("ERROR syncguard::")]

    @property
    def faults(self) -> list[str]:
        """What it calls wrong with settings, options and names, each without the words around it."""
        marks = ("syncguard: error: ", "WRONG  settings: ", "ERROR: ")
        return [line.removeprefix(mark) for line in self.lines for mark in marks if line.startswith(mark)]


@dataclass(frozen=True)
class Shop:
    """Two stages of the process driver, the second of which needs the first, and one test."""

    root: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def settle(self, old: str = "", new: str = "") -> None:
        """The settings, with this in place of that (the first of its kind)."""
        assert old in SETTINGS
        self.write("syncguard.toml", SETTINGS.replace(old, new, 1) if old else SETTINGS)

    def build(self, code: str, timeout: str = "20s") -> None:
        """What the client's build does, in Python without any ``"``, and in which time."""
        self.settle(CLIENT_BUILDS, code)
        settings = (self.root / "syncguard.toml").read_text()
        self.write("syncguard.toml", settings.replace('"20s"', f'"{timeout}"', 1))

    def fake(self, log: str = "client is ready\n", end: End = "passed", remedy: str = "") -> FakeStack:
        """From now on stages are built at once, by the fake stack; what the client's build writes, how it ends.

        A ``remedy`` is of the client, which then has a second, and so has the remedy.
        """
        more = f'timeout = "1s"\nremedy = [{{ {remedy} }}]' if remedy else 'timeout = "20s"'
        self.write("syncguard.toml", FAKE_SETTINGS.replace('timeout = "20s"', more, 1))
        stack = FakeStack(self.root)
        stack.play("client", log, end=end)
        return stack

    def inside(self, *args: str) -> Run:
        """The command in this process, which is quicker; what `syncguard` does in one of its own."""
        out, err = io.StringIO(), io.StringIO()
        path = [*sys.path]
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            command(["-C", str(self.root), *args])
        sys.path[:] = path  # plugins are looked for in the project, too
        assert isinstance(ended.value.code, int)
        return Run(ended.value.code, out.getvalue(), err.getvalue())

    def syncguard(self, *args: str, **how: object) -> Run:
        return self.run(*COMMAND, *args, **how)

    def pytest(self, *args: str, **how: object) -> Run:
        return self.run(*PYTEST, *(args or ("--sync-stack",)), "test_shop.py", **how)

    def through(self, door: str, **how: object) -> Run:
        """A sync through one of the two doors, or another command."""
        return self.pytest(**how) if door == "pytest" else self.syncguard(door, **how)

    def run(self, *argv: str, **how: object) -> Run:
        """A process in the project's folder, with nobody's answers; ``how`` is what `subprocess.run` takes."""
        env = how.pop("env", environment())
        done = subprocess.run(  # type: ignore[call-overload]
            argv,
            **{"cwd": self.root, "env": env, "stdin": subprocess.DEVNULL, "timeout": LIMIT, "capture_output": True}
            | how,
        )
        run = Run(done.returncode, *((stream or b"").decode(errors="replace") for stream in (done.stdout, done.stderr)))
        assert "Traceback (most recent call last)" not in run.out + run.err, run.err or run.out
        assert "INTERNALERROR" not in run.out + run.err, run.err or run.out
        return run

    @property
    def state(self) -> Path:
        return self.root / ".syncguard"

    @property
    def recorded(self) -> set[str]:
        """The stages that the ledger calls synced."""
        return set(Ledger(self.state).synced())


def environment(**instead: str | None) -> dict[str, str]:
    """This process's, without what other tests or plugins put there; None takes a variable away."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TILT_", "PYTEST_", "GITHUB_"))}
    kept |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "400", "PYTHONPATH": str(REPOSITORY)}
    changed: Mapping[str, str | None] = {**kept, **instead}
    return {name: value for name, value in changed.items() if value is not None}


def as_anybody() -> None:
    """Before exec: even root is then held by the permissions of files. Nothing to do for anybody else."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")


def files_up_to(size: int) -> Callable[[], None]:
    """Before exec: no file can grow beyond this size, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def mounting(script: str, *words: str) -> tuple[str, ...]:
    """What to put before a command so that it sees a mount of its own, which goes with it.

    ``script`` is for sh, with ``words`` as ``$1`` and so on; it must end with ``shift`` by their number.
    """
    own = ("--map-root-user",) if os.geteuid() else ()
    return ("unshare", *own, "--mount", "sh", "-ec", f'{script}; exec "$@"', "sh", *words)


def small_disk(size: str, folder: Path) -> tuple[str, ...]:
    """A disk of so many bytes (``64k``) on the folder."""
    folder.mkdir(exist_ok=True)
    return mounting('mount -t tmpfs -o "size=$1" none "$2"; shift 2', size, str(folder))


def read_only(folder: Path) -> tuple[str, ...]:
    """The folder on a disk that cannot be written."""
    script = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; cd "$1"; shift 1'
    return mounting(script, str(folder))
