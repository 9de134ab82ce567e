"""The scripted ``tilt``: a thin client that speaks, fails and exits as the real one does.

Runs by itself with ``python -I -S``: it imports little and nothing of the package, but for ``tilt up``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing takes longer to import than a whole command may
    from collections.abc import Iterator

VERSION = "v0.37.6, built 2026-08-08"
_VALUES = {
    "trigger": ("--host", "--port"),
    "logs": ("--host", "--port", "--tail", "--since", "--level", "--source"),
    "get": ("--host", "--port", "-o", "--output"),
    "up": ("--host", "--port", "-f", "--file", "--web-mode", "--namespace", "--context"),
    "version": (),
}
_SWITCHES = {
    "trigger": (),
    "logs": ("-f", "--follow", "--json"),
    "get": ("-w", "--watch"),
    "up": ("--stream", "--hud", "--legacy", "--watch"),
    "version": (),
}
_EMPTY_LIST = """{
    "apiVersion": "v1",
    "items": [],
    "kind": "List",
    "metadata": {
        "resourceVersion": ""
    }
}
"""
_GLOBAL = ("-d", "--debug", "-v", "--verbose")


class Fault(Exception):
    """Ends the command with exit code 1 and this text on stderr; ``usage``: a mistake in the arguments."""

    def __init__(self, text: str, *, usage: bool = False) -> None:
        super().__init__(text)
        self.usage = usage


class _Unreachable(Exception):
    """No connection, or no HTTP answer: the reason in Go's words."""


class Command:
    """Parsed arguments: name, positional arguments, flags by their name."""

    def __init__(self, argv: list[str]) -> None:
        self.name = argv[0]
        self.arguments: list[str] = []
        self.flags: dict[str, str] = {}
        rest = argv[1:]
        while rest:
            word = rest.pop(0)
            if not word.startswith("-") or word == "-":
                self.arguments.append(word)
                continue
            flag, equals, value = word.partition("=")
            if flag in _SWITCHES[self.name] or flag in _GLOBAL:
                self.flags[flag] = value or "true"
            elif flag in _VALUES[self.name]:
                if not equals and not rest:
                    raise Fault(f"flag needs an argument: {flag}", usage=True)
                self.flags[flag] = value if equals else rest.pop(0)
            elif flag.startswith("--"):
                raise Fault(f"unknown flag: {flag}", usage=True)
            else:
                raise Fault(f"unknown shorthand flag: {flag[1]!r} in {flag}", usage=True)

    def on(self, *names: str) -> bool:
        return any(self.flags.get(name, "false") != "false" for name in names)

    def number(self, flag: str, default: str) -> int:
        text = self.flags.get(flag, default)
        try:
            return int(text)
        except ValueError:
            reason = f'strconv.ParseInt: parsing "{text}": invalid syntax'
            raise Fault(f'invalid argument "{text}" for "{flag}" flag: {reason}', usage=True) from None

    @property
    def host(self) -> str:
        return self.flags.get("--host") or os.environ.get("TILT_HOST") or "localhost"

    @property
    def port(self) -> int:
        setting = os.environ.get("TILT_PORT") or "10350"
        if not setting.isdigit():
            sys.stdout.write(f'parsing env TILT_PORT: strconv.Atoi: parsing "{setting}": invalid syntax\n')
            raise SystemExit(1)
        return self.number("--port", setting)


class _Answer:
    """The answer to one request: status, reason, and a body that may go on until the other side ends."""

    def __init__(self, connection: socket.socket, address: str) -> None:
        self._connection = connection
        data = b""
        while b"\r\n\r\n" not in data:
            try:
                more = connection.recv(65536)
            except ConnectionResetError:
                here = "{}:{}".format(*connection.getsockname()[:2])
                raise _Unreachable(f"read tcp {here}->{address}: read: connection reset by peer") from None
            if not more:
                raise _Unreachable(_broken(data) if data else "EOF")
            data += more
            if not b"HTTP/".startswith(data[:5]):
                raise _Unreachable(_broken(data))
        head, _, self._body = data.partition(b"\r\n\r\n")
        _, _, self.status = head.split(b"\r\n")[0].decode("latin-1").partition(" ")

    @property
    def code(self) -> int:
        return int(self.status.split(" ")[0])

    def read(self) -> bytes:
        body = b""
        for piece in self.pieces():
            body += piece
        return body

    def pieces(self) -> Iterator[bytes]:
        yield self._body
        while True:
            try:
                piece = self._connection.recv(65536)
            except ConnectionError:
                return
            if not piece:
                return
            yield piece


def _broken(data: bytes) -> str:
    line = data.split(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    return f"net/http: HTTP/1.x transport connection broken: malformed HTTP response {json.dumps(line)}"


def _request(host: str, port: int, verb: str, target: str, body: bytes = b"") -> _Answer:
    address = "127.0.0.1" if host == "localhost" else host
    try:
        connection = socket.create_connection((address, port))
    except ConnectionRefusedError:
        raise _Unreachable(f"dial tcp {address}:{port}: connect: connection refused") from None
    except socket.gaierror:
        raise _Unreachable(f"dial tcp: lookup {host}: no such host") from None
    except OSError as fault:
        raise _Unreachable(f"dial tcp {address}:{port}: connect: {str(fault.strerror).lower()}") from None
    head = [f"{verb} {target} HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {len(body)}"]
    head += [f"X-Tilt-Token: {load_token()}", "", ""]
    connection.sendall("\r\n".join(head).encode() + body)
    return _Answer(connection, f"{address}:{port}")


def load_token() -> str:
    """The token in the folder of Tilt's own files, made if there is none; empty without such a folder."""
    folder = os.environ.get("TILT_DEV_DIR")
    if not folder:
        return ""
    path = os.path.join(folder, "token")  # noqa: PTH118 - pathlib takes long to import
    try:
        with open(path) as file:  # noqa: PTH123
            return file.read()
    except FileNotFoundError:
        token = os.urandom(16).hex()
        with open(path, "w") as file:  # noqa: PTH123
            file.write(token)
        return token


def _quote(text: str) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() else f"%{byte:02X}" for byte in text.encode())


