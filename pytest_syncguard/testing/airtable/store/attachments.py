"""Attachments: uploaded ones with their content, and those that are only known by their address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.store.database import Database


class Attachments:
    """Kept in the same file as all else, so that no name from outside ever becomes a path."""

    def __init__(self, database: Database) -> None:
        self._db = database.db

    def add(self, filename: str, content_type: str, content: bytes) -> dict[str, Any]:
        """An uploaded file; returns the cell's entry for it."""
        attachment = new_id("att")
        values = (attachment, filename, content_type, content)
        self._db.execute("INSERT INTO attachments VALUES (?, ?, ?, ?)", values)
        return {"id": attachment, "filename": filename, "size": len(content), "type": content_type}

    def find(self, attachment: str) -> Mapping[str, Any] | None:
        """The cell's entry for an uploaded file."""
        query = "SELECT filename, type, length(content) FROM attachments WHERE id = ?"
        found = self._db.execute(query, (attachment,)).fetchone()
        return found and {"id": attachment, "filename": found[0], "type": found[1], "size": found[2]}

    def content(self, attachment: str) -> tuple[str, str, bytes] | None:
        """File name, content type and content."""
        query = "SELECT filename, type, content FROM attachments WHERE id = ?"
        found: tuple[str, str, bytes] | None = self._db.execute(query, (attachment,)).fetchone()
        return found
