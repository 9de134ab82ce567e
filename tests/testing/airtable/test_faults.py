"""Faults strike when they are due, and clients see them as they would see those of a network."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import IncompleteRead, ProtocolError

from pytest_syncguard.testing.airtable.bounds import BoundsMiddleware
from pytest_syncguard.testing.airtable.errors import not_found
from pytest_syncguard.testing.airtable.faults import FaultNotStruck, Faults, FaultsMiddleware
from tests.testing.airtable.serving import Echo, serving


def _struck(faults: Faults, number: int, method: str = "GET", path: str = "/v0/T") -> list[list[str]]:
    """The kinds of faults that strike so many requests."""
    return [[fault.kind for fault in faults.strike(method, path)] for _ in range(number)]


@contextmanager
def _server(faults: Faults, app: Any = None) -> Iterator[tuple[str, Echo]]:
    echo = Echo()
    with serving(BoundsMiddleware(FaultsMiddleware(app or echo, faults))) as url:
        yield url, echo


def test_without_faults_nothing_happens() -> None:
    """And when they are cleared."""
    faults = Faults().status(500).reset()
    faults.clear()

    assert _struck(faults, 2) == [[], []]
    assert faults.pending == ()


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ({}, [1, 1, 1, 1, 1, 1]),
        ({"times": 2}, [1, 1, 0, 0, 0, 0]),
        ({"after": 2}, [0, 0, 1, 1, 1, 1]),
        ({"after": 2, "times": 1}, [0, 0, 1, 0, 0, 0]),
        ({"schedule": [False, True, True]}, [0, 1, 1, 0, 0, 0]),
        ({"schedule": itertools.cycle([False, True])}, [0, 1, 0, 1, 0, 1]),
        ({"schedule": [5, 2]}, [0, 1, 0, 0, 1, 0]),
        ({"schedule": itertools.count(3, 2)}, [0, 0, 1, 0, 1, 0]),
        ({"schedule": [1, 2], "after": 1}, [0, 1, 1, 0, 0, 0]),
        ({"schedule": []}, [0, 0, 0, 0, 0, 0]),
        ({"probability": 0}, [0, 0, 0, 0, 0, 0]),
        ({"probability": 1.0, "times": 1}, [1, 0, 0, 0, 0, 0]),
    ],
)
def test_a_fault_strikes_when_it_is_due(when: dict[str, Any], struck: list[int]) -> None:
    """By number of times, after some, by schedule of booleans or of request numbers."""
    faults = Faults().add("500", **when)

    assert [len(each) for each in _struck(faults, 6)] == struck


@given(st.lists(st.booleans()))
def test_numbers_and_booleans_say_the_same(schedule: list[bool]) -> None:
    """The numbers of those that are True are struck as the booleans tell."""
    numbers = [number for number, struck in enumerate(schedule, 1) if struck]
    by_boolean, by_number = Faults().status(500, schedule=schedule), Faults().status(500, schedule=numbers)

    assert _struck(by_boolean, len(schedule)) == _struck(by_number, len(schedule))
    assert by_boolean.pending == by_number.pending == ()


def test_dice_fall_the_same_each_time() -> None:
    """A probability has its own seed: a test that fails fails again."""
    first, again, other = (_struck(Faults(seed).status(500, probability=0.5), 100) for seed in (1, 1, 2))

    assert first == again != other
    assert 30 < len([each for each in first if each]) < 70


def test_a_fault_is_for_its_path_and_method() -> None:
    """Other requests do not even count."""
    faults = Faults().status(500, path="/T$", method="post", after=1)
    requested = [("GET", "/T"), ("POST", "/T"), ("POST", "/U"), ("POST", "/T/x"), ("POST", "/T")]

    assert [len(faults.strike(*each)) for each in requested] == [0, 0, 0, 0, 1]


def test_faults_strike_together_until_one_ends_the_request() -> None:
    """Those after it keep what they have for another request."""
    faults = Faults().latency(0.1, times=3).status(500, times=1).status(503, times=1).latency(0.2, times=1)

    assert _struck(faults, 4) == [["latency", "500"], ["latency", "503"], ["latency", "latency"], []]


def test_a_request_counts_for_all_faults() -> None:
    """Also for those that it does not reach: request numbers are what they say."""
    faults = Faults().status(500, schedule=[1]).status(503, schedule=[2])

    assert _struck(faults, 3) == [["500"], ["503"], []]


def test_pending_are_those_that_may_still_strike() -> None:
    """A spent one goes at once; a message shows those that are left."""
    faults = Faults().status(500, times=1).status(503, schedule=[1, 3])
    before = [fault.kind for fault in faults.pending]
    _struck(faults, 1)
    then = [fault.kind for fault in faults.pending]
    _struck(faults, 2)

    assert (before, then, faults.pending) == (["500", "503"], ["503"], ())
    assert "kind='502'" in repr(Faults().status(502))


@pytest.mark.parametrize(
    ("kind", "arguments", "told"),
    [
        ("418", {}, "must be one of .*; found 418"),
        ("rename_field", {}, "rename_field needs call="),
        ("latency", {"call": print}, "call= is for .*; found it for latency"),
        ("500", {"probability": 1.5}, "probability must be from 0 to 1; found 1.5"),
        ("500", {"times": 0}, "times must be 1 or more"),
        ("500", {"after": -1}, "after and seconds 0 or more"),
        ("latency", {"seconds": -1}, "after and seconds 0 or more"),
        ("latency", {"seconds": "x"}, "seconds must be a number; found 'x'"),
        ("500", {"times": True}, "times must be a number; found True"),
        ("500", {"retry_after": "soon"}, "retry_after must be a number; found 'soon'"),
        ("500", {"method": "pots"}, 'method must be one of GET, POST, .*; found POTS; did you mean "POST"'),
        ("500", {"method": "rename"}, "method must be one of GET, POST, .*; found RENAME$"),
        ("between", {"call": 3}, "call= must be a function, such as lambda: ...; found 3"),
        ("500", {"schedule": [0]}, "from 1; found 0"),
    ],
)
def test_a_fault_that_makes_no_sense_is_told(kind: str, arguments: dict[str, Any], told: str) -> None:
    """Where it is added, not in the server."""
    with pytest.raises(ValueError, match=told):
        Faults().add(kind, **arguments)


@pytest.mark.parametrize(
    "when", [{"times": 2}, {"schedule": [3]}, {"schedule": itertools.cycle([True])}, {"times": 1, "after": 1}]
)
def test_a_fault_that_never_struck_is_told(when: dict[str, Any]) -> None:
    """One that was to strike: its test has not tested what it says."""
    faults = Faults().status(503, method="PATCH", **when)
    faults.strike("POST", "/T")

    with pytest.warns(FaultNotStruck, match=r"no request was struck by Fault\(kind='503'.*method='PATCH'"):
        faults.verify()


@pytest.mark.parametrize("when", [{"times": 2}, {"schedule": [1, 3]}, {"probability": 0.0, "times": 1}, {}])
def test_other_faults_need_strike_no_more(when: dict[str, Any]) -> None:
    """Those that struck once at least, that depend on dice, that were always there, or that were cleared."""
    faults = Faults().status(503, **when)
    faults.strike("POST", "/T")
    faults.verify()
    faults.status(500, times=1).clear()

    faults.verify()


def test_what_fails_between_is_raised_once_by_who_asks() -> None:
    """The first failure, be it an assertion or a failure of pytest's own; the request that met it gets a 500."""
    faults = Faults()
    faults.between(lambda: pytest.fail("too many")).between(lambda: 1 / 0, after=1)
    with _server(faults) as (url, _):
        assert [requests.get(url, timeout=10).status_code for _ in range(3)] == [500, 500, 200]

    with pytest.raises(pytest.fail.Exception, match="too many"):
        faults.verify()
    faults.verify()


