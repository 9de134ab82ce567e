"""Records: their cells, in the order in which they were made."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.store.database import Database

COLUMNS = "seq, id, tbl, number, created, creator, cells, edits"
PIECE = 500  # records that are read at once


@dataclass(slots=True)
class Row:
    """One record as it is kept. ``cells``: by the field's id, no empty ones, no links. ``edits``: when and by whom
    a field was changed after the record was made, by the field's id. ``seq`` orders all records, ``number`` is
    the autonumber within the table, ``created`` is ISO 8601 in UTC.
    """

    id: str
    table: str
    created: str
    creator: str
    cells: dict[str, Any] = field(default_factory=dict)
    edits: dict[str, tuple[str, str]] = field(default_factory=dict)
    number: int = 0
    seq: int = 0


class Records:
    """All records of all bases. Nothing here checks permissions or values."""

    def __init__(self, database: Database) -> None:
        self._db = database.db
        self._indexed: set[str] = set()
        self._read()
        database.undone.append(self._read)

    def _read(self) -> None:
        self._indexed = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}

    def add(self, row: Row) -> None:
        """Sets the row's ``seq``, and its ``number`` unless it has one; the next ones are higher."""
        table, number = row.table, row.number
        last = "max(last, excluded.last)" if number else "last + 1"
        count = f"INSERT INTO numbers VALUES (?, ?) ON CONFLICT (tbl) DO UPDATE SET last = {last} RETURNING last"
        counted = self._db.execute(count, (table, number or 1)).fetchone()[0]
        row.number = number or counted
        values = (row.id, table, row.number, row.created, row.creator, _json(row.cells), _json(row.edits))
        insert = "INSERT INTO records (id, tbl, number, created, creator, cells, edits) VALUES (?, ?, ?, ?, ?, ?, ?)"
        row.seq = self._db.execute(insert, values).lastrowid or 0

    def save(self, row: Row) -> None:
        values = (_json(row.cells), _json(row.edits), row.seq)
        self._db.execute("UPDATE records SET cells = ?, edits = ? WHERE seq = ?", values)

    def remove(self, row: Row) -> None:
        self._db.execute("DELETE FROM records WHERE seq = ?", (row.seq,))

    def get(self, table: str, ids: Iterable[str]) -> dict[str, Row]:
        """Those that are there, in the order of the ids."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Row] = {}
        for start in range(0, len(wanted), PIECE):
            piece = wanted[start : start + PIECE]
            query = f"SELECT {COLUMNS} FROM records WHERE id IN ({_marks(piece)}) AND +tbl = ?"  # +: by the ids' index
            found |= {values[1]: _row(values) for values in self._db.execute(query, (*piece, table))}
        return {each: found[each] for each in wanted if each in found}

    def at(self, table: str, seqs: Sequence[int]) -> dict[int, Row]:
        """Those that are there, by their ``seq``."""
        query = f"SELECT {COLUMNS} FROM records WHERE seq IN ({_marks(seqs)}) AND +tbl = ?"
        return {values[0]: _row(values) for values in self._db.execute(query, (*seqs, table))}

    def elsewhere(self, table: str, ids: Iterable[str]) -> set[str]:
        """Those of the ids that records of other tables have."""
        query = "SELECT 1 FROM records WHERE id = ? AND tbl != ?"
        return {each for each in ids if self._db.execute(query, (each, table)).fetchone()}

    def any_cell(self, table: str, field: str) -> bool:
        """Whether any record holds anything in this field."""
        query = "SELECT 1 FROM records WHERE tbl = ? AND json_type(cells, ?) NOT NULL LIMIT 1"
        return self._db.execute(query, (table, f"$.{field}")).fetchone() is not None

    def scan(self, table: str, after: int = 0, limit: int = PIECE) -> list[Row]:
        """The records after that one, by ``seq``; fewer than ``limit`` when there are no more."""
        query = f"SELECT {COLUMNS} FROM records WHERE tbl = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [_row(values) for values in self._db.execute(query, (table, after, limit))]

    def all(self, table: str, after: int = 0) -> Iterator[list[Row]]:
        """All records after that one, in pieces."""
        while rows := self.scan(table, after):
            yield rows
            after = rows[-1].seq

    def count(self, tables: Sequence[str]) -> int:
        query = f"SELECT count(*) FROM records WHERE tbl IN ({_marks(tables)})"
        count: int = self._db.execute(query, tuple(tables)).fetchone()[0]
        return count

    def find(self, table: str, cells: Mapping[str, Any], limit: int = 2) -> list[Row]:
        """Records that hold exactly these cells, found by an index over the first of the fields."""
        if not is_id(table, "tbl") or not all(is_id(each, "fld") for each in cells):
            raise ValueError(f"no ids of a table and its fields: {table}, {list(cells)}")
        index = self._index(table, next(iter(cells)))
        holds = " AND ".join(f"json_extract(cells, '$.{key}') {_compared(cell)}" for key, cell in cells.items())
        query = f"SELECT {COLUMNS} FROM records INDEXED BY {index} WHERE tbl = '{table}' AND {holds} ORDER BY seq"
        values = [value for cell in cells.values() for value in _around(cell)]
        rows = map(_row, self._db.execute(query, values))
        return list(islice((row for row in rows if all(row.cells[key] == cell for key, cell in cells.items())), limit))

    def _index(self, table: str, field: str) -> str:
        """An index over the values of this field; SQLite keeps it up to date."""
        name = f"by_{table}_{field}"
        if name not in self._indexed:
            extract = f"json_extract(cells, '$.{field}')"
            self._db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON records ({extract}) WHERE tbl = '{table}'")
            self._indexed.add(name)
        return name


def _compared(cell: Any) -> str:
    """A number lies between two: SQLite may read its last bit otherwise than Python does."""
    return "BETWEEN ? AND ?" if isinstance(cell, int | float) else "= ?"


def _around(cell: Any) -> tuple[Any, ...]:
    if isinstance(cell, int | float):
        return math.nextafter(cell, -math.inf), math.nextafter(cell, math.inf)
    return (_json(cell) if isinstance(cell, list | dict) else cell,)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _row(values: tuple[Any, ...]) -> Row:
    seq, row, table, number, created, creator, cells, edits = values
    edited = {each: (at, who) for each, (at, who) in json.loads(edits).items()} if edits != "{}" else {}
    return Row(row, table, created, creator, json.loads(cells), edited, number, seq)
