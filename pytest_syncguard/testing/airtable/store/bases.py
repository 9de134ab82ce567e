"""Bases: each with its schema, as the document that the metadata API answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from pytest_syncguard.testing.airtable.errors import not_allowed
from pytest_syncguard.testing.airtable.schema import Base, Table
from pytest_syncguard.testing.airtable.store.database import Database


class Bases:
    """All bases, read once and kept."""

    def __init__(self, database: Database) -> None:
        self._db = database.db
        self._bases: dict[str, Base] = {}
        self._read()
        database.undone.append(self._read)

    def _read(self) -> None:
        rows = self._db.execute("SELECT document FROM bases ORDER BY id").fetchall()
        self._bases = {base.id: base for base in (Base.parse(json.loads(document)) for (document,) in rows)}

    def __iter__(self) -> Iterator[Base]:
        return iter(list(self._bases.values()))

    def find(self, base: str) -> Base | None:
        return self._bases.get(base)

    def get(self, base: str) -> Base:
        """Raises INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND."""
        found = self._bases.get(base)
        if found is None:
            raise not_allowed()
        return found

    def save(self, base: Base) -> Base:
        """A new base, or a new schema of an old one."""
        values = (base.id, json.dumps(base.document(shown=True)))
        insert = "INSERT INTO bases (id, document) VALUES (?, ?)"
        self._db.execute(f"{insert} ON CONFLICT (id) DO UPDATE SET document = excluded.document", values)
        self._bases[base.id] = base
        return base

    def loaded(self, known: str, document: Any) -> None:
        """A base, or the records of a table, came from this document."""
        self._db.execute("INSERT OR REPLACE INTO loaded VALUES (?, ?)", (known, _digest(document)))

    def is_loaded(self, known: str, document: Any) -> bool:
        """Whether this is what it came from the last time."""
        found = self._db.execute("SELECT digest FROM loaded WHERE id = ?", (known,)).fetchone()
        return found is not None and found[0] == _digest(document)

    def save_table(self, base: str, table: Table) -> Base:
        """A new table of this base, or another schema of an old one."""
        return self.save(self.get(base).with_table(table))


def _digest(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, default=str).encode()).hexdigest()
