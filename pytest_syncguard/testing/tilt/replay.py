"""Plays one build or one served process of a scenario: what the real Tilt runs as a resource's command.

Started as ``replay.py STATE "build NAME"`` or ``"serve NAME"`` by the stub ``sh`` of `tiltfile`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_syncguard.testing.tilt.scenario import Step


def main(state: Path, kind: str, name: str) -> int:
    """Play the next script of the resource; returns the exit code, or never."""
    from pytest_syncguard.testing.tilt.journal import Journal, content_of
    from pytest_syncguard.testing.tilt.scenario import Scenario

    config = json.loads((state / "scenario.json").read_text(encoding="utf-8"))
    resource = Scenario.from_dict(config)[name]
    journal = Journal(state / "journal")
    (state / "pids").mkdir(exist_ok=True)
    (state / "pids" / str(os.getpid())).touch()
    if kind == "serve":
        passed = journal.passed(name)
        content = content_of(Path.cwd(), resource.input) if passed is None else passed
        process = journal.start_process(resource, content, os.getpid())
        _play(process.steps)
        while process.exit is None:
            signal.pause()
        return process.exit
    content = content_of(Path.cwd(), resource.input)
    build = journal.start_build(resource, content)
    _play(build.steps)
    if build.exit == 0:
        journal.note_passed(name, content)
    return build.exit


def _play(steps: Iterable[Step]) -> None:
    for step in steps:
        if step.kill_tilt:
            os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(step.sleep)
        for _ in range(step.repeat):
            sys.stdout.buffer.write(step.data)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2].split(" ", 1)))
