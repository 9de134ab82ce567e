"""Comments on records, in the order in which they were made."""

from __future__ import annotations

import json
from typing import Any

from pytest_syncguard.testing.airtable.store.database import Database


class Comments:
    """Each comment is kept as the document that the API answers."""

    def __init__(self, database: Database) -> None:
        self._db = database.db

    def count(self, record: str) -> int:
        count: int = self._db.execute("SELECT count(*) FROM comments WHERE record = ?", (record,)).fetchone()[0]
        return count

    def save(self, record: str, document: dict[str, Any]) -> None:
        """A new comment, or a new text of an old one."""
        text = json.dumps(document)
        changed = self._db.execute("UPDATE comments SET document = ? WHERE id = ?", (text, document["id"]))
        if not changed.rowcount:
            insert = "INSERT INTO comments (id, record, document) VALUES (?, ?, ?)"
            self._db.execute(insert, (document["id"], record, text))

    def of(self, record: str) -> list[dict[str, Any]]:
        """All comments on a record, oldest first."""
        query = "SELECT document FROM comments WHERE record = ? ORDER BY seq"
        return [json.loads(document) for (document,) in self._db.execute(query, (record,))]

    def remove(self, comment: str) -> None:
        self._db.execute("DELETE FROM comments WHERE id = ?", (comment,))
