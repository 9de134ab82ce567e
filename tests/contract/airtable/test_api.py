"""pyairtable's Api and Base: who one is, which bases and tables there are, and requests of any sort."""

from __future__ import annotations

from urllib.parse import unquote

import pyairtable
import pytest
import requests

from tests.contract.airtable.endpoint import NOBODYS, Endpoint, cells, local_only, unique
from tests.contract.airtable.proof import covers

FIELDS = [{"name": "Name", "type": "singleLineText"}]


@pytest.fixture
def api(endpoint: Endpoint) -> pyairtable.Api:
    return endpoint.api()


@pytest.fixture
def base(endpoint: Endpoint) -> pyairtable.Base:
    return endpoint.base()


@covers("Api.whoami")
def test_who_one_is(api: pyairtable.Api) -> None:
    """The id of the token's user."""
    assert api.whoami()["id"].startswith("usr")


@covers("Api.api_key")
def test_another_token(api: pyairtable.Api) -> None:
    """A client that gets another token is somebody else at once."""
    right = api.api_key
    api.api_key = "patNobodys0000000.0000"
    with pytest.raises(requests.HTTPError, match="401"):
        api.whoami()

    api.api_key = right
    assert api.whoami()


@covers("Api.bases", "Api.base", "Base.name")
def test_bases_that_one_may_see(endpoint: Endpoint, api: pyairtable.Api) -> None:
    """The list tells ids, names and permissions; a base that is looked for in it knows its name."""
    known = {base.id: base for base in api.bases()}
    base = api.base(endpoint.base_id, validate=True)

    assert known[endpoint.base_id].name == base.name
    assert base.permission_level in ("none", "read", "comment", "edit", "create")
    with pytest.raises(KeyError):
        api.base(NOBODYS["app"], validate=True)


@local_only("a base that is made cannot be deleted but by an enterprise")
@covers("Api.create_base", "Api.workspace")
def test_a_new_base(api: pyairtable.Api) -> None:
    """It has the tables that were asked for."""
    first = api.create_base("wspNobodys0000000", "One", [{"name": "T", "fields": FIELDS}])
    second = api.workspace("wspNobodys0000000").create_base("Two", [{"name": "T", "fields": FIELDS}])

    assert [table.name for table in first.tables()] == ["T"]
    assert {first.id, second.id} <= {base.id for base in api.bases(force=True)}
    assert second.name == "Two"


@covers("Api.table")
def test_a_table_by_base_and_name(endpoint: Endpoint, api: pyairtable.Api, shared: pyairtable.Table) -> None:
    """By id or name; one that is checked and is not there is a KeyError."""
    assert api.table(endpoint.base_id, shared.name, validate=True).id == shared.id
    with pytest.raises(KeyError):
        api.table(endpoint.base_id, unique("Nothing"), validate=True)


@covers("Api.build_url", "Api.get", "Api.post", "Api.patch", "Api.delete", "Api.request")
def test_any_request(endpoint: Endpoint, api: pyairtable.Api, table: pyairtable.Table) -> None:
    """What has no method of its own goes by hand."""
    url = api.build_url(endpoint.base_id, table.id)
    record = api.post(url, json={"fields": {"Name": "a"}})
    api.patch(f"{url}/{record['id']}", json={"fields": {"Name": "b"}})

    assert cells(api.get(url)["records"]) == ["b"]
    assert api.request("GET", url, params={"maxRecords": 1}) == api.get(url)
    assert api.delete(f"{url}/{record['id']}") == {"id": record["id"], "deleted": True}


@covers("Api.iterate_requests", "Api.chunked")
def test_pages_by_hand(api: pyairtable.Api, table: pyairtable.Table) -> None:
    """Page after page, as long as there is an offset; lists in pieces that a request takes."""
    names = [f"{number:02}" for number in range(23)]
    pieces = list(api.chunked(names))
    for piece in pieces:
        table.batch_create([{"Name": name} for name in piece])
    pages = list(api.iterate_requests("GET", table.urls.records, options={"page_size": 9, "sort": ["Name"]}))

    assert [len(piece) for piece in pieces] == [10, 10, 3]
    assert [len(page["records"]) for page in pages] == [9, 9, 5]
    assert [name for page in pages for name in cells(page["records"])] == names


