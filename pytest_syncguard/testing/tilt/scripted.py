"""The scripted Tilt, running, for tests."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from pytest_syncguard.testing.tilt.harness import RunningTilt
from pytest_syncguard.testing.tilt.installing import install
from pytest_syncguard.testing.tilt.journal import Journal

__all__ = ["ScriptedTilt"]

_PATIENCE = 30.0  # seconds


class ScriptedTilt(RunningTilt):
    """The scripted Tilt, running. See `RunningTilt`."""

    def rebuild(self, name: str, reason: str = "source") -> None:
        self._control("rebuild", name, [reason])

    def crash(self, name: str) -> None:
        self._control("crash", name)

    def break_tiltfile(self) -> None:
        self._load_tiltfile(f"{self.project / 'Tiltfile'}:1:1: got end of file, want primary expression")

    def mend_tiltfile(self) -> None:
        self._load_tiltfile(self.scenario.tiltfile_error)

    def _load_tiltfile(self, error: str) -> None:
        install(self.bin, replace(self.scenario, tiltfile_error=error))  # for the next start
        if self.pid is not None:
            self._control("break_tiltfile", error)

    def disable(self, name: str) -> None:
        self._control("disable", name)

    def running_content(self, name: str) -> str | None:
        if self.pid is None:
            return None
        content: str | None = self._control("running_content", name)
        return content

    @property
    def _up_env(self) -> dict[str, str]:
        return {"SCRIPTED_TILT_ENDS_WITH_STDIN": "1"}  # no orphan, even if this process is killed

    @property
    def _extra_env(self) -> dict[str, str]:
        return {"TILT_DEV_DIR": str(self._own / "tilt-dev"), "TILT_DISABLE_ANALYTICS": "1"}

    def _prepare(self) -> Journal:
        (self._own / "tilt-dev").mkdir(exist_ok=True)
        install(self.bin, self.scenario)
        return Journal(self.bin / ".scripted-tilt" / "journal")

    def _control(self, call: str, *arguments: object) -> Any:
        order = json.dumps({"call": call, "arguments": arguments}).encode()
        request = Request(f"http://127.0.0.1:{self.port}/scripted", data=order)
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=_PATIENCE) as answer:
                return json.loads(answer.read())
        except HTTPError as fault:
            with fault:
                raise ValueError(f"{call}: {fault.read().decode()}") from None
