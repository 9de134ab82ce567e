"""Records are found by what they hold: by upserts, and by links that are written as text."""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.schema import LINK, Base
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store
from tests.testing.airtable.records.bases import field, table

TABLE, KEY = "tbl" + "T" * 14, "fld" + "K" * 14


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53), min_size=1, max_size=5)
)
@settings(max_examples=100, deadline=None)
def test_every_number_is_found_again(numbers: list[float]) -> None:
    """And no other than itself, however near."""
    store = Store()
    for number in dict.fromkeys(numbers):
        store.records.add(Row(f"rec{store.records.count([TABLE]):014}", TABLE, "", "", {KEY: number}))
    for number in numbers:
        assert [row.cells[KEY] for row in store.records.find(TABLE, {KEY: number})] == [number]
    store.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [("Name", "a\0b"), ("Name", "\0a"), ("Number", 1e20), ("Number", -0.1), ("Number", 2**60), ("Name", "ä😀")],
)
def test_an_upsert_finds_what_it_has_made(things: pyairtable.Table, name: str, value: Any) -> None:
    """The second one creates nothing."""
    records = [{"fields": {name: value, "Done": True}}]
    first, second = (things.batch_upsert(records, [name]) for _ in range(2))

    assert (len(first["createdRecords"]), second["createdRecords"]) == (1, [])
    assert second["updatedRecords"] == first["createdRecords"]


PRIMARIES = {
    "Number": (field("N", "number", precision=0), ["12", "12.0"]),
    "Rich": (field("R", "richText"), ["a", "a"]),
    "Dates": (field("D", "date", dateFormat={"name": "iso", "format": "YYYY-MM-DD"}), ["2026-03-04", "2026-03-04"]),
}


@pytest.mark.parametrize("kind", PRIMARIES)
def test_typecast_links_to_the_record_of_that_name(server: AirtableServer, api: pyairtable.Api, kind: str) -> None:
    """Whatever the primary field is: the same text makes one record."""
    primary, said = PRIMARIES[kind]
    links = base_with(server, primary)
    made = [api.table(links.id, "Links").create({"L": each}, typecast=True)["fields"]["L"] for each in said]

    assert made[0] == made[1]
    assert len(api.table(links.id, "Named").all()) == 1


def test_typecast_links_to_a_record_whose_name_is_computed(server: AirtableServer, api: pyairtable.Api) -> None:
    """By the text that it shows."""
    links = base_with(server, field("Shown", "formula", formula="UPPER({Word})"), field("Word"))
    known = api.table(links.id, "Named").create({"Word": "abc"})

    assert api.table(links.id, "Links").create({"L": "ABC"}, typecast=True)["fields"]["L"] == [known["id"]]


def base_with(server: AirtableServer, *fields: Any) -> Base:
    """A table of these fields, and one that links to it."""
    named = table("Named", *fields)
    links = table("Links", field("Title"), field("L", LINK, linkedTableId=named.id))
    base = Base("appNamed000000000", "Named", (named, links))
    server.call(lambda service: service.store.bases.save(base))
    return base
