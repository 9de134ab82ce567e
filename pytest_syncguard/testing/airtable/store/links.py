"""Links between records. Each is kept once, for the field and its inverse: they cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_syncguard.testing.airtable.schema import Field
from pytest_syncguard.testing.airtable.store.database import Database

PIECE = 500


class Links:
    """The links of all link fields of all bases."""

    def __init__(self, database: Database) -> None:
        self._db = database.db

    def of(self, field: Field, records: Sequence[str]) -> dict[str, list[str]]:
        """To which records each of these is linked by the field, in order; without those that have none."""
        link, here, there = _sides(field)
        found: dict[str, list[str]] = {}
        for start in range(0, len(records), PIECE):
            piece = records[start : start + PIECE]
            marks = ", ".join("?" * len(piece))
            query = f"SELECT {here}, {there} FROM links WHERE link = ? AND {here} IN ({marks}) ORDER BY {here}_place"
            for mine, other in self._db.execute(query, (link, *piece)):
                found.setdefault(mine, []).append(other)
        return found

    def set(self, field: Field, record: str, others: Iterable[str]) -> None:
        """From now on the record is linked to these, in this order; in their inverse it comes last where it is new."""
        link, here, there = _sides(field)
        wanted = {other: place for place, other in enumerate(dict.fromkeys(others))}
        current = f"SELECT {there} FROM links WHERE link = ? AND {here} = ?"
        had = {other for (other,) in self._db.execute(current, (link, record))}
        gone = f"DELETE FROM links WHERE link = ? AND {here} = ? AND {there} = ?"
        self._db.executemany(gone, [(link, record, other) for other in had - wanted.keys()])
        moved = f"UPDATE links SET {here}_place = ? WHERE link = ? AND {here} = ? AND {there} = ?"
        self._db.executemany(moved, [(place, link, record, other) for other, place in wanted.items() if other in had])
        for other, place in wanted.items():
            if other not in had:
                last = f"SELECT coalesce(max({there}_place) + 1, 0) FROM links WHERE link = ? AND {there} = ?"
                behind = self._db.execute(last, (link, other)).fetchone()[0]
                insert = (
                    f"INSERT INTO links (link, {here}, {there}, {here}_place, {there}_place) VALUES (?, ?, ?, ?, ?)"
                )
                self._db.execute(insert, (link, record, other, place, behind))

    def forget(self, fields: Iterable[Field], record: str, *, leading: bool = False) -> dict[str, list[str]]:
        """The record is gone, and its links by these fields of its own, or with ``leading`` those by fields that lead
        to it; returns the records at the other end, by the field's id.
        """
        was: dict[str, list[str]] = {}
        for field in fields:
            link, here, there = _sides(field)
            if leading:
                here, there = there, here
            gone = f"DELETE FROM links WHERE link = ? AND {here} = ? RETURNING {there}"
            was[field.id] = [other for (other,) in self._db.execute(gone, (link, record)).fetchall()]
        return was


def _sides(field: Field) -> tuple[str, str, str]:
    """By what the links of a field are kept, and which columns hold its own records and the others."""
    inverse = field.options.get("inverseLinkFieldId")
    if inverse and inverse < field.id:
        return inverse, "b", "a"
    return field.id, "a", "b"
