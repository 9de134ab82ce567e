"""What a sync costs on top of the stack's own time: four stages, on the scripted Tilt and on the real one.

The stack's own time is that of its builds and of the start of its processes, by Tilt's own records and the
system's, plus ``settle``, which is left at its default. The procedure of a person or agent that waits 5 s and then
polls the log every 10 s runs beside it, on the same stack.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bench.tools import commit_all, run_quietly, table
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.identity import age_of
from pytest_syncguard.testing.tilt import (
    Build,
    RealTilt,
    Resource,
    RunningTilt,
    Scenario,
    ScriptedTilt,
    Serve,
    say,
    sleep,
)

STAGES = ("client", "server", "internal", "ui")
BUILD, SETTLE, RUNS = 0.5, Stage("", "").settle, 5
SCENARIO = Scenario(
    tuple(
        Resource(
            name, (Build((sleep(BUILD), say("Finished\n"))),), () if name == "client" else (Serve((say("up\n"),)),)
        )
        for name in STAGES
    )
)


def main() -> None:
    """Measure each Tilt that is there."""
    with scripted() as tilt:
        measure("scripted Tilt", tilt)
    if binary := shutil.which("tilt"):
        with real(binary) as tilt:
            measure("real Tilt", tilt)
    else:
        print("no real tilt on the PATH: only the scripted one was measured")


def measure(title: str, tilt: RunningTilt) -> None:
    """Print what ``syncguard sync`` and the polling procedure take beyond the stack's own time."""
    command = [sys.executable, "-m", "pytest_syncguard.cli", "sync", "--force"]
    taken, owned = [], []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        run_quietly(command, tilt.project, tilt.env)
        taken.append(time.perf_counter() - began)
        owned.append(own_time(tilt))
    ours, own = statistics.median(taken[1:]), statistics.median(owned[1:])
    over = statistics.median(
        (all_of_it - its) / len(STAGES) for all_of_it, its in zip(taken[1:], owned[1:], strict=True)
    )
    polling = poll_as_a_person(tilt)
    table(
        [
            (f"{title}: the stack's own time, settle included", f"{own:6.2f} s"),
            ("syncguard sync, whole process", f"{ours:6.2f} s, {over:.2f} s a stage over it  (at most 0.25)"),
            ("wait 5 s, poll every 10 s", f"{polling:6.2f} s, {(polling - own) / len(STAGES):.2f} s a stage over it"),
            ("ratio polling / syncguard", f"{polling / ours:6.1f}"),
        ]
    )


def own_time(tilt: RunningTilt) -> float:
    """Seconds of the last builds, from the start of each to that of the process it brought up, and ``settle``."""
    total = len(STAGES) * SETTLE
    for name in STAGES:
        status = tilt.resource(name)["status"]
        build = status["buildHistory"][0]
        end = datetime.fromisoformat(build["finishTime"]).timestamp()
        if age := age_of(status["localResourceInfo"].get("pid", -1)):  # the scripted Tilt's processes are none
            end = max(end, time.time() - age)
        total += end - datetime.fromisoformat(build["startTime"]).timestamp()
    return total


def poll_as_a_person(tilt: RunningTilt) -> float:
    """Trigger, wait 5 s, read the whole log every 10 s until the sign is there; stage after stage."""
    began = time.perf_counter()
    for name in STAGES:
        tilt.run("trigger", name, check=True)
        time.sleep(5)
        while "Finished" not in tilt.run("logs", name).stdout:
            time.sleep(10)
    return time.perf_counter() - began


@contextmanager
def scripted() -> Iterator[RunningTilt]:
    """A project on the scripted Tilt."""
    with tempfile.TemporaryDirectory() as folder, ScriptedTilt(SCENARIO, make_project(Path(folder))) as tilt:
        yield tilt


@contextmanager
def real(binary: str) -> Iterator[RunningTilt]:
    """The same project on the real Tilt; its commands are plain shell lines, which start at once."""
    with tempfile.TemporaryDirectory() as folder:
        tilt = RealTilt(SCENARIO, make_project(Path(folder)), binary)
        lines = [
            f"local_resource('{name}', cmd='sleep {BUILD}; echo Finished', trigger_mode=TRIGGER_MODE_MANUAL"
            + (")" if name == "client" else ", serve_cmd='echo up; exec sleep 1000')")
            for name in STAGES
        ]
        next(tilt.project.rglob("Tiltfile")).write_text("\n".join(lines) + "\n")
        with tilt:
            yield tilt


def make_project(root: Path) -> Path:
    """A repository with a syncguard.toml for the scenario."""
    stages = "".join(
        f'[[stack.stage]]\nname = "{name}"\nsources = ["{name}.txt"]\n'
        + ('success = ["^Finished"]\none_shot = true\n' if name == "client" else 'success = ["^up"]\n')
        for name in STAGES
    )
    (root / "syncguard.toml").write_text(f'[stack]\ndriver = "tilt"\n{stages}')
    for name in STAGES:
        (root / f"{name}.txt").write_text(name)
    (root / ".gitignore").write_text(".syncguard/\nlogs/\n.tilt/\n")
    commit_all(root)
    return root


if __name__ == "__main__":
    main()
