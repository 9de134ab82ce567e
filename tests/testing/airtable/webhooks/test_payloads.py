"""What payloads tell of changes, in Airtable's own form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.schema import LINK, Field
from pytest_syncguard.testing.airtable.service import OWNER
from tests.testing.airtable.webhooks.watching import EVERYTHING, add, spec, told
from tests.testing.airtable.world import ALICE, BASE, COUNT, NAME, PEOPLE, PERSON, TASKS, World, base

WHEN = "2026-03-01T09:00:00.000Z"


def cells(**fields: Any) -> dict[str, Any]:
    """Cells of tasks by the fields' ids."""
    ids = {"name": NAME, "count": COUNT}
    return {"cellValuesByFieldId": {ids[key]: value for key, value in fields.items()}}


def parts(payload: dict[str, Any], table: str = TASKS) -> dict[str, Any]:
    """What a payload tells of a table."""
    changed: dict[str, Any] = payload["changedTablesById"][table]
    return changed


def test_a_created_record_is_told_with_its_cells(world: World) -> None:
    """With all that a payload says: when, by whom, from where, in which transaction."""
    hook = add(world)
    record = world.tasks.create({"Name": "a", "Count": 1})

    user = {"id": OWNER.id, "email": OWNER.email, "name": OWNER.name, "permissionLevel": "create"}
    assert told(world, hook) == [
        {
            "timestamp": WHEN,
            "baseTransactionNumber": 1,
            "payloadFormat": "v0",
            "actionMetadata": {"source": "publicApi", "sourceMetadata": {"user": user}},
            "changedTablesById": {
                TASKS: {"createdRecordsById": {record["id"]: {"createdTime": WHEN, **cells(name="a", count=1)}}}
            },
        }
    ]


def test_a_changed_record_is_told_with_the_cells_that_changed(world: World) -> None:
    """Only these, an emptied one as null; a record to which nothing happened is not told."""
    changed, same = (record["id"] for record in world.tasks.batch_create([{"Name": "a", "Count": 1}] * 2))
    hook = add(world)
    world.tasks.batch_update(
        [{"id": changed, "fields": {"Name": "b", "Count": None}}, {"id": same, "fields": {"Count": 1}}]
    )
    world.tasks.update(same, {"Name": "a"})

    (payload,) = told(world, hook)
    assert parts(payload) == {"changedRecordsById": {changed: {"current": cells(name="b", count=None)}}}


def test_a_replaced_record_tells_the_cells_that_were_emptied(world: World) -> None:
    """PUT empties what it does not name."""
    record = world.tasks.create({"Name": "a", "Count": 1})["id"]
    hook = add(world)
    world.tasks.update(record, {"Name": "a"}, replace=True)

    (payload,) = told(world, hook)
    assert parts(payload) == {"changedRecordsById": {record: {"current": cells(count=None)}}}


def test_destroyed_records_are_told_by_their_ids(world: World) -> None:
    """In one payload for one request."""
    records = [record["id"] for record in world.tasks.batch_create([{"Name": name} for name in "ab"])]
    hook = add(world)
    world.tasks.batch_delete(records)

    (payload,) = told(world, hook)
    assert parts(payload) == {"destroyedRecordIds": records}


def test_one_request_is_one_payload(world: World) -> None:
    """An upsert tells what it created and what it changed together."""
    old = world.tasks.create({"Name": "old", "Count": 1})["id"]
    hook = add(world)
    result = world.tasks.batch_upsert(
        [{"fields": {"Name": "old", "Count": 2}}, {"fields": {"Name": "new", "Count": 3}}], ["Name"]
    )

    (new,) = result["createdRecords"]
    (payload,) = told(world, hook)
    assert parts(payload) == {
        "createdRecordsById": {new: {"createdTime": WHEN, **cells(name="new", count=3)}},
        "changedRecordsById": {old: {"current": cells(count=2)}},
    }


def test_a_record_that_is_changed_twice_in_one_request_is_told_once(world: World) -> None:
    """From what it was at first to what it is at last: both records that it is linked to, one way, go at once."""
    link = Field("fldLink0000000000", "Link", LINK, {"linkedTableId": PEOPLE})
    tasks = base().table(TASKS).with_field(link)
    world.server.call(lambda service: service.store.bases.save_table(BASE, tasks))
    people = world.api().table(BASE, PEOPLE)
    both = [record["id"] for record in people.batch_create([{"Person": "a"}, {"Person": "b"}])]
    record = world.tasks.create({"Name": "a", "Link": both})["id"]
    hook = add(world, specification=spec(includes={"includePreviousCellValues": True}))
    people.batch_delete(both)

    (payload,) = told(world, hook)
    told_of = parts(payload)["changedRecordsById"][record]
    assert told_of["current"] == {"cellValuesByFieldId": {link.id: None}}
    assert sorted(told_of["previous"]["cellValuesByFieldId"][link.id]) == sorted(both)


