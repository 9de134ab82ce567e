"""What a command imports before it does anything: start-up is part of every call."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.project import Project

PROCESS = """
[stack]
driver = "process"

[[stack.stage]]
name = "client"
one_shot = true
build = ["true"]
"""
HEAVY = {"asyncio", "cattrs", "jinja2", "pexpect", "psutil", "pyairtable", "pydantic", "pytest", "requests", "xdist"}
SHOW = """
import atexit, sys
atexit.register(lambda: print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr))
from pytest_syncguard.cli import main
main()
"""


def imported(*args: str) -> set[str]:
    """The top-level modules that a call of the command has imported in the end."""
    done = subprocess.run([sys.executable, "-c", SHOW, *args], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("args", [("--help",), ("plan", "--help"), ("plan",), ("status",), ("judge", "a.log")])
def test_looking_imports_nothing_heavy(empty: Project, args: tuple[str, ...]) -> None:
    """Neither pytest nor what other commands and drivers need."""
    empty.write("syncguard.toml", PROCESS)
    empty.write("a.log", "fine\n")

    assert imported(*args) & HEAVY == set()


def test_without_plugins_there_is_no_plugin_manager(empty: Project) -> None:
    """pluggy is imported only for those who name plugins."""
    empty.write("syncguard.toml", PROCESS)

    assert "pluggy" not in imported("plan")


def test_plugins_do_not_need_pytest(project: Project) -> None:
    """A project with plugins plans without importing pytest, too."""
    found = imported("plan")

    assert "shelf_plugin" in found
    assert "pytest" not in found
