"""Whole syncs with the process driver, killed at any moment: nothing half built goes on, and the next one works."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pytest_syncguard import gate
from pytest_syncguard.project import open_project
from pytest_syncguard.verdict import Stoppable
from tests.stack.drivers.process.conftest import sealed
from tests.stack.drivers.process.project import wait_for
from tests.stack.lab import require_free_lock

KILLS = 10  # in each of two pieces
MAKE = """
import pathlib, subprocess, sys, time
name = sys.argv[1]
source = pathlib.Path(name, "source.txt").read_text()
subprocess.run([sys.executable, "-c", "import time; time.sleep(0.05)", "make"])
pathlib.Path("made").mkdir(exist_ok=True)
pathlib.Path("made", name).write_text(source)
print("made", name)
"""
SERVE = """
import json, os, pathlib, time
made = pathlib.Path("made", "server").read_text()
pathlib.Path("made", "serving.json").write_text(json.dumps({"pid": os.getpid(), "content": made}))
print("listening", flush=True)
while True:
    time.sleep(60)
"""
SETTINGS = """
[stack]
driver = "process"
[[stack.stage]]
name = "client"
sources = ["client/**"]
build = [PYTHON, "make.py", "client"]
success = ["made client"]
settle = 0.05
timeout = 20
one_shot = true
[[stack.stage]]
name = "server"
needs = ["client"]
sources = ["server/**"]
build = [PYTHON, "make.py", "server"]
serve = [PYTHON, "serve.py"]
success = ["listening"]
settle = 0.05
timeout = 20
"""


@pytest.fixture
def root(tmp_path: Path, no_leftovers: None) -> Iterator[Path]:
    root = tmp_path / "project"
    for name in ("client", "server"):
        (root / name).mkdir(parents=True)
        (root / name / "source.txt").write_text("as it was\n")
    (root / "make.py").write_text(MAKE)
    (root / "serve.py").write_text(SERVE)
    (root / "syncguard.toml").write_text(SETTINGS.replace("PYTHON", json.dumps(sys.executable)))
    yield root
    for guard in open_project(root).guards():
        assert isinstance(guard, Stoppable)
        guard.down()


def start(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest_syncguard.cli", "sync"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def runs_current(root: Path, name: str) -> bool:
    """Whether what runs was made of the source as it is."""
    source = (root / name / "source.txt").read_text()
    if name == "client":
        made = root / "made" / "client"
        return made.exists() and made.read_text() == source
    try:
        serving = json.loads((root / "made" / "serving.json").read_text())
        lives = psutil.Process(serving["pid"]).status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.NoSuchProcess):
        return False
    return lives and bool(serving["content"] == source)


def making(root: Path) -> list[psutil.Process]:
    """The builds that go on."""
    found = []
    for process in sealed(os.environ["SYNCGUARD_TEST_SEAL"]):
        try:
            if {"make.py", "make"} & set(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.parametrize("piece", [0, 1])
def test_sigkill_at_any_moment_of_a_sync(root: Path, piece: int) -> None:
    """The build ends with the sync, the plan is true, the lock is free, the next sync succeeds."""
    seed = int(os.environ.get("SYNCGUARD_SEED") or random.randrange(2**32))
    print(f"SYNCGUARD_SEED={seed}")
    chance = random.Random(seed)
    began = time.monotonic()
    assert start(root).wait(60) == 0
    usual = time.monotonic() - began
    for _ in range(KILLS):
        for name in chance.sample(("client", "server"), chance.randint(1, 2)):
            (root / name / "source.txt").write_text(f"{chance.random()}\n")
        sync = start(root)
        time.sleep(chance.uniform(0, usual))
        sync.kill()
        sync.wait()

        wait_for(lambda: not making(root), "the end of the builds")
        require_free_lock(root / ".syncguard")
        guards = open_project(root).guards()
        for verdict in guards[0].plan(()).verdicts:
            assert runs_current(root, verdict.target.name) or not verdict.synced, verdict
        assert gate.sync(guards).synced
        assert runs_current(root, "client")
        assert runs_current(root, "server")
