"""What the fixture ``airtable`` hands to a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.faults import did_you_mean, listed
from pytest_syncguard.testing.airtable.clone import restore
from pytest_syncguard.testing.airtable.document import read_document
from pytest_syncguard.testing.airtable.environment import kept_local, uploads_to
from pytest_syncguard.testing.airtable.faults import Faults
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.limits import Limits
from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.server import AirtableServer
from pytest_syncguard.testing.airtable.service import OWNER, Service
from pytest_syncguard.testing.airtable.shaping import drop_field, drop_table, make_field, make_table, rename_field
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, fault, found
from pytest_syncguard.testing.airtable.tokens import SCOPES
from pytest_syncguard.testing.airtable.traffic import Traffic

if TYPE_CHECKING:
    import pyairtable

_LONGEST = 100 * 366 * 86_400  # seconds that may pass at once


class LocalAirtable:
    """A local Airtable with one empty base, for one test or for several.

    ``url``, ``token`` and ``base`` (its id) are what a client needs; `api` makes a pyairtable one of them. As a
    context manager it keeps other clients from the real service as long as it lasts, as the fixture does.
    """

    def __init__(self, server: AirtableServer) -> None:
        self._server, self._lasting = server, ExitStack()
        self.url, self.token = server.url, server.token
        self.base = new_id("app")
        server.call(lambda service: service.store.bases.save(Base(self.base, "Test")))

    def __enter__(self) -> LocalAirtable:
        self._lasting.enter_context(kept_local(self.url))
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Raises what failed in ``faults.between``, and warns of faults that never struck: see `Faults.verify`."""
        with self._lasting:
            if kind is None:
                self.faults.verify()

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
        """A pyairtable client of this Airtable, whatever the environment and a ``.netrc`` say; uploads come here, too.

        ``options``: as for ``pyairtable.Api``.
        """
        import pyairtable

        api = pyairtable.Api(token or self.token, endpoint_url=self.url, **options)
        api.session.trust_env = False
        return uploads_to(api, self.url)

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

    def add_field(self, table: str, name: str, spec: str | Mapping[str, Any]) -> None:
        """A new field of a table that is there: a type, or a mapping, as for `create_table`. Raises `SyncguardError`.

        So a table gets what needs a link of a table that came later, such as a count over its inverse:

            airtable.add_field("Plugins", "Used", {"type": "count", "link": "Agents"})
        """
        self._reshape(lambda base: make_field(base, table, name, spec))

    def load_schema(self, document: Mapping[str, Any] | Path | str) -> str:
        """Stand a base up from what the metadata API answers for a real one, or from a file that this is in; its id
        is ``base`` from now on.

        Raises `SyncguardError` with every fault of the document.
        """
        wanted: Any = read_document(Path(document)) if isinstance(document, Path | str) else document
        if not isinstance(wanted, Mapping):
            required = "what the metadata API answers, such as api.get(base.urls.tables), or a path"
            raise SchemaError([fault("schema", type(wanted).__name__, required)])
        self.base = self._server.call(lambda service: restore(service, wanted)).id
        return self.base

    def rename_field(self, table: str, field: str, name: str) -> None:
        """As somebody does it in Airtable, in between."""
        self._reshape(lambda base: rename_field(base, table, field, name))

    def drop_field(self, table: str, field: str) -> None:
        """As somebody does it in Airtable, in between: the Web API cannot."""
        self._reshape(lambda base: drop_field(base, table, field))

    def drop_table(self, table: str) -> None:
        """As somebody does it in Airtable, in between, with all links to it: the Web API cannot."""
        self._reshape(lambda base: drop_table(base, table))

    def add_user(self, name: str, email: str) -> str:
        """A collaborator of the base; returns the id."""
        user = User(new_id("usr"), email, name)
        self._server.call(lambda service: service.users.update({user.id: user}))
        return user.id

    def add_token(
        self, user: str = "", *, scopes: Sequence[str] = (), bases: Sequence[str] | None = None, token: str = ""
    ) -> str:
        """A token of a user, who is named by name, email or id; of the owner, unless named. Returns it.

        ``scopes``, ``bases``: what it may do and see; all, unless named. ``token``: the very one that code has; else
        one is made. Raises `SyncguardError`.
        """
        service = self._server.service
        for name, value in {"scopes": scopes, "bases": () if bases is None else bases}.items():
            if isinstance(value, str):
                raise SyncguardError(f'{name}: found "{value}", required a list: ["{value}"]')
        owner = _user(service, user) if user else OWNER
        try:
            return service.tokens.add(owner, token=token, scopes=scopes or SCOPES, bases=bases)
        except ValueError as error:
            raise SyncguardError(f"add_token: {error}") from None

    def pass_time(self, seconds: float) -> None:
        """The server's clocks go forward: offsets and webhooks expire, penalties end, and with them the month."""
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST:
            raise SyncguardError(f"seconds: found {found(seconds)}, required a number from 0 to {_LONGEST:.0f}")

        def pass_time(service: Service) -> None:
            ahead = service.now() - datetime.now(UTC) + timedelta(seconds=seconds)
            service.now = lambda: datetime.now(UTC) + ahead
            service.limits.pass_time(seconds)

        self._server.call(pass_time)

    def _reshape(self, work: Callable[[Base], Base]) -> None:
        def reshape(service: Service) -> None:
            service.reshape(service.store.bases.get(self.base), OWNER, lambda base: (work(base), None))

        self._server.call(reshape)


def _user(service: Service, asked: Any) -> User:
    """The collaborator with that name, email or id. Raises `SyncguardError`."""
    for user in service.users.values():
        if asked in (user.name, user.email, user.id):
            return user
    names = [user.name for user in service.users.values()]
    near = did_you_mean(asked, names) if isinstance(asked, str) else ""
    hint = near or f"one of {listed(names)}; what a token may do stands in scopes="
    raise SyncguardError(f"user: found {found(asked)}, required the name, email or id of a user: {hint}")