def test_a_refused_request_tells_nothing(world: World) -> None:
    """What came to nothing was no change, even if a part of it was done at first."""
    hook = add(world)
    wrong = {"records": [{"fields": {"Name": "a"}}, {"fields": {"Name": "b", "Count": "many"}}]}

    assert world.ask("POST", f"{BASE}/{TASKS}", json=wrong).status_code == 422
    assert told(world, hook) == []


def test_a_record_that_is_created_and_changed_in_one_request_is_told_as_created(world: World) -> None:
    """With what its cells hold at last, as when an upsert names the same new record twice."""
    hook = add(world, specification=spec(includes={"includeCellValuesInFieldIds": "all"}))
    twice = [{"fields": {"Name": "a", "Count": 1}}, {"fields": {"Name": "a", "Count": 2}}]
    result = world.tasks.batch_upsert(twice, ["Name"])

    (new,) = result["createdRecords"]
    (payload,) = told(world, hook)
    assert parts(payload) == {"createdRecordsById": {new: {"createdTime": WHEN, **cells(name="a", count=2)}}}


def test_a_payload_is_kept_with_its_change_or_not_at_all(world: World) -> None:
    """If the request fails after its payload was written, neither is there; its number is used by the next."""
    hook = add(world)

    def stumble(_: Sequence[Change]) -> None:
        raise AirtableError(503, "RETRIABLE_ERROR")

    world.server.call(lambda service: service.listeners.append(stumble))
    assert world.ask("POST", f"{BASE}/{TASKS}", json={"fields": {"Name": "a"}}).status_code == 503
    world.server.call(lambda service: service.listeners.remove(stumble))

    assert (world.tasks.all(), told(world, hook)) == ([], [])
    world.tasks.create({})
    assert [payload["baseTransactionNumber"] for payload in told(world, hook)] == [1]


def test_who_has_done_it_is_told(world: World) -> None:
    """The user of the token, not the one who made the webhook."""
    hook = add(world)
    world.api(world.token(ALICE)).table(BASE, TASKS).create({})

    (payload,) = told(world, hook)
    assert payload["actionMetadata"]["sourceMetadata"]["user"]["email"] == ALICE.email


def test_transactions_of_a_base_are_numbered(world: World) -> None:
    """Each request has one number, whichever webhook tells of it."""
    first = add(world)
    world.tasks.create({})
    second = add(world)
    world.tasks.create({})
    world.tasks.create({})

    numbers = [[payload["baseTransactionNumber"] for payload in told(world, hook)] for hook in (first, second)]
    assert numbers == [[1, 2, 3], [2, 3]]


def test_a_created_table_is_told_with_its_fields(world: World) -> None:
    """Its name, its description, and each field by its id."""
    hook = add(world, specification=spec(*EVERYTHING))
    checkbox = {"name": "Done", "type": "checkbox", "options": {"icon": "check", "color": "redBright"}}
    fields: list[dict[str, Any]] = [{"name": "Title", "type": "singleLineText"}, checkbox]
    table = world.api().base(BASE).create_table("Notes", fields, "What was noted").schema()

    title, done = table.fields
    (payload,) = told(world, hook)
    assert payload["createdTablesById"] == {
        table.id: {
            "metadata": {"name": "Notes", "description": "What was noted"},
            "fieldsById": {
                title.id: {"name": "Title", "type": "singleLineText"},
                done.id: {"name": "Done", "type": "checkbox"},
            },
        }
    }


def test_a_renamed_table_tells_what_it_was_called(world: World) -> None:
    """The current and the previous metadata."""
    hook = add(world, specification=spec(*EVERYTHING))
    schema = world.tasks.schema()
    schema.name = "Jobs"
    schema.save()

    (payload,) = told(world, hook)
    metadata = parts(payload)["changedMetadata"]
    assert (metadata["current"]["name"], metadata["previous"]["name"]) == ("Jobs", "Tasks")


def test_created_and_renamed_fields_are_told(world: World) -> None:
    """A new field by name and type; of a changed one what changed."""
    hook = add(world, specification=spec(*EVERYTHING))
    created = world.tasks.create_field("Due", "singleLineText")
    field = world.tasks.schema(force=True).field("Count")
    field.name = "Number"
    field.save()

    first, second = told(world, hook)
    assert parts(first) == {"createdFieldsById": {created.id: {"name": "Due", "type": "singleLineText"}}}
    assert parts(second) == {"changedFieldsById": {COUNT: {"current": {"name": "Number"}}}}


