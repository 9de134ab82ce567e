"""A project in which the command is called, in this process or as one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.cli.app import syncguard

SUCCESS = "SUCCESS: The sync and deploy process completed successfully for all services"
ERROR = "ERROR: The sync and deploy process failed at [Step {}]. See logs below for details"
COMMAND = (sys.executable, "-m", "pytest_syncguard.cli")

SETTINGS = """
plugins = ["shelf_plugin"]

[stack]
driver = "shelf"

[stack.shelf]
address = "shelf 9"

[[stack.stage]]
name = "client"
sources = ["client/**"]
success = ["client is ready"]
settle = 0
timeout = "20s"

[[stack.stage]]
name = "server"
needs = ["client"]
sources = ["server/**"]
success = ["server is ready"]
settle = 0
timeout = "20s"
"""


@dataclass(frozen=True)
class Outcome:
    """What a call of the command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        """All of stdout, as the one document that it must be."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project's folder, in which the command is called."""

    root: Path
    capture: pytest.CaptureFixture[str]

    def run(self, *args: str) -> Outcome:
        """Call the command in this process."""
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            syncguard.main(args, prog_name="syncguard")
        assert isinstance(ended.value.code, int)
        out, err = self.capture.readouterr()
        return Outcome(ended.value.code, out, err)

    def call(self, *args: str, env: dict[str, str] | None = None) -> Outcome:
        """Call the command as a process of its own."""
        done = subprocess.run(
            [*COMMAND, *args],
            cwd=self.root,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def spawn(self, *args: str, **more: Any) -> subprocess.Popen[str]:
        """Start the command and return at once; both streams are pipes unless said otherwise."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen([*COMMAND, *args], cwd=self.root, text=True, stdin=subprocess.DEVNULL, **pipes)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path