@covers("Base.create_table", "Base.tables", "Base.table", "Base.schema")
def test_a_new_table(base: pyairtable.Base) -> None:
    """It has its fields, the first of them primary, a grid view, and a description; the base lists it."""
    name = unique("Made")
    made = base.create_table(name, [*FIELDS, {"name": "Note", "type": "multilineText"}], description="of a test")
    schema = base.schema(force=True).table(made.id)

    assert made.id in [table.id for table in base.tables(force=True)]
    assert base.table(name, validate=True).id == made.id
    assert [field.name for field in schema.fields] == ["Name", "Note"]
    assert schema.primary_field_id == schema.fields[0].id
    assert schema.description == "of a test"
    assert [(view.name, view.type) for view in schema.views] == [("Grid view", "grid")]
    assert schema.views[0].visible_field_ids == [field.id for field in schema.fields]


def test_names_of_tables_are_unique_whatever_their_case(base: pyairtable.Base, shared: pyairtable.Table) -> None:
    """A second table of the same name is refused."""
    with pytest.raises(requests.HTTPError, match="422"):
        base.create_table(shared.name.upper(), FIELDS)


@covers("Table.create_field", "Table.schema")
def test_a_new_field(endpoint: Endpoint) -> None:
    """It comes last, with its options."""
    table = endpoint.make({"Name": "singleLineText"})
    made = table.create_field("Price", "currency", description="in euros", options={"precision": 2, "symbol": "€"})
    known = table.schema(force=True).fields[-1]

    assert made.model_dump() == known.model_dump()
    assert (known.id, known.name, known.type, known.description) == (made.id, "Price", "currency", "in euros")
    assert table.create({"Name": "a", "Price": 3.5})["fields"]["Price"] == 3.5


def test_a_schema_that_is_changed(endpoint: Endpoint) -> None:
    """Names and descriptions of tables and fields may be changed; records keep their cells."""
    table = endpoint.make({"Name": "singleLineText", "Old": "number"})
    record = table.create({"Name": "a", "Old": 1})
    name = unique("Renamed")
    schema = table.schema(force=True)
    schema.name = name
    schema.save()
    field = schema.field("Old")
    field.name, field.description = "New", "better"
    field.save()

    changed = endpoint.base().table(name)
    assert changed.get(record["id"])["fields"] == {"Name": "a", "New": 1}
    assert changed.schema().field("New").description == "better"


@covers("Table.id", "Table.id_or_name", "Table.api")
def test_a_table_knows_its_id(endpoint: Endpoint, api: pyairtable.Api, shared: pyairtable.Table) -> None:
    """A table by its name asks for its id when somebody wants to know it."""
    named = api.base(endpoint.base_id).table(shared.name)

    assert named.api is api
    assert unquote(named.id_or_name) == shared.name == named.name
    assert named.id == shared.id


@local_only("the service tells collaborators to enterprises only")
@covers("Base.collaborators")
def test_collaborators(api: pyairtable.Api, base: pyairtable.Base) -> None:
    """Whose base it is, and who works in it."""
    told = base.collaborators()
    people = [*told.individual_collaborators.via_base, *told.individual_collaborators.via_workspace]

    assert told.id == base.id
    assert api.whoami()["id"] in [person.user_id for person in people]


@local_only("it is for enterprises; a local Airtable says by name that it does not cover it")
@covers("Base.shares", "Base.delete", "Api.enterprise")
def test_what_enterprises_have(api: pyairtable.Api, base: pyairtable.Base) -> None:
    """It is answered with 501 and its name."""
    for call in (base.shares, base.delete, api.enterprise("entNobodys0000000").info):
        with pytest.raises(requests.HTTPError, match=r"501.*is not covered by the local Airtable"):
            call()
