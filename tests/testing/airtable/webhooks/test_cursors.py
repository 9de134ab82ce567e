"""Cursors: whoever goes on where it was gets each payload once, in order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.testing.airtable.webhooks.watching import PATH, add
from tests.testing.airtable.world import COUNT, TASKS, World, emptied

ACTS = st.one_of(
    st.tuples(st.just("create"), st.integers(1, 10)),
    st.tuples(st.just("list"), st.integers(1, 50)),
    st.tuples(st.just("again"), st.integers(1, 50)),
    st.tuples(st.just("refresh"), st.just(0)),
)


def counts(payload: dict[str, Any]) -> list[int]:
    """What the records that a payload tells of have as their count."""
    records = payload["changedTablesById"][TASKS]["createdRecordsById"].values()
    return [record["cellValuesByFieldId"][COUNT] for record in records]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTS, max_size=25))
def test_each_payload_is_delivered_once_and_in_order(world: World, acts: list[tuple[str, int]]) -> None:
    """Whatever is changed, listed and listed again in between: nothing is lost, doubled or out of order."""
    world = emptied(world.server)
    hook = add(world)
    made, heard, cursor = 0, list[int](), 1
    for act, number in [*acts, ("list", 50)]:
        if act == "create":
            world.tasks.batch_create([{"Count": made + each} for each in range(number)])
            made += number
        elif act == "refresh":
            hook.extend_expiration()
        else:
            path, query = f"{PATH}/{hook.id}/payloads", {"cursor": cursor, "limit": number}
            listed = world.ask("GET", path, params=query).json()
            assert len(listed["payloads"]) <= number
            assert listed["cursor"] == cursor + len(listed["payloads"])
            if act == "list":  # else the answer was lost, and is asked for again
                heard += [count for payload in listed["payloads"] for count in counts(payload)]
                cursor = listed["cursor"]

    assert heard == list(range(made))
    assert world.ask("GET", PATH).json()["webhooks"][0]["cursorForNextPayload"] == cursor


def test_pyairtable_lists_more_payloads_than_a_page_holds(world: World) -> None:
    """It goes from page to page, and each payload has the cursor that leads to it again."""
    hook = add(world)
    for number in range(53):
        world.tasks.create({"Count": number})

    payloads = list(hook.payloads())
    assert [payload.cursor for payload in payloads] == list(range(1, 54))
    assert next(hook.payloads(cursor=52)).base_transaction_number == payloads[51].base_transaction_number
    assert len(list(hook.payloads(cursor=10, limit=7))) == 7


def test_a_page_says_whether_there_is_more(world: World) -> None:
    """Fifty payloads at most; behind the last one the cursor stays where it was."""
    hook = add(world)
    for _ in range(51):
        world.tasks.create({})

    def page(**query: int) -> tuple[int, int, bool]:
        listed = world.ask("GET", f"{PATH}/{hook.id}/payloads", params=query).json()
        return len(listed["payloads"]), listed["cursor"], listed["mightHaveMore"]

    assert page() == (50, 51, True)
    assert page(cursor=51) == (1, 52, False)
    assert page(cursor=52) == (0, 52, False)
    assert page(cursor=900) == (0, 900, False)
    assert page(cursor=2, limit=50) == (50, 52, False)
    assert page(limit=1) == (1, 2, True)


@pytest.mark.parametrize("query", [{"cursor": 0}, {"cursor": -1}, {"cursor": "next"}, {"limit": 0}, {"limit": 51}])
def test_a_page_that_there_is_not_is_refused(world: World, query: dict[str, Any]) -> None:
    """Cursors begin at 1, and so do limits."""
    path = f"{PATH}/{add(world).id}/payloads"

    assert world.refused("GET", path, params=query) == (422, "INVALID_REQUEST_UNKNOWN")
