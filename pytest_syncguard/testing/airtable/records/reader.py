"""Cells as they are read: those that are kept, links, and what is computed from others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pytest_syncguard.testing.airtable.deadline import check
from pytest_syncguard.testing.airtable.fields.choice import join
from pytest_syncguard.testing.airtable.fields.kind import Cell, Showing
from pytest_syncguard.testing.airtable.fields.other import any_kind
from pytest_syncguard.testing.airtable.formulas.values import Fault, Value
from pytest_syncguard.testing.airtable.records.computed import COMPUTED
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store

LOOKUP = "multipleLookupValues"


class Reader:
    """Reads the records of one base, at one moment; what it looked up it keeps until the next `begin`."""

    def __init__(self, store: Store, base: Base, showing: Showing, now: datetime) -> None:
        self.base, self.showing, self.now = base, showing, now
        self._store = store
        self._tables = {field.id: table for table in base.tables for field in table.fields}
        self._rows: dict[str, Row] = {}
        self._piece: dict[str, list[str]] = {}
        self._links: dict[str, dict[str, list[str]]] = {}
        self._cells: dict[tuple[str, str], Cell] = {}
        self.depth = 0

    def begin(self, rows: Iterable[Row]) -> None:
        """These are read next: what they are linked to is fetched for all of them at once."""
        self._rows = {row.id: row for row in rows}
        self._links = {}
        self._cells = {}
        self._piece = {}
        self._note(self._rows.values())

    def _note(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._piece.setdefault(row.table, []).append(row.id)

    def table_of(self, field: Field) -> Table:
        """The table that a field belongs to."""
        return self._tables[field.id]

    def field(self, field_id: str) -> Field | None:
        """Any field of the base."""
        table = self._tables.get(field_id)
        return table.by_id[field_id] if table else None

    def linked(self, row: Row, field: Field) -> list[str]:
        """The ids of the records that a row is linked to."""
        known = self._links.setdefault(field.id, {})
        if row.id not in known:
            piece = [each for each in self._piece.get(row.table, ()) if each not in known] or [row.id]
            found = self._store.links.of(field, piece)
            known.update({each: found.get(each, []) for each in piece})
        return known[row.id]

    def rows(self, table: str, ids: Sequence[str]) -> list[Row]:
        """The records with these ids, in order; those of a table that are not there are left out."""
        if lacking := [each for each in ids if each not in self._rows]:
            found = self._store.records.get(table, lacking)
            self._rows |= found
            self._note(found.values())
        return [self._rows[each] for each in ids if each in self._rows]

    def linked_rows(self, row: Row, field: Field) -> list[Row]:
        """The records that a row is linked to; for all rows of the piece they are fetched at once."""
        table = str(field.options.get("linkedTableId"))
        ids = self.linked(row, field)
        if any(each not in self._rows for each in ids):
            self.rows(table, list({other for others in self._links[field.id].values() for other in others}))
        return self.rows(table, ids)

    def cell(self, row: Row, field: Field) -> Cell:
        """What the cell holds, kept or computed once; None when it is empty."""
        compute = COMPUTED.get(field.type)
        if compute is None:
            return row.cells.get(field.id)
        place = row.id, field.id
        if place not in self._cells:
            check()
            self._cells[place] = None if field.type == LOOKUP else Fault()  # for a cell that leads back to itself
            self._cells[place] = compute(self, row, field)
        return self._cells[place]

    def value(self, row: Row, field: Field) -> Value:
        """The cell as formulas see it."""
        cell = self.cell(row, field)
        if field.type == LINK:
            return [self.name(other) for other in self.linked_rows(row, field)] or None
        if field.type == LOOKUP:
            return _flat(self._value(target, part) for target, part in _parts(cell)) or None
        return self._value(field, cell)

    def _value(self, field: Field, cell: Cell) -> Value:
        if field.type == LINK:
            return [self.name(other) for other in self.rows(str(field.options.get("linkedTableId")), cell)]
        return any_kind(field.type).value(field, cell, self.showing)

    def _text(self, field: Field, cell: Cell) -> str:
        if field.type == LINK:
            return join(map(str, _flat([self._value(field, cell)])))
        return any_kind(field.type).text(field, cell, self.showing)

    def name(self, row: Row) -> str:
        """The text of a record's primary field, by which links show it."""
        table = self.base.table(row.table)
        field = table.by_id[table.primary]
        return self.text(row, field) or ""

    def show(self, row: Row, field: Field) -> Any:
        """The cell in JSON; None: it is left out."""
        cell = self.cell(row, field)
        if cell is None or cell == []:
            return None
        if field.type == LOOKUP:
            return _flat(any_kind(target.type).show(target, part, self.showing) for target, part in _parts(cell))
        return any_kind(field.type).show(field, cell, self.showing)

    def text(self, row: Row, field: Field) -> str | None:
        """The cell as people see it; None: it is empty."""
        cell = self.cell(row, field)
        if cell is None or cell == []:
            return None
        if field.type == LINK:
            return join(self.name(other) for other in self.linked_rows(row, field))
        if field.type == LOOKUP:
            texts = ((self._text(target, part), part) for target, part in _parts(cell))
            return ", ".join(text if isinstance(part, list) else join([text]) for text, part in texts)
        return self._text(field, cell)

    def order(self, row: Row, field: Field) -> tuple[bool, Any]:
        """A key to sort by, ascending: empty cells come first."""
        cell = self.cell(row, field)
        if cell is None or cell == []:
            return False, 0
        if field.type in (LINK, LOOKUP):
            return True, (self.text(row, field) or "").casefold()
        return True, any_kind(field.type).order(field, cell)

    def answer(self, row: Row, shown: Sequence[Field], *, as_text: bool = False, by_id: bool = False) -> dict[str, Any]:
        """A record as the API answers it; empty cells are left out."""
        read: Callable[[Row, Field], Any] = self.text if as_text else self.show
        cells: dict[str, Any] = {}
        for field in shown:
            if field.type not in COMPUTED and field.id not in row.cells:
                continue
            if (value := read(row, field)) is not None:
                cells[field.id if by_id else field.name] = value
        return {"id": row.id, "createdTime": row.created, "fields": cells}

    def cells(self, row: Row, fields: Iterable[Field]) -> Mapping[str, Any]:
        """Cells in JSON by the field's id, as webhooks tell them."""
        return {field.id: self.show(row, field) for field in fields}


def _parts(cell: Cell) -> Iterator[tuple[Field, Cell]]:
    """What a lookup holds, a value at a time: a cell with several values counts as several with one."""
    for target, each in cell or ():
        for part in [[item] for item in each] if isinstance(each, list) else [each]:
            yield target, part


def _flat(values: Iterable[Any]) -> list[Any]:
    """The values of all lists, and what is none."""
    return [item for value in values for item in (value if isinstance(value, list) else [value])]
