"""A base is cloned, reading only, and stands up elsewhere as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyairtable import Api

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.clone import clone, restore, write_clone
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.shaping import make_table

ALICE = User("usrAlice000000000", "alice@example.com", "Alice")
LINK = {"type": "multipleRecordLinks", "linked": "Plugins"}
FIELDS = {
    "Name": "singleLineText",
    "Notes": "richText",
    "Number": {"type": "number", "precision": 2},
    "Share": "percent",
    "Price": "currency",
    "Took": "duration",
    "Stars": "rating",
    "Done": "checkbox",
    "Kind": {"type": "singleSelect", "choices": ["a", "b"]},
    "Tags": {"type": "multipleSelects", "choices": ["x", "y, z"]},
    "Day": "date",
    "At": "dateTime",
    "Code": "barcode",
    "Files": "multipleAttachments",
    "Owner": "singleCollaborator",
    "Team": "multipleCollaborators",
    "Plugin": LINK,
    "Parents": {"type": "multipleRecordLinks", "linked": "Agents"},
    "Auto": "autoNumber",
    "Created": "createdTime",
    "By": "createdBy",
    "Changed": {"type": "lastModifiedTime", "of": ["Name"]},
    "Linked": {"type": "lastModifiedTime", "of": ["Plugin", "Parents"]},
    "Touched": {"type": "lastModifiedTime", "of": ["Stars", "Name", "Number"]},
    "Emptied": {"type": "lastModifiedTime", "of": ["Day"]},
    "Changer": "lastModifiedBy",
    "Sum": {"type": "rollup", "link": "Plugin", "field": "Stars", "formula": "SUM(values)"},
    "Shout": {"type": "formula", "formula": "UPPER({Name})"},
    "Names": {"type": "lookup", "link": "Plugin", "field": "Name"},
    "Many": {"type": "count", "link": "Plugin"},
}


def cells(place: int, plugins: list[str]) -> dict[str, Any]:
    return {
        "Name": f"agent {place}",
        "Notes": "**bold**\n",
        "Number": place / 4,
        "Share": 0.5,
        "Price": 12.34,
        "Took": 3600,
        "Stars": 3,
        "Done": True,
        "Kind": "ab"[place % 2],
        "Tags": ["y, z", "x"],
        "Day": "2026-02-03",
        "At": "2026-02-03T04:05:06.000Z",
        "Code": {"text": "123", "type": "upce"},
        "Files": [{"url": "https://example.com/a.txt", "filename": "a.txt"}],
        "Owner": {"id": ALICE.id},
        "Team": [{"id": ALICE.id}, {"id": "usrLocalOwner0000"}],
        "Plugin": plugins[place % 5 : place % 5 + 2],
    }


@pytest.fixture(scope="module")
def source() -> Iterator[AirtableServer]:
    """A base with records in fields of all types, written and changed by two people."""
    base = make_table(schema.Base("app" + "S" * 14, "Source"), "Plugins", {"Name": "singleLineText", "Stars": "number"})
    base = make_table(base, "Agents", FIELDS, description="Who works")
    with AirtableServer() as server:
        server.call(lambda service: service.store.bases.save(base))
        server.call(lambda service: service.users.update({ALICE.id: ALICE}))
        api = Api(server.token, endpoint_url=server.url)
        plugins = api.table(base.id, "Plugins").batch_create([{"Name": f"p{n}", "Stars": n} for n in range(6)])
        alice = Api(server.service.tokens.add(ALICE), endpoint_url=server.url).table(base.id, "Agents")
        agents = alice.batch_create([cells(place, [each["id"] for each in plugins]) for place in range(120)])
        api.table(base.id, "Agents").update(agents[0]["id"], {"Name": "changed"})
        alice.update(agents[1]["id"], {"Parents": [agents[2]["id"], agents[0]["id"]]})
        alice.update(agents[4]["id"], {"Stars": 1})
        alice.update(agents[5]["id"], {"Day": None})
        alice.delete(agents[3]["id"])
        yield server


def of(server: AirtableServer) -> Api:
    return Api(server.token, endpoint_url=server.url)


BASE = "app" + "S" * 14


def test_schema_only(source: AirtableServer) -> None:
    """Without records the clone is what the metadata API tells, and the base's name."""
    told = of(source).get(of(source).base(BASE).urls.tables, params={"include": "visibleFieldIds"})

    assert clone(of(source), BASE) == {"id": BASE, "name": "Source", **told}


