"""A running Tilt for tests: what the scripted one and the real one have in common."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pytest_syncguard.testing.tilt.documents import Json
from pytest_syncguard.testing.tilt.journal import Built, Journal, content_of
from pytest_syncguard.testing.tilt.scenario import Build, Scenario

__all__ = ["RunningTilt"]

_PATIENCE = 30.0
_SETTLED = {"ok", "error", "none", "not_applicable"}


class RunningTilt(ABC):
    """A Tilt that plays a scenario, as a context manager.

    It starts on a free port of its own and is idle when the ``with`` block begins, unless ``wait`` is
    false. ``bin`` is the folder to put in front of PATH, ``env`` the environment in which ``tilt`` means this
    one. ``project`` (default: ``folder``) is where the inputs of builds lie. All is gone at the block's end.
    """

    def __init__(self, scenario: Scenario, folder: Path, *, project: Path | None = None, wait: bool = True) -> None:
        self.scenario = scenario
        self.project = project or folder
        self.port = _free_port()
        self._wait = wait
        self._own = folder / ".tilt"
        self.bin = self._own / "bin"
        self.bin.mkdir(parents=True, exist_ok=True)
        (self._own / ".gitignore").write_text("*\n", encoding="utf-8")  # no source of anybody's stage
        self._process: subprocess.Popen[bytes] | None = None
        self._journal = self._prepare()

    @property
    def env(self) -> dict[str, str]:
        """The environment of this process, with which ``tilt`` is this one."""
        path = f"{self.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {
            **os.environ,
            "PATH": path,
            "TILT_PORT": str(self.port),
            "TILT_HOST": "localhost",
            **self._extra_env,
        }

    @property
    def pid(self) -> int | None:
        """The process of ``tilt up``; None when it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process is not None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- life

    def start(self) -> None:
        """``tilt up``, until it answers and, unless ``wait`` is false, is idle."""
        self._process = subprocess.Popen(
            [str(self.bin / "tilt"), "up", "--stream=true", *self._up_arguments],
            cwd=self.project,
            env={**self.env, **self._up_env},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._until(self._answers, "answer")
        if self._wait:
            self.wait_idle()

    def kill(self) -> None:
        """SIGKILL to Tilt; what it served is gone too."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def stop(self) -> None:
        """SIGTERM to Tilt, which ends in order."""
        if self._process is not None:
            self._process.terminate()
            self._reap()

    def restart(self) -> None:
        """Kill it and start it anew: new session, counters back to 1, nothing served, initial builds."""
        self.kill()
        self.start()

    def close(self) -> None:
        """End everything that was started."""
        self.kill()

    # --- what happens to it

    @abstractmethod
    def rebuild(self, name: str, reason: str = "") -> None:
        """A changed file causes a build of this resource; ``reason`` is the file's name."""

    @abstractmethod
    def crash(self, name: str) -> None:
        """The served process dies by itself, or by somebody else's hand."""

    @abstractmethod
    def disable(self, name: str) -> None:
        """Disable a resource, as in the web page."""

    @abstractmethod
    def break_tiltfile(self) -> None:
        """The Tiltfile no longer loads; the resources are as they were, until a restart."""

    @abstractmethod
    def mend_tiltfile(self) -> None:
        """The Tiltfile is as it was in the beginning."""

    def plan(self, name: str, *builds: Build) -> None:
        """From the next build on the resource does this, the last one again and again."""
        self._journal.plan(name, builds)

    def trigger(self, name: str) -> None:
        """``tilt trigger`` by somebody else."""
        self.run("trigger", name, check=True)

    # --- what is known of it

    @abstractmethod
    def running_content(self, name: str) -> str | None:
        """Digest of the sources of what runs now; a one-shot: of its last good build. None: nothing runs."""

    def current_content(self, name: str) -> str:
        """Digest of the resource's sources as they are now: in sync when `running_content` equals it."""
        return content_of(self.project, self.scenario[name].input)

    def builds(self, name: str) -> list[Built]:
        """All builds of the resource that began, oldest first, restarts included."""
        return self._journal.builds(name)

    def run(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run ``tilt`` with these arguments to its end."""
        return subprocess.run(
            [str(self.bin / "tilt"), *arguments],
            env=self.env,
            cwd=self.project,
            capture_output=True,
            text=True,
            check=check,
            timeout=_PATIENCE,
        )

    def resource(self, name: str) -> Json:
        """The UIResource's document."""
        document: Json = json.loads(self.run("get", "uiresource", name, "-o", "json", check=True).stdout)
        return document

    def resources(self) -> list[Json]:
        """All UIResource documents."""
        listed = json.loads(self.run("get", "uiresource", "-o", "json", check=True).stdout)
        items: list[Json] = listed["items"]
        return items

    def wait_until(self, name: str, condition: Callable[[Json], bool], what: str = "get there") -> Json:
        """Wait until the resource's ``status`` is as the condition wants; returns that status."""
        status: Json = {}

        def reached() -> bool:
            nonlocal status
            status = self.resource(name)["status"]
            return condition(status)

        self._until(reached, f"have {name} {what}")
        return status

    def wait_idle(self) -> None:
        """Wait until nothing is building or starting."""
        self._until(self._idle, "become idle")

    # --- inside

    @property
    def _up_arguments(self) -> Sequence[str]:
        return ()

    @property
    def _up_env(self) -> dict[str, str]:
        return {}

    @property
    def _extra_env(self) -> dict[str, str]:
        return {}

    @abstractmethod
    def _prepare(self) -> Journal:
        """Lay out ``bin`` and whatever else is needed; returns the journal of the builds."""

    def _idle(self) -> bool:
        return all(map(_at_rest, (document["status"] for document in self.resources())))

    def _answers(self) -> bool:
        """The Tiltfile is loaded, and all resources are there, if it loaded well."""
        listed = self.run("get", "uiresource", "-o", "json")
        items = json.loads(listed.stdout)["items"] if listed.returncode == 0 else []
        statuses = {item["metadata"]["name"]: item["status"] for item in items}
        match statuses.get("(Tiltfile)", {}).get("updateStatus"):
            case "error":
                return True
            case "ok":
                return all(resource.name in statuses for resource in self.scenario.resources)
            case _:
                return False

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(_PATIENCE)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"tilt ended with exit code {self._process.returncode} before it could {what}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"tilt did not {what} within {_PATIENCE:g} s")
            time.sleep(0.02)


def _at_rest(status: Json) -> bool:
    """Nothing is building or starting; what waits for a build that nobody asked for is at rest too."""
    if status.get("waiting", {}).get("reason") == "waiting-for-dep":
        return True
    if "currentBuild" in status or status["updateStatus"] not in _SETTLED:
        return False
    return status["runtimeStatus"] in _SETTLED or status["updateStatus"] == "error"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
