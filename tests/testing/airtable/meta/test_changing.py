"""Tables and fields that are there are changed, by pyairtable's models and by raw requests."""

from __future__ import annotations

from typing import Any

import pytest
from pyairtable import Api, Base

from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER
from pytest_syncguard.testing.airtable.shaping import make_table
from pytest_syncguard.testing.airtable.tokens import SCOPES
from tests.testing.airtable.meta.raw import make_field, refusal, schema_of

FORMULA = {"type": "formula", "formula": "1 + 1"}


def test_save_table(base: Base) -> None:
    """A table gets another name and description, and is found by the name."""
    table = schema_of(base)
    table.name, table.description = "Extensions", "What extends"
    table.save()
    found = schema_of(base, "Extensions")

    assert (found.id, found.description, len(found.fields)) == (table.id, "What extends", 2)
    assert base.table("Extensions").all() == []


def test_save_field(base: Base) -> None:
    """A field gets another name and description; its records keep what was in it."""
    record = base.table("Plugins").create({"Name": "a"})
    field = schema_of(base).field("Name")
    field.name, field.description = "Title", "What it says"
    field.save()
    found = schema_of(base).field("Title")

    assert (found.id, found.description) == (field.id, "What it says")
    assert base.table("Plugins").get(record["id"])["fields"] == {"Title": "a"}


def test_only_the_case(base: Base) -> None:
    """A name may be changed in its case alone."""
    table = schema_of(base)
    table.name = "PLUGINS"
    table.save()
    field = table.field("Name")
    field.name = "name"
    field.save()

    assert schema_of(base, "PLUGINS").field("name").id == field.id


def test_description_goes(api: Api, base: Base) -> None:
    """An empty description is none."""
    field = schema_of(base).field("Name")
    told = api.patch(url_of(base, field.id), json={"description": ""})

    assert told == {"id": field.id, "name": "Name", "type": "singleLineText"}


def test_change_formula(api: Api, base: Base) -> None:
    """A formula is changed; what is computed from it tells the type that it has by then."""
    table = base.table("Plugins")
    first = make_field(table, "First", "formula", options={"formula": "{Stars} * 2"})
    make_field(table, "Second", "formula", options={"formula": "{First}"})
    record = table.create({"Name": "a", "Stars": 4})
    before = schema_of(base).field("Second").options.result
    told = api.patch(url_of(base, first.id), json={"options": {"formula": "UPPER({Name})"}})
    after = schema_of(base).field("Second").options.result

    assert told["options"]["result"] == {"type": "singleLineText"}
    assert (before.type.value, after.type.value) == ("number", "singleLineText")
    assert table.get(record["id"])["fields"]["Second"] == "A"


def test_followed_by_others(server: AirtableServer) -> None:
    """Lookups and rollups of a formula that is changed tell the type that it has by then, in any table."""
    base = make_table(schema.Base(new_id("app"), "B"), "One", {"Name": "singleLineText", "F": FORMULA})
    fields = {
        "Name": "singleLineText",
        "Link": {"type": "multipleRecordLinks", "linked": "One"},
        "Lookup": {"type": "lookup", "link": "Link", "field": "F"},
        "Rollup": {"type": "rollup", "link": "Link", "field": "F", "formula": "MAX(values)"},
        "Any": {"type": "rollup", "link": "Link", "field": "F"},
        "Of it": {"type": "formula", "formula": "{Lookup}"},
    }
    base = make_table(base, "Two", fields)
    server.call(lambda service: service.store.bases.save(base))
    api = Api(server.token, endpoint_url=server.url)
    url = api.build_url("meta/bases", base.id, "tables", "One", "fields", base.table("One").field("F").id)
    before = results(schema_of(api.base(base.id), "Two"))
    api.patch(url, json={"options": {"formula": "NOW()"}})

    assert before == dict.fromkeys(("Lookup", "Rollup", "Any", "Of it"), "number")
    expected = {"Lookup": "dateTime", "Rollup": "dateTime", "Any": "number", "Of it": "dateTime"}
    assert results(schema_of(api.base(base.id), "Two")) == expected  # how one aggregates is known only where it is told


def results(table: Any) -> dict[str, str]:
    return {field.name: field.options.result.type.value for field in table.fields[2:]}


@pytest.mark.parametrize("formula", ["{First} + 1", "{Second}"])
def test_circle_of_formulas(api: Api, base: Base, formula: str) -> None:
    """A formula does not refer to itself, neither at once nor by another one."""
    first = make_field(base.table("Plugins"), "First", "formula", options={"formula": "{Stars}"})
    make_field(base.table("Plugins"), "Second", "formula", options={"formula": "{First}"})
    told = refusal(api, "PATCH", url_of(base, first.id), {"options": {"formula": formula}})

    assert told[:2] == (422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE")
    assert told[2].endswith("The formula refers to itself")


FIELD_FAULTS: list[tuple[Any, str]] = [
    ({}, "INVALID_REQUEST_UNKNOWN"),
    ({"type": "email"}, "INVALID_REQUEST_UNKNOWN"),
    ({"name": 1}, "INVALID_REQUEST_UNKNOWN"),
    ({"name": "stars"}, "DUPLICATE_OR_EMPTY_FIELD_NAME"),
    ({"name": ""}, "DUPLICATE_OR_EMPTY_FIELD_NAME"),
    ({"description": 1}, "INVALID_REQUEST_UNKNOWN"),
    ({"options": {"precision": 2}}, "INVALID_REQUEST_UNKNOWN"),
]


@pytest.mark.parametrize(("body", "kind"), FIELD_FAULTS)
def test_field_refused(api: Api, base: Base, body: Any, kind: str) -> None:
    """What cannot be changed of a field is refused, and the field stays as it was."""
    field = schema_of(base).field("Name")

    assert refusal(api, "PATCH", url_of(base, field.id), body)[:2] == (422, kind)
    assert schema_of(base).field("Name").model_dump() == field.model_dump()


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({}, 422, "INVALID_REQUEST_UNKNOWN"),
        ({"fields": []}, 422, "INVALID_REQUEST_UNKNOWN"),
        ({"name": ""}, 422, "INVALID_REQUEST_UNKNOWN"),
        ({"name": "other"}, 422, "DUPLICATE_TABLE_NAME"),
        ({"dateDependencySettings": {"isEnabled": False}}, 501, "NOT_IMPLEMENTED"),
    ],
)
def test_table_refused(api: Api, base: Base, body: Any, status: int, kind: str) -> None:
    """What cannot be changed of a table is refused, and the table stays as it was."""
    base.create_table("Other", [{"name": "Name", "type": "singleLineText"}])

    assert refusal(api, "PATCH", str(base.urls.tables / "Plugins"), body)[:2] == (status, kind)
    assert [table.name for table in base.schema(force=True).tables] == ["Plugins", "Other"]


def test_unknown_field(api: Api, base: Base) -> None:
    """A field that is not there is not found."""
    assert refusal(api, "PATCH", url_of(base, "fld" + "0" * 14), {"name": "X"}) == (404, "NOT_FOUND", "")


def test_scope(server: AirtableServer, base: Base) -> None:
    """Whoever changes anything needs the scope for it."""
    api = Api(server.service.tokens.add(OWNER, scopes=SCOPES - {"schema.bases:write"}), endpoint_url=server.url)

    for url in (str(base.urls.tables / "Plugins"), url_of(base, "Name")):
        assert refusal(api, "PATCH", url, {"name": "X"})[:2] == (403, "INVALID_PERMISSIONS")


def url_of(base: Base, field: str) -> str:
    return str(base.urls.tables / "Plugins" / "fields" / field)
