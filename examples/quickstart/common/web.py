"""What the three services share: a small HTTP server on the loopback, and a client to call another one."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

HOST = "127.0.0.1"
HERE = Path(__file__).resolve().parent  # the build folder: these modules run compiled

Query = dict[str, str]
Answer = tuple[str, bytes]  # content type, body
Routes = dict[str, Callable[[Query], Answer]]


def as_json(value: Any) -> Answer:
    return "application/json", json.dumps(value).encode()


def built_version() -> str:
    """The version of the sources that this service was built from."""
    return (HERE / "version.txt").read_text()


def call(port: int, path: str, query: Query) -> Any:
    """What another service on this machine answers; raises OSError when it does not."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", f"{path}?{urlencode(query)}")
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise OSError(f"{path} on port {port} answered {response.status}")
    return json.loads(body)


class _Handler(BaseHTTPRequestHandler):
    routes: Routes

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        route = self.routes.get(parts.path)
        if route is None:
            self.send_error(404)
            return
        try:
            kind, body = route({key: values[0] for key, values in parse_qs(parts.query).items()})
        except OSError as fault:  # a service behind this one is down
            self.send_error(502, str(fault))
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is the base class's)
        """Requests are not logged: the log tells of starts and ends."""


def serve(name: str, port: int, routes: Routes) -> None:
    """Answer until interrupted, and say so once connections are accepted."""
    handler = type("Handler", (_Handler,), {"routes": {"/health": lambda _: as_json("ok"), **routes}})
    with ThreadingHTTPServer((HOST, port), handler) as server:
        print(f"{name} {built_version()} listening on http://{HOST}:{server.server_port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"{name} stopped", flush=True)
