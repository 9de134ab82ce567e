"""A base stands up from a document again: nothing that is there gets lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pyairtable import Api

from pytest_syncguard.testing.airtable.clone import restore
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError

BASE, TABLE, OTHER = "app" + "R" * 14, "tbl" + "R" * 14, "tbl" + "S" * 14
NAME, KIND, NOTE, LINK, BACK, TITLE = (f"fld{each * 14}" for each in "NKOLBT")
FIRST, SECOND = "rec" + "1" * 14, "rec" + "2" * 14
EVE = {"id": "usrEve00000000000", "email": "eve@example.com", "name": "Eve"}
DOCUMENT: dict[str, Any] = {
    "id": BASE,
    "name": "Base",
    "tables": [
        {
            "id": TABLE,
            "name": "Things",
            "fields": [
                {"id": NAME, "name": "Name", "type": "singleLineText"},
                {
                    "id": KIND,
                    "name": "Kind",
                    "type": "singleSelect",
                    "options": {"choices": [{"id": "sel" + "a" * 14, "name": "a"}]},
                },
                {"id": NOTE, "name": "Note", "type": "singleLineText"},
                {"id": "fldOwner000000000", "name": "Owner", "type": "singleCollaborator"},
                {
                    "id": LINK,
                    "name": "Link",
                    "type": "multipleRecordLinks",
                    "options": {"linkedTableId": OTHER, "inverseLinkFieldId": BACK},
                },
            ],
            "records": [
                {
                    "id": FIRST,
                    "createdTime": "2026-01-01T00:00:00.000Z",
                    "fields": {"Name": "first", "Note": "n", "Owner": EVE, "Link": [SECOND]},
                }
            ],
        },
        {
            "id": OTHER,
            "name": "Others",
            "fields": [
                {"id": TITLE, "name": "Title", "type": "singleLineText"},
                {
                    "id": BACK,
                    "name": "Back",
                    "type": "multipleRecordLinks",
                    "options": {"linkedTableId": TABLE, "inverseLinkFieldId": LINK},
                },
            ],
            "records": [{"id": SECOND, "createdTime": "2026-01-01T00:00:00.000Z", "fields": {"Title": "second"}}],
        },
    ],
}


@contextmanager
def served(data: Path, document: Any = None) -> Iterator[tuple[AirtableServer, Api]]:
    """As ``serve --data F --schema S`` does it."""
    with AirtableServer(data=data) as server:
        server.call(lambda service: restore(service, document or DOCUMENT))
        yield server, Api(server.token, endpoint_url=server.url)


def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    change(document)
    return document


def fill(api: Api) -> None:
    """Whatever the API can make of a base."""
    base = api.base(BASE)
    base.table(TABLE).create_field("Extra", "singleLineText")
    base.create_table("More", [{"name": "Name", "type": "singleLineText"}])
    base.table("More").create({"Name": "m"})
    base.table("Others").delete(SECOND)
    base.table("Things").create({"Name": "new", "Extra": "precious", "Kind": "typed"}, typecast=True)
    session, url = api.session, f"{api.endpoint_url}/v0/meta/bases/{BASE}/tables/{TABLE}"
    session.patch(f"{url}/fields/{NOTE}", json={"name": "Remark"}).raise_for_status()
    session.patch(url, json={"name": "Things now"}).raise_for_status()


def everything(api: Api) -> dict[str, Any]:
    base = api.base(BASE)
    tables = {table.id: table.model_dump() for table in base.schema(force=True).tables}
    people = [each.email for each in base.collaborators().individual_collaborators.via_base]
    records = {table: base.table(table).all() for table in tables}
    return {"tables": tables, "records": records, "people": people}


def test_started_again_with_the_same_line_everything_is_as_it_was(tmp_path: Path) -> None:
    """Tables, fields, options and names that were made since, records and collaborators; what was deleted is gone."""
    with served(tmp_path / "data") as (_, api):
        fill(api)
        before = everything(api)
    with served(tmp_path / "data") as (_, api):
        assert everything(api) == before
        assert before["people"] == [EVE["email"]]
        first = api.table(BASE, TABLE).first(formula="Name='new'")
        assert first is not None
        api.table(BASE, TABLE).update(first["id"], first["fields"])


def test_another_document_adds_to_what_is_there(tmp_path: Path) -> None:
    """What it tells counts; what it says nothing of stays."""

    def change(document: dict[str, Any]) -> None:
        table = document["tables"][0]
        table["fields"].append({"id": "fldNew00000000000", "name": "New", "type": "checkbox"})
        table["fields"][1]["options"]["choices"].append({"id": "sel" + "b" * 14, "name": "b"})
        table["records"].append({"id": "rec" + "3" * 14, "createdTime": "2026-01-01T00:00:00.000Z", "fields": {}})

    with served(tmp_path / "data") as (_, api):
        fill(api)
    with served(tmp_path / "data", changed(change)) as (_, api):
        told = everything(api)
    names = [field["name"] for field in told["tables"][TABLE]["fields"]]
    kinds = [each["name"] for each in told["tables"][TABLE]["fields"][1]["options"]["choices"]]
    assert names == ["Name", "Kind", "Note", "Owner", "Link", "New", "Extra"]
    assert kinds == ["a", "b", "typed"]
    assert [table["name"] for table in told["tables"].values()] == ["Things", "Others", "More"]
    assert [len(records) for records in told["records"].values()] == [3, 0, 1]


def kind_of_note(document: dict[str, Any]) -> None:
    document["tables"][0]["fields"][2] |= {"type": "number", "options": {"precision": 1}}


def no_inverse(document: dict[str, Any]) -> None:
    document["tables"][0]["fields"][4]["options"] = {"linkedTableId": OTHER}
    document["tables"][1]["fields"][1:] = []


def taken_name(document: dict[str, Any]) -> None:
    document["tables"][0]["fields"].append({"id": "fldNew00000000000", "name": "Extra", "type": "checkbox"})


def taken_table(document: dict[str, Any]) -> None:
    document["tables"][0]["name"] = "More"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (kind_of_note, 'tables[0].fields[2].type: found "number", required the singleLineText that it is in the data'),
        (no_inverse, "tables[0].fields[4].options: found an object, required the multipleRecordLinks that it is"),
        (taken_name, 'tables[0].fields[5].name: found "Extra", required a name that the field fld'),
        (taken_table, 'tables[0].name: found "More", required a name that the table tbl'),
    ],
)
def test_what_contradicts_the_data_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    """In a line that names it, and before anything is changed."""
    with served(tmp_path / "data") as (server, api):
        fill(api)
        before = everything(api)
        with pytest.raises(SchemaError) as raised:
            server.call(lambda service: restore(service, changed(change)))

        assert str(raised.value).startswith(said)
        assert len(str(raised.value).splitlines()) == 1
        assert everything(api) == before


def test_an_empty_field_may_become_another_one(tmp_path: Path) -> None:
    """There is nothing that could get lost."""
    document = changed(lambda document: document["tables"][0]["records"].clear())
    with served(tmp_path / "data", document) as (server, api):
        kind_of_note(document)
        server.call(lambda service: restore(service, document))
        assert api.table(BASE, TABLE).create({"Note": 1.5})["fields"] == {"Note": 1.5}


def test_records_of_another_base_are_not_taken(tmp_path: Path) -> None:
    """An id stands for one record, wherever it is: nothing is changed, not even the collaborators."""
    other = changed(lambda document: document.update(id="app" + "Z" * 14))
    del other["tables"][0]["fields"][4], other["tables"][1:], other["tables"][0]["records"][0]["fields"]["Link"]
    other["tables"][0]["id"] = "tbl" + "Z" * 14
    other["tables"][0]["records"][0]["fields"]["Owner"] = {**EVE, "id": "usrZoe00000000000"}
    with served(tmp_path / "data") as (server, api):
        with pytest.raises(SchemaError) as raised:
            server.call(lambda service: restore(service, other))

        said = f'tables[0].records[0].id: found "{FIRST}", required an id that no record of another table has'
        assert str(raised.value).startswith(said)
        assert [base.id for base in api.bases()] == [BASE]
        assert list(server.service.users) == ["usrLocalOwner0000", EVE["id"]]