def test_reads_only(source: AirtableServer) -> None:
    """Nothing but GET is sent, and each page of records is read once."""
    source.service.traffic.clear()
    clone(of(source), BASE, records=True)
    sent = [(request.method, request.status) for request in source.service.traffic]

    assert set(sent) == {("GET", 200)}
    assert len(sent) == 2 + 1 + 2  # bases and tables, a page of plugins, two of agents


def test_clone_equals_source(source: AirtableServer) -> None:
    """A base that was restored is told as its source is: ids, times, links, people and what is computed."""
    document = json.loads(json.dumps(clone(of(source), BASE, records=True)))
    with AirtableServer() as other:
        other.call(lambda service: restore(service, document))
        again = clone(of(other), BASE, records=True)

        agents = document["tables"][1]["records"]
        assert len(agents) == 119
        assert len(agents[6]["fields"]) == len(FIELDS) - 1  # no parents
        assert at(other, again) == at(source, document)


def test_goes_on(source: AirtableServer) -> None:
    """In a restored base work goes on: links agree, numbers go up."""
    document = clone(of(source), BASE, records=True)
    with AirtableServer() as other:
        other.call(lambda service: restore(service, document))
        table = of(other).table(BASE, "Agents")
        plugin = of(other).table(BASE, "Plugins").first()
        assert plugin is not None
        made = table.create({"Name": "new", "Plugin": [plugin["id"]]})

        assert made["fields"]["Auto"] == 121
        assert of(other).table(BASE, "Plugins").get(plugin["id"])["fields"]["Agents"][-1] == made["id"]


def test_restored_twice(source: AirtableServer) -> None:
    """Records that are there already stay as they are; those that were deleted come with another document only."""
    document = clone(of(source), BASE, records=True)
    with AirtableServer() as other:
        other.call(lambda service: restore(service, document))
        table = of(other).table(BASE, "Agents")
        first = table.first()
        assert first is not None
        table.update(first["id"], {"Name": "mine"})
        gone = document["tables"][1]["records"][7]["id"]
        table.delete(gone)
        other.call(lambda service: restore(service, document))

        assert table.get(first["id"])["fields"]["Name"] == "mine"
        assert gone not in [record["id"] for record in table.all()]

        document["tables"][1]["records"].append({**document["tables"][1]["records"][0], "id": new_id("rec")})
        other.call(lambda service: restore(service, document))

        assert table.get(first["id"])["fields"]["Name"] == "mine"
        assert table.get(gone)["id"] == gone
        assert len(table.all()) == 120


def test_written(source: AirtableServer, tmp_path: Path) -> None:
    """The file holds the clone, whole, and nothing lies beside it."""
    path = tmp_path / "base.json"
    path.write_text("old")
    document = write_clone(of(source), BASE, path, records=True)

    assert json.loads(path.read_text(encoding="utf-8")) == document
    assert list(tmp_path.iterdir()) == [path]


