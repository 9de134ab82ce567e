"""What a request may cost, and how errors are answered."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from pytest_syncguard.testing.airtable.bounds import MEBIBYTE, Bounds, BoundsMiddleware, HttpProtocol
from pytest_syncguard.testing.airtable.errors import no_such_row, not_found
from tests.testing.airtable.serving import Echo, serving


def _raw(url: str, sent: bytes) -> bytes:
    """All that the server says to these bytes, until it closes the connection."""
    place = urlsplit(url)
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as connection:
        connection.sendall(sent)
        said = b""
        while data := connection.recv(65536):
            said += data
        return said


def _error(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()["error"]["type"]


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/v0/a/T", 0, 200),
        ("/v0/a/T", 8 * MEBIBYTE, 200),
        ("/v0/a/T", 8 * MEBIBYTE + 1, 413),
        ("/v0/a/rec/fld/uploadAttachment", 7 * MEBIBYTE, 200),
        ("/v0/a/rec/fld/uploadAttachment", 7 * MEBIBYTE + 1, 413),
    ],
)
def test_a_body_may_be_so_large(path: str, size: int, status: int) -> None:
    """1 MiB, and 7 MiB for uploads: room for 5 MB in base 64."""
    echo = Echo()
    with serving(BoundsMiddleware(echo)) as url:
        answer = requests.post(url + path, data=b"x" * size, timeout=10)

    assert answer.status_code == status
    assert [len(body) for _, body in echo.effects] == ([size] if status == 200 else [])


def test_a_body_of_unknown_length_is_counted_as_it_comes() -> None:
    """Chunks that add up to too much are refused as well; those that do not arrive in one piece."""
    echo = Echo()

    def chunks(number: int) -> Iterator[bytes]:
        for _ in range(number):
            yield b"x" * 100_000

    with serving(BoundsMiddleware(echo, Bounds(body=500_000))) as url:
        answers = [requests.post(url, data=chunks(number), timeout=10) for number in (5, 6)]

    assert [each.status_code for each in answers] == [200, 413]
    assert [len(body) for _, body in echo.effects] == [500_000]
    assert answers[1].json() == {"error": {"type": "REQUEST_TOO_LARGE", "message": "Request body is too large"}}


def test_what_is_too_large_is_not_waited_for() -> None:
    """The answer comes by the announced length, before any of the body has been sent."""
    with serving(BoundsMiddleware(Echo())) as url:
        place = urlsplit(url)
        with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n")
            said = connection.recv(65536)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in said


def test_paths_have_their_own_bounds() -> None:
    """The first expression that is found in the path counts."""
    bounds = Bounds(body=10, bodies={re.compile("/big"): 1000, re.compile("/bigger"): 2000})

    assert [bounds.body_of(path) for path in ("/small", "/v0/big", "/bigger")] == [10, 1000, 1000]


@pytest.mark.parametrize(("length", "status"), [(15_999, 200), (16_000, 414), (40_000, 414)])
def test_an_address_must_be_shorter_than_16000_characters(length: int, status: int) -> None:
    """The whole of it counts, as pyairtable counts it."""
    with serving(BoundsMiddleware(Echo())) as url:
        address = f"{url}/v0/a/T?filterByFormula="
        answer = requests.get(address + "x" * (length - len(address)), timeout=10)

    assert len(str(answer.request.url)) == length
    assert answer.status_code == status


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    """408, and the connection is closed."""
    with serving(BoundsMiddleware(Echo(), Bounds(seconds=0.05))) as url:
        said = _raw(url, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")

    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"REQUEST_TIMEOUT" in said


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: ",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHos",
    ],
    ids=["nothing", "half a head", "half of another head"],
)
def test_a_head_that_does_not_come_is_not_waited_for(sent: bytes) -> None:
    """The connection is closed, be it the first request on it or another."""

    class Impatient(HttpProtocol):
        head_seconds = 0.3  # for a busy machine to send what it sends

    with serving(BoundsMiddleware(Echo()), Impatient) as url:
        said = _raw(url, sent)

    assert said.count(b"HTTP/1.1 200 OK") == sent.count(b"\r\n\r\n")


def test_a_client_that_hangs_up_has_no_effect() -> None:
    """Half a request is none."""
    echo = Echo()
    with serving(BoundsMiddleware(echo)) as url:
        place = urlsplit(url)
        with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as connection:
            connection.sendall(b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        requests.get(f"{url}/whole", timeout=10)

    assert [path for path, _ in echo.effects] == ["/whole"]


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (not_found(), 404, {"error": "NOT_FOUND"}),
        (
            no_such_row("recX"),
            422,
            {"error": {"type": "ROW_DOES_NOT_EXIST", "message": "Record ID recX does not exist in this table"}},
        ),
    ],
)
def test_airtables_errors_are_answered_in_its_words(error: Exception, status: int, body: dict[str, Any]) -> None:
    """Status and JSON body; the connection goes on."""

    async def refusing(scope: object, receive: object, send: object) -> None:
        raise error

    with serving(BoundsMiddleware(refusing)) as url, requests.Session() as session:
        answers = [session.post(url, data=b"x" * 1000, timeout=10) for _ in range(2)]

    assert [(each.status_code, each.json()) for each in answers] == [(status, body)] * 2
    assert answers[0].headers["Content-Type"] == "application/json; charset=utf-8"


def test_an_unknown_error_is_told_to_the_log_only(caplog: pytest.LogCaptureFixture) -> None:
    """500 SERVER_ERROR without a word of what it was; the server's log has the traceback."""

    async def broken(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("the innermost")

    with caplog.at_level(logging.ERROR), serving(BoundsMiddleware(broken)) as url:
        answer = requests.get(f"{url}/v0/T", timeout=10)

    assert _error(answer) == (500, "SERVER_ERROR")
    assert "innermost" not in answer.text
    assert "GET /v0/T failed" in caplog.text
    assert "RuntimeError: the innermost" in caplog.text


def test_an_answer_that_breaks_off_is_cut() -> None:
    """What has begun as a success cannot become an error: the client sees that it is not whole."""

    async def breaking(scope: object, receive: object, send: Any) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise not_found()

    with serving(BoundsMiddleware(breaking)) as url, pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(url, timeout=10)


def test_the_body_can_be_read_again_until_the_client_has_gone() -> None:
    """The app gets it in one piece; what comes after that is what the server says."""
    heard: list[str] = []

    async def app(scope: object, receive: Any, send: Any) -> None:
        message = await receive()
        heard.append(json.dumps([message["type"], len(message["body"]), message["more_body"]]))
        await Echo()({"path": "/"}, _once(message), send)
        heard.append((await receive())["type"])

    with serving(BoundsMiddleware(app)) as url:
        requests.post(url, data=b"x" * 300_000, timeout=10)

    assert heard == ['["http.request", 300000, false]', "http.disconnect"]


def _once(message: Any) -> Any:
    async def receive() -> Any:
        return message

    return receive
