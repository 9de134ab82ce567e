"""The real ``tilt`` command, spoken to with argv lists and JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable, StageFault
from pytest_syncguard.stack.drivers.tilt.resource import Resource, parse
from pytest_syncguard.stack.drivers.tilt.session import Session, parse_session
from pytest_syncguard.stack.drivers.tilt.streams import ChildStream

ANSWER_LIMIT = 20.0  # seconds; a healthy Tilt answers in 0.07


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of Tilt's log."""

    resource: str
    span: str
    event: str
    message: str


class EntryStream(Protocol):
    """Log lines as they come, the whole history first; ``behind``: more has arrived than was read."""

    ended: bool
    behind: bool

    def read(self) -> list[Entry]: ...
    def close(self) -> None: ...


class ResourceStream(Protocol):
    """Resources as they change, all of them once at first."""

    ended: bool

    def read(self) -> list[Resource]: ...
    def close(self) -> None: ...


class TiltClient(Protocol):
    """What the driver asks of Tilt; the scripted Tilt's engine can stand in within one process."""

    def session(self) -> Session: ...
    def resources(self) -> dict[str, Resource]: ...
    def trigger(self, stage: str, resource: str) -> None: ...
    def follow(self, resources: Sequence[str]) -> EntryStream: ...
    def watch(self) -> ResourceStream: ...
    def tail(self, resource: str, lines: int) -> list[Entry]: ...
    def log(self, resource: str) -> bytes: ...


class Tilt:
    """`TiltClient` over the ``tilt`` executable on the PATH."""

    def __init__(self, settings: TiltSettings) -> None:
        self.address = f"{settings.host}:{settings.port}"
        self.env: Mapping[str, str] = {
            **os.environ,
            "TILT_HOST": settings.host,
            "TILT_PORT": str(settings.port),
            "TILT_DISABLE_ANALYTICS": "1",
        }

    def session(self) -> Session:
        items = self._items("get", "session", "-o", "json")
        if not items:
            raise DriverUnavailable(f"Tilt at {self.address} has no session yet: wait for it or restart tilt up")
        return parse_session(items[0])

    def resources(self) -> dict[str, Resource]:
        items = self._items("get", "uiresource", "-o", "json")
        return {resource.name: resource for resource in map(parse, items)}

    def trigger(self, stage: str, resource: str) -> None:
        done = self._run("trigger", resource)
        if done.returncode == 0:
            return
        said = _last_line(done.stderr) or _last_line(done.stdout)
        if "does not exist" in said or "disabled" in said:
            raise StageFault(stage, f"tilt trigger {resource}: {said}")
        raise DriverUnavailable(f"no Tilt answers at {self.address}: start it with tilt up ({said})")

    def follow(self, resources: Sequence[str]) -> EntryStream:
        return _Entries(self._stream("logs", "-f", "--json", *resources))

    def watch(self) -> ResourceStream:
        return _Resources(self._stream("get", "uiresource", "-w", "-o", "json"))

    def tail(self, resource: str, lines: int) -> list[Entry]:
        done = self._run("logs", "--json", "--tail", str(lines), resource)
        if done.returncode != 0:
            raise DriverUnavailable(f"tilt logs {resource} failed: {_last_line(done.stderr)}")
        return [entry for line in done.stdout.split(b"\n") if (entry := _entry(line))]

    def log(self, resource: str) -> bytes:
        return self._run("logs", resource).stdout

    def _items(self, *args: str) -> list[dict[str, Any]]:
        done = self._run(*args)
        if done.returncode != 0:
            said = _last_line(done.stderr) or f"exit code {done.returncode}"
            raise DriverUnavailable(f"no Tilt answers at {self.address}: start it with tilt up ({said})")
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = None
        items = (answer.get("items") or []) if isinstance(answer, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise DriverUnavailable(
                f"{self._executable()} does not speak like Tilt (asked: tilt {' '.join(args)}): "
                "put the real tilt first on the PATH"
            )
        return items

    def _executable(self) -> str:
        found = shutil.which("tilt", path=self.env.get("PATH"))
        if found is None:
            raise DriverUnavailable(
                'no tilt on the PATH: install Tilt (https://docs.tilt.dev) or choose driver = "process"'
            )
        return found

    def _run(self, *args: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                [self._executable(), *args],
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=ANSWER_LIMIT,
            )
        except subprocess.TimeoutExpired:
            raise DriverUnavailable(
                f"tilt {' '.join(args)} gave no answer within {ANSWER_LIMIT:g} s: is Tilt at {self.address} healthy?"
            ) from None
        except OSError as error:
            raise DriverUnavailable(f"tilt cannot be run: {error}: check the tilt on the PATH") from None

    def _stream(self, *args: str) -> ChildStream:
        return ChildStream([self._executable(), *args], self.env)


class _Entries:
    def __init__(self, stream: ChildStream) -> None:
        self._stream = stream
        self.ended = False
        self.behind = False

    def read(self) -> list[Entry]:
        entries = [entry for line in self._stream.read() if (entry := _entry(line))]
        self.ended, self.behind = self._stream.ended, self._stream.behind
        return entries

    def close(self) -> None:
        self._stream.close()


class _Resources:
    """``-w -o json`` prints indented objects one after the other: each ends at a ``}`` in column 0."""

    def __init__(self, stream: ChildStream) -> None:
        self._stream = stream
        self._lines: list[bytes] = []
        self.ended = False

    def read(self) -> list[Resource]:
        found = []
        for line in self._stream.read():
            if line[:1] == b"{":
                self._lines = []
            self._lines.append(line)
            if line[:1] == b"}":
                if (document := _document(self._lines)) is not None:
                    found.append(parse(document))
                self._lines = []
        self.ended = self._stream.ended
        return found

    def close(self) -> None:
        self._stream.close()


def _document(lines: list[bytes]) -> dict[str, Any] | None:
    """An object that was printed over several lines; None for one that a notice of Tilt's got into."""
    try:
        document = json.loads(b"\n".join(lines))
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _entry(line: bytes) -> Entry | None:
    """A line of ``tilt logs --json``; Tilt's own notices, which are not JSON, are None."""
    if line[:1] != b"{":
        return None
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return Entry(
        data.get("resource") or "",
        data.get("spanID") or "",
        data.get("buildEvent") or "",
        data.get("message") or "",
    )


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
