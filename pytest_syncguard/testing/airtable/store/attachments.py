"""Attachments: uploaded ones with their content, and those that are only known by their address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.store.database import Database


class Attachments:
    """Kept in the same file as all else, so that no name from outside ever becomes a path."""

    def __init__(self, database: Database) -> None:
        self._db = database.db

    def add(self, base: str, filename: str, content_type: str, content: bytes) -> dict[str, Any]:
        """An uploaded file; returns the cell's entry for it."""
        entry = {"id": new_id("att"), "filename": filename, "size": len(content), "type": content_type}
        values = (base, entry["id"], json.dumps(entry), content)
        self._db.execute("INSERT INTO attachments VALUES (?, ?, ?, ?)", values)
        return entry

    def hold(self, base: str, record: str, field: str, entries: Iterable[Mapping[str, Any]]) -> None:
        """These and no others are in a cell. They may be named by their ids from now on, within their base; those that
        are known stay as they are. An upload that no cell holds any more is gone.
        """
        held = {each["id"]: each for each in entries}
        values = [(base, each, json.dumps(dict(entry))) for each, entry in held.items()]
        self._db.executemany("INSERT OR IGNORE INTO attachments VALUES (?, ?, ?, NULL)", values)
        query = "DELETE FROM attached WHERE record = ? AND field = ? RETURNING base, id"
        gone = self._db.execute(query, (record, field)).fetchall()
        insert = "INSERT INTO attached VALUES (?, ?, ?, ?)"
        self._db.executemany(insert, [(record, field, base, each) for each in held])
        self._drop(gone)

    def release(self, records: Iterable[str], fields: Iterable[str] = ()) -> None:
        """These records and fields are gone; an upload that no cell holds any more is, too."""
        for column, ids in (("record", records), ("field", fields)):
            for each in ids:
                query = f"DELETE FROM attached WHERE {column} = ? RETURNING base, id"
                self._drop(self._db.execute(query, (each,)).fetchall())

    def _drop(self, released: Iterable[tuple[str, str]]) -> None:
        """What was only known by its address may still be named: it costs next to nothing."""
        held = "SELECT 1 FROM attached WHERE attached.id = attachments.id AND attached.base = attachments.base"
        query = f"DELETE FROM attachments WHERE base = ? AND id = ? AND content NOT NULL AND NOT EXISTS ({held})"
        self._db.executemany(query, released)

    def find(self, base: str, attachment: str) -> Mapping[str, Any] | None:
        """The cell's entry for an attachment of this base."""
        if not is_id(attachment, "att"):
            return None
        query = "SELECT entry FROM attachments WHERE id = ? AND base = ?"
        found = self._db.execute(query, (attachment, base)).fetchone()
        return json.loads(found[0]) if found else None

    def upload(self, attachment: str) -> tuple[Mapping[str, Any], bytes] | None:
        """The entry and the content of what was uploaded to any base; None: there is no such upload."""
        query = "SELECT entry, content FROM attachments WHERE id = ? AND content NOT NULL"
        found = self._db.execute(query, (attachment,)).fetchone()
        return (json.loads(found[0]), found[1]) if found else None
