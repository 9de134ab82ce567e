"""The scripted ``tilt up``: serves an engine on loopback until it is killed.

Two ports, as the real one has: that of the web page (trigger, logs) and another for the API (`get`), whose
number stands in a file that an orderly end removes and a SIGKILL leaves behind.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

from pytest_syncguard.testing.tilt import documents
from pytest_syncguard.testing.tilt.cli import load_token
from pytest_syncguard.testing.tilt.engine import ScriptedEngine, TriggerRefused
from pytest_syncguard.testing.tilt.journal import Journal
from pytest_syncguard.testing.tilt.logstore import LogClient, go_json
from pytest_syncguard.testing.tilt.scenario import Scenario

_POLL = 0.5  # seconds after which a stream looks whether its client is still there
_KINDS = {
    "cmd": "cmds",
    "cmds": "cmds",
    "uiresource": "uiresources",
    "uiresources": "uiresources",
    "session": "sessions",
    "sessions": "sessions",
}
_CONTROLS = frozenset({"break_tiltfile", "crash", "disable", "rebuild", "running_content"})


class _Request:
    """What a client asked for: verb, path, query, body."""

    def __init__(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += _receive(connection)
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *headers = head.decode("latin-1").split("\r\n")
        self.verb, target, *_ = first.split(" ")
        self._headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in headers)}
        while len(self.body) < int(self._headers.get("content-length", "0")):
            self.body += _receive(connection)
        parts = urlsplit(target)
        self.path = parts.path
        self.query = parse_qs(parts.query)

    @property
    def token(self) -> str | None:
        """What the client shows as proof that it is the user's."""
        return self._headers.get("x-tilt-token")

    def first(self, name: str) -> str:
        return self.query.get(name, [""])[0]


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the client hung up")
    return data


class Server:
    """Serves one engine. The port of its API is written to ``api_file``; an empty ``token`` is not asked for."""

    def __init__(self, engine: ScriptedEngine, web: socket.socket, api_file: Path, token: str = "") -> None:
        self._engine = engine
        self._token = token
        self._web = web
        self._api = socket.create_server(("127.0.0.1", 0))
        self._api_file = api_file

    def run(self) -> NoReturn:
        """Serve until the engine dies (SIGKILL to this very process) or a signal ends it in order."""
        self._api_file.parent.mkdir(parents=True, exist_ok=True)
        self._api_file.write_text(str(self._api.getsockname()[1]))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        for listener, answer in ((self._web, self._answer_web), (self._api, self._answer_api)):
            threading.Thread(target=self._accept, args=(listener, answer), daemon=True).start()
        threading.Thread(target=self._print, daemon=True).start()
        if os.environ.get("SCRIPTED_TILT_ENDS_WITH_STDIN"):
            threading.Thread(target=self._end_with_stdin, daemon=True).start()
        self._engine.run()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    def _stop(self, number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG002 - a signal handler's form
        self._api_file.unlink(missing_ok=True)
        os._exit(0)

    def _end_with_stdin(self) -> None:
        sys.stdin.buffer.read()
        self._stop(0, None)

    def _print(self) -> None:
        """`tilt up --stream` writes the log to its own output."""
        client = LogClient(lambda: "", levels=True)
        try:
            self._stream_log(client, lambda data: os.write(1, data), lambda: True)
        except OSError:
            return

    def _accept(self, listener: socket.socket, answer: Callable[[socket.socket, _Request], None]) -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._serve, args=(connection, answer), daemon=True).start()

    def _serve(self, connection: socket.socket, answer: Callable[[socket.socket, _Request], None]) -> None:
        with connection:
            try:
                answer(connection, _Request(connection))
            except (OSError, ValueError):
                return  # the client hung up, or speaks something else

    def _answer_web(self, connection: socket.socket, request: _Request) -> None:
        if self._token and request.path.startswith("/api/") and request.token != self._token:
            said = "invalid session token" if request.token else "missing session token"
            _reply(connection, 403, f"{said}\n".encode())
            return
        match request.verb, request.path:
            case _, "/api/trigger":
                _reply(connection, *self._trigger(request))
            case "GET", "/api/websocket_token":
                _reply(connection, 200, b"scripted")
            case "GET", "/ws/view":
                self._logs(connection, request)
            case "POST", "/scripted":
                _reply(connection, *self._control(json.loads(request.body)))
            case _:
                _reply(connection, 404, b"404 page not found\n")

    def _trigger(self, request: _Request) -> tuple[int, bytes]:
        if request.verb != "POST":
            return 400, b"must be POST request\n"
        try:
            names = json.loads(request.body)["manifest_names"]
        except (ValueError, KeyError, TypeError) as fault:
            return 400, f"error parsing JSON payload: {fault}\n".encode()
        if len(names) != 1:
            said = f"/api/trigger currently supports exactly one manifest name, got {len(names)}"
            return 400, f"{said}\n".encode()
        try:
            self._engine.trigger(names[0])
        except TriggerRefused as refusal:
            return refusal.status, refusal.body.encode()
        return 200, b""

    def _control(self, order: dict[str, Any]) -> tuple[int, bytes]:
        """What tests do to this Tilt from outside: a method of the engine, by name."""
        if order["call"] not in _CONTROLS:
            return 400, f"no control named {order['call']}".encode()
        try:
            result = getattr(self._engine, order["call"])(*order["arguments"])
        except KeyError as unknown:
            return 404, f"no resource named {unknown}".encode()
        return 200, json.dumps(result).encode()

    def _logs(self, connection: socket.socket, request: _Request) -> None:
        tail = request.first("tail")
        client = self._engine.log_client(
            *request.query.get("resource", []),
            tail=int(tail) if tail else None,
            as_json=bool(request.first("json")),
        )
        _reply(connection, 200, self._engine.read_log(client), close=False)
        if request.first("follow"):
            self._stream_log(client, connection.sendall, lambda: _connected(connection))

    def _stream_log(self, client: LogClient, send: Callable[[bytes], object], wanted: Callable[[], bool]) -> None:
        engine = self._engine
        while engine.alive and wanted():
            with engine.condition:
                if engine.log.end == client.cursor:
                    engine.condition.wait(_POLL)
            data = engine.read_log(client)
            if data:
                send(data)

    def _answer_api(self, connection: socket.socket, request: _Request) -> None:
        kinds, name = request.first("kind").split(","), request.first("name")
        if unknown := [kind for kind in kinds if kind not in _KINDS]:
            fault = f'error: the server doesn\'t have a resource type "{unknown[0]}"'
            _reply(connection, 404, fault.encode())
            return
        found = [document for kind in kinds for document in self._find(_KINDS[kind], name)]
        if name and not found:
            fault = f'Error from server (NotFound): {_KINDS[kinds[0]]}.tilt.dev "{name}" not found'
            _reply(connection, 404, fault.encode())
            return
        if request.first("watch") and [_KINDS[kind] for kind in kinds] == ["uiresources"]:
            self._watch(connection, name)
            return
        document = found[0] if name else documents.as_list(found)
        _reply(connection, 200, _pretty(document))

    def _find(self, kind: str, name: str) -> list[documents.Json]:
        if kind == "cmds":
            items = self._engine.commands()
        else:
            items = [self._engine.session()] if kind == "sessions" else self._engine.documents()
        return [item for item in items if name in {"", item["metadata"]["name"]}]

    def _watch(self, connection: socket.socket, name: str) -> None:
        engine = self._engine
        # The real one lists all twice when no name is given: the list, then all as added.
        twice = [] if name else engine.documents()
        _reply(connection, 200, b"".join(map(_pretty, twice)), close=False)
        watch = engine.watch(name)
        try:
            while engine.alive and _connected(connection):
                with engine.now():
                    ready = watch.take(engine.timeline.now)
                    if not ready:
                        wait = watch.wait(engine.timeline.now)
                        engine.condition.wait(_POLL if wait is None else min(wait, _POLL))
                if ready:
                    connection.sendall(b"".join(map(_pretty, ready)))
        finally:
            engine.unwatch(watch)