def test_faults_may_be_added_by_any_thread() -> None:
    """What strikes is what was added, once each."""
    faults, struck = Faults(), []

    def add() -> None:
        for _ in range(500):
            faults.latency(0, times=1)

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or faults.pending:
        struck.extend(faults.strike("GET", "/"))

    assert len(struck) == len(set(map(id, struck))) == 1500


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "RATE_LIMIT_REACHED"), (500, "SERVER_ERROR"), (502, "BAD_GATEWAY"), (503, "RETRIABLE_ERROR")],
)
@pytest.mark.parametrize("retry_after", [None, 1, 1.5])
def test_a_status_is_answered_and_nothing_done(status: int, kind: str, retry_after: float | None) -> None:
    """With ``Retry-After`` or without; the next request is served."""
    with _server(Faults().status(status, retry_after=retry_after, times=1)) as (url, echo):
        answers = [requests.post(url, json=[number], timeout=10) for number in range(2)]

    assert [each.status_code for each in answers] == [status, 200]
    assert answers[0].json()["error"]["type"] == kind
    assert answers[0].headers.get("Retry-After") == {None: None, 1: "1", 1.5: "2"}[retry_after]
    assert [body for _, body in echo.effects] == [b"[1]"]


def test_latency_is_waited_for_before_the_request_is_served() -> None:
    """So many seconds, and then all goes well."""
    order: list[object] = []

    async def sleep(seconds: float) -> None:
        order.append(seconds)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        order.append("served")
        await Echo()(scope, receive, send)

    with serving(BoundsMiddleware(FaultsMiddleware(app, Faults().latency(0.2, times=1), sleep))) as url:
        answers = [requests.get(url, timeout=10).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert order == [0.2, "served", "served"]


def test_a_server_that_stops_does_not_wait_for_latency(caplog: pytest.LogCaptureFixture) -> None:
    """The connection is cut, and nothing is logged about it."""
    waiting = threading.Event()
    seen: list[type[Exception]] = []

    async def sleep(seconds: float) -> None:
        waiting.set()
        await asyncio.sleep(seconds)

    def ask() -> None:
        try:
            requests.get(url, timeout=50)
        except requests.ConnectionError as cut:
            seen.append(type(cut))

    asking = threading.Thread(target=ask)
    with serving(BoundsMiddleware(FaultsMiddleware(Echo(), Faults().latency(60), sleep))) as url:
        asking.start()
        assert waiting.wait(10)
    asking.join()

    assert seen == [requests.ConnectionError]
    assert caplog.text == ""


@pytest.mark.parametrize(("before", "effects"), [(True, []), (False, [b"x" * 1000])])
def test_a_reset_connection_is_reset(before: bool, effects: list[bytes], caplog: pytest.LogCaptureFixture) -> None:
    """The client sees ECONNRESET; what it sent has taken effect or not; the server goes on, and has nothing to say."""
    with _server(Faults().reset(before=before, times=1)) as (url, echo):
        with pytest.raises(requests.ConnectionError) as seen:
            requests.post(url, data=b"x" * 1000, timeout=10)
        had = [body for _, body in echo.effects]
        after = requests.get(url, timeout=10)

    assert isinstance(_cause(seen.value), ConnectionResetError)
    assert had == effects
    assert after.status_code == 200
    assert caplog.text == ""


def test_a_connection_that_was_used_before_is_reset_too() -> None:
    """Within a session, in the midst of its requests."""
    with _server(Faults().reset(before=False, schedule=[3])) as (url, echo), requests.Session() as session:
        outcome: list[int | None] = []
        for number in range(5):
            try:
                outcome.append(session.post(url, json=number, timeout=10).status_code)
            except requests.ConnectionError:
                outcome.append(None)

    assert outcome == [200, 200, None, 200, 200]
    assert [body for _, body in echo.effects] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_refused_request_is_reset_too() -> None:
    """Reset after it took effect: it had none, but its client is not told."""
    with _server(Faults().reset(before=False, times=1), _refusing) as (url, _), pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def test_half_a_body_is_half_a_body(caplog: pytest.LogCaptureFixture) -> None:
    """The head tells the whole length, half comes, the connection closes: it took effect and cannot be read."""
    with _server(Faults().half_a_body(times=1)) as (url, echo):
        answer = requests.post(url, data=b"x" * 10, timeout=10, stream=True)
        with pytest.raises(requests.exceptions.ChunkedEncodingError) as seen:
            _ = answer.content
        after = requests.get(url, timeout=10)

    missing = _cause(seen.value)
    whole = len(b'{"got": 10}')
    assert isinstance(missing, IncompleteRead)
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(whole))
    assert (missing.partial, missing.expected) == (whole // 2, whole - whole // 2)
    assert len(echo.effects[0][1]) == 10
    assert after.status_code == 200
    assert caplog.text == ""


@pytest.mark.parametrize("body", [b"", b"x" * 3_000_000])
def test_of_any_body_something_is_missing(body: bytes) -> None:
    """An empty one and a large one."""

    async def app(scope: object, receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body[:100], "more_body": True})
        await send({"type": "http.response.body", "body": body[100:]})

    with _server(Faults().half_a_body(), app) as (url, _), pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(url, timeout=10)


