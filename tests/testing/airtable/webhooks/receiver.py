"""Somebody who is notified by webhooks, and answers as a test wants it."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 20.0  # seconds to wait for what must come


@dataclass
class Ping:
    path: str
    mac: str
    body: str
    content_type: str


class Receiver(ThreadingHTTPServer):
    """``answers``: the statuses of the next answers, then 200; 0 closes the connection without one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pings: queue.Queue[Ping] = queue.Queue()
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ping?who=me"

    def next(self) -> Ping:
        """The next notification, which must come."""
        return self.pings.get(timeout=PATIENCE)

    def got(self) -> int:
        """Notifications that have come and were not looked at."""
        return self.pings.qsize()


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        mac, kind = self.headers["X-Airtable-Content-MAC"], self.headers["Content-Type"]
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        self.server.pings.put(Ping(self.path, mac, body, kind))

    def log_message(self, *_: object) -> None:
        """Says nothing."""
