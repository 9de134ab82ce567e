"""A docker with one container, as the real Tilt needs it: the ``docker compose`` command, and the engine's API.

Both speak of ``container.json``: whoever writes another id or start there has recreated or restarted it by hand.
"""

from __future__ import annotations

import http.server
import json
import os
import secrets
import socketserver
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAME, WORDS = "app-server-1", b"listening on 8080\n"
VERSION = {"Version": "28.2.2", "ApiVersion": "1.50", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"}


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Container:
    """The one container there is, kept in a file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "container.json"

    @property
    def state(self) -> dict[str, str]:
        with suppress(OSError):
            found: dict[str, str] = json.loads(self._path.read_text())
            return found
        return {}

    def start(self, *, anew: bool) -> None:
        """Restart it, or put another one in its place."""
        identity = secrets.token_hex(6) if anew else self.state["id"]
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps({"id": identity, "at": now()}))
        draft.replace(self._path)


class Api(http.server.BaseHTTPRequestHandler):
    """What Tilt asks of the engine: that it is there, how the container is, and its log."""

    protocol_version = "HTTP/1.1"
    container: Container

    def do_GET(self) -> None:
        state = self.container.state
        if "/logs" in self.path:
            self._log(state)
        elif "/containers/" in self.path:
            running = {"Status": "running", "Running": True, "StartedAt": state.get("at")}
            self._answer({"Id": state.get("id"), "Name": f"/{NAME}", "State": running, "Config": {"Tty": True}})
        else:
            self._answer(VERSION)

    do_HEAD = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        pass

    def address_string(self) -> str:
        return "unix"

    def _answer(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self._head(f"Content-Length: {len(body)}", "application/json")
        if self.command != "HEAD":
            self.wfile.write(body)

    def _log(self, state: dict[str, str]) -> None:
        """Its one line, then nothing until it is another's turn."""
        self._head("Connection: close", "application/vnd.docker.raw-stream")
        self.close_connection = True
        since = float(self.path.partition("since=")[2].partition("&")[0] or 0)
        with suppress(OSError, KeyError):
            if datetime.fromisoformat(state["at"]).timestamp() > since:
                self.wfile.write(WORDS)
            while self.container.state == state:
                time.sleep(0.05)

    def _head(self, header: str, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Api-Version", "1.50")
        self.send_header(*header.split(": "))
        self.end_headers()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def get_request(self) -> tuple[Any, Any]:
        return super().get_request()[0], ("unix", 0)


def serve(folder: Path, path: Path) -> _Server:
    """Answer on a socket, on a thread, until `shutdown`."""
    server = _Server(str(path), type("OurApi", (Api,), {"container": Container(folder)}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def compose(folder: Path, words: list[str]) -> None:
    """``docker compose …`` as Tilt calls it."""
    container = Container(folder)
    if "version" in words:
        print("Docker Compose version v2.36.2")
    elif "ps" in words:
        print(container.state.get("id", ""))
    elif "up" in words:
        print(f" Container {NAME}  Starting", file=sys.stderr, flush=True)
        container.start(anew=True)
        time.sleep(0.2)
        print(f" Container {NAME}  Started", file=sys.stderr)
    elif "events" in words:
        known = container.state
        while os.getppid() != 1:
            if (state := container.state) != known:
                known = state
                event = {"time": now(), "type": "container", "action": "start", "id": state["id"], "service": "server"}
                print(json.dumps(event), flush=True)
            time.sleep(0.05)


if __name__ == "__main__":
    compose(Path(__file__).resolve().parent.parent, sys.argv[1:])