def test_half_of_an_error_comes_too() -> None:
    """What the app refuses has a body as well."""
    with _server(Faults().half_a_body(), _refusing) as (url, _):
        answer = requests.get(url, timeout=10, stream=True)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = answer.content

    assert answer.status_code == 404


def test_something_happens_between_two_requests() -> None:
    """After the first has been served and before the second is; once."""
    order: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        order.append(scope["path"])
        await Echo()(scope, receive, send)

    with _server(Faults().between(lambda: order.append("renamed"), after=1), app) as (url, _):
        for path in ("/first", "/second", "/third"):
            requests.get(url + path, timeout=10)

    assert order == ["/first", "renamed", "/second", "/third"]


def test_what_happens_between_happens_once_unless_told_otherwise() -> None:
    """A field cannot be dropped twice."""
    once = Faults().add("drop_field", call=print)
    always = Faults().between(print, schedule=itertools.repeat(True))

    assert _struck(once, 3) == [["drop_field"], [], []]
    assert _struck(always, 3) == [["between"]] * 3


def test_what_happens_between_may_ask_the_server_itself() -> None:
    """It runs beside the server, which goes on serving."""
    faults, asked = Faults(), []
    with _server(faults) as (url, echo):
        faults.add("rename_field", call=lambda: asked.append(requests.get(f"{url}/inner", timeout=10)))
        requests.get(f"{url}/outer", timeout=10)

    assert [answer.status_code for answer in asked] == [200]
    assert [path for path, _ in echo.effects] == ["/inner", "/outer"]


def test_what_breaks_between_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """500, and the server's log has why; nothing was done."""

    def breaks() -> None:
        raise LookupError("no such field")

    with _server(Faults().between(breaks)) as (url, echo):
        answer = requests.get(url, timeout=10)

    assert answer.status_code == 500
    assert "LookupError: no such field" in caplog.text
    assert echo.effects == []


async def _refusing(scope: object, receive: object, send: object) -> None:
    raise not_found()


def _cause(seen: BaseException) -> BaseException:
    """What lies at the ground of an error of requests: urllib3 has wrapped it."""
    wrapped = seen.args[0]
    assert isinstance(wrapped, ProtocolError)
    cause = wrapped.args[1]
    assert isinstance(cause, BaseException)
    return cause
