"""Whoever listens is told what became of the schema, in the words of webhook payloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from pyairtable import Api, Base
from pyairtable.models.webhook import WebhookPayload

from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER
from pytest_syncguard.testing.airtable.shaping import differences, drop_field, drop_table, make_table, rename_field
from tests.testing.airtable.meta.raw import refusal, schema_of


@pytest.fixture
def heard(server: AirtableServer) -> Iterator[list[Change]]:
    """The changes of schemas that listeners were told of."""
    changes: list[Change] = []
    server.service.listeners.append(changes.extend)
    yield changes
    server.service.listeners.remove(changes.extend)


def test_table_is_told(base: Base, heard: list[Change]) -> None:
    """A new table is told whole; the inverse that its link makes, as a new field of the other table."""
    plugins = schema_of(base).id
    name = {"name": "Name", "type": "singleLineText"}
    link = {"name": "Plugin", "type": "multipleRecordLinks", "options": {"linkedTableId": plugins}}
    base.create_table("Agents", [name, link], description="Who")
    agents = schema_of(base, "Agents")
    told = {change.table: change.schema for change in heard}

    assert {(change.base, change.user.id) for change in heard} == {(base.id, OWNER.id)}
    assert told[agents.id]["createdTablesById"] == {
        agents.id: {
            "metadata": {"name": "Agents", "description": "Who"},
            "fieldsById": {field.id: {"name": field.name, "type": field.type.value} for field in agents.fields},
            "recordsById": {},
        }
    }
    inverse = schema_of(base).field("Agents").id
    created = {inverse: {"name": "Agents", "type": "multipleRecordLinks"}}
    assert told[plugins] == {"changedTablesById": {plugins: {"createdFieldsById": created}}}


def test_changes_are_told(base: Base, heard: list[Change]) -> None:
    """Another name is told with the one before."""
    table = schema_of(base)
    field = table.field("Name")
    field.name = "Title"
    field.save()
    table.name = "Extensions"
    table.save()
    first, second = (change.schema["changedTablesById"][table.id] for change in heard)

    assert first == {"changedFieldsById": {field.id: {"current": {"name": "Title"}, "previous": {"name": "Name"}}}}
    assert second["changedMetadata"] == {
        "current": {"name": "Extensions", "description": None},
        "previous": {"name": "Plugins", "description": None},
    }


def test_nothing_is_told(api: Api, base: Base, heard: list[Change]) -> None:
    """What was refused, and what made no difference, is told to nobody."""
    url = str(base.urls.tables / "Plugins")
    refusal(api, "PATCH", url, {"name": ""})
    api.patch(url, json={"name": "Plugins"})

    assert heard == []


def test_who_listens_may_fail(api: Api, base: Base, server: AirtableServer) -> None:
    """When telling fails nothing was changed."""

    def fail(_: Sequence[Change]) -> None:
        raise RuntimeError

    server.service.listeners.append(fail)
    try:
        response = api.session.patch(str(base.urls.tables / "Plugins"), json={"name": "X"}, timeout=30)
    finally:
        server.service.listeners.remove(fail)

    assert response.status_code == 500
    assert [table.name for table in base.schema(force=True).tables] == ["Plugins"]


def test_what_goes_is_told() -> None:
    """Fields and tables that are gone are told by their ids; pyairtable reads all of it."""
    one = make_table(schema.Base("app" + "0" * 14, "B"), "One", {"Name": "singleLineText", "N": "number"})
    two = make_table(one, "Two", {"Name": "singleLineText", "One": {"type": "multipleRecordLinks", "linked": "One"}})
    first, second = two.tables
    gone = drop_table(rename_field(drop_field(two, "One", "N"), "One", "Name", "Title"), "Two")
    told = differences(two, gone)

    assert told[second.id] == {"destroyedTableIds": [second.id]}
    changed = told[first.id]["changedTablesById"][first.id]
    assert changed["destroyedFieldIds"] == [first.by_name["N"].id, first.by_name["Two"].id]
    assert payload(told[first.id]).changed_tables_by_id[first.id].destroyed_field_ids == changed["destroyedFieldIds"]
    assert payload(told[second.id]).destroyed_table_ids == [second.id]
    assert differences(two, two) == {}


def payload(told: dict[str, Any]) -> WebhookPayload:
    about = {"timestamp": "2026-01-01T00:00:00.000Z", "baseTransactionNumber": 1, "payloadFormat": "v0"}
    return WebhookPayload.model_validate(about | told)
