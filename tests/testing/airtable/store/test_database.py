"""Transactions of the store: all or nothing, whatever fails, and what is kept in memory agrees with it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyairtable
import pytest
import requests

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER, Service
from pytest_syncguard.testing.airtable.store.database import VERSION
from pytest_syncguard.testing.airtable.store.store import Store
from tests.testing.airtable.records.bases import BASE, THINGS, field_id

NO_ROOM = """
import json, resource, sys
from pathlib import Path
import pyairtable, requests
from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.records.bases import BASE

folder = Path(sys.argv[1])
with AirtableServer(data=folder / "data") as server:
    server.call(lambda service: service.store.bases.save(BASE))
    api = pyairtable.Api(server.token, endpoint_url=server.url)
    table, told = api.table(BASE.id, "Things"), {}
    table.create({"Name": "before"})
    none = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, ((folder / "data-wal").stat().st_size + 100, none))
    headers = {"Authorization": f"Bearer {server.token}"}
    fields = [{"name": "Name", "type": "singleLineText"}]
    ghost = {"name": "Ghost", "description": "d" * 20_000, "fields": fields}
    answer = requests.post(f"{server.url}/v0/meta/bases/{BASE.id}/tables", json=ghost, headers=headers)
    told["table"] = [answer.status_code, answer.json()["error"]["type"]]
    body = {"fields": {"Name": "z" * 30_000, "State": "New"}, "typecast": True}
    answer = requests.post(f"{server.url}/v0/{BASE.id}/Things", json=body, headers=headers)
    told["record"] = [answer.status_code, answer.json()["error"]["type"]]
    resource.setrlimit(resource.RLIMIT_FSIZE, (none, none))
    told["ghost"] = requests.get(f"{server.url}/v0/{BASE.id}/Ghost", headers=headers).status_code
    base = server.service.store.bases.get(BASE.id)
    told["choices"] = [each["name"] for each in base.table("Things").field("State").options["choices"]]
    table.create({"Name": "after"})
with AirtableServer(data=folder / "data") as server:
    table = pyairtable.Api(server.token, endpoint_url=server.url).table(BASE.id, "Things")
    told["kept"] = [each["fields"]["Name"] for each in table.all()]
print(json.dumps(told))
"""


def test_without_room_nothing_is_changed_and_it_goes_on_when_there_is_some(tmp_path: Path) -> None:
    """A commit that fails is answered as that; neither a table nor an option that came to nothing is seen later."""
    argv = [sys.executable, "-c", NO_ROOM, str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "table": [507, "INSUFFICIENT_STORAGE"],
        "record": [507, "INSUFFICIENT_STORAGE"],
        "ghost": 403,
        "choices": ["Open"],
        "kept": ["before", "after"],
    }


@pytest.fixture
def server() -> Iterator[AirtableServer]:
    with AirtableServer() as server:
        server.call(lambda service: service.store.bases.save(BASE))
        yield server


def test_an_upsert_makes_its_index_although_the_first_batch_failed(server: AirtableServer) -> None:
    """An index that was rolled back with its batch is made by the next one."""
    table = pyairtable.Api(server.token, endpoint_url=server.url).table(BASE.id, "Things")
    with pytest.raises(requests.HTTPError, match="422"):
        table.batch_upsert([{"fields": {"Name": "a", "Number": "bad"}}], ["Name"])
    table.batch_upsert([{"fields": {"Name": "a", "Number": 1}}], ["Name"])

    def indexes(service: Service) -> list[str]:
        query = "SELECT name FROM sqlite_master WHERE type = 'index'"
        return [name for (name,) in service.store.database.db.execute(query)]

    assert f"by_{THINGS.id}_{field_id('Name')}" in server.call(indexes)


def test_collaborators_outlive_a_restart(tmp_path: Path) -> None:
    """Those that were added, and those that came with a transaction that was kept; the owner is the first."""
    ann, bob = User("usrAnn00000000000", "ann@example.com", "Ann"), User("usrBob00000000000", "bob@example.com", "Bob")
    store = Store(tmp_path / "data")
    service = Service(store)
    service.users[ann.id] = User(ann.id, ann.email, "An")
    service.users[ann.id] = ann

    def fail() -> None:
        with store.transaction():
            service.users[bob.id] = bob
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(service.users.values()) == [OWNER, ann]
    store.close()

    again = Store(tmp_path / "data")
    assert list(Service(again).users.values()) == [OWNER, ann]
    again.close()


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["CREATE TABLE bases (id TEXT)", "PRAGMA user_version = 1"], "format 1, required "),
        (["CREATE TABLE mine (x)"], "it is another program's database"),
        (["CREATE TABLE mine (x)", f"PRAGMA user_version = {VERSION}"], "it is another program's database"),
    ],
)
def test_data_that_is_not_ours_is_refused_in_a_line(tmp_path: Path, statements: list[str], said: str) -> None:
    """Whether another version wrote it, or another program; and it is left as it was."""
    with sqlite3.connect(tmp_path / "data", isolation_level=None) as db:
        for statement in statements:
            db.execute(statement)
    db.close()

    with pytest.raises(SyncguardError) as raised:
        Store(tmp_path / "data")

    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert str(raised.value).endswith("name a file of a local Airtable, or one that does not exist yet")
