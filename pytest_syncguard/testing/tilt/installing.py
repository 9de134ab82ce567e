"""Puts the scripted ``tilt`` into a folder, ready to be run."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from pytest_syncguard.testing.tilt.scenario import Scenario

_MAX_SHEBANG = 120  # Linux cuts longer ones


def install(folder: Path, scenario: Scenario) -> Path:
    """Write an executable ``tilt`` that plays the scenario into the folder; returns its path.

    Beside it, in ``.scripted-tilt/``, lies what its runs share: the scenario and the journal of its builds.
    """
    state = folder / ".scripted-tilt"
    state.mkdir(parents=True, exist_ok=True)
    (state / "scenario.json").write_text(json.dumps(scenario.to_dict()), encoding="utf-8")
    here = Path(__file__).resolve().parent
    body = (
        "import sys\n"
        f"sys.path.insert(0, {str(here)!r})\n"
        "import cli\n"
        "del sys.path[0]\n"
        f"cli.main({str(state)!r}, sys.argv[1:])\n"
    )
    tilt = folder / "tilt"
    tilt.write_text(_shebang(folder, body), encoding="utf-8")
    tilt.chmod(0o755)
    return tilt


def _shebang(folder: Path, body: str) -> str:
    """The script with a first line that Linux understands, however long the interpreter's path is."""
    line = f"#!{sys.executable} -IS\n"
    if len(line) <= _MAX_SHEBANG and " " not in sys.executable:
        return line + body
    script = folder / ".scripted-tilt" / "main.py"
    script.write_text(body, encoding="utf-8")
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -IS {shlex.quote(str(script))} "$@"\n'
