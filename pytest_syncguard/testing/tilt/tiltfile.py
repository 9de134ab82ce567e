"""A scenario as a Tiltfile, so that the real Tilt plays it too."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from pytest_syncguard.testing.tilt.scenario import Resource, Scenario

__all__ = ["to_tiltfile"]


def to_tiltfile(scenario: Scenario, folder: Path, project: Path) -> Path:
    """Write a Tiltfile, and what its commands need, into the folder; returns the Tiltfile's path.

    Each command is ``sh -c TEXT``, so that Tilt echoes exactly the scenario's text; what runs is a stub named
    ``sh`` in ``folder/sh``, which must come first on the PATH of ``tilt up``. ``project`` is where commands
    run and where ``input`` and ``deps`` lie.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.json").write_text(json.dumps(scenario.to_dict()), encoding="utf-8")
    _write_stub(folder)
    tiltfile = folder / "Tiltfile"
    tiltfile.write_text("".join(_lines(scenario, project)), encoding="utf-8")
    return tiltfile


def _write_stub(folder: Path) -> None:
    replay = Path(__file__).resolve().with_name("replay.py")
    command = " ".join(shlex.quote(str(word)) for word in (sys.executable, "-IS", replay, folder))
    stub = folder / "sh" / "sh"
    stub.parent.mkdir(exist_ok=True)
    stub.write_text(
        f'#!/bin/sh\n[ -n "$TILT_REPLAY" ] && exec {command} "$TILT_REPLAY"\nexec /bin/sh "$@"\n',
        encoding="utf-8",
    )
    stub.chmod(0o755)


def _lines(scenario: Scenario, project: Path) -> list[str]:
    if scenario.tiltfile_error:
        return [f"fail({json.dumps(scenario.tiltfile_error)})\n"]
    lines = [_local_resource(resource, project) for resource in scenario.resources]
    enabled = [resource.name for resource in scenario.resources if not resource.disabled]
    if not enabled:
        lines.append("config.clear_enabled_resources()\n")
    elif len(enabled) < len(scenario.resources):
        lines.append(f"config.set_enabled_resources({json.dumps(enabled)})\n")
    return lines


def _local_resource(resource: Resource, project: Path) -> str:
    """One call; JSON strings are Starlark strings too."""
    arguments = [json.dumps(resource.name)]
    if resource.builds:
        arguments += _command(resource.build_text, f"build {resource.name}", project, "")
    if resource.serve:
        arguments += _command(resource.serve_text, f"serve {resource.name}", project, "serve_")
    mode = "AUTO" if resource.auto else "MANUAL"
    arguments += [
        f"trigger_mode=TRIGGER_MODE_{mode}",
        f"auto_init={resource.auto_init}",
        f"allow_parallel={resource.allow_parallel}",
        f"resource_deps={json.dumps(resource.resource_deps)}",
        f"deps={json.dumps([str(project / path) for path in resource.deps])}",
    ]
    return f"local_resource({', '.join(arguments)})\n"


def _command(text: str, replay: str, project: Path, prefix: str) -> list[str]:
    command = "serve_cmd" if prefix else "cmd"
    return [
        f"{command}={json.dumps(['sh', '-c', text])}",
        f"{prefix}env={json.dumps({'TILT_REPLAY': replay})}",
        f"{prefix}dir={json.dumps(str(project))}",
    ]
