"""A project in a folder of its own whose stages are small Python programs, and ways to watch them."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import psutil

from pytest_syncguard.settings.model import ProcessSettings, Settings, StackSettings, Stage, StopLadder
from pytest_syncguard.stack.drivers.base import Attempt, Look, Observation, Phase, Runtime
from pytest_syncguard.stack.drivers.identity import Proc
from pytest_syncguard.stack.drivers.process import ProcessDriver
from pytest_syncguard.stack.drivers.process.record import Record, Store

Command: TypeAlias = str | tuple[str, ...]
LIMIT = 30.0  # seconds after which a test gives up; no test waits so long when all is well
FOR_EVER = "import time\nwhile True: time.sleep(60)\n"


@dataclass
class Seen:
    """All looks of an attempt, together."""

    output: bytes = b""
    steps: list[tuple[Phase, Runtime]] = field(default_factory=list)
    last: Look = field(default_factory=lambda: Look(b"", Phase.QUEUED, Runtime.UNKNOWN))

    def add(self, look: Look) -> None:
        self.output += look.output
        self.last = look
        if (step := (look.phase, look.runtime)) not in self.steps[-1:]:
            self.steps.append(step)


def ended(seen: Seen) -> bool:
    """Nothing more will come of this build."""
    look = seen.last
    return look.phase in (Phase.FAILED, Phase.LOST) or look.runtime in (Runtime.NONE, Runtime.DOWN)


def up(seen: Seen) -> bool:
    return seen.last.runtime is Runtime.UP


def wait_for(condition: Callable[[], Any], what: str) -> None:
    """Wait until a condition holds; the test fails when it does not come."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


@dataclass
class Project:
    """A root with stages; ``ladder`` is short so that the tests are."""

    root: Path
    ladder: StopLadder = field(default_factory=lambda: StopLadder(2.0, 2.0, 2.0))

    def __post_init__(self) -> None:
        self.driver = self.new_driver()
        self.drivers = [self.driver]

    @property
    def settings(self) -> Settings:
        return Settings(
            root=self.root,
            stack=StackSettings(driver="process", process=ProcessSettings(stop=self.ladder)),
        )

    @property
    def store(self) -> Store:
        return Store(self.settings.state)

    def new_driver(self) -> ProcessDriver:
        return ProcessDriver(self.settings)

    def stage(self, name: str = "server", *, build: Command = "", serve: Command = "", **rest: Any) -> Stage:
        """A stage; a command is Python code, or an argv."""
        return Stage(
            name=name, resource=name, build=self._argv("build", build), serve=self._argv("serve", serve), **rest
        )

    def _argv(self, part: str, command: Command) -> tuple[str, ...]:
        if isinstance(command, tuple) or not command:
            return tuple(command)
        path = self.root / f"{part}-{len(list(self.root.iterdir()))}.py"
        path.write_text(command)
        return (sys.executable, str(path))

    def trigger(self, stage: Stage) -> Attempt:
        return self.driver.trigger(stage)

    def follow(self, stage: Stage, until: Callable[[Seen], bool] = ended) -> Seen:
        """Trigger a stage, look until the condition holds, then close."""
        attempt = self.trigger(stage)
        seen = watch(attempt, until)
        attempt.close()
        return seen

    def serve(self, stage: Stage) -> Record:
        """Bring a stage up; its record."""
        assert up(self.follow(stage, up))
        return self.record(stage.name)

    def record(self, name: str = "server") -> Record:
        record = self.store.load(name)
        assert record is not None
        return record

    def child(self, name: str = "server") -> psutil.Process:
        record = self.record(name)
        assert record.child is not None
        return psutil.Process(record.child.pid)

    def observe(self, stage: Stage) -> Observation:
        return self.new_driver().observe([stage])[stage.name]


def watch(attempt: Attempt, until: Callable[[Seen], bool]) -> Seen:
    """Look until the condition holds, and once more for what was written meanwhile."""
    seen = Seen()

    def looked() -> bool:
        seen.add(attempt.look())
        return until(seen)

    wait_for(looked, "the stage; last: the look that follows")
    seen.output += attempt.look().output
    return seen


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and is only not yet reaped does not."""
    return bool(Proc.of(pid).started)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def http_server(port: int) -> str:
    """Code that answers every GET on a port with 200."""
    return f"""
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", {port}), Handler)
print("listening")
server.serve_forever()
"""
