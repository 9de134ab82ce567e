"""Lookups of what holds several values: one flat list, whatever each record holds."""

from __future__ import annotations

import pytest

from pytest_syncguard.testing.airtable.local import LocalAirtable


@pytest.fixture
def owner(airtable: LocalAirtable) -> dict[str, str]:
    """The ids of two teams and of an owner of two tasks, which have teams and labels."""
    teams = airtable.create_table("Teams", {"Name": "singleLineText"})
    tasks = airtable.create_table(
        "Tasks",
        {
            "Name": "singleLineText",
            "Teams": {"type": "multipleRecordLinks", "linked": "Teams"},
            "Labels": {"type": "multipleSelects", "choices": ["new", "old, or older"]},
        },
    )
    owners = airtable.create_table(
        "Owners",
        {
            "Name": "singleLineText",
            "Tasks": {"type": "multipleRecordLinks", "linked": "Tasks"},
            "Teams": {"type": "multipleLookupValues", "link": "Tasks", "field": "Teams"},
            "Labels": {"type": "multipleLookupValues", "link": "Tasks", "field": "Labels"},
            "Names": {"type": "multipleLookupValues", "link": "Tasks", "field": "Name"},
            "Told": {"type": "formula", "formula": "ARRAYJOIN({Teams}, '; ') & ' | ' & ARRAYJOIN({Labels}, '; ')"},
        },
    )
    one, two = (each["id"] for each in teams.batch_create([{"Name": "Core, old"}, {"Name": "Web"}]))
    made = tasks.batch_create(
        [
            {"Name": "a", "Teams": [one, two], "Labels": ["new", "old, or older"]},
            {"Name": "b, c", "Teams": [two], "Labels": ["new"]},
            {"Name": "d"},
        ]
    )
    return {"one": one, "two": two, "owner": owners.create({"Tasks": [each["id"] for each in made]})["id"]}


def test_lookups_of_lists_are_flat(airtable: LocalAirtable, owner: dict[str, str]) -> None:
    """Ids of records, names of options."""
    fields = airtable.table("Owners").get(owner["owner"])["fields"]

    assert fields["Teams"] == [owner["one"], owner["two"], owner["two"]]
    assert fields["Labels"] == ["new", "old, or older", "new"]
    assert fields["Names"] == ["a", "b, c", "d"]


def test_formulas_see_the_names_of_linked_records(airtable: LocalAirtable, owner: dict[str, str]) -> None:
    """Not their ids, also through a lookup."""
    told = airtable.table("Owners").get(owner["owner"])["fields"]["Told"]

    assert told == "Core, old; Web; Web | new; old, or older; new"


def test_as_text_what_holds_a_comma_is_quoted_once(airtable: LocalAirtable, owner: dict[str, str]) -> None:
    """So that the values can be told from each other."""
    (found,) = airtable.table("Owners").all(cell_format="string", time_zone="UTC", user_locale="en")

    assert found["fields"]["Teams"] == '"Core, old", Web, Web'
    assert found["fields"]["Labels"] == 'new, "old, or older", new'
    assert found["fields"]["Names"] == 'a, "b, c", d'
    assert found["fields"]["Tasks"] == 'a, "b, c", d'
