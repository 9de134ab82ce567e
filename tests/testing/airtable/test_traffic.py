"""What came in is written down."""

from __future__ import annotations

import threading

import pytest
import requests

from pytest_syncguard.testing.airtable.bounds import BoundsMiddleware
from pytest_syncguard.testing.airtable.errors import not_found
from pytest_syncguard.testing.airtable.faults import Faults, FaultsMiddleware
from pytest_syncguard.testing.airtable.traffic import Request, Traffic, TrafficMiddleware
from tests.testing.airtable.serving import Echo, serving


def _added(traffic: Traffic, *requests: Request) -> Traffic:
    for request in requests:
        traffic.add(request)
    return traffic


def _paths(traffic: Traffic) -> list[str]:
    return [request.path for request in traffic]


def test_a_request_is_there_when_its_answer_is() -> None:
    """Method, path, query, body, status, times: read right after the answer, from another thread."""
    traffic = Traffic()
    app = TrafficMiddleware(BoundsMiddleware(Echo()), traffic, wall_clock=lambda: 1234.5)
    seen = []
    with serving(app) as url, requests.Session() as session:
        for number in range(50):
            session.post(f"{url}/v0/a%20b?x=1&x=2&y=", json={"number": number}, timeout=10)
            last = traffic[-1]
            seen.append((last.method, last.path, last.query, last.body, last.status, last.at, last.seconds is None))

    expected = [("POST", "/v0/a b", {"x": ["1", "2"], "y": [""]}, {"number": n}, 200, 1234.5, False) for n in range(50)]
    assert seen == expected


def test_what_was_cut_is_there_without_a_status() -> None:
    """A request whose connection is reset is listed by the time its client sees that, with its body."""
    traffic, faults = Traffic(), Faults().reset(before=True, times=1)
    with serving(TrafficMiddleware(BoundsMiddleware(FaultsMiddleware(Echo(), faults)), traffic)) as url:
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{url}/v0/T", json=[1], timeout=10)
        seen = [(each.status, each.body) for each in traffic]

    assert seen == [(None, [1])]


def test_errors_are_listed_with_their_status() -> None:
    """What the app refuses, as it was answered."""
    traffic = Traffic()

    async def refusing(scope: object, receive: object, send: object) -> None:
        raise not_found()

    with serving(TrafficMiddleware(BoundsMiddleware(refusing), traffic)) as url:
        requests.delete(f"{url}/v0/T", timeout=10)

    assert [(each.method, each.status, each.body) for each in traffic] == [("DELETE", 404, None)]


def test_no_header_is_kept() -> None:
    """Tokens come in headers: nothing of a request shows one."""
    traffic = Traffic()
    with serving(TrafficMiddleware(BoundsMiddleware(Echo()), traffic)) as url:
        requests.get(url, headers={"Authorization": "Bearer unmistakable"}, timeout=10)

    assert "unmistakable" not in f"{traffic!r} {traffic[0]!r} {traffic[0]} {vars(traffic[0])}"


def test_requests_are_counted_by_method_and_path() -> None:
    """Paths are regular expressions, found anywhere."""
    traffic = _added(Traffic(), Request("GET", "/v0/a/T"), Request("POST", "/v0/a/T"), Request("POST", "/v0/a/U"))

    assert traffic.count() == len(traffic) == 3
    assert traffic.count("post") == 2
    assert traffic.count(path="/T$") == 2
    assert traffic.count("POST", "/T$") == 1
    assert [each.path for each in traffic.select("POST")] == ["/v0/a/T", "/v0/a/U"]


def test_only_the_newest_are_kept() -> None:
    """As many as there is room for, and it says that there were others."""
    traffic = _added(Traffic(most=3), *(Request("GET", f"/{number}") for number in range(5)))

    assert _paths(traffic) == ["/2", "/3", "/4"]
    assert "... 2 before" in repr(traffic)


def test_bodies_are_bounded_all_together() -> None:
    """The oldest requests go when the bodies get too large; the newest stays in any case."""
    traffic = Traffic(most_bytes=100)
    for number in range(4):
        request = Request("POST", f"/{number}")
        traffic.add(request)
        traffic.add_body(request, b"7" * 40)
    kept = _paths(traffic)
    huge = Request("POST", "/huge")
    traffic.add(huge)
    traffic.add_body(huge, b"7" * 101)

    assert kept == ["/2", "/3"]
    assert _paths(traffic) == ["/huge"]


def test_a_body_that_comes_late_to_a_dropped_request_takes_no_room() -> None:
    """Cleared or dropped meanwhile: it is not counted."""
    traffic, request = Traffic(most_bytes=10), Request("POST", "/a")
    traffic.add(request)
    traffic.clear()
    traffic.add_body(request, b"7" * 11)
    _added(traffic, Request("GET", "/b"), Request("GET", "/c"))

    assert _paths(traffic) == ["/b", "/c"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_none(body: bytes) -> None:
    """Whatever came, it can be looked at."""
    assert Request("POST", "/", raw_body=body).body is None


def test_it_reads_well_in_a_failed_assertion() -> None:
    """One line each, oldest first, those that got no answer told as such."""
    answered = Request("GET", "/v0/a/T", b"pageSize=1", status=200, seconds=0.0123)
    traffic = _added(Traffic(), answered, Request("POST", "/v0/a/T"))

    expected = "<Traffic: 2 requests\n  GET /v0/a/T?pageSize=1 -> 200 (12 ms)\n  POST /v0/a/T -> no answer>"
    assert repr(traffic) == expected


def test_it_can_be_read_while_requests_come_in() -> None:
    """Iteration is over those that are there at its beginning."""
    traffic, going = Traffic(most=100), threading.Event()

    def write() -> None:
        for number in range(20_000):
            traffic.add(Request("GET", f"/{number}"))
            going.set()

    writer = threading.Thread(target=write)
    writer.start()
    going.wait()
    lengths = []
    while writer.is_alive():
        numbers = [int(each.path[1:]) for each in traffic]
        lengths.append(numbers == list(range(numbers[0], numbers[-1] + 1)))
    writer.join()

    assert all(lengths)
    assert _paths(traffic)[-1] == "/19999"
