"""One run of Tilt: whose it is, and whether its clock is ours."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable
from pytest_syncguard.stack.drivers.identity import LINUX, age_of

LOOPBACK = ("localhost", "127.0.0.1", "::1")  # hosts by which a Tilt of this machine is asked
CLOCK_TOLERANCE = 2.0  # seconds between the start that Tilt tells and the one that the system tells


class NoTilt(DriverUnavailable):
    """Nobody listens where Tilt should: it is not up."""

    def __init__(self, tilt: TiltSettings, said: str) -> None:
        super().__init__(f"no Tilt answers at {tilt.address}: start it with {tilt.command('up')} ({said})")


class ForeignTilt(DriverUnavailable):
    """The Tilt that answers runs another project: what it says of a "server" says nothing of ours."""


class TiltStarting(DriverUnavailable):
    """A Tilt that answers, and does not know its resources yet: soon it will."""

    def __init__(self, address: str, lacks: str) -> None:
        super().__init__(f"Tilt is starting at {address}, {lacks}: wait for it or restart tilt up")


class PortTaken(DriverUnavailable):
    """Something listens, and nobody answers as Tilt: a stranger, or for a moment a Tilt that begins."""


@dataclass(frozen=True, slots=True)
class Session:
    """``uid`` changes when Tilt restarts; ``started`` is in seconds since the epoch, by Tilt's clock."""

    uid: str
    tiltfile: str = ""
    pid: int = 0
    started: float = 0.0

    def require_ours(self, root: Path, address: str) -> None:
        """Raise `ForeignTilt` unless the Tiltfile lies in the same checkout as the project, or below it.

        A second work tree is another checkout: its sources are not what this Tilt builds. It may lie within the
        first one, as may a clone.
        """
        tiltfile = Path(self.tiltfile)
        if not tiltfile.is_absolute():
            return
        folder, here = tiltfile.parent.resolve(), root.resolve()
        related = folder == here or here in folder.parents or folder in here.parents
        below = here in (folder, *folder.parents)
        same = _checkout(folder) == _checkout(here) and (_checkout(here) or related)
        if _another_project(folder, here) if below else not same:
            raise ForeignTilt(
                f"the Tilt at {address} runs {tiltfile}, which is not of this project ({here}): "
                "run tilt up here on a port of its own and set it as [stack.tilt] port"
            )

    def shares_our_clock(self) -> bool:
        """Whether Tilt runs on this machine: its process is here and began when Tilt says that it began."""
        return abs(began(self.pid) - self.started) < CLOCK_TOLERANCE


def parse_session(document: Mapping[str, Any]) -> Session:
    """Read Tilt's Session document. Raises `DriverUnavailable` for what cannot be one."""
    try:
        status = document.get("status") or {}
        started = str(status.get("startTime") or "")
        return Session(
            f"{document['metadata'].get('uid', '')}@{started}",
            str((document.get("spec") or {}).get("tiltfilePath") or ""),
            int(status.get("pid") or 0),
            datetime.fromisoformat(started).timestamp() if started else 0.0,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DriverUnavailable(
            f"the tilt on the PATH does not speak like Tilt ({type(error).__name__}: {error}): put the real one first"
        ) from None


def began(pid: int) -> float:
    """When the process with this pid started, in seconds since the epoch; 0 when there is none."""
    if LINUX:
        age = age_of(pid)
        return time.time() - age if age else 0.0
    import psutil

    try:
        return psutil.Process(pid).create_time() if pid else 0.0
    except psutil.Error:
        return 0.0


def _another_project(folder: Path, here: Path) -> bool:
    """Whether a folder below ``here`` belongs to a project of its own: one with settings, or a second work tree.

    A submodule or a repository without settings is a part of the project around it.
    """
    between = [folder, *folder.parents][: len(folder.parts) - len(here.parts)]
    return any((each / "syncguard.toml").exists() or _is_second_work_tree(each) for each in between)


def _is_second_work_tree(folder: Path) -> bool:
    """As ``git worktree add`` makes them: ``.git`` is a file that leads to what it has in common with the first."""
    try:
        where = (folder / ".git").read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    except (OSError, ValueError):
        return False
    return (folder / where / "commondir").is_file()


def _checkout(folder: Path) -> Path | None:
    """The top of the work tree that the folder lies in, None outside any."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
