"""What webhooks watch, and what they tell besides: filters and includes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.service import Service
from tests.testing.airtable.webhooks.watching import EVERYTHING, PATH, add, spec, told
from tests.testing.airtable.world import BASE, COUNT, NAME, PEOPLE, PERSON, TASKS, World

VIEW = "viw" + "V" * 14


def live_a_little(world: World) -> str:
    """Records and fields come, change and go, in both tables; returns the id of the task that was changed."""
    task = world.tasks.create({"Name": "a", "Count": 1})["id"]
    world.tasks.update(task, {"Name": "b"})
    world.tasks.update(task, {"Count": 2})
    world.tasks.delete(world.tasks.create({"Count": 3})["id"])
    people = world.api().table(BASE, PEOPLE)
    people.delete(people.create({"Person": "Ann"})["id"])
    world.tasks.create_field("Due", "singleLineText")
    for name, new in (("Count", "Number"), ("Name", "Title")):
        field = world.tasks.schema(force=True).field(name)
        field.name = new
        field.save()
    table = world.tasks.schema(force=True)
    table.name = "Jobs"
    table.save()
    world.api().base(BASE).create_table("Notes", [{"name": "Title", "type": "singleLineText"}])
    return str(task)


def kinds(payloads: list[dict[str, Any]]) -> list[str]:
    """What each payload tells of, in short: table and parts."""
    names = {TASKS: "tasks", PEOPLE: "people"}
    short = []
    for payload in payloads:
        for table, parts in payload.get("changedTablesById", {}).items():
            short += [f"{names[table]} {part}" for part in parts]
        for parts in payload.get("createdTablesById", {}).values():
            short += [f"new {part}" for part in sorted(parts)]
    return short


RECORDS = [
    *("tasks createdRecordsById", "tasks changedRecordsById", "tasks changedRecordsById"),
    *("tasks createdRecordsById", "tasks destroyedRecordIds"),
    *("people createdRecordsById", "people destroyedRecordIds"),
]
FIELDS = ["tasks createdFieldsById", "tasks changedFieldsById", "tasks changedFieldsById"]


@pytest.mark.parametrize(
    ("specification", "expected"),
    [
        (spec("tableData"), RECORDS),
        (spec("tableFields"), [*FIELDS, "new fieldsById"]),
        (spec("tableMetadata"), ["tasks changedMetadata", "new metadata"]),
        (spec(*EVERYTHING), [*RECORDS, *FIELDS, "tasks changedMetadata", "new fieldsById", "new metadata"]),
        (spec(changeTypes=["add"]), [each for each in RECORDS if "created" in each]),
        (spec(changeTypes=["remove"]), [each for each in RECORDS if "destroyed" in each]),
        (spec(changeTypes=["update"]), [each for each in RECORDS if "changed" in each]),
        (spec("tableFields", changeTypes=["add"]), ["tasks createdFieldsById", "new fieldsById"]),
        (spec("tableFields", changeTypes=["update"]), FIELDS[1:]),
        (spec("tableMetadata", changeTypes=["add"]), ["new metadata"]),
        (spec("tableMetadata", changeTypes=["remove"]), []),
        (spec(recordChangeScope=PEOPLE), RECORDS[5:]),
        (spec(*EVERYTHING, recordChangeScope=TASKS), [*RECORDS[:5], *FIELDS, "tasks changedMetadata"]),
        (spec("tableFields", recordChangeScope=PEOPLE), []),
        (spec(watchDataInFieldIds=[NAME]), [*RECORDS[:2], "tasks destroyedRecordIds", "people destroyedRecordIds"]),
        (spec(watchDataInFieldIds=[PERSON], recordChangeScope=PEOPLE), RECORDS[5:]),
        (spec("tableFields", watchSchemasOfFieldIds=[NAME]), ["tasks changedFieldsById", "new fieldsById"]),
        (spec(fromSources=["publicApi"]), RECORDS),
        (spec(fromSources=["client", "automation", "sync"]), []),
        (spec(changeTypes=[], fromSources=[], watchDataInFieldIds=[]), RECORDS),
    ],
)
def test_payloads_tell_what_is_watched_and_nothing_else(
    world: World, specification: dict[str, Any], expected: list[str]
) -> None:
    """Types of data, types of changes, the scope, the sources and the fields that are watched."""
    hook = add(world, specification=specification)
    live_a_little(world)

    assert kinds(told(world, hook)) == expected


def test_only_watched_cells_are_told(world: World) -> None:
    """A record that is created or changed tells the cells of watched fields."""
    hook = add(world, specification=spec(watchDataInFieldIds=[COUNT]))
    record = world.tasks.create({"Name": "a", "Count": 1})["id"]
    world.tasks.update(record, {"Name": "b", "Count": 2})

    created, changed = (payload["changedTablesById"][TASKS] for payload in told(world, hook))
    assert created["createdRecordsById"][record]["cellValuesByFieldId"] == {COUNT: 1}
    assert changed["changedRecordsById"][record] == {"current": {"cellValuesByFieldId": {COUNT: 2}}}


def test_previous_cells_are_told_where_they_are_asked_for(world: World) -> None:
    """One that was empty is told as null."""
    record = world.tasks.create({"Name": "a"})["id"]
    hook = add(world, specification=spec(includes={"includePreviousCellValues": True}))
    world.tasks.update(record, {"Name": "b", "Count": 1})

    (payload,) = told(world, hook)
    assert payload["changedTablesById"][TASKS]["changedRecordsById"][record] == {
        "current": {"cellValuesByFieldId": {NAME: "b", COUNT: 1}},
        "previous": {"cellValuesByFieldId": {NAME: "a", COUNT: None}},
    }


@pytest.mark.parametrize("included", ["all", [NAME, COUNT]])
def test_cells_that_did_not_change_are_told_where_they_are_asked_for(world: World, included: Any) -> None:
    """As unchanged, without those that are empty and those that did change; none is told twice."""
    record = world.tasks.create({"Name": "a", "Count": 1})["id"]
    hook = add(world, specification=spec(includes={"includeCellValuesInFieldIds": included}))
    world.tasks.update(record, {"Count": 2})
    world.tasks.update(record, {"Name": None})

    first, second = (payload["changedTablesById"][TASKS]["changedRecordsById"][record] for payload in told(world, hook))
    assert first == {
        "current": {"cellValuesByFieldId": {COUNT: 2}}, "unchanged": {"cellValuesByFieldId": {NAME: "a"}}
    }  # fmt: skip
    assert second == {
        "current": {"cellValuesByFieldId": {NAME: None}}, "unchanged": {"cellValuesByFieldId": {COUNT: 2}}
    }  # fmt: skip


def test_created_records_tell_the_included_cells_too(world: World) -> None:
    """Also those that are not watched, and those that are computed."""
    specification = spec(watchDataInFieldIds=[COUNT], includes={"includeCellValuesInFieldIds": [NAME]})
    hook = add(world, specification=specification)
    record = world.tasks.create({"Name": "a", "Count": 1})["id"]

    (payload,) = told(world, hook)
    created = payload["changedTablesById"][TASKS]["createdRecordsById"][record]
    assert created["cellValuesByFieldId"] == {NAME: "a", COUNT: 1}


def test_previous_definitions_are_told_where_they_are_asked_for(world: World) -> None:
    """What a field was called before."""
    hook = add(world, specification=spec("tableFields", includes={"includePreviousFieldDefinitions": True}))
    field = world.tasks.schema().field("Count")
    field.name = "Number"
    field.save()

    (payload,) = told(world, hook)
    changed = payload["changedTablesById"][TASKS]["changedFieldsById"]
    assert changed == {COUNT: {"current": {"name": "Number"}, "previous": {"name": "Count"}}}


def test_changes_in_a_view_are_told_under_the_view(world: World) -> None:
    """As Airtable does where the scope is a view; other tables are out of it."""

    def add_view(service: Service) -> None:
        base = service.store.bases.get(BASE)
        service.store.bases.save_table(BASE, replace(base.table(TASKS), views=(schema.View(VIEW, "All"),)))

    world.server.call(add_view)
    hook = add(world, specification=spec(recordChangeScope=VIEW))
    record = world.tasks.create({"Name": "a"})["id"]
    world.api().table(BASE, PEOPLE).create({"Person": "Ann"})

    (payload,) = told(world, hook)
    told_of = payload["changedTablesById"][TASKS]
    assert told_of.keys() == {"changedViewsById"}
    assert told_of["changedViewsById"][VIEW]["createdRecordsById"].keys() == {record}
    (understood,) = hook.payloads()
    assert understood.changed_tables_by_id[TASKS].changed_views_by_id[VIEW].created_records_by_id.keys() == {record}


def test_a_webhook_ends_when_what_it_watches_is_gone(world: World) -> None:
    """One last payload tells the error, and the webhook is switched off."""
    hook = add(world, specification=spec(watchDataInFieldIds=[COUNT]))

    def drop(service: Service) -> None:
        table = service.store.bases.get(BASE).table(TASKS)
        kept = tuple(field for field in table.fields if field.id != COUNT)
        service.store.bases.save_table(BASE, replace(table, fields=kept))

    world.server.call(drop)
    world.tasks.create({"Name": "a"})
    world.tasks.create({"Name": "b"})

    (payload,) = told(world, hook)
    assert (payload["error"], payload["code"]) == (True, "INVALID_FILTERS")
    assert "changedTablesById" not in payload
    assert not world.ask("GET", PATH).json()["webhooks"][0]["isHookEnabled"]
