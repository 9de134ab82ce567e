"""Attachments: uploaded ones with their content, and those that are only known by their address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.store.database import Database


class Attachments:
    """Kept in the same file as all else, so that no name from outside ever becomes a path."""

    def __init__(self, database: Database) -> None:
        self._db = database.db

    def add(self, filename: str, content_type: str, content: bytes) -> dict[str, Any]:
        """An uploaded file; returns the cell's entry for it."""
        entry = {"id": new_id("att"), "filename": filename, "size": len(content), "type": content_type}
        self._db.execute("INSERT INTO attachments VALUES (?, ?, ?)", (entry["id"], json.dumps(entry), content))
        return entry

    def know(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """These entries of a cell may be named by their ids from now on; those that are known stay as they are."""
        values = ((each["id"], json.dumps(dict(each))) for each in entries)
        self._db.executemany("INSERT OR IGNORE INTO attachments VALUES (?, ?, NULL)", values)

    def find(self, attachment: str) -> Mapping[str, Any] | None:
        """The cell's entry for an attachment."""
        found = self._db.execute("SELECT entry FROM attachments WHERE id = ?", (attachment,)).fetchone()
        return json.loads(found[0]) if found else None

    def content(self, attachment: str) -> bytes | None:
        """What was uploaded; None: nothing was, or there is no such attachment."""
        found = self._db.execute("SELECT content FROM attachments WHERE id = ?", (attachment,)).fetchone()
        return found[0] if found else None
