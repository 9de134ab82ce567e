"""Addresses that clients write in their own way, and browsers that ask before they ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.testing.airtable.world import BASE, TASKS, World, running


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running() as world:
        yield world


def test_a_slash_at_the_end(world: World) -> None:
    """It changes nothing: not what is read, and not what is written."""
    made = world.ask("POST", f"{BASE}/{TASKS}/", json={"fields": {"Name": "a"}})
    record = made.json()["id"]
    read = [world.ask("GET", f"{BASE}/{TASKS}/{record}{end}", allow_redirects=False) for end in ("", "/")]

    assert (made.status_code, [each.status_code for each in read]) == (200, [200, 200])
    assert read[0].json() == read[1].json() == made.json()
    assert [world.ask("GET", f"meta/{path}").status_code for path in ("bases/", "whoami/")] == [200, 200]


def test_a_slash_that_is_part_of_a_name(world: World) -> None:
    """Encoded, it is told from one at the end."""
    assert world.refused("GET", f"{BASE}/{TASKS}%2F") == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")


def test_a_browser_may_ask(world: World) -> None:
    """OPTIONS is answered without a token, and every answer says that any origin may read it, errors too."""
    before = requests.options(f"{world.server.url}/v0/{BASE}/{TASKS}", headers={"Origin": "http://a.test"}, timeout=30)
    answers = [before, world.ask("GET", f"{BASE}/{TASKS}"), world.ask("GET", f"{BASE}/{TASKS}", token="nobodys")]

    assert [each.status_code for each in answers] == [204, 200, 401]
    assert {each.headers["Access-Control-Allow-Origin"] for each in answers} == {"*"}
    assert "PATCH" in before.headers["Access-Control-Allow-Methods"]
    assert "authorization" in before.headers["Access-Control-Allow-Headers"]
