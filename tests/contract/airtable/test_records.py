"""Records through pyairtable: listed, made, changed, merged, deleted."""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest
import requests

from tests.contract.airtable.endpoint import cells, field_ids
from tests.contract.airtable.proof import covers


def made(table: pyairtable.Table, *names: str) -> list[str]:
    """The ids of new records with these names."""
    return [record["id"] for record in table.batch_create([{"Name": name} for name in names])]


@covers("Table.create", "Table.get")
def test_a_record_is_read_as_it_was_written(table: pyairtable.Table) -> None:
    """A new record has an id, the time of its creation and the cells that were written, also when it is read again."""
    written: dict[str, Any] = {
        "Name": "a",
        "Count": 1.5,
        "Done": True,
        "Status": "Todo",
        "Tags": ["red", "blue"],
        "Day": "2026-03-01",
    }
    record = table.create(written)

    assert record["fields"] == written
    assert record["id"].startswith("rec")
    assert len(record["id"]) == 17
    assert record["createdTime"].endswith("Z")
    assert table.get(record["id"]) == record


@covers("Table.all")
def test_empty_values_are_omitted(table: pyairtable.Table) -> None:
    """Records do not include fields with empty values: "", [] and false."""
    table.create({"Name": "", "Done": False, "Tags": [], "Count": 0})

    assert [record["fields"] for record in table.all()] == [{"Count": 0}]


@covers("Table.all")
def test_all_records_are_listed_whatever_the_page(table: pyairtable.Table) -> None:
    """Pages of records add up to all records, each once."""
    made(table, *"abcde")

    assert sorted(cells(table.all(page_size=2))) == list("abcde")


@covers("Table.iterate")
def test_iterate_yields_pages(table: pyairtable.Table) -> None:
    """Each page has as many records as were asked for, but for the last one."""
    made(table, *"abcde")

    assert [len(page) for page in table.iterate(page_size=2)] == [2, 2, 1]


@covers("Table.first")
def test_first_is_one_record_or_none(table: pyairtable.Table) -> None:
    """The first of the records that were asked for; None when there are none."""
    made(table, "b", "a")
    found = table.first(sort=["Name"])

    assert found is not None
    assert found["fields"]["Name"] == "a"
    assert table.first(formula="{Name}='c'") is None


@covers("Table.batch_create")
def test_more_records_than_a_request_holds_are_created_in_order(table: pyairtable.Table) -> None:
    """23 records are three requests, and come back in their order."""
    names = [f"{number:02}" for number in range(23)]
    records = table.batch_create([{"Name": name} for name in names])

    assert cells(records) == names
    assert sorted(cells(table.all())) == names


@covers("Table.update")
def test_an_update_leaves_other_fields_alone(table: pyairtable.Table) -> None:
    """PATCH changes what is named; None empties a cell."""
    record = table.create({"Name": "a", "Count": 1, "Notes": "n"})
    changed = table.update(record["id"], {"Count": 2, "Notes": None})

    assert changed == {**record, "fields": {"Name": "a", "Count": 2}}


@covers("Table.update")
def test_a_replacement_empties_other_fields(table: pyairtable.Table) -> None:
    """PUT is a destructive update: fields that are not included are cleared."""
    record = table.create({"Name": "a", "Count": 1, "Tags": ["red"], "Done": True})
    table.update(record["id"], {"Count": 2}, replace=True)

    assert table.get(record["id"])["fields"] == {"Count": 2}


@covers("Table.batch_update")
def test_many_records_are_updated_in_their_order(table: pyairtable.Table) -> None:
    """Each record gets its own cells, over several requests."""
    ids = made(table, *(f"{number:02}" for number in range(12)))
    table.batch_update([{"id": each, "fields": {"Count": place}} for place, each in enumerate(ids)])

    assert [(cell["Name"], cell["Count"]) for cell in (table.get(ids[0])["fields"], table.get(ids[11])["fields"])] == [
        ("00", 0),
        ("11", 11),
    ]


