"""Bases: each with its schema, as the document that the metadata API answers."""

from __future__ import annotations

import json
from collections.abc import Iterator

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

    def loaded(self, told: Base) -> None:
        """A base that is there was stood up from this."""
        self._db.execute("UPDATE bases SET loaded = ? WHERE id = ?", (json.dumps(told.document(shown=True)), told.id))

    def is_loaded(self, told: Base) -> bool:
        """Whether this is what the base was stood up from the last time."""
        found = self._db.execute("SELECT loaded FROM bases WHERE id = ?", (told.id,)).fetchone()
        return found is not None and found[0] == json.dumps(told.document(shown=True))

    def save_table(self, base: str, table: Table) -> Base:
        """A new table of this base, or another schema of an old one."""
        return self.save(self.get(base).with_table(table))