def test_a_link_between_tables_is_told_of_both_in_one_payload(world: World) -> None:
    """The field and its inverse are created by the same request."""
    hook = add(world, specification=spec(*EVERYTHING))
    link = world.tasks.create_field("Who", "multipleRecordLinks", options={"linkedTableId": PEOPLE})

    (payload,) = told(world, hook)
    (inverse,) = parts(payload, PEOPLE)["createdFieldsById"].values()
    assert parts(payload)["createdFieldsById"] == {link.id: {"name": "Who", "type": "multipleRecordLinks"}}
    assert inverse == {"name": "Tasks", "type": "multipleRecordLinks"}


def test_links_are_told_at_both_ends_of_new_records(world: World) -> None:
    """By the ids of records; what typecast makes in another table is told in the same payload."""
    link = world.tasks.create_field("Who", "multipleRecordLinks", options={"linkedTableId": PEOPLE})
    hook = add(world)
    record = world.tasks.create({"Who": ["Ann"]}, typecast=True)["id"]

    (payload,) = told(world, hook)
    ((person, made),) = parts(payload, PEOPLE)["createdRecordsById"].items()
    assert made["cellValuesByFieldId"] == {PERSON: "Ann", inverse_of(world, link.id): [record]}
    assert parts(payload)["createdRecordsById"][record]["cellValuesByFieldId"] == {link.id: [person]}


def test_links_are_told_at_both_ends_of_old_records(world: World) -> None:
    """One that was linked, one that is linked now, and one that stays so; previous cells included."""
    link = world.tasks.create_field("Who", "multipleRecordLinks", options={"linkedTableId": PEOPLE}).id
    people = world.api().table(BASE, PEOPLE)
    ann, bob, cid = (each["id"] for each in people.batch_create([{"Person": name} for name in ("Ann", "Bob", "Cid")]))
    first = world.tasks.create({"Who": [ann]})["id"]
    second = world.tasks.create({"Who": [ann, bob]})["id"]
    hook = add(world, specification=spec(includes={"includePreviousCellValues": True}))
    world.tasks.update(second, {"Who": [bob, cid]})

    inverse = inverse_of(world, link)
    (payload,) = told(world, hook)
    assert parts(payload) == {"changedRecordsById": {second: change(link, [bob, cid], [ann, bob])}}
    assert parts(payload, PEOPLE) == {
        "changedRecordsById": {ann: change(inverse, [first], [first, second]), cid: change(inverse, [second], None)}
    }


def test_a_destroyed_record_is_told_where_it_was_linked(world: World) -> None:
    """The others' cells have changed; of a record that went with it there is nothing more to tell."""
    link = world.tasks.create_field("Who", "multipleRecordLinks", options={"linkedTableId": PEOPLE}).id
    people = world.api().table(BASE, PEOPLE)
    ann, bob = (each["id"] for each in people.batch_create([{"Person": name} for name in ("Ann", "Bob")]))
    first = world.tasks.create({"Who": [ann, bob]})["id"]
    second = world.tasks.create({"Who": [bob]})["id"]
    hook = add(world, specification=spec(includes={"includePreviousCellValues": True}))
    people.batch_delete([ann, bob])

    (payload,) = told(world, hook)
    assert parts(payload, PEOPLE) == {"destroyedRecordIds": [ann, bob]}
    assert parts(payload) == {
        "changedRecordsById": {first: change(link, None, [ann, bob]), second: change(link, None, [bob])}
    }


def test_links_without_an_inverse_are_told_to_have_changed(world: World) -> None:
    """The cell that named the destroyed record; nothing of a record that went with it."""
    link = world.tasks.create_field("Next", "multipleRecordLinks", options={"linkedTableId": TASKS}).id
    first, second, third = (each["id"] for each in world.tasks.batch_create([{}] * 3))
    world.tasks.update(first, {"Next": [second, third]})
    world.tasks.update(second, {"Next": [third]})
    hook = add(world, specification=spec(includes={"includePreviousCellValues": True}))
    world.tasks.batch_delete([third, second])

    (payload,) = told(world, hook)
    assert parts(payload) == {
        "destroyedRecordIds": [third, second],
        "changedRecordsById": {first: change(link, None, [second, third])},
    }


def inverse_of(world: World, link: str) -> str:
    """The id of the field at the other end of a link."""
    options = world.tasks.schema(force=True).field(link).model_dump()["options"]
    return str(options["inverse_link_field_id"])


def change(field: str, current: Any, previous: Any) -> dict[str, Any]:
    """What is told of a cell that changed."""
    return {
        "current": {"cellValuesByFieldId": {field: current}},
        "previous": {"cellValuesByFieldId": {field: previous}},
    }
