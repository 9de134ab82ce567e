"""A project with the compose preset, tools written for one test, and what reads an attempt to its end."""

from __future__ import annotations

import json
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import psutil
import pytest

from pytest_syncguard.settings.load import parse_settings
from pytest_syncguard.settings.model import CommandSettings, Settings, StackSettings, Stage
from pytest_syncguard.stack.drivers.base import Attempt, Look
from pytest_syncguard.stack.drivers.command import CommandDriver

DOCS = Path(__file__).parents[4] / "docs" / "drivers.md"
PATIENCE = 30.0


@dataclass
class Watched:
    """All that an attempt showed until a condition held."""

    output: bytes = b""
    looks: list[Look] = field(default_factory=list)

    @property
    def last(self) -> Look:
        return self.looks[-1]


def watch(attempt: Attempt, until: Callable[[Watched], bool]) -> Watched:
    """Look again and again until a condition holds; fails the test when it never does."""
    seen, end = Watched(), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        look = attempt.look()
        seen.output += look.output
        seen.looks.append(look)
        if until(seen):
            return seen
        if not look.output:
            time.sleep(0.01)
    pytest.fail(f"never came; last look: {seen.last}")


def compose_settings(**changes: Any) -> CommandSettings:
    """The preset as the driver gets it."""
    preset = files("pytest_syncguard") / "stack" / "presets" / "compose.toml"
    table = tomllib.loads(preset.read_text())["stack"]["command"]
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return CommandSettings(**{**values, "poll": 0.05, **changes})


def recipe(heading: str) -> CommandSettings:
    """The settings that docs/drivers.md shows under a heading."""
    part = DOCS.read_text().split(f"### {heading}\n", 1)[1]
    table = tomllib.loads(part.split("```toml\n", 1)[1].split("```", 1)[0])
    return parse_settings(table, DOCS.parent, None, {}).stack.command


def driver_for(root: Path, command: CommandSettings) -> CommandDriver:
    return CommandDriver(settings_for(root, command))


def settings_for(root: Path, command: CommandSettings) -> Settings:
    return Settings(root=root, stack=StackSettings(driver="command", command=command))


def tool(folder: Path, name: str, code: str) -> Path:
    """An executable written in Python, on the PATH of the test when ``folder`` is."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable} -SE\n{code}")
    path.chmod(0o755)
    return path


class Compose:
    """A compose project whose services are rewritten from build to build."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.world: dict[str, Any] = {"services": {}}
        self.driver = driver_for(root, compose_settings())

    def service(self, name: str, **spec: Any) -> Stage:
        self.world["services"][name] = spec
        (self.root / "world.json").write_text(json.dumps(self.world))
        return Stage(name=name, resource=name)

    def shape(self, shape: str) -> None:
        self.world["shape"] = shape
        (self.root / "world.json").write_text(json.dumps(self.world))

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / "state.json").read_text())
        return found

    def change(self, **boxes: Any) -> None:
        (self.root / "state.json").write_text(json.dumps({**self.state(), **boxes}))

    def outage(self) -> None:
        (self.root / "engine.down").touch()


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes true within the patience of these tests."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()
