"""A trigger by HTTP: the request that ``tilt trigger`` sends, without the 65 ms which that command takes to start.

Only a Tilt on this machine is asked so, and only its plain yes counts. For all else the command is the authority: it
asks once more and tells what is wrong. A trigger that got through twice is harmless: Tilt queues a resource once, and
of two builds the newer one counts.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.base import DriverUnavailable

PATH = "/api/trigger"
BY_COMMAND = 32  # how Tilt calls the reason in its log: "CLI Trigger"
LONGEST = 4096  # bytes of an answer that is a plain yes
HOMES = ("TILT_DEV_DIR", "WMDAEMON_HOME", "WINDMILL_DIR")  # name the folder of Tilt's own files, first come first


def post_trigger(tilt: TiltSettings, resource: str, limit: float) -> bool:
    """Whether Tilt took the trigger; False: it did not, or nobody knows.

    Raises `DriverUnavailable` for a Tilt that took the request and gave no answer within ``limit`` seconds: the
    command would wait for as long.
    """
    address, deadline = f"{tilt.host}:{tilt.port}", time.monotonic() + limit
    try:
        with socket.create_connection((tilt.host, tilt.port), limit) as connection:
            try:
                connection.sendall(_request(address, resource, _token(os.environ)))
                return _is_yes(_answer(connection, deadline))
            except TimeoutError:
                raise DriverUnavailable(
                    f"Tilt at {address} gave no answer to the trigger of {resource} within {limit:g} s: see whether "
                    "it is healthy"
                ) from None
    except OSError:
        return False


def _request(address: str, resource: str, token: str) -> bytes:
    """HTTP/1.0: the answer ends with the connection, and comes in one piece."""
    body = json.dumps({"manifest_names": [resource], "build_reason": BY_COMMAND}).encode()
    lines = [
        f"POST {PATH} HTTP/1.0",
        f"Host: {address}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *([f"X-Tilt-Token: {token}"] if token else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _answer(connection: socket.socket, deadline: float) -> bytes:
    """All that comes until the other side has ended, or more than a yes needs."""
    answer = b""
    while len(answer) <= LONGEST:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        data = connection.recv(LONGEST)
        answer += data
        if not data or b"\r\ncontent-length: 0\r\n" in answer.lower():
            break
    return answer


def _is_yes(answer: bytes) -> bool:
    """Status 200 and a body that is said to be empty: a refusal may have that status and be told there."""
    head, end, body = answer.partition(b"\r\n\r\n")
    version, _, status = head.partition(b"\r\n")[0].partition(b" ")
    empty = end and not body and b"\r\ncontent-length: 0\r\n" in head.lower() + b"\r\n"
    return bool(empty) and version.startswith(b"HTTP/1.") and status.split(b" ")[0] == b"200"


def _token(env: Mapping[str, str]) -> str:
    """What Tilt wants to see from those who change something, since 2026; empty where there is none."""
    try:
        path = _home(env) / "token"
        token = path.read_text("ascii") if path.is_file() else ""
    except (OSError, RuntimeError, ValueError):
        return ""
    return token if token.isprintable() else ""


def _home(env: Mapping[str, str]) -> Path:
    """The folder of Tilt's own files."""
    for name in HOMES:
        if folder := env.get(name):
            return Path(folder)
    old = Path.home() / ".windmill"
    return old if old.exists() else Path.home() / ".tilt-dev"
