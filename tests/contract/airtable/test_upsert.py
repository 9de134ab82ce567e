"""performUpsert over plain HTTP: how records are found, and what is told of them."""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest
import requests

from tests.contract.airtable.endpoint import NOBODYS, Endpoint, field_ids


@pytest.fixture
def upsert(endpoint: Endpoint, table: pyairtable.Table) -> Any:
    """Merges records on some fields."""

    def send(on: list[str], *records: dict[str, Any], method: str = "PATCH", **more: Any) -> requests.Response:
        body = {"performUpsert": {"fieldsToMergeOn": on}, "records": list(records), **more}
        return endpoint.records(method, table, json=body)

    return send


def test_no_match_creates(upsert: Any, table: pyairtable.Table) -> None:
    """If zero matches are found, a new record is created."""
    told = upsert(["Name"], {"fields": {"Name": "a", "Count": 1}}).json()

    assert told["records"] == table.all()
    assert (told["createdRecords"], told["updatedRecords"]) == ([told["records"][0]["id"]], [])


def test_one_match_updates(upsert: Any, table: pyairtable.Table) -> None:
    """If one match is found, that record is updated, and what is not included stays."""
    known = table.create({"Name": "a", "Notes": "n"})
    told = upsert(["Name"], {"fields": {"Name": "a", "Count": 1}}).json()

    assert told["records"] == [{**known, "fields": {"Name": "a", "Notes": "n", "Count": 1}}]
    assert (told["createdRecords"], told["updatedRecords"]) == ([], [known["id"]])


def test_put_clears_what_is_not_included(upsert: Any, table: pyairtable.Table) -> None:
    """PUT is destructive for records that are found."""
    table.create({"Name": "a", "Notes": "n"})
    upsert(["Name"], {"fields": {"Name": "a", "Count": 1}}, method="PUT")

    assert [record["fields"] for record in table.all()] == [{"Name": "a", "Count": 1}]


def test_several_matches_fail(upsert: Any, table: pyairtable.Table) -> None:
    """If multiple matches are found, the request fails, and no record is changed."""
    before = table.batch_create([{"Name": "a"}, {"Name": "a"}])

    assert not upsert(["Name"], {"fields": {"Name": "a", "Count": 1}}).ok
    assert sorted(record["id"] for record in table.all(formula="NOT({Count})")) == sorted(each["id"] for each in before)


@pytest.mark.parametrize("on", [["Name", "Count"], ["Name", "Count", "Status"]])
def test_all_fields_must_match(upsert: Any, table: pyairtable.Table, on: list[str]) -> None:
    """Two or three fields make one key."""
    key: dict[str, Any] = {"Name": "a", "Count": 1, "Status": "Todo"}
    known = table.create(key)["id"]
    other = {**key, on[-1]: {"Count": 2, "Status": "Done"}[on[-1]]}
    told = upsert(on, {"fields": {**key, "Notes": "same"}}, {"fields": {**other, "Notes": "other"}}).json()

    assert told["updatedRecords"] == [known]
    assert told["createdRecords"] == [told["records"][1]["id"]]


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("Count", 1, 2),
        ("Notes", "some\nlines", "others"),
        ("Status", "Todo", "Done"),
        ("Tags", ["red", "blue"], ["red"]),
        ("Day", "2026-03-01", "2026-03-02"),
    ],
)
def test_types_to_merge_on(upsert: Any, table: pyairtable.Table, field: str, one: Any, other: Any) -> None:
    """Numbers, long texts, single and multiple selects and dates may be merged on, as texts may."""
    known = table.create({field: one})["id"]
    told = upsert([field], {"fields": {field: one, "Name": "x"}}, {"fields": {field: other, "Name": "x"}}).json()

    assert told["updatedRecords"] == [known]
    assert len(told["createdRecords"]) == 1


def test_fields_to_merge_on_by_id(upsert: Any, table: pyairtable.Table) -> None:
    """Names or ids, for the key and for the cells."""
    name = field_ids(table)["Name"]
    known = table.create({"Name": "a"})["id"]

    assert upsert([name], {"fields": {name: "a"}}).json()["updatedRecords"] == [known]


def test_a_record_with_an_id_ignores_the_key(upsert: Any, table: pyairtable.Table) -> None:
    """It behaves as a normal update, also when it gets the key of another record."""
    one, two = (table.create({"Name": name})["id"] for name in "ab")
    told = upsert(["Name"], {"id": two, "fields": {"Name": "a"}}).json()

    assert (told["updatedRecords"], told["createdRecords"]) == ([two], [])
    assert [table.get(each)["fields"]["Name"] for each in (one, two)] == ["a", "a"]


def test_an_id_that_is_not_there_creates_nothing(upsert: Any, table: pyairtable.Table) -> None:
    """If no record with the given id exists, the request fails and does not create one."""
    assert not upsert(["Name"], {"id": NOBODYS["rec"], "fields": {"Name": "a"}}).ok
    assert table.all() == []


def test_typecast_goes_for_the_key_too(upsert: Any, table: pyairtable.Table) -> None:
    """A string finds the number that it stands for."""
    known = table.create({"Count": 7})["id"]

    assert upsert(["Count"], {"fields": {"Count": "7"}}, typecast=True).json()["updatedRecords"] == [known]


@pytest.mark.parametrize("on", [[], ["Name", "Count", "Status", "Day"], ["Nope"]])
def test_one_to_three_fields_that_are_there(upsert: Any, table: pyairtable.Table, on: list[str]) -> None:
    """No field, more than three, or an unknown one: the request is refused."""
    cells = {"Name": "a", "Count": 1, "Status": "Todo", "Day": "2026-03-01"}

    assert upsert(on, {"fields": cells}).status_code == 422
    assert table.all() == []


def test_links_cannot_be_merged_on(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """Only simple types can."""
    link = {"type": "multipleRecordLinks", "options": {"linkedTableId": table.id}}
    linking = endpoint.make({"Name": "singleLineText", "Link": link})
    body = {"performUpsert": {"fieldsToMergeOn": ["Link"]}, "records": [{"fields": {"Link": []}}]}

    assert not endpoint.records("PATCH", linking, json=body).ok
