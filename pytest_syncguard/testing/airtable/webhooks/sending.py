"""One small HTTP request to this machine. No request ever leaves it, whatever address somebody has written down."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import SplitResult, quote, urlsplit

LOCALHOST = ("127.0.0.1", "::1")  # what "localhost" is, whatever a name server says
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})\b")
REST_BYTES, REST_SECONDS = 65_536, 1.0
KEPT = "%/:=?&~+!$,;'()*@[]"  # of a path, as it was written


class NotSent(Exception):
    """Nobody answered; the message says why."""


class NeverSent(NotSent):
    """Nothing is sent to such an address."""


def is_web_address(url: str) -> bool:
    """Whether a url is one that could be sent to at all."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is none
        return False


async def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    """The status of the answer. Redirects are not followed. Raises `NotSent`."""
    parts = urlsplit(url)
    addresses = _addresses(parts.hostname or "")
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(parts, addresses, _request(parts, body, headers))
    except TimeoutError:
        raise NotSent(f"the receiver did not answer within {seconds:g} s") from None
    except (OSError, EOFError, asyncio.LimitOverrunError) as error:
        raise NotSent(_reason(error)) from None


def _addresses(host: str) -> tuple[str, ...]:
    """Addresses on this machine. Raises `NeverSent`."""
    if host == "localhost":
        return LOCALHOST
    try:
        if ipaddress.ip_address(host).is_loopback:
            return (host,)
    except ValueError:  # another name
        pass
    raise NeverSent(f"not sent: {host} is not an address of this machine, such as 127.0.0.1 or localhost")


async def _exchange(parts: SplitResult, addresses: tuple[str, ...], request: bytes) -> int:
    context = ssl.create_default_context() if parts.scheme == "https" else None
    reader, writer = await _connect(parts, addresses, context)
    try:
        writer.write(request)
        await writer.drain()
        status = STATUS.match(await reader.readuntil(b"\r\n"))
        if status is None:
            raise NotSent("the receiver did not answer in HTTP")
        await _hear_out(reader)
        return int(status[1])
    finally:
        writer.transport.abort()


async def _hear_out(reader: asyncio.StreamReader) -> None:
    """The rest of an answer says nothing, but whoever writes it should not find the connection cut."""
    left = REST_BYTES
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(REST_SECONDS):
            while left > 0 and (heard := await reader.read(left)):
                left -= len(heard)


async def _connect(
    parts: SplitResult, addresses: tuple[str, ...], context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = parts.port or (443 if context else 80)
    name = parts.hostname if context else None
    for address in addresses[:-1]:
        try:
            return await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
        except ConnectionRefusedError:
            continue
    return await asyncio.open_connection(addresses[-1], port, ssl=context, server_hostname=name)


def _request(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    target = quote(parts.path or "/", safe=KEPT) + (f"?{quote(parts.query, safe=KEPT)}" if parts.query else "")
    told = {"Host": parts.netloc.rpartition("@")[2], "Content-Length": str(len(body)), "Connection": "close", **headers}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii", "replace") + body


def _reason(error: Exception) -> str:
    match error:
        case ConnectionRefusedError():
            return "the receiver refused the connection"
        case ssl.SSLError():
            return f"no safe connection to the receiver: {error.reason}"
        case EOFError():
            return "the receiver closed the connection without an answer"
        case OSError():
            return f"the receiver was not reached: {(error.strerror or str(error)).lower()}"
        case _:
            return "the receiver did not answer in HTTP"
