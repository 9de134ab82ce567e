"""What was built and brought up, from which sources, and what comes next in the script.

In memory for an engine of one process; in a folder when several share it: the scripted Tilt and its
successor after a restart, or the commands that replay a scenario under the real Tilt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from pytest_syncguard.testing.tilt.scenario import Build, Resource, Serve, script_from_dict

__all__ = ["Built", "Journal", "content_of"]


@dataclass(frozen=True, slots=True)
class Built:
    """One build or process: its number from 1 on, what it was made of, the pid of a process."""

    number: int
    content: str
    pid: int = 0


def content_of(root: Path, globs: Iterable[str]) -> str:
    """A digest of the files that the globs match below the root, names included; empty for no globs."""
    patterns = tuple(globs)
    if not patterns:
        return ""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()}):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:16]


class Journal:
    """Counts builds and processes of each resource and hands out their scripts in turn."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._entries: dict[str, list[Built]] = {}
        self._plans: dict[str, tuple[int, tuple[Build, ...]]] = {}

    def start_build(self, resource: Resource, content: str) -> Build:
        """Note that a build begins, made of this content; returns its script."""
        base, builds = self._plan(resource)
        built = self._add("build", resource.name, content, 0)
        return builds[min(built.number - 1 - base, len(builds) - 1)] if builds else Build()

    def start_process(self, resource: Resource, content: str, pid: int) -> Serve:
        """Note that a process begins, of a build of this content; returns its script."""
        started = self._add("serve", resource.name, content, pid)
        return resource.serve[min(started.number, len(resource.serve)) - 1]

    def plan(self, resource: str, builds: Sequence[Build]) -> None:
        """From the next build on, take these scripts instead, the last one again and again."""
        plan = len(self.builds(resource)), tuple(builds)
        self._plans[resource] = plan
        if self._folder is not None:
            data = {"base": plan[0], "builds": [asdict(build) for build in builds]}
            path = self._path("plan", resource, "json")
            draft = path.with_suffix(".new")
            draft.write_text(json.dumps(data), encoding="utf-8")
            draft.replace(path)

    def builds(self, resource: str) -> list[Built]:
        """All builds of the resource so far, oldest first."""
        return self._read("build", resource)

    def processes(self, resource: str) -> list[Built]:
        """All processes of the resource so far, oldest first."""
        return self._read("serve", resource)

    def note_passed(self, resource: str, content: str) -> None:
        """A build made of this content passed."""
        self._add("pass", resource, content, 0)

    def passed(self, resource: str) -> str | None:
        """What the last build that passed was made of, or None."""
        passed = self._read("pass", resource)
        return passed[-1].content if passed else None

    def _plan(self, resource: Resource) -> tuple[int, tuple[Build, ...]]:
        if self._folder is None:
            return self._plans.get(resource.name, (0, resource.builds))
        path = self._path("plan", resource.name, "json")
        if not path.exists():
            return 0, resource.builds
        data = json.loads(path.read_text(encoding="utf-8"))
        return data["base"], tuple(map(script_from_dict, data["builds"]))

    def _add(self, kind: str, resource: str, content: str, pid: int) -> Built:
        built = Built(len(self._read(kind, resource)) + 1, content, pid)
        if self._folder is None:
            self._entries.setdefault(f"{kind}/{resource}", []).append(built)
        else:
            with self._path(kind, resource, "jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(built)) + "\n")
        return built

    def _read(self, kind: str, resource: str) -> list[Built]:
        if self._folder is None:
            return self._entries.setdefault(f"{kind}/{resource}", [])
        path = self._path(kind, resource, "jsonl")
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [Built(**json.loads(line)) for line in lines]

    def _path(self, kind: str, resource: str, ending: str) -> Path:
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{kind}-{quote(resource, safe='')}.{ending}"
