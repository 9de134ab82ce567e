"""A project for the real docker compose, with the same words as the one whose `docker` mimics it."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

from pytest_syncguard.settings.model import Stage
from tests.stack.drivers.command.project import compose_settings, driver_for

IMAGE = "busybox"


def why_not() -> str:
    """Why the real compose cannot be asked on this machine; empty when it can."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    for question in (["docker", "compose", "version"], ["docker", "info"]):
        asked = subprocess.run(question, capture_output=True, text=True, timeout=30)
        if asked.returncode:
            return f"{' '.join(question)}: {asked.stderr.strip().splitlines()[0]}"
    return ""


class RealCompose:
    """Services are busybox containers that print their lines at their times and then exit or stay."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.services: dict[str, Any] = {}
        self.name = f"syncguard-{uuid.uuid4().hex[:8]}"
        self.driver = driver_for(root, compose_settings(poll=0.2))

    def service(
        self,
        name: str,
        *,
        build: list[str] | None = None,
        code: int = 0,
        lines: list[tuple[float, str]] | None = None,
        ends: tuple[float, int] | None = None,
    ) -> Stage:
        said = "; ".join([*(f"echo '{line}'" for line in build or []), f"exit {code}"])
        self.services[name] = {
            "build": {"context": ".", "dockerfile_inline": f"FROM {IMAGE}\nRUN {said}\n"},
            "command": ["sh", "-c", _script(lines or [], ends)],
            "init": True,
        }
        project = {"name": self.name, "services": self.services}
        (self.root / "compose.yaml").write_text(json.dumps(project))  # JSON is YAML
        return Stage(name=name, resource=name)

    def remove(self) -> None:
        subprocess.run(
            ["docker", "compose", "down", "--volumes", "--rmi", "local", "--timeout", "1"],
            cwd=self.root,
            check=True,
            capture_output=True,
        )


def _script(lines: list[tuple[float, str]], ends: tuple[float, int] | None) -> str:
    words, now = [], 0.0
    for at, line in lines:
        words += [f"sleep {at - now}", f"echo '{line}'"]
        now = at
    after, code = ends or (1000.0, 0)
    return "; ".join([*words, f"sleep {max(after - now, 0.0)}", f"exit {code}"])
