"""Lists that are read page by page while others write; what the server keeps for them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

import pyairtable
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.records.listing import LARGEST, Iterators
from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.records.bases import BASE

SERVER = AirtableServer()
QUERIES: list[dict[str, Any]] = [
    {},
    {"sort": ["Name"]},
    {"sort": ["-Number", "Name"]},
    {"formula": "{Number} < 3"},
    {"formula": "{Number} < 3", "sort": ["-Name"]},
]
deeds = st.lists(st.tuples(st.sampled_from(["delete", "create"]), st.integers(0, 30)), max_size=8)


@pytest.fixture(scope="module", autouse=True)
def _serving() -> Iterator[None]:
    with SERVER:
        yield


def emptied() -> pyairtable.Table:
    SERVER.renew()
    SERVER.call(lambda service: service.store.bases.save(BASE))
    return pyairtable.Api(SERVER.token, endpoint_url=SERVER.url).table(BASE.id, "Things")


@given(
    query=st.sampled_from(QUERIES),
    size=st.integers(1, 5),
    count=st.integers(0, 14),
    between=st.lists(deeds, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_no_record_that_stays_is_lost_or_doubled(
    query: dict[str, Any], size: int, count: int, between: list[list[tuple[str, int]]]
) -> None:
    """Whatever is deleted and created between two pages."""
    table = emptied()
    wanted: list[dict[str, Any]] = [{"Name": str(number), "Number": number % 5} for number in range(count)]
    there = [each["id"] for each in table.batch_create(wanted)] if wanted else []
    fit = {each["id"] for each in table.all(formula=query.get("formula", ""))}
    found: list[str] = []
    for page in table.iterate(page_size=size, **query):
        found += [each["id"] for each in page]
        for deed, number in between.pop() if between else ():
            if deed == "create":
                table.create({"Name": str(number), "Number": number % 5})
            elif there:
                table.delete(there.pop(number % len(there)))

    assert len(found) == len(set(found))
    assert fit & set(there) <= set(found)


@pytest.mark.parametrize("query", QUERIES)
def test_records_may_be_deleted_page_by_page(query: dict[str, Any]) -> None:
    """As they are read: all of them are met, each once."""
    table = emptied()
    table.batch_create([{"Name": str(number), "Number": 1} for number in range(12)])
    met = []
    for page in table.iterate(page_size=5, **query):
        met += [each["fields"]["Name"] for each in page]
        table.batch_delete([each["id"] for each in page])

    assert sorted(met, key=int) == [str(number) for number in range(12)]
    assert table.all() == []


def test_a_field_that_is_named_often_counts_once() -> None:
    """Sorts by the first of them; shows each once."""
    table = emptied()
    table.batch_create([{"Name": name} for name in "bac"])
    sort = [{"field": "Name"}, *[{"field": "Name", "direction": "desc"}] * 500]
    address = f"{SERVER.url}/v0/{BASE.id}/Things/listRecords"
    body: Any = {"sort": sort, "fields": ["Name"] * 500}
    answer = requests.post(address, json=body, headers={"Authorization": f"Bearer {SERVER.token}"}, timeout=30).json()

    assert [each["fields"] for each in answer["records"]] == [{"Name": name} for name in "abc"]


def test_iterators_are_bounded_together() -> None:
    """The oldest lists go when all of them take too much; the newest stays, however long it is."""
    iterators = Iterators(lambda: 0.0)
    offsets = []
    for _ in range(4):
        name, iterated = iterators.begin()
        iterated.sorted = array("q", bytes(8 * (LARGEST // 3)))
        offsets.append(iterators.offset(name, iterated, "rec" + "a" * 14, (1, 1)))
    name, iterated = iterators.begin()
    iterated.sorted = array("q", bytes(8 * LARGEST * 2))
    last = iterators.offset(name, iterated, "rec" + "a" * 14, (1, 1))

    assert iterators.find(last)[2] == (1, 1)
    for offset in offsets:
        with pytest.raises(AirtableError, match="LIST_RECORDS_ITERATOR_NOT_AVAILABLE"):
            iterators.find(offset)
