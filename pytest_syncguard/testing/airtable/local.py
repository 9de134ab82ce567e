"""What the fixture ``airtable`` hands to a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_syncguard.testing.airtable.clone import restore
from pytest_syncguard.testing.airtable.document import read_document
from pytest_syncguard.testing.airtable.faults import Faults
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.limits import Limits
from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER, Service
from pytest_syncguard.testing.airtable.shaping import drop_field, make_table, rename_field
from pytest_syncguard.testing.airtable.tokens import SCOPES
from pytest_syncguard.testing.airtable.traffic import Traffic

if TYPE_CHECKING:
    import pyairtable

UPLOADS = "http://content.airtable.com"  # where pyairtable sends uploads, whatever its endpoint is


class LocalAirtable:
    """A local Airtable with one empty base, for one test.

    ``url``, ``token`` and ``base`` (its id) are what a client needs; `api` makes a pyairtable one of them.
    """

    def __init__(self, server: AirtableServer) -> None:
        self._server = server
        self.url, self.token = server.url, server.token
        self.base = new_id("app")
        server.call(lambda service: service.store.bases.save(Base(self.base, "Test")))

    @property
    def faults(self) -> Faults:
        """Faults on demand, such as ``airtable.faults.status(503, times=1)``."""
        return self._server.service.faults

    @property
    def limits(self) -> Limits:
        """All are off: ``airtable.limits.rate = 5`` switches one on, ``.use("free")`` those of a plan."""
        return self._server.service.limits

    @property
    def requests(self) -> Traffic:
        """What came in, such as ``airtable.requests.count("POST")``."""
        return self._server.service.traffic

    def api(self, token: str = "", **options: Any) -> pyairtable.Api:
        """A pyairtable client of this Airtable; uploads come here, too. ``options``: as for ``pyairtable.Api``."""
        import pyairtable

        api = pyairtable.Api(token or self.token, endpoint_url=self.url, **options)
        api.session.proxies[UPLOADS] = self.url
        return api

    def table(self, name: str) -> pyairtable.Table:
        """A table of the base, by name or id."""
        return self.api().table(self.base, name)

    def create_table(self, name: str, fields: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> pyairtable.Table:
        """A new table of the base. ``fields``: the type of each by its name, the first being the primary field, or
        what the metadata API takes. Computed fields are made, too. Raises `SyncguardError`.

            airtable.create_table("Plugins", {"Name": "singleLineText", "Stars": "number"})
            airtable.create_table("Agents", {
                "Name": "singleLineText",
                "Plugin": {"type": "multipleRecordLinks", "linked": "Plugins"},
                "Shout": {"type": "formula", "formula": "UPPER({Name})"},
            })
        """
        self._reshape(lambda base: make_table(base, name, fields))
        return self.table(name)

    def load_schema(self, document: Mapping[str, Any] | Path) -> str:
        """Stand a base up from what the metadata API answers for a real one; its id is ``base`` from now on.

        Raises `SyncguardError` with every fault of the document.
        """
        wanted = read_document(document) if isinstance(document, Path) else document
        self.base = self._server.call(lambda service: restore(service, wanted)).id
        return self.base

    def rename_field(self, table: str, field: str, name: str) -> None:
        """As somebody does it in Airtable, in between."""
        self._reshape(lambda base: rename_field(base, table, field, name))

    def drop_field(self, table: str, field: str) -> None:
        """As somebody does it in Airtable, in between: the Web API cannot."""
        self._reshape(lambda base: drop_field(base, table, field))

    def add_user(self, name: str, email: str) -> str:
        """A collaborator of the base; returns the id."""
        user = User(new_id("usr"), email, name)
        self._server.call(lambda service: service.users.update({user.id: user}))
        return user.id

    def add_token(self, user: str = "", *, scopes: Sequence[str] = (), bases: Sequence[str] | None = None) -> str:
        """A token of a user (of the owner, unless named); no ``scopes`` named: all, no ``bases``: all."""
        service = self._server.service
        owner = service.users[user] if user else next(iter(service.users.values()))
        return service.tokens.add(owner, scopes=scopes or SCOPES, bases=bases)

    def pass_time(self, seconds: float) -> None:
        """The server's clock goes forward: offsets and webhooks expire."""
        ahead = self._server.service.now() - datetime.now(UTC) + timedelta(seconds=seconds)
        self._server.call(lambda service: setattr(service, "now", lambda: datetime.now(UTC) + ahead))

    def _reshape(self, work: Callable[[Base], Base]) -> None:
        def reshape(service: Service) -> None:
            service.reshape(service.store.bases.get(self.base), OWNER, lambda base: (work(base), None))

        self._server.call(reshape)