def _trigger(command: Command) -> None:
    if len(command.arguments) != 1:
        raise Fault(f"accepts 1 arg(s), received {len(command.arguments)}", usage=True)
    name = command.arguments[0]
    url = f"http://{command.host}:{command.port}/api/trigger"
    order = json.dumps({"manifest_names": [name], "build_reason": 32}).encode()
    try:
        answer = _request(command.host, command.port, "POST", "/api/trigger", order)
    except _Unreachable as reason:
        sys.stderr.write(f'Could not connect to Tilt at {url}: Post "{url}": {reason}\n')
        raise SystemExit(1) from None
    body = answer.read().decode("utf-8", "replace").strip()
    if answer.code != 200:
        raise Fault(f"({answer.code}): {body}")
    if body:
        raise Fault(body)
    sys.stdout.write(f"Successfully triggered update for resource: {json.dumps(name, ensure_ascii=False)}\n")


def _logs(command: Command) -> None:
    tail = command.number("--tail", "-1")
    query = [f"resource={_quote(name)}" for name in command.arguments]
    query += ["follow=1"] if command.on("-f", "--follow") else []
    query += ["json=1"] if command.on("--json") else []
    query += [f"tail={tail}"] if tail >= 0 else []
    _say_analytics()
    url = f"http://{command.host}:{command.port}/api/websocket_token"
    try:
        answer = _request(command.host, command.port, "GET", "/api/websocket_token")
        if answer.code != 200:
            raise Fault(f'fetching websocket token: request to {url} failed with status "{answer.status}"')
        answer.read()
        answer = _request(command.host, command.port, "GET", f"/ws/view?{'&'.join(query)}")
    except _Unreachable as reason:
        raise Fault(f'fetching websocket token: connecting to Tilt at {url}: Get "{url}": {reason}') from None
    if answer.code != 200:
        raise Fault(f"dialing websocket ws://{command.host}:{command.port}/ws/view: websocket: bad handshake")
    _copy(answer)


def _say_analytics() -> None:
    setting = os.environ.get("TILT_DISABLE_ANALYTICS")
    if setting:
        now = time.strftime("%Y/%m/%d %H:%M:%S")
        sys.stderr.write(f"{now} Tilt analytics disabled: Environment variable TILT_DISABLE_ANALYTICS={setting}\n")
        sys.stderr.flush()


def _get(command: Command, state: str) -> None:
    if not command.arguments:
        raise Fault('You must specify the type of resource to get. Use "tilt api-resources" for a complete list.')
    try:
        with open(f"{state}/api/tilt-{command.port}") as file:  # noqa: PTH123 - pathlib takes long to import
            api = int(file.read())
    except (OSError, ValueError):
        raise Fault(f"No tilt apiserver found: tilt-{command.port}") from None
    kind, *names = command.arguments
    watch = "&watch=1" if command.on("-w", "--watch") else ""
    for name in names or [""]:
        try:
            answer = _request("127.0.0.1", api, "GET", f"/get?kind={_quote(kind)}&name={_quote(name)}{watch}")
        except _Unreachable:
            sys.stderr.write(
                f"The connection to the server 127.0.0.1:{api} was refused - did you specify the right host or port?\n"
            )
            if not name and not watch:
                sys.stdout.write(_EMPTY_LIST)
            raise SystemExit(1) from None
        if answer.code != 200:
            sys.stderr.write(answer.read().decode() + "\n")
            raise SystemExit(1)
        _copy(answer)


def _copy(answer: _Answer) -> None:
    for piece in answer.pieces():
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def _up(command: Command, state: str) -> None:
    host, port = command.host, command.port
    # Four folders up from here lies the package; nothing but the standard library is needed beside it.
    package = os.path.abspath(__file__)  # noqa: PTH100
    for _ in range(4):
        package = os.path.dirname(package)  # noqa: PTH120
    sys.path.insert(0, package)
    from pathlib import Path

    from pytest_syncguard.testing.tilt.server import up

    up(Path(state), host, port)


def _end_on_signals(code: int) -> None:
    """A stream that is told to end does so without a word."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(code))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def main(state: str, argv: list[str]) -> None:
    """Carry out one command. ``state`` is the folder of the scenario; ends with `SystemExit` on failure."""
    try:
        _run(state, argv)
    except Fault as fault:
        if fault.usage:
            sys.stdout.write(f"{fault}\n")
        usage = f"Usage:\n  tilt {argv[0]}\n\n" if fault.usage and argv else ""
        sys.stderr.write(f"Error: {fault}\n{usage}")
        raise SystemExit(1) from None


def _run(state: str, argv: list[str]) -> None:
    if not argv:
        raise Fault("the scripted tilt has no interactive mode: give a command")
    if argv[0] not in _VALUES:
        sys.stdout.write(f'unknown command "{argv[0]}" for "tilt"\n')
        sys.stderr.write(f'Error: unknown command "{argv[0]}" for "tilt"\nRun \'tilt --help\' for usage.\n')
        raise SystemExit(1)
    command = Command(argv)
    if command.name == "version":
        sys.stdout.write(f"{VERSION}\n")
    elif command.name == "trigger":
        _trigger(command)
    elif command.name == "logs":
        _end_on_signals(0)
        _logs(command)
    elif command.name == "get":
        _end_on_signals(1)
        _get(command, state)
    else:
        _up(command, state)
