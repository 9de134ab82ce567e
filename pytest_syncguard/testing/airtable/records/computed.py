"""Cells that nobody writes: how each is computed when a record is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from pytest_syncguard.testing.airtable.fields.kind import Cell
from pytest_syncguard.testing.airtable.formulas.values import Fault, Value
from pytest_syncguard.testing.airtable.schema import LINK, Field
from pytest_syncguard.testing.airtable.store.records import Row

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.records.reader import Reader

DEEPEST = 40  # fields that are computed from each other in a chain; in a circle they are an error
NUMBERS = ("number", "currency", "percent", "duration", "rating", "count", "autoNumber")


class RowScope:
    """Implements `formulas.scope.Scope` for one row, as a `Reader` sees it."""

    def __init__(self, reader: Reader, row: Row) -> None:
        self._reader, self._row = reader, row
        self._table = reader.base.table(row.table)

    @property
    def now(self) -> datetime:
        return self._reader.now

    @property
    def record_id(self) -> str:
        return self._row.id

    @property
    def created(self) -> datetime:
        return datetime.fromisoformat(self._row.created)

    def cell(self, reference: str) -> Value:
        field = self._table.by_name.get(reference) or self._table.by_id[reference]
        return self._reader.value(self._row, field)

    def modified(self, references: Sequence[str]) -> datetime | None:
        fields = [(self._table.by_name.get(each) or self._table.by_id[each]).id for each in references]
        at = last_edit(self._row, fields)[0]
        return datetime.fromisoformat(at) if at else None


class RollupScope(RowScope):
    """The same, where ``values`` are those of the linked records."""

    def __init__(self, reader: Reader, row: Row, values: list[Value]) -> None:
        super().__init__(reader, row)
        self._values = values

    def cell(self, reference: str) -> Value:
        return self._values if reference == "values" else super().cell(reference)


def last_edit(row: Row, fields: Sequence[str] = ()) -> tuple[str, str]:
    """When, and by whom, one of these fields (none named: any) was last written; empty for never.

    What was written when the record was made counts as written then.
    """
    edits = [edit for each, edit in row.edits.items() if not fields or each in fields]
    if not fields or any(each in row.cells and each not in row.edits for each in fields):
        edits.append((row.created, row.creator))
    return max(edits, default=("", ""))


def _links(reader: Reader, row: Row, field: Field) -> Cell:
    return reader.linked(row, field) or None


def _formula(reader: Reader, row: Row, field: Field) -> Cell:
    return _evaluate(reader, str(field.options.get("formula", "")), RowScope(reader, row))


def _rollup(reader: Reader, row: Row, field: Field) -> Cell:
    """The metadata API does not tell how a rollup aggregates. ``options.formula`` does here, over ``values``; without
    it numbers are summed up, and anything else is listed.
    """
    target = reader.field(str(field.options.get("fieldIdInLinkedTable")))
    if target is None:
        return Fault()
    read = (reader.value(other, target) for other in _linked_rows(reader, row, field))
    values: list[Value] = [value for value in read if value is not None]
    formula = str(field.options.get("formula") or ("SUM(values)" if _is_number(field) else "ARRAYJOIN(values)"))
    return _evaluate(reader, formula, RollupScope(reader, row, values))


def _lookup(reader: Reader, row: Row, field: Field) -> Cell:
    """Pairs of a field and its cell: the values of a lookup of a lookup are those of its target."""
    target = reader.field(str(field.options.get("fieldIdInLinkedTable")))
    if target is None or reader.depth > DEEPEST:
        return None
    reader.depth += 1
    try:
        cells = [(target, reader.cell(other, target)) for other in _linked_rows(reader, row, field)]
    finally:
        reader.depth -= 1
    if target.type == field.type:
        return [pair for _, pairs in cells for pair in pairs or ()] or None
    return [pair for pair in cells if pair[1] is not None] or None


def _count(reader: Reader, row: Row, field: Field) -> Cell:
    link = reader.field(str(field.options.get("recordLinkFieldId")))
    return len(reader.linked(row, link)) if link else 0


def _last_modified_time(reader: Reader, row: Row, field: Field) -> Cell:
    return last_edit(row, field.options.get("referencedFieldIds") or ())[0] or None


def _last_modified_by(reader: Reader, row: Row, field: Field) -> Cell:
    return last_edit(row, field.options.get("referencedFieldIds") or ())[1] or None


def _linked_rows(reader: Reader, row: Row, field: Field) -> list[Row]:
    link = reader.field(str(field.options.get("recordLinkFieldId")))
    return reader.linked_rows(row, link) if link and link.type == LINK else []


def _is_number(field: Field) -> bool:
    result = field.options.get("result") or {}
    return result.get("type") in NUMBERS


def _evaluate(reader: Reader, formula: str, scope: RowScope) -> Value:
    from pytest_syncguard.testing.airtable.formulas.parse import FormulaError, compile_formula

    if reader.depth > DEEPEST:
        return Fault()
    reader.depth += 1
    try:
        return compile_formula(formula).evaluate(scope)
    except (FormulaError, KeyError):  # of a field that is gone
        return Fault()
    finally:
        reader.depth -= 1


Compute: TypeAlias = "Callable[[Reader, Row, Field], Cell]"
COMPUTED: Mapping[str, Compute] = {
    LINK: _links,
    "formula": _formula,
    "rollup": _rollup,
    "multipleLookupValues": _lookup,
    "count": _count,
    "autoNumber": lambda reader, row, field: row.number,
    "createdTime": lambda reader, row, field: row.created,
    "createdBy": lambda reader, row, field: row.creator,
    "lastModifiedTime": _last_modified_time,
    "lastModifiedBy": _last_modified_by,
    "button": lambda reader, row, field: row.id,
}