def _pretty(document: documents.Json) -> bytes:
    return (go_json(document, indent=4) + "\n").encode()


def _connected(connection: socket.socket) -> bool:
    readable, _, _ = select.select([connection], [], [], 0)
    return not readable or connection.recv(1, socket.MSG_PEEK) != b""


def _reply(connection: socket.socket, status: int, body: bytes, *, close: bool = True) -> None:
    """An HTTP answer; without ``close`` more of the body may follow, until the connection ends."""
    words = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}[status]
    length = f"Content-Length: {len(body)}\r\n" if close else ""
    connection.sendall(f"HTTP/1.1 {status} {words}\r\n{length}\r\n".encode() + body)


def up(state: Path, host: str, port: int) -> NoReturn:
    """``tilt up``: ``state`` holds ``scenario.json`` and the journal; the project is the working folder."""
    config = json.loads((state / "scenario.json").read_text(encoding="utf-8"))
    try:
        web = socket.create_server(("127.0.0.1" if host == "localhost" else host, port))
    except OSError:
        address = "127.0.0.1" if host == "localhost" else host
        sys.stderr.write(
            f"Error: Tilt cannot start because you already have another process on port {port}\n"
            "If you want to run multiple Tilt instances simultaneously,\n"
            "use the --port flag or TILT_PORT env variable to set a custom port\n"
            f"Original error: listen tcp {address}:{port}: bind: address already in use\n"
        )
        raise SystemExit(1) from None
    scenario = Scenario.from_dict(config)
    engine = ScriptedEngine(
        scenario,
        root=Path.cwd(),
        journal=Journal(state / "journal"),
        realtime=True,
        port=port,
        pid=os.getpid(),
        tiltfile=str(Path.cwd() / "Tiltfile"),
    )
    Server(engine, web, state / "api" / f"tilt-{port}", load_token() if scenario.wants_token else "").run()
