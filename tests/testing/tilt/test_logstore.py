"""Tilt's log, as kept and as printed."""

from __future__ import annotations

import json
from typing import Any

from pytest_syncguard.testing.tilt.logstore import MAX_BYTES, LogClient, LogStore, go_json


def _client(*resources: str, tail: int | None = None, as_json: bool = False) -> LogClient:
    return LogClient(lambda: "NOW", resources, tail=tail, as_json=as_json)


def _objects(printed: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def _messages(printed: bytes) -> list[tuple[str, str]]:
    return [(line["resource"], line["message"]) for line in _objects(printed)]


def test_an_unfinished_line_is_continued_by_the_next_text_of_its_span() -> None:
    """In the history a line without an end takes in what its span says next, even after other lines."""
    store = LogStore()
    store.append("cmd:a:update", "a", b"no end")
    store.append("build:2", "a", b"CLI Trigger\n", init=True)
    store.append("cmd:a:update", "a", b"Running cmd: x\n")

    lines = _messages(_client("a", as_json=True).take(store))

    assert lines == [("a", "no endRunning cmd: x"), ("a", ""), ("a", "CLI Trigger")]


def test_a_follower_gets_the_end_of_a_line_as_a_line_of_its_own() -> None:
    """What is printed cannot be taken back: the rest of a line comes as another object."""
    store, client = LogStore(), _client("a", as_json=True)
    store.append("cmd:a:update", "a", b"partial")
    first = client.take(store)
    store.append("cmd:a:update", "a", b" line\n")

    assert _messages(first + client.take(store)) == [("a", "partial"), ("a", " line")]


def test_a_line_without_end_is_closed_for_nobody() -> None:
    """When another span goes on, the unfinished line is closed by a line of no resource, …"""
    store, everything, only_a = LogStore(), _client(as_json=True), _client("a", as_json=True)
    store.append("build:1", "a", b"Build Failed: x")
    before = everything.take(store) + only_a.take(store)
    store.append("build:2", "b", b"hello\n")

    assert _messages(before) == [("a", "Build Failed: x")] * 2
    assert _messages(everything.take(store)) == [("", ""), ("b", "hello")]
    assert only_a.take(store) == b"", "… which who asked for one resource does not get"


def test_tail_counts_for_what_was_there_before() -> None:
    """``--tail 1`` cuts the history, not what comes later."""
    store, client = LogStore(), _client("a", tail=1)
    store.append("s", "a", b"1\n2\n")
    first = client.take(store)
    store.append("s", "a", b"3\n4\n")

    assert (first, client.take(store)) == (b"2\n", b"3\n4\n")


def test_names_stand_before_lines_of_several_resources() -> None:
    """Names are right-aligned and cut; the Tiltfile has none."""
    store = LogStore()
    store.append("t", "(Tiltfile)", b"loading\n")
    store.append("a", "ui", b"hello\n")
    store.append("b", "a-very-long-name", b"hello\n")

    printed = _client().take(store).decode()

    assert printed == "loading\n           ui │ hello\na-very-long-… │ hello\n"


def test_bytes_that_are_no_text_become_one_mark_each() -> None:
    """As in Go: a cut-off character of two bytes gives two replacement characters."""
    store = LogStore()
    store.append("a", "a", b"\xe2\x82 caf\xc3\xa9 \xff\r\n")

    assert _messages(_client("a", as_json=True).take(store)) == [("a", "\ufffd\ufffd café \ufffd\r")]


def test_json_escapes_what_go_escapes() -> None:
    """Signs that HTML minds are escaped, other text stands as it is."""
    assert go_json({"a": "<é&>\u2028"}) == '{"a":"\\u003cé\\u0026\\u003e\\u2028"}'


def test_the_log_forgets_the_oldest_lines_of_the_longest_resource() -> None:
    """Above two megabytes it is cut to one; a short log beside a long one stays whole."""
    store, follower = LogStore(), _client("long")
    store.append("short", "short", b"important\n")
    store.append("long", "long", b"first\n")
    assert follower.take(store) == b"first\n"
    for _ in range(30):
        store.append("long", "long", b"x" * 99 + b"\n" + b"y" * 99_899 + b"\n")
    store.append("long", "long", b"last\n")

    kept = _client("long").take(store)
    assert MAX_BYTES // 2 - 100_000 < len(kept) <= MAX_BYTES
    assert kept.endswith(b"last\n")
    assert b"first\n" not in kept
    assert _client("short").take(store) == b"important\n"
    assert follower.take(store) == kept, "a follower that is late gets what is still there, once"
    assert follower.take(store) == b""
