"""Webhooks of bases, and the payloads that wait for whoever asks for them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from pytest_syncguard.testing.airtable.store.database import Database


@dataclass
class Hook:
    """One webhook. ``cursor`` is the number of the payload that comes next, ``told`` what it was when the receiver
    last heard of it: as long as they differ, a notification is due. Moments are ISO 8601 in UTC.
    """

    id: str
    base: str
    specification: dict[str, Any]
    secret: str  # base 64
    expires: str
    url: str | None = None
    notifies: bool = False
    enabled: bool = True
    cursor: int = 1
    told: int = 0
    last_success: str | None = None
    last_result: dict[str, Any] | None = None
    place: int = 0  # in the order in which they were made

    @property
    def is_due(self) -> bool:
        """Whether the receiver is to be notified."""
        return self.url is not None and self.notifies and self.told != self.cursor


class Webhooks:
    """All webhooks of all bases. Nothing here looks at a clock."""

    def __init__(self, database: Database) -> None:
        self._db = database.db

    def of(self, base: str) -> list[Hook]:
        """The webhooks of a base, oldest first."""
        return self._all("WHERE base = ?", base)

    def all(self) -> list[Hook]:
        return self._all("")

    def get(self, webhook: str) -> Hook | None:
        return next(iter(self._all("WHERE id = ?", webhook)), None)

    def _all(self, which: str, *values: str) -> list[Hook]:
        rows = self._db.execute(f"SELECT document FROM webhooks {which}", values)
        return sorted((Hook(**json.loads(document)) for (document,) in rows), key=lambda hook: hook.place)

    def add(self, hook: Hook) -> None:
        """Sets its ``place``."""
        hook.place = 1 + max((each.place for each in self.of(hook.base)), default=0)
        self.save(hook)

    def save(self, hook: Hook) -> None:
        values = (hook.id, hook.base, json.dumps(asdict(hook)))
        self._db.execute("INSERT OR REPLACE INTO webhooks VALUES (?, ?, ?)", values)

    def remove(self, webhook: str) -> None:
        """With its payloads."""
        self._db.execute("DELETE FROM webhooks WHERE id = ?", (webhook,))
        self._db.execute("DELETE FROM payloads WHERE webhook = ?", (webhook,))

    def transaction_number(self, base: str) -> int:
        """The number of the next transaction of a base, as its payloads tell it."""
        count = "INSERT INTO numbers VALUES (?, 1) ON CONFLICT (tbl) DO UPDATE SET last = last + 1 RETURNING last"
        number: int = self._db.execute(count, (base,)).fetchone()[0]
        return number

    def add_payload(self, hook: Hook, payload: dict[str, Any]) -> None:
        """Moves the hook's ``cursor``."""
        values = (hook.id, hook.cursor, json.dumps(payload))
        self._db.execute("INSERT INTO payloads VALUES (?, ?, ?)", values)
        hook.cursor += 1
        self.save(hook)

    def payloads(self, webhook: str, first: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """So many payloads from this number on, with their numbers, in order."""
        query = "SELECT number, document FROM payloads WHERE webhook = ? AND number >= ? ORDER BY number LIMIT ?"
        rows = self._db.execute(query, (webhook, first, limit)).fetchall()
        return [(number, json.loads(document)) for number, document in rows]

    def forget_payloads(self, webhook: str, before: str) -> None:
        """Those that are older than this moment; the others are not looked at, but for the first of them."""
        query = "SELECT number, json_extract(document, '$.timestamp') FROM payloads WHERE webhook = ? ORDER BY number"
        for number, at in self._db.execute(query, (webhook,)):
            if at >= before:
                self._db.execute("DELETE FROM payloads WHERE webhook = ? AND number < ?", (webhook, number))
                return
        self._db.execute("DELETE FROM payloads WHERE webhook = ?", (webhook,))
