"""A small project on a Tilt, scripted or real, for tests of the whole stack."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_syncguard import gate
from pytest_syncguard.lock import SyncLock
from pytest_syncguard.settings.model import Settings, StackSettings, Stage, TiltSettings
from pytest_syncguard.stack.drivers.tilt import TiltDriver
from pytest_syncguard.stack.guard import StackGuard
from pytest_syncguard.testing.tilt import Build, Resource, RunningTilt, Scenario, Serve, say
from pytest_syncguard.verdict import Event, Plan, Result, Target

NAMES = ("client", "server", "internal", "ui")
GOOD = Build((say("Compiling thiserror v1.0.40\n"), say("Finished\n")))
UP = Serve((say("listening\n"),))


def resource(name: str, *builds: Build, serve: Sequence[Serve] = (UP,), **more: object) -> Resource:
    """A manual resource that is made of ``<name>/*`` and, by default, builds well and stays up."""
    return replace(Resource(name, builds or (GOOD,), tuple(serve), input=(f"{name}/*",)), **more)  # type: ignore[arg-type]


def one_shot(name: str, *builds: Build, **more: object) -> Resource:
    """A manual resource that serves nothing."""
    return resource(name, *builds, serve=(), **more)


def four(**instead: Resource) -> Scenario:
    """Client bundle, server, internal service, UI, all healthy but for those given."""
    healthy = {"client": one_shot("client"), **{name: resource(name) for name in NAMES[1:]}}
    return Scenario(tuple({**healthy, **instead}.values()))


def stage(name: str, **more: object) -> Stage:
    """A stage as a user would write it for `resource`."""
    sign = "Finished" if name == "client" else "listening"
    basis = Stage(name, name, sources=(f"{name}/**",), success=(sign,), timeout=20.0, settle=0.1)
    return basis._replace(one_shot=name == "client", **more)  # type: ignore[arg-type]


STAGES = (
    stage("client"),
    stage("server", after=("client",)),
    stage("internal", after=("client",)),
    stage("ui", needs=("client",), after=("server", "internal")),
)


@dataclass
class Lab:
    """One project: its folder, its stages, its Tilt; `sync` is what ``syncguard sync`` does."""

    root: Path
    tilt: RunningTilt
    stages: tuple[Stage, ...] = STAGES
    events: list[Event] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        tilt = TiltSettings(host="localhost", port=self.tilt.port)
        return Settings(self.root, stack=StackSettings("tilt", stages=self.stages, tilt=tilt))

    def guard(self, jobs: int = 1) -> StackGuard:
        return StackGuard(self.settings, TiltDriver, jobs=jobs)

    def sync(self, *names: str, force: bool = False, jobs: int = 1) -> Result:
        self.events.clear()
        wanted = [Target("stack", name) for name in names]
        return gate.sync([self.guard(jobs)], wanted, force=force, listeners=[self.events.append])

    def plan(self) -> Plan:
        return self.guard().plan(())

    def planned(self) -> list[str]:
        """The names of the stages that a sync would rebuild."""
        return [step.target.name for step in self.plan().steps]

    def rebuilt(self) -> list[str]:
        """The names of the stages that the last sync rebuilt, in order."""
        from pytest_syncguard.verdict import StepStarted

        return [event.step.target.name for event in self.events if isinstance(event, StepStarted)]

    def edit(self, name: str, text: str = "edited\n") -> None:
        (self.root / name / "source.txt").write_text(text)

    def truth(self) -> dict[str, bool]:
        """Of each stage: whether what runs was built from the sources as they are."""
        return {
            name: self.tilt.running_content(name) == self.tilt.current_content(name)
            for name in (stage.name for stage in self.stages)
        }


def require_free_lock(state: Path) -> None:
    """Nobody holds the lock of the project; a child that was being started may, until it has become a program."""
    deadline = time.monotonic() + 5

    def wait(seconds: float) -> None:
        assert time.monotonic() < deadline, "the lock is still held"
        time.sleep(seconds)

    lock = SyncLock(state, wait)
    for _ in lock.acquire():
        pass
    lock.release()


def make_project(root: Path, names: Sequence[str] = NAMES) -> Path:
    """A git repository with a source file for each stage."""
    root.mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / name).mkdir()
        (root / name / "source.txt").write_text(f"{name} as it was\n")
    git(root, "init", "--quiet")
    (root / ".gitignore").write_text(".syncguard/\nlogs/\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "begin")
    return root


def git(root: Path, *arguments: str) -> None:
    """Run git with an identity of its own."""
    who = ["-c", "user.name=dev", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)
