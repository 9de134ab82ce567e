"""The webhooks of a service: made, kept alive, listed, and told of every change."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.errors import invalid, not_found
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.records.writing import instant
from pytest_syncguard.testing.airtable.store.webhooks import Hook
from pytest_syncguard.testing.airtable.webhooks.inverses import with_inverses
from pytest_syncguard.testing.airtable.webhooks.notifying import Notifier
from pytest_syncguard.testing.airtable.webhooks.payload import Cells, head, payload_of
from pytest_syncguard.testing.airtable.webhooks.specification import Specification, invalid_filters

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.service import Service

LIFE = timedelta(days=7)  # of a webhook that nobody refreshes, of one that is expired, and of a payload
MOST = 10  # webhooks of a base
SECRET_BYTES = 64


class Webhooks:
    """``most``: webhooks that a base may have. ``life``: how long a webhook works unless it is refreshed, then again
    how long it is still told of; and how long payloads are kept. The clock is the service's.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.most, self.life = MOST, LIFE
        self.notifier = Notifier(service, self.is_active)

    def create(self, base: str, specification: Mapping[str, Any], url: str | None) -> Hook:
        """Raises INVALID_REQUEST_UNKNOWN, INVALID_FILTERS or TOO_MANY_WEBHOOKS_IN_BASE."""
        if unknown := Specification.parse(specification).unknown(self._service.store.bases.get(base)):
            raise invalid_filters(unknown)
        if len(self.of(base)) >= self.most:
            said = "Cannot create webhook: the base already has the maximum number of webhooks"
            raise invalid(said, "TOO_MANY_WEBHOOKS_IN_BASE")
        secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        hook = Hook(new_id("ach"), base, dict(specification), secret, self._moment(self.life), url, url is not None)
        self._service.store.webhooks.add(hook)
        self.notifier.wake(hook.id)
        return hook

    def of(self, base: str) -> list[Hook]:
        """The webhooks of a base, oldest first; expired ones for a while."""
        store, gone = self._service.store, self._moment(-self.life)
        for hook in store.webhooks.of(base):
            if hook.expires <= gone:
                store.webhooks.remove(hook.id)
        return store.webhooks.of(base)

    def get(self, base: str, webhook: str) -> Hook:
        """Raises NOT_FOUND."""
        for hook in self.of(base):
            if hook.id == webhook:
                return hook
        raise not_found()

    def is_active(self, hook: Hook) -> bool:
        """Whether it is told of changes: it is not expired, and what it watches is there."""
        return hook.enabled and self._moment() < hook.expires

    def refresh(self, hook: Hook) -> str:
        """Returns the new time of its expiry. Raises INVALID_REQUEST_UNKNOWN for one that is not active."""
        if not self.is_active(hook):
            raise invalid("The webhook is not active: it cannot be refreshed")
        hook.expires = self._moment(self.life)
        self._service.store.webhooks.save(hook)
        return hook.expires

    def enable(self, hook: Hook, enable: bool) -> None:
        """Notifications; payloads are made in any case."""
        hook.notifies = enable
        self._service.store.webhooks.save(hook)
        self.notifier.wake(hook.id)

    def payloads(self, hook: Hook, cursor: int, limit: int) -> tuple[list[dict[str, Any]], int, bool]:
        """So many payloads from the cursor on, the cursor of the next, and whether there are more.

        A webhook that is active lives longer by that.
        """
        kept = self._service.store.webhooks
        kept.forget_payloads(hook.id, self._moment(-self.life))
        rows = kept.payloads(hook.id, cursor, limit + 1)
        page = rows[:limit]
        if self.is_active(hook):
            self.refresh(hook)
        return [payload for _, payload in page], page[-1][0] + 1 if page else cursor, len(rows) > limit

    def record(self, changes: Sequence[Change]) -> None:
        """What a request has changed; called within its transaction."""
        store, base = self._service.store, changes[0].base
        hooks = [hook for hook in store.webhooks.of(base) if self.is_active(hook)]
        if not hooks:
            return
        number = store.webhooks.transaction_number(base)
        changes = with_inverses(changes, store.bases.get(base), store)
        for hook in hooks:
            if payload := self._payload(hook, changes, number):
                store.webhooks.add_payload(hook, payload)
                self.notifier.wake(hook.id)

    def _payload(self, hook: Hook, changes: Sequence[Change], number: int) -> dict[str, Any] | None:
        base = self._service.store.bases.get(hook.base)
        spec = Specification.parse(hook.specification)
        if spec.unknown(base):  # what it watches is gone: the webhook is over
            hook.enabled = False
            return head(changes[0].at, number, changes[0].user) | {"error": True, "code": "INVALID_FILTERS"}

        def read(table: str, records: Sequence[str], fields: frozenset[str] | None) -> Mapping[str, Cells]:
            return self._read(hook.base, table, records, fields)

        return payload_of(changes, spec, spec.tables(base), number, read)

    def _read(
        self, base: str, table: str, records: Sequence[str], fields: frozenset[str] | None
    ) -> Mapping[str, Cells]:
        """Cells as they are now, in these fields; None: in all of them. Empty ones are left out."""
        reader = self._service.reader(self._service.store.bases.get(base))
        wanted = [each for each in reader.base.table(table).fields if fields is None or each.id in fields]
        rows = self._service.store.records.get(table, records)
        reader.begin(rows.values())
        cells = {row.id: reader.cells(row, wanted) for row in rows.values()}
        return {row: {field: cell for field, cell in each.items() if cell is not None} for row, each in cells.items()}

    def _moment(self, later: timedelta = timedelta()) -> str:
        return instant(self._service.now() + later)
