r"""A stack without services: its builds end as they are told to. For tests of whatever waits for a sync.

In the ``conftest.py`` of a project whose settings say ``driver = "fake"``::

    from pytest_syncguard.testing.fake import FakeDriver

    def pytest_syncguard_drivers():
        return {"fake": FakeDriver}

and in the test that plays with it::

    stack = FakeStack(root)
    stack.play("server", "error: no\n", end="failed", seconds=2)
    ...
    assert stack.builds == ["client", "server"]

All is kept in files under ``.syncguard/``, so it is the same stack for every process.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pytest_syncguard.settings.model import Settings, Stage
from pytest_syncguard.stack.drivers.base import (
    Check,
    DriverUnavailable,
    Look,
    Observation,
    Phase,
    Runtime,
)

End = Literal["passed", "failed", "hang", "lost"]


class FakeStack:
    """The stack of the project at ``root``: how its builds end, what was built, what runs."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".syncguard" / "fake"

    def play(self, stage: str, log: str, *, end: End = "passed", seconds: float = 0.0) -> None:
        """The next builds of the stage write ``log`` and end so after that time.

        A stage of which nothing is said writes ``<name> is ready`` and passes at once.
        """
        self._write(f"{stage}.play", {"log": log, "end": end, "seconds": seconds})

    @property
    def builds(self) -> list[str]:
        """The stages that were built, in order, each as often as it was."""
        path = self._folder / "builds"
        return path.read_text().split() if path.exists() else []

    @property
    def running(self) -> dict[str, str]:
        """Which build runs of each stage that is up."""
        return dict(self._read("running") or {})

    def stop(self, *stages: str) -> None:
        """These run no more; none given: all."""
        self._write("running", {name: build for name, build in self.running.items() if stages and name not in stages})

    def fall_silent(self) -> None:
        """From now on the engine cannot be asked."""
        self._write("silent", {})

    def answer(self) -> None:
        """It can be asked again."""
        (self._folder / "silent.json").unlink(missing_ok=True)

    @property
    def silent(self) -> bool:
        """Whether it cannot be asked."""
        return (self._folder / "silent.json").exists()

    def script(self, stage: str) -> tuple[bytes, End, float]:
        """What a build of the stage writes, how it ends, and after how many seconds."""
        told = self._read(f"{stage}.play") or {"log": f"{stage} is ready\n", "end": "passed", "seconds": 0.0}
        return told["log"].encode("utf-8", "surrogateescape"), told["end"], told["seconds"]

    def begin(self, stage: str) -> str:
        """A build was triggered; what runs of the stage ends. Its name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.stop(stage)
        with (self._folder / "builds").open("a") as file:
            file.write(f"{stage}\n")
        return f"build {len(self.builds)}"

    def serve(self, stage: str, build: str) -> None:
        """The stage is up."""
        self._write("running", {**self.running, stage: build})

    def _read(self, name: str) -> Any:
        path = self._folder / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def _write(self, name: str, data: Mapping[str, object]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f"{name}.{os.getpid()}.part"
        part.write_text(json.dumps(data))
        part.replace(self._folder / f"{name}.json")


class FakeDriver:
    """Implements `Driver` on a `FakeStack`; ``settings`` say where the project lies."""

    name = "fake"

    def __init__(self, settings: Settings) -> None:
        self.stack = FakeStack(settings.root)

    def open(self, stages: Sequence[Stage]) -> None:  # noqa: ARG002
        if self.stack.silent:
            raise DriverUnavailable("the fake stack does not answer: its answer() ends that")

    def observe(self, stages: Sequence[Stage]) -> Mapping[str, Observation]:
        if self.stack.silent:
            outage = Observation("", up=False, reason="the fake stack does not answer", unknown=True)
            return {stage.name: outage for stage in stages}
        running = self.stack.running
        return {
            stage.name: Observation(running.get(stage.name, ""), stage.name in running, "it does not run")
            for stage in stages
        }

    def trigger(self, stage: Stage) -> FakeAttempt:
        return FakeAttempt(self, stage)

    def down(self, stages: Sequence[Stage]) -> Sequence[str]:
        names = [name for name in self.stack.running if not stages or name in {stage.name for stage in stages}]
        if names:
            self.stack.stop(*names)
        return [f"stopped {name}" for name in names]

    def log(self, stage: Stage) -> bytes:
        return self.stack.script(stage.name)[0] if stage.name in self.stack.running else b""

    def doctor(self, stages: Sequence[Stage]) -> Sequence[Check]:  # noqa: ARG002
        silent = self.stack.silent
        return [Check("fake stack", not silent, "silent" if silent else "answers", "let it answer()" if silent else "")]

    def close(self) -> None:
        pass


class FakeAttempt:
    """Implements `Attempt`: the log comes with the end, but for a build that hangs, which writes it at once."""

    def __init__(self, driver: FakeDriver, stage: Stage) -> None:
        self._driver, self._stage = driver, stage
        self._log, self._end, seconds = driver.stack.script(stage.name)
        self._rest = self._log
        self._until = time.monotonic() + seconds
        self._build = driver.stack.begin(stage.name)
        self._up = False

    def look(self) -> Look:
        if self._end == "hang" or time.monotonic() < self._until:
            output, self._rest = (self._rest, b"") if self._end == "hang" else (b"", self._rest)
            return Look(output, Phase.BUILDING, Runtime.NONE, self._build)
        output, self._rest = self._rest, b""
        if self._end == "failed":
            return Look(output, Phase.FAILED, Runtime.NONE, self._build, "the build failed")
        if self._end == "lost":
            return Look(output, Phase.LOST, Runtime.NONE, self._build, "the fake stack forgot the build")
        if not self._up:
            self._up = True
            self._driver.stack.serve(self._stage.name, self._build)
        runs = self._driver.stack.running.get(self._stage.name) == self._build
        return Look(output, Phase.PASSED, Runtime.UP if runs else Runtime.DOWN, self._build)

    def tail(self, lines: int) -> bytes:
        return b"".join(self._log.splitlines(keepends=True)[-lines:])

    def observe(self) -> Observation:
        return self._driver.observe([self._stage])[self._stage.name]

    def close(self) -> None:
        pass
