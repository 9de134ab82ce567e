"""Where the suite runs: a local Airtable, or the real service when two variables of the environment name one."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyairtable
import pytest
import requests

from pytest_syncguard.testing.airtable import AirtableServer, LocalAirtable, uploads_to

TOKEN, BASE, URL = (os.environ.get(f"SYNCGUARD_AIRTABLE_{name}", "") for name in ("TOKEN", "BASE", "URL"))
REAL = bool(TOKEN and BASE)
REAL_URL = "https://api.airtable.com"  # unless there is an URL of another service that is to be held to this
PAUSE = 0.25  # seconds after each request to the real service, which lets five a second through
LONGEST = 30.0  # seconds that a request may take
NOBODYS = {kind: kind + "Nobodys0000000" for kind in ("app", "tbl", "fld", "rec", "viw", "usr", "com", "ach")}

Fields = Mapping[str, str | Mapping[str, Any]]
_ISO = {"dateFormat": {"name": "iso"}}
OPTIONS: Mapping[str, Mapping[str, Any]] = {  # that the metadata API requires
    "number": {"precision": 1},
    "percent": {"precision": 1},
    "currency": {"precision": 2, "symbol": "$"},
    "duration": {"durationFormat": "h:mm:ss"},
    "rating": {"icon": "star", "max": 5, "color": "yellowBright"},
    "checkbox": {"icon": "check", "color": "greenBright"},
    "singleSelect": {"choices": [{"name": "Todo"}, {"name": "Done"}]},
    "multipleSelects": {"choices": [{"name": "red"}, {"name": "green"}, {"name": "blue"}]},
    "date": _ISO,
    "dateTime": {**_ISO, "timeFormat": {"name": "24hour"}, "timeZone": "utc"},
}


@dataclass
class Endpoint:
    """A base to work in, with what a client needs to know of it. ``local`` is there when the service is not."""

    url: str
    token: str
    base_id: str
    local: LocalAirtable | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._slow(self.session)

    def _slow(self, session: requests.Session) -> None:
        if self.local is None:
            session.hooks["response"].append(lambda *_, **__: time.sleep(PAUSE))

    def api(self, **options: Any) -> pyairtable.Api:
        """A pyairtable client, of this token."""
        if self.local is not None:
            return self.local.api(**options)
        api = pyairtable.Api(self.token, endpoint_url=self.url, **options)
        if self.url != REAL_URL:
            uploads_to(api, self.url)
        self._slow(api.session)
        return api

    def base(self) -> pyairtable.Base:
        return self.api().base(self.base_id)

    def make(self, fields: Fields, what: str = "Contract") -> pyairtable.Table:
        """A new table, by the metadata API; its name is nobody else's, since no API deletes tables.

        ``fields``: types by name, or types with options.
        """
        wanted = [{"name": name, **_spec(spec)} for name, spec in fields.items()]
        return self.base().create_table(unique(what), wanted)

    def ask(self, method: str, path: str, *, token: str | None = None, **parts: Any) -> requests.Response:
        """Any request, below ``/v0/``. ``token``: another one, or none if it is empty."""
        token = self.token if token is None else token
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **parts.pop("headers", {})}
        return self.session.request(
            method, f"{self.url}/v0/{path}", headers=headers, timeout=LONGEST, allow_redirects=False, **parts
        )

    def records(self, method: str, table: pyairtable.Table, below: str = "", **parts: Any) -> requests.Response:
        """The same, of a table's records."""
        return self.ask(method, f"{self.base_id}/{table.id}" + (f"/{below}" if below else ""), **parts)


@contextmanager
def opened() -> Iterator[Endpoint]:
    """The real service, or a local one that ends with the context."""
    if REAL:
        yield Endpoint(URL or REAL_URL, TOKEN, BASE)
        return
    with AirtableServer() as server:
        local = LocalAirtable(server)
        yield Endpoint(local.url, local.token, local.base, local)


def local_only(reason: str) -> pytest.MarkDecorator:
    """Of a test that needs what no real base can give."""
    return pytest.mark.skipif(REAL, reason=reason)


def unique(what: str) -> str:
    return f"{what} {secrets.token_hex(6)}"


def field_ids(table: pyairtable.Table) -> dict[str, str]:
    """The ids of a table's fields, by name."""
    return {each.name: each.id for each in table.schema().fields}


def cells(records: Sequence[Mapping[str, Any]], name: str = "Name") -> list[Any]:
    """What is in one field of each record; None where it is empty."""
    return [record["fields"].get(name) for record in records]


def error(answered: requests.Response) -> tuple[int, str, str]:
    """Status, type and message of an error, in whichever of its shapes it came."""
    told = answered.json()["error"]
    if isinstance(told, str):
        return answered.status_code, told, ""
    return answered.status_code, told["type"], told.get("message", "")


def refused(answered: requests.Response) -> tuple[int, str]:
    """Status and type of an error."""
    return error(answered)[:2]


def _spec(spec: str | Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(spec, str):
        return dict(spec)
    return {"type": spec, **({"options": OPTIONS[spec]} if spec in OPTIONS else {})}
