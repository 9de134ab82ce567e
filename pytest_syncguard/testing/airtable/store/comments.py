"""Comments on records, in the order in which they were made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_syncguard.testing.airtable.store.database import Database

PIECE = 500  # records that are asked for at once


class Comments:
    """Each comment is kept as the document that the API answers."""

    def __init__(self, database: Database) -> None:
        self._db = database.db

    def counts(self, records: Sequence[str]) -> dict[str, int]:
        """How many comments each of these records has."""
        found = dict.fromkeys(records, 0)
        for start in range(0, len(records), PIECE):
            piece = records[start : start + PIECE]
            marks = ", ".join("?" * len(piece))
            query = f"SELECT record, count(*) FROM comments WHERE record IN ({marks}) GROUP BY record"
            found.update(self._db.execute(query, tuple(piece)).fetchall())
        return found

    def save(self, record: str, document: dict[str, Any]) -> None:
        """A new comment, or a new text of an old one."""
        text = json.dumps(document)
        changed = self._db.execute("UPDATE comments SET document = ? WHERE id = ?", (text, document["id"]))
        if not changed.rowcount:
            insert = "INSERT INTO comments (id, record, document) VALUES (?, ?, ?)"
            self._db.execute(insert, (document["id"], record, text))

    def get(self, record: str, comment: str) -> dict[str, Any] | None:
        """A comment on this record."""
        query = "SELECT document FROM comments WHERE id = ? AND record = ?"
        found = self._db.execute(query, (comment, record)).fetchone()
        return json.loads(found[0]) if found else None

    def page(self, record: str, size: int, before: int | None = None) -> tuple[list[dict[str, Any]], int | None]:
        """So many comments on a record, newest first, of those made before that place; and the place of the next."""
        query = "SELECT seq, document FROM comments WHERE record = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
        rows = self._db.execute(query, (record, 2**63 - 1 if before is None else before, size + 1)).fetchall()
        comments = [json.loads(document) for _, document in rows[:size]]
        return comments, rows[size - 1][0] if len(rows) > size else None

    def remove(self, comment: str) -> None:
        self._db.execute("DELETE FROM comments WHERE id = ?", (comment,))

    def forget(self, records: Iterable[str]) -> None:
        """These records are gone, and all that was said about them."""
        self._db.executemany("DELETE FROM comments WHERE record = ?", ((each,) for each in records))
