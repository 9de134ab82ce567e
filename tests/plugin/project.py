"""A project with three stages on a fake stack, and pytest runs in it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.testing.fake import FakeStack

ERROR = "ERROR: The sync and deploy process failed at [Step {}]. See logs below for details"
BROKEN = "building server\nerror[E0432]: unresolved import `serde`\n"

SETTINGS = """
[stack]
driver = "fake"
ui = "http://localhost:5173"

[[stack.stage]]
name = "client"
sources = ["client/**"]
success = ["client is ready"]
settle = 0
timeout = "20s"

[[stack.stage]]
name = "server"
after = ["client"]
sources = ["server/**"]
success = ["server is ready"]
settle = 0
timeout = "20s"

[[stack.stage]]
name = "ui"
needs = ["client"]
after = ["server"]
sources = ["ui/**"]
success = ["ui is ready"]
settle = 0
timeout = "20s"
"""
CONFTEST = """
from pytest_syncguard.testing.fake import FakeDriver

def pytest_syncguard_drivers():
    return {"fake": FakeDriver}
"""
STAGES = ("client", "server", "ui")
PLUGINS = ("syncguard", "xdist", "timeout")
WITHOUT_XDIST = ("syncguard", "timeout")


@dataclass(frozen=True)
class Run:
    """What a run of pytest came to."""

    code: int
    lines: list[str]
    errors: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def count(self, line: str) -> int:
        """How often this very line was written."""
        return self.lines.count(line)

    @property
    def last(self) -> str:
        """What pytest says of the tests in its last line, without the time."""
        return self.lines[-1].strip("= ").rpartition(" in ")[0]

    def outcomes(self) -> dict[str, int]:
        """How many tests passed, failed, …; counted by pytest."""
        words = self.last.replace(",", "").split()
        return dict(
            zip(("error" if word == "errors" else word for word in words[1::2]), map(int, words[::2]), strict=True)
        )

    def having(self, part: str) -> list[str]:
        """The lines that hold this."""
        return [line for line in self.lines if part in line]


class Project:
    """A folder in which pytest runs, with this process's pytest or one of its own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.stack = FakeStack(self.root)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def settle(self) -> None:
        """Settings, the fake stack's driver, a source for each stage."""
        self.write("syncguard.toml", SETTINGS)
        self.write("conftest.py", CONFTEST)
        for stage in STAGES:
            self.write(f"{stage}/source.txt", "as it was")

    def tests(self, source: str = "def test_one(): pass\n", name: str = "test_it.py") -> None:
        self.write(name, textwrap.dedent(source))

    def run(self, *args: str, plugins: Sequence[str] = PLUGINS) -> Run:
        """In this process, with these plugins and no others."""
        result = self.pytester.runpytest_inprocess(*_arguments(plugins), *args)
        return Run(int(result.ret), result.outlines, result.errlines)

    def call(self, *args: str, plugins: Sequence[str] = PLUGINS, cwd: Path | None = None) -> Run:
        """In a process of its own."""
        child = self.spawn(*args, plugins=plugins, cwd=cwd)
        out, err = child.communicate(timeout=90)
        return Run(child.returncode, out.splitlines(), err.splitlines())

    def spawn(
        self, *args: str, plugins: Sequence[str] = PLUGINS, cwd: Path | None = None, **more: Any
    ) -> subprocess.Popen[str]:
        """A process of its own, returned at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *_arguments(plugins), *args],
            cwd=cwd or self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            **{"stderr": subprocess.PIPE, **more},
        )

    def report(self, name: str = "report.json") -> Any:
        return json.loads((self.root / name).read_text())


def _arguments(plugins: Sequence[str]) -> list[str]:
    return ["-p", "no:cacheprovider", *(word for plugin in plugins for word in ("-p", plugin))]