@covers("Table.batch_update")
def test_many_records_are_replaced(table: pyairtable.Table) -> None:
    """With ``replace`` each record has only what is named."""
    ids = made(table, "a", "b")
    changed = table.batch_update([{"id": each, "fields": {"Notes": "n"}} for each in ids], replace=True)

    assert [record["fields"] for record in changed] == [{"Notes": "n"}] * 2


@covers("Table.delete")
def test_a_deleted_record_is_gone(table: pyairtable.Table) -> None:
    """Deleting one tells its id, and leaves the others."""
    gone, left = made(table, "a", "b")

    assert table.delete(gone) == {"id": gone, "deleted": True}
    assert [record["id"] for record in table.all()] == [left]


@covers("Table.batch_delete")
def test_many_records_are_deleted(table: pyairtable.Table) -> None:
    """All that are named go, in their order, over several requests."""
    ids = made(table, *"abcdefghijkl")

    assert table.batch_delete(ids) == [{"id": each, "deleted": True} for each in ids]
    assert table.all() == []


@covers("Table.batch_upsert")
def test_an_upsert_creates_and_updates(table: pyairtable.Table) -> None:
    """No match creates, one match updates; the answer tells which is which."""
    (known,) = made(table, "a")
    result = table.batch_upsert([{"fields": {"Name": name, "Count": 7}} for name in "ab"], key_fields=["Name"])

    fresh = result["records"][1]["id"]
    assert [record["id"] for record in result["records"]] == [known, fresh]
    assert (result["updatedRecords"], result["createdRecords"]) == ([known], [fresh])
    assert cells(result["records"], "Count") == [7, 7]


@covers("Table.batch_upsert")
def test_a_replacing_upsert_empties_other_fields(table: pyairtable.Table) -> None:
    """PUT with performUpsert clears what is not included, of a record that is found."""
    record = table.create({"Name": "a", "Notes": "n"})
    table.batch_upsert([{"fields": {"Name": "a", "Count": 1}}], key_fields=["Name"], replace=True)

    assert table.get(record["id"])["fields"] == {"Name": "a", "Count": 1}


@covers("Table.get", "Table.create", "Table.all")
def test_fields_are_told_by_their_ids(table: pyairtable.Table) -> None:
    """returnFieldsByFieldId goes for reading and writing, and fields may be named by id anywhere."""
    ids = field_ids(table)
    record = table.create({ids["Name"]: "a", ids["Count"]: 1}, use_field_ids=True)
    wanted = {ids["Name"]: "a", ids["Count"]: 1}

    assert record["fields"] == wanted
    assert table.get(record["id"], use_field_ids=True)["fields"] == wanted
    assert cells(table.all(sort=[ids["Name"]], fields=[ids["Count"]], use_field_ids=True), ids["Count"]) == [1]


@covers("Table.create", "Table.update")
def test_typecast_makes_choices(table: pyairtable.Table) -> None:
    """With typecast an unknown option of a select becomes one of its choices."""
    record = table.create({"Name": "a", "Status": "Later"}, typecast=True)
    record = table.update(record["id"], {"Tags": ["Mauve"], "Count": "12"}, typecast=True)

    assert record["fields"] == {"Name": "a", "Status": "Later", "Tags": ["Mauve"], "Count": 12}
    choices = table.schema(force=True).field("Status").options.choices  # type: ignore[union-attr]
    assert "Later" in [choice.name for choice in choices]


@pytest.mark.parametrize(("name", "value"), [("Status", "Nowhere"), ("Tags", ["red", "Nowhere"])])
def test_without_typecast_no_choice_is_made(table: pyairtable.Table, name: str, value: Any) -> None:
    """An unknown option is refused, and nothing is written."""
    with pytest.raises(requests.HTTPError, match="INVALID_MULTIPLE_CHOICE_OPTIONS"):
        table.create({"Name": "a", name: value})

    assert table.all() == []


def test_a_record_that_was_deleted_is_not_found(table: pyairtable.Table) -> None:
    """Reading one that is gone fails: with 404 by the documents, with 403 as was seen in 2026."""
    (gone,) = made(table, "a")
    table.delete(gone)

    with pytest.raises(requests.HTTPError, match=r"40[34] Client Error"):
        table.get(gone)