def test_not_written(source: AirtableServer, tmp_path: Path) -> None:
    """When the base cannot be read the file stays as it was."""
    path = tmp_path / "base.json"
    path.write_text("old")
    with pytest.raises(SyncguardError):
        write_clone(of(source), new_id("app"), path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_folder(source: AirtableServer, tmp_path: Path) -> None:
    """A folder that is not there is told in one line."""
    with pytest.raises(SyncguardError, match=r"^cannot write .*base\.json: no such file or directory$"):
        write_clone(of(source), BASE, tmp_path / "nowhere" / "base.json")


def test_refused(source: AirtableServer) -> None:
    """Who may not read is told what the token lacks, and never the token."""
    token = source.service.tokens.add(ALICE, scopes=["schema.bases:read"])
    api = Api(token, endpoint_url=source.url)
    assert clone(api, BASE)["id"] == BASE
    with pytest.raises(SyncguardError) as raised:
        clone(api, BASE, records=True)

    said = f"cannot read the base {BASE}: 403 INVALID_PERMISSIONS: the token needs schema.bases:read and "
    assert str(raised.value) == f"{said}data.records:read, and access to the base"
    assert token not in str(raised.value)


def test_no_id(source: AirtableServer) -> None:
    """The name of a base is not its id."""
    with pytest.raises(SyncguardError) as raised:
        clone(of(source), "Source")

    assert str(raised.value) == 'base: found "Source", required an id: "app" and 14 letters or digits'


def test_no_answer(tmp_path: Path) -> None:
    """Where nobody answers, that is told in one line."""
    with AirtableServer() as server:
        url, token = server.url, server.token
    with pytest.raises(SyncguardError, match=f"^cannot read the base {BASE}: no answer "):
        clone(Api(token, endpoint_url=url, retry_strategy=False), BASE)


def test_no_airtable(monkeypatch: pytest.MonkeyPatch, source: AirtableServer) -> None:
    """What answers and is no Airtable is told in one line."""
    api = of(source)
    monkeypatch.setattr(api, "request", lambda *_, **__: {"hello": "world"})
    with pytest.raises(SyncguardError, match=r"what answers is no Airtable: check the url$"):
        clone(api, BASE)


def test_folder_in_the_way(source: AirtableServer, tmp_path: Path) -> None:
    """When the file cannot be put in its place nothing is left of it."""
    (tmp_path / "base.json").mkdir()
    with pytest.raises(SyncguardError, match=r"^cannot write .*base\.json: is a directory$"):
        write_clone(of(source), BASE, tmp_path / "base.json")

    assert [path.name for path in tmp_path.iterdir()] == ["base.json"]


A_RECORD = 'a record: an object with "id" and "fields"'


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ({}, 'tables[0].records: found an object, required a list of records (table "Plugins")'),
        ([1], f'tables[0].records[0]: found 1, required {A_RECORD} (table "Plugins")'),
    ],
)
def test_no_records(records: Any, said: str) -> None:
    """What is no record is told by its place."""
    document = make_table(schema.Base(BASE, "B"), "Plugins", {"Name": "singleLineText"}).document(shown=True)
    document["tables"][0]["records"] = records
    with AirtableServer() as server, pytest.raises(SyncguardError) as raised:
        server.call(lambda service: restore(service, document))

    assert str(raised.value) == said


def test_record_of_now() -> None:
    """A record that somebody wrote need not tell when it was created."""
    base = make_table(schema.Base(BASE, "B"), "Plugins", {"Name": "singleLineText"})
    document = base.document(shown=True)
    document["tables"][0]["records"] = [{"id": "rec" + "0" * 14, "fields": {"Name": "x"}}]
    with AirtableServer() as server:
        server.call(lambda service: restore(service, document))
        record = Api(server.token, endpoint_url=server.url).table(BASE, "Plugins").get("rec" + "0" * 14)

    assert record["fields"] == {"Name": "x"}
    assert datetime.fromisoformat(record["createdTime"]) <= datetime.now(UTC)


WRONG: list[tuple[Any, str]] = [
    ({"createdTime": ""}, 'createdTime: found "", required a time in ISO 8601 with its zone'),
    ({"id": "rec1"}, 'id: found "rec1", required an id of its own: "rec" and 14 letters or digits'),
    ({"createdTime": "yesterday"}, 'createdTime: found "yesterday", required a time in ISO 8601 with its zone'),
    ({"createdTime": "2026-01-01T00:00:00"}, 'createdTime: found "2026-01-01T00:00:00", required a time in ISO 8601'),
    ({"fields": {"Nme": "x"}}, 'fields: found "Nme", required a field of the table; did you mean "Name"?'),
    ({"fields": {"Stars": "many"}}, 'fields.Stars: Field "Stars" cannot accept the provided value'),
]


@pytest.mark.parametrize(("changed", "said"), WRONG)
def test_wrong_record(changed: dict[str, Any], said: str) -> None:
    """What is wrong with a record is told by its place, and nothing is restored."""
    base = make_table(schema.Base(BASE, "B"), "Plugins", {"Name": "singleLineText", "Stars": "number"})
    record = {"id": "rec" + "0" * 14, "createdTime": "2026-01-01T00:00:00.000Z", "fields": {"Name": "x"}} | changed
    document = base.document(shown=True)
    document["tables"][0]["records"] = [record]
    with AirtableServer() as server:
        with pytest.raises(SyncguardError) as raised:
            server.call(lambda service: restore(service, document))

        assert str(raised.value).startswith(f"tables[0].records[0].{said}")
        assert list(server.service.store.bases) == []


def at(server: AirtableServer, document: Any) -> Any:
    """Without the address of the server, at which attachments lie."""
    return json.loads(json.dumps(document).replace(server.url, ""))
