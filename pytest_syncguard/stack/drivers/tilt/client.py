"""The real ``tilt`` command, spoken to with argv lists and JSON."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable, StageFault
from pytest_syncguard.stack.drivers.said import last_line
from pytest_syncguard.stack.drivers.tilt.command import with_commands
from pytest_syncguard.stack.drivers.tilt.question import TooMuch, ask, end
from pytest_syncguard.stack.drivers.tilt.resource import TILTFILE, Resource, parse, with_services
from pytest_syncguard.stack.drivers.tilt.session import NoTilt, PortTaken, Session, TiltStarting, parse_session
from pytest_syncguard.stack.drivers.tilt.streams import ChildStream

# A command that ends at once needs no garbage collector: a third of its time goes there.
BRIEF = {"GOGC": "off"}
ANSWER_LIMIT = 20.0  # seconds; a healthy Tilt answers in 0.07
STILL_SILENT = 2.0  # seconds in which one that gave no answer is not asked again
LONGEST = 100_000  # lines; what prints more of them without a new beginning prints no resource
KNOCK_LIMIT = 0.5  # seconds to find out whether anybody listens at a port


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

    def state(self) -> tuple[Session, dict[str, Resource]]: ...
    def resources(self) -> dict[str, Resource]: ...
    def trigger(self, stage: str, resource: str) -> None: ...
    def follow(self, resources: Sequence[str]) -> EntryStream: ...
    def watch(self) -> ResourceStream: ...
    def tail(self, resource: str, lines: int) -> list[Entry]: ...
    def log(self, resource: str) -> bytes: ...


class Tilt:
    """`TiltClient` over the ``tilt`` executable on the PATH."""

    def __init__(self, settings: TiltSettings) -> None:
        self.settings, self.address = settings, settings.address
        self._silent: DriverUnavailable | None = None
        self._silent_at = 0.0
        self._running: set[subprocess.Popen[bytes]] = set()
        self.env: Mapping[str, str] = {
            **os.environ,
            "TILT_HOST": settings.host,
            "TILT_PORT": str(settings.port),
            "TILT_DISABLE_ANALYTICS": "1",
        }

    def state(self) -> tuple[Session, dict[str, Resource]]:
        """Raises `TiltStarting` until the Tiltfile was loaded for the first time, well or not."""
        asked = ("get", "session,uiresource", "-o", "json")
        items = self._items(*asked)
        with self._speaking(f"tilt {' '.join(asked)}"):
            sessions = [item for item in items if item["kind"] == "Session"]
            others = [item for item in items if item["kind"] == "UIResource"]
        if not sessions:
            raise TiltStarting(self.address, "it has no session yet")
        session, resources = parse_session(sessions[0]), self._parsed(others)
        tiltfile = resources.get(TILTFILE)
        if tiltfile is None or tiltfile.latest is None:
            raise TiltStarting(self.address, "its Tiltfile is not loaded yet")
        return session, resources

    def resources(self) -> dict[str, Resource]:
        return self._parsed(self._items("get", "uiresource", "-o", "json"))

    def abandon(self) -> None:
        """End what is being asked: nobody waits for the answers."""
        for child in tuple(self._running):
            end(child)

    def _parsed(self, items: list[dict[str, Any]]) -> dict[str, Resource]:
        """The resources by name. For those of docker_compose Tilt is asked for their containers, too; for those that
        wait for their process, for the command that is it.
        """
        with self._speaking("tilt get uiresource -o json"):
            found = {resource.name: resource for resource in map(parse, items)}
        with self._speaking("tilt get cmd -o json"):
            found = with_commands(found, lambda: self._items("get", "cmd", "-o", "json"))
        if not any(resource.compose for resource in found.values()):
            return found
        items = self._items("get", "dockercomposeservice", "-o", "json")
        with self._speaking("tilt get dockercomposeservice -o json"):
            return with_services(found, items)

    def trigger(self, stage: str, resource: str) -> None:
        done = self._run("trigger", resource)
        if done.returncode == 0:
            return
        said = _said(done)
        if "does not exist" in said or "disabled" in said:
            raise StageFault(stage, f"tilt trigger {resource}: {said}")
        raise NoTilt(self.settings, said)

    def follow(self, resources: Sequence[str]) -> EntryStream:
        return _Entries(self._stream("logs", "-f", "--json", *resources))

    def watch(self) -> ResourceStream:
        return _Resources(self._stream("get", "uiresource", "-w", "-o", "json"))

    def tail(self, resource: str, lines: int) -> list[Entry]:
        done = self._run("logs", "--json", "--tail", str(lines), resource)
        if done.returncode != 0:
            raise DriverUnavailable(f"tilt logs {resource} failed: {_said(done)}")
        return [entry for line in done.stdout.split(b"\n") if (entry := _entry(line))]

    def log(self, resource: str) -> bytes:
        return self._run("logs", resource).stdout

    def _items(self, *args: str) -> list[dict[str, Any]]:
        done = self._run(*args)
        if done.returncode != 0:
            said = f"exit code {done.returncode}: {_said(done) or 'it said nothing'}"
            if not _listens(self.settings.host, self.settings.port):
                raise NoTilt(self.settings, said)
            cure = "wait if that is a Tilt that is starting; else end it, or run tilt up on another port and set it as"
            where = f"{self.address}, though something listens there"
            raise PortTaken(f"no Tilt answers at {where}: {cure} [stack.tilt] port ({said})")
        with self._speaking(f"tilt {' '.join(args)}"):
            items = json.loads(done.stdout).get("items") or []
            if not isinstance(items, list):
                raise TypeError(items)
            return items

    @contextmanager
    def _speaking(self, asked: str) -> Iterator[None]:
        """Within, an answer is read; one of another shape is not Tilt's."""
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise DriverUnavailable(
                f"{self._executable()} does not speak like Tilt (asked: {asked}): put the real tilt first on the PATH"
            ) from None

    def _executable(self) -> str:
        found = shutil.which("tilt", path=self.env.get("PATH"))
        if found is None:
            raise DriverUnavailable(
                'no tilt on the PATH: install Tilt (https://docs.tilt.dev) or choose driver = "process"'
            )
        return found

    def _run(self, *args: str) -> subprocess.CompletedProcess[bytes]:
        if self._silent is not None and time.monotonic() - self._silent_at < STILL_SILENT:
            raise self._silent
        executable = self._executable()
        try:
            return ask([executable, *args], {**self.env, **BRIEF}, ANSWER_LIMIT, self._running)
        except subprocess.TimeoutExpired:
            asked = f"{executable} {' '.join(args)}"
            self._silent_at = time.monotonic()
            self._silent = DriverUnavailable(
                f"{asked} gave no answer within {ANSWER_LIMIT:g} s: see whether Tilt at {self.address} is healthy"
            )
            raise self._silent from None
        except TooMuch:
            raise DriverUnavailable(
                f"{executable} does not speak like Tilt (asked: tilt {' '.join(args)}, it prints without end): "
                "put the real tilt first on the PATH"
            ) from None
        except OSError as error:
            raise DriverUnavailable(
                f"{executable} cannot be run: {error.strerror}: put the real tilt first on the PATH"
            ) from None

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
            if line[:1] == b"{" or len(self._lines) > LONGEST:
                self._lines = []
            self._lines.append(line)
            if line[:1] == b"}":
                if (resource := _resource(self._lines)) is not None:
                    found.append(resource)
                self._lines = []
        self.ended = self._stream.ended
        return found

    def close(self) -> None:
        self._stream.close()


def _resource(lines: list[bytes]) -> Resource | None:
    """A resource that was printed over several lines; None for one that a notice of Tilt's got into."""
    try:
        return parse(json.loads(b"\n".join(lines)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


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


def _listens(host: str, port: int) -> bool:
    """Whether anybody takes connections there."""
    try:
        socket.create_connection((host, port), KNOCK_LIMIT).close()
    except (OSError, UnicodeError):
        return False
    return True


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """Its last word, on stderr or else on stdout."""
    return (last_line(done.stderr) or last_line(done.stdout)).decode(errors="replace")
