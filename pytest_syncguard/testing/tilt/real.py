"""The real Tilt, playing a scenario, behind the interface of the scripted one."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_syncguard.testing.tilt.harness import RunningTilt
from pytest_syncguard.testing.tilt.journal import Journal
from pytest_syncguard.testing.tilt.scenario import Scenario
from pytest_syncguard.testing.tilt.tiltfile import to_tiltfile

__all__ = ["RealTilt"]

_MOMENT = 0.3  # seconds


class RealTilt(RunningTilt):
    """The real Tilt, running. ``binary`` is what ``shutil.which("tilt")`` found. See `RunningTilt`.

    It differs where it must: `rebuild` rewrites a file of the resource's ``deps``, which needs ``auto``;
    ``latency``, ``log_delay``, ``watch_every`` and ``wants_token`` of the scenario, and ``unnoticed`` of a process do
    not count.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        binary: str | os.PathLike[str],
        *,
        project: Path | None = None,
        wait: bool = True,
    ) -> None:
        self._binary = Path(binary).resolve()
        self._death: threading.Timer | None = None
        super().__init__(scenario, folder, project=project, wait=wait)

    def start(self) -> None:
        super().start()
        if self.scenario.dies_after is not None and self._process is not None:
            self._death = threading.Timer(self.scenario.dies_after, self._process.kill)
            self._death.start()

    def kill(self) -> None:
        if self._death is not None:
            self._death.cancel()
            self._death = None
        super().kill()
        self._end_commands()

    def stop(self) -> None:
        super().stop()
        self._end_commands()

    def rebuild(self, name: str, reason: str = "") -> None:
        resource = self.scenario[name]
        files = [self.project / path for path in ((reason,) if reason else resource.deps[:1])]
        if not (resource.auto and files):
            raise ValueError(f"{name}: Tilt rebuilds by itself only what is `auto` and has `deps`")
        files[0].write_bytes(files[0].read_bytes())  # the same content, but Tilt sees a write

    def crash(self, name: str) -> None:
        processes = self._journal.processes(name)  # Tilt's status may have lost sight of it
        if not processes or processes[-1].pid not in self._commands():
            raise ValueError(f"{name}: serves nothing")
        os.kill(processes[-1].pid, signal.SIGKILL)

    def break_tiltfile(self) -> None:
        with (self._state / "Tiltfile").open("a", encoding="utf-8") as file:
            file.write("local_resource(\n")

    def mend_tiltfile(self) -> None:
        to_tiltfile(self.scenario, self._state, self.project)

    def wait_idle(self) -> None:
        """As ever, but twice: there is a moment between a good build and its process without a sign."""
        super().wait_idle()
        time.sleep(_MOMENT)
        super().wait_idle()

    def disable(self, name: str) -> None:
        self.run("disable", name, check=True)

    def running_content(self, name: str) -> str | None:
        if not self.scenario[name].serve:
            return self._journal.passed(name)
        processes = self._journal.processes(name)
        if self.pid is None or not processes or processes[-1].pid not in self._commands():
            return None
        return processes[-1].content

    @property
    def _state(self) -> Path:
        return self._own / "replay"

    @property
    def _up_arguments(self) -> Sequence[str]:
        return ("--web-mode=prod", "-f", str(self._state / "Tiltfile"))

    @property
    def _up_env(self) -> dict[str, str]:
        return {"PATH": f"{self._state / 'sh'}{os.pathsep}{self.env['PATH']}"}

    @property
    def _extra_env(self) -> dict[str, str]:
        # Its own folder for the list of running Tilts: that of the user stays as it is.
        return {"TILT_DEV_DIR": str(self._own / "tilt-dev"), "TILT_DISABLE_ANALYTICS": "1"}

    def _prepare(self) -> Journal:
        (self._own / "tilt-dev").mkdir(exist_ok=True)
        link = self.bin / "tilt"
        if not link.exists():
            link.symlink_to(self._binary)
        to_tiltfile(self.scenario, self._state, self.project)
        return Journal(self._state / "journal")

    def _end_commands(self) -> None:
        """What a killed Tilt leaves behind."""
        for pid in self._commands():
            os.kill(pid, signal.SIGKILL)

    def _commands(self) -> set[int]:
        """The builds and processes that run; pids whose process is another by now are not among them."""
        import psutil

        running = set()
        for path in (self._state / "pids").glob("*"):
            try:
                process = psutil.Process(int(path.name))
                if str(self._state) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    running.add(process.pid)
            except psutil.Error:
                continue
        return running
