"""A base on a local Airtable that is running, and others who use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from pyairtable import Api, Table

from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER, Service
from pytest_syncguard.testing.airtable.store.store import Store
from pytest_syncguard.testing.airtable.tokens import SCOPES

BASE, TASKS, PEOPLE = "app" + "0" * 14, "tbl" + "T" * 14, "tbl" + "P" * 14
NAME, COUNT, FILES, PERSON = (f"fld{name:0<14}" for name in ("Name", "Count", "Files", "Person"))
ALICE = User("usrAlice000000000", "alice@example.com", "Alice")
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LONGEST = 30.0  # seconds that a request may take


def base() -> schema.Base:
    fields = (
        schema.Field(NAME, "Name", "singleLineText"),
        schema.Field(COUNT, "Count", "number", {"precision": 0}),
        schema.Field(FILES, "Files", "multipleAttachments", {"isReversed": False}),
    )
    people = (schema.Field(PERSON, "Person", "singleLineText"),)
    tables = (schema.Table(TASKS, "Tasks", NAME, fields), schema.Table(PEOPLE, "People", PERSON, people))
    return schema.Base(BASE, "World", tables)


@dataclass
class World:
    """A server, its base, and the time that it believes to be."""

    server: AirtableServer
    now: datetime = START

    def pass_by(self, **passed: float) -> None:
        """Time goes by, as `timedelta` takes it."""
        self.now += timedelta(**passed)

    def api(self, token: str = "") -> Api:
        return Api(token or self.server.token, endpoint_url=self.server.url)

    @property
    def tasks(self) -> Table:
        return self.api().table(BASE, TASKS)

    def token(self, user: User = ALICE, *, without: str = "") -> str:
        """A token of somebody, for all but one scope."""

        def add(service: Service) -> str:
            service.users[user.id] = user
            return service.tokens.add(user, scopes=SCOPES - {without})

        return self.server.call(add)

    def ask(self, method: str, path: str, *, token: str = "", **parts: Any) -> requests.Response:
        """Any request, below ``/v0/``."""
        headers = {"Authorization": f"Bearer {token or self.server.token}"}
        return requests.request(method, f"{self.server.url}/v0/{path}", headers=headers, timeout=LONGEST, **parts)

    def refused(self, method: str, path: str, **parts: Any) -> tuple[int, str]:
        """The status and the type of the error that a request is answered with."""
        answered = self.ask(method, path, **parts)
        error = answered.json()["error"]
        return answered.status_code, error if isinstance(error, str) else error["type"]


@contextmanager
def running(data: Path | None = None) -> Iterator[World]:
    """A server with the base, which is new unless it is in the file already."""
    with AirtableServer(data=data) as server:
        yield prepared(server)


def prepared(server: AirtableServer) -> World:
    """The base is on the server, unless it is in its data already."""
    world = World(server)

    def prepare(service: Service) -> None:
        service.now = lambda: world.now
        if not list(service.store.bases):
            service.store.bases.save(base())

    server.call(prepare)
    return world


def emptied(server: AirtableServer) -> World:
    """Whatever a test has left on the server is gone, and the base is new: quicker than another server."""

    def empty(service: Service) -> None:
        service.store.close()
        service.store = Store()
        service.users[OWNER.id] = OWNER

    server.call(empty)
    return prepared(server)
