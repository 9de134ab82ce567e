"""What requests that write mean, over plain HTTP: PATCH, PUT, typecast, batches, links."""

from __future__ import annotations

from typing import Any

import pyairtable
import pytest

from tests.contract.airtable.endpoint import NOBODYS, Endpoint, cells, field_ids, refused


def test_one_record_or_many(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """A request with ``fields`` creates one record, and answers one; with ``records`` a list."""
    one = endpoint.records("POST", table, json={"fields": {"Name": "a"}}).json()
    many = endpoint.records("POST", table, json={"records": [{"fields": {"Name": "b"}}, {"fields": {}}]}).json()

    assert one == table.get(one["id"])
    assert many.keys() == {"records"}
    assert [record["fields"] for record in many["records"]] == [{"Name": "b"}, {}]


@pytest.mark.parametrize(("method", "left"), [("PATCH", {"Name": "a", "Count": 2}), ("PUT", {"Count": 2})])
def test_patch_merges_and_put_clears(
    endpoint: Endpoint, table: pyairtable.Table, method: str, left: dict[str, Any]
) -> None:
    """Fields that are not included stay with PATCH, and are cleared by PUT; of one record and of many."""
    one, other = (table.create({"Name": "a", "Count": 1})["id"] for _ in range(2))
    first = endpoint.records(method, table, one, json={"fields": {"Count": 2}}).json()
    second = endpoint.records(method, table, json={"records": [{"id": other, "fields": {"Count": 2}}]}).json()

    assert first["fields"] == left
    assert second["records"][0]["fields"] == left


def test_ten_records_are_the_most(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """A request may create, update or delete ten records, not eleven; nothing is done then."""
    ids = [record["id"] for record in table.batch_create([{"Name": "a"}] * 10)] + [NOBODYS["rec"]]
    refusals = (
        endpoint.records("POST", table, json={"records": [{"fields": {}}] * 11}),
        endpoint.records("PATCH", table, json={"records": [{"id": each, "fields": {}} for each in ids]}),
        endpoint.records("DELETE", table, params={"records[]": ids}),
    )

    assert [answered.status_code for answered in refusals] == [422] * 3
    assert len(table.all()) == 10


def test_a_batch_with_a_wrong_record_is_refused(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """One unknown field, and the request is refused; what is wrong is named."""
    body = {"records": [{"fields": {"Name": "a"}}, {"fields": {"Nope": 1}}]}

    assert refused(endpoint.records("POST", table, json=body)) == (422, "UNKNOWN_FIELD_NAME")


def test_typecast_converts_strings(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """Strings become the cell values of their fields."""
    said = {"Name": "a", "Count": "7", "Status": "Todo", "Day": "2026-03-01"}
    record = endpoint.records("POST", table, json={"fields": said, "typecast": True}).json()

    assert record["fields"] == {**said, "Count": 7}


@pytest.mark.parametrize(("name", "value"), [("Count", "7"), ("Done", "yes"), ("Day", "soon"), ("Name", {"a": 1})])
def test_without_typecast_nothing_is_converted(
    endpoint: Endpoint, table: pyairtable.Table, name: str, value: Any
) -> None:
    """Typecasting is disabled by default: a value of another type is refused."""
    answered = endpoint.records("POST", table, json={"fields": {name: value}})

    assert refused(answered) == (422, "INVALID_VALUE_FOR_COLUMN")


def test_null_empties_a_cell(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """Whatever its type; the cell is omitted then."""
    full = {"Name": "a", "Count": 1, "Done": True, "Status": "Todo", "Tags": ["red"], "Day": "2026-03-01"}
    record = endpoint.records("POST", table, json={"fields": full}).json()
    empty = endpoint.records("PATCH", table, record["id"], json={"fields": dict.fromkeys(full)}).json()

    assert record["fields"] == full
    assert empty["fields"] == {}


def test_answers_by_field_id(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """returnFieldsByFieldId in the body of a request that writes is for its answer."""
    body = {"fields": {"Name": "a"}, "returnFieldsByFieldId": True}

    assert endpoint.records("POST", table, json=body).json()["fields"] == {field_ids(table)["Name"]: "a"}


@pytest.fixture(scope="module")
def linked(endpoint: Endpoint) -> tuple[pyairtable.Table, pyairtable.Table]:
    """Plugins, and agents that have links to them."""
    plugins = endpoint.make({"Name": "singleLineText"}, what="Plugins")
    options = {"linkedTableId": plugins.id}
    agents = endpoint.make(
        {"Name": "singleLineText", "Plugin": {"type": "multipleRecordLinks", "options": options}}, what="Agents"
    )
    return plugins, agents


def inverse_of(plugins: pyairtable.Table, agents: pyairtable.Table) -> str:
    """The name of the field in the plugins that leads back to the agents."""
    (field,) = (each for each in plugins.schema(force=True).fields if each.type == "multipleRecordLinks")
    assert field.options.linked_table_id == agents.id  # type: ignore[union-attr]
    return field.name


def test_a_link_has_an_inverse(linked: tuple[pyairtable.Table, pyairtable.Table]) -> None:
    """The inverse field appears by itself; each of the two knows the other."""
    plugins, agents = linked
    there = plugins.schema(force=True).field(inverse_of(plugins, agents))
    here = agents.schema(force=True).field("Plugin")

    assert here.options.inverse_link_field_id == there.id  # type: ignore[union-attr]
    assert there.options.inverse_link_field_id == here.id  # type: ignore[union-attr]


def test_links_are_seen_from_both_sides(linked: tuple[pyairtable.Table, pyairtable.Table]) -> None:
    """A link that is written in one table is read in the other, until one of the records is gone."""
    plugins, agents = linked
    inverse = inverse_of(plugins, agents)
    one, two = (plugins.create({"Name": name})["id"] for name in "ab")
    agent = agents.create({"Name": "x", "Plugin": [two, one]})

    assert agent["fields"]["Plugin"] == [two, one]
    assert [plugins.get(each)["fields"][inverse] for each in (one, two)] == [[agent["id"]]] * 2

    plugins.update(one, {inverse: []})
    assert agents.get(agent["id"])["fields"]["Plugin"] == [two]

    plugins.delete(two)
    assert "Plugin" not in agents.get(agent["id"])["fields"]


def test_a_link_to_nothing_is_refused(endpoint: Endpoint, linked: tuple[pyairtable.Table, pyairtable.Table]) -> None:
    """An id that is no record of the linked table is refused, with typecast or without."""
    _, agents = linked
    body = {"fields": {"Name": "x", "Plugin": [NOBODYS["rec"]]}}

    assert refused(endpoint.records("POST", agents, json=body)) == (422, "ROW_DOES_NOT_EXIST")
    assert endpoint.records("POST", agents, json={**body, "typecast": True}).status_code == 422


def test_typecast_links_by_name(linked: tuple[pyairtable.Table, pyairtable.Table]) -> None:
    """With typecast a text stands for the record whose primary field has it; there is one, or one is made."""
    plugins, agents = linked
    known = plugins.create({"Name": "known"})["id"]
    agent = agents.create({"Name": "x", "Plugin": ["known", "fresh"]}, typecast=True)
    first, second = agent["fields"]["Plugin"]

    assert first == known
    assert plugins.get(second)["fields"]["Name"] == "fresh"


def test_a_formula_sees_the_name_of_a_link(linked: tuple[pyairtable.Table, pyairtable.Table]) -> None:
    """In formulas a link is the text of the primary field, never the record's id."""
    plugins, agents = linked
    plugin = plugins.create({"Name": "seen"})["id"]
    agents.create({"Name": "looked up", "Plugin": [plugin]})

    assert cells(agents.all(formula="{Plugin}='seen'")) == ["looked up"]
    assert agents.all(formula=f"FIND('{plugin}', ARRAYJOIN({{Plugin}}))") == []
