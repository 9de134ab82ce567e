"""Lists of records: filtered, sorted, page by page."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pytest_syncguard.testing.airtable.deadline import check
from pytest_syncguard.testing.airtable.errors import bad_formula, invalid
from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.records.computed import RowScope
from pytest_syncguard.testing.airtable.records.query import PAGE, Query
from pytest_syncguard.testing.airtable.records.reader import Reader
from pytest_syncguard.testing.airtable.schema import Field, Table
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store

LIFETIME = 600.0  # seconds after which an offset is no longer known
MOST = 1000  # iterators that are kept; the oldest go first
LARGEST = 1_000_000  # what all of them may take together, in places of eight bytes; the newest is kept in any case
MARK = 32  # places that a mark takes


@dataclass
class Iterated:
    """What is left of a list after some pages. ``marks``: for each next record how many were handed out before it,
    and behind which place it lies. A place is a record's ``seq``, or how many of ``sorted`` lie before it: all
    records by their ``seq``, where they had to be sorted.
    """

    at: float
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    sorted: array[int] | None = None

    @property
    def size(self) -> int:
        return len(self.sorted or ()) + MARK * len(self.marks)


class Iterators:
    """The lists that are being paged through. An offset may be asked for again: a client that retries must."""

    def __init__(self, clock: Callable[[], float], lifetime: float = LIFETIME) -> None:
        self._clock, self.lifetime = clock, lifetime
        self._known: OrderedDict[str, Iterated] = OrderedDict()

    def begin(self) -> tuple[str, Iterated]:
        """A new iterator; it is only kept once there is an `offset` of it."""
        return new_id("itr"), Iterated(self._clock())

    def offset(self, name: str, iterated: Iterated, row: str, mark: tuple[int, int]) -> str:
        """The offset of a page that begins with this record."""
        iterated.marks[row] = mark
        iterated.at = self._clock()
        self._known[name] = iterated
        self._known.move_to_end(name)
        size = sum(each.size for each in self._known.values())
        while len(self._known) > MOST or (size > LARGEST and len(self._known) > 1):
            size -= self._known.popitem(last=False)[1].size
        return f"{name}/{row}"

    def find(self, offset: str) -> tuple[str, Iterated, tuple[int, int]]:
        """Raises INVALID_OFFSET_VALUE, or LIST_RECORDS_ITERATOR_NOT_AVAILABLE for one that has expired."""
        name, _, row = offset.partition("/")
        if not (is_id(name, "itr") and is_id(row, "rec")):
            raise invalid("The value of offset is invalid", "INVALID_OFFSET_VALUE")
        iterated = self._known.get(name)
        if iterated is None or self._clock() - iterated.at > self.lifetime or row not in iterated.marks:
            raise invalid("", "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
        return name, iterated, iterated.marks[row]


def list_page(store: Store, iterators: Iterators, reader: Reader, table: Table, query: Query) -> dict[str, Any]:
    """One page: ``records``, and ``offset`` when there are more. Raises `AirtableError` (422, 503)."""
    query.check(table)
    keep = _filter(reader, table, query.formula)
    if query.offset:
        name, iterated, (given, after) = iterators.find(query.offset)
    else:
        (name, iterated), given, after = iterators.begin(), 0, 0
        if query.sort:
            iterated.sorted = _sorted(store, reader, table, query, keep)
    left = query.page_size if query.max_records is None else min(query.page_size, query.max_records - given)
    more = query.max_records is None or given + left < query.max_records
    if iterated.sorted is None:
        rest = _scanned(store, reader, table, keep, after, left + more)
    else:
        rest = _still_there(store, table, iterated.sorted, after, left + more)
    found = list(islice(rest, left + more))
    page: dict[str, Any] = {"records": _answers(reader, table, query, [row for _, row in found[:left]])}
    if len(found) > left:
        mark = given + left, found[left - 1][0]
        page["offset"] = iterators.offset(name, iterated, found[left][1].id, mark)
    return page


def _answers(reader: Reader, table: Table, query: Query, rows: list[Row]) -> list[dict[str, Any]]:
    reader.begin(rows)
    wanted = table.fields if query.shown is None else list({name: table.field(name) for name in query.shown}.values())
    return [reader.answer(row, wanted, as_text=query.as_text, by_id=query.by_id) for row in rows]


def _scanned(
    store: Store, reader: Reader, table: Table, keep: Callable[[Row], bool] | None, after: int, number: int
) -> Iterator[tuple[int, Row]]:
    """The records that are wanted after that one, with their places; so many will do."""
    if keep is None:
        yield from ((row.seq, row) for row in store.records.scan(table.id, after, number))
        return
    for rows in _pieces(store, reader, table, after):
        yield from ((row.seq, row) for row in rows if keep(row))


def _still_there(store: Store, table: Table, ordered: array[int], after: int, number: int) -> Iterator[tuple[int, Row]]:
    """The same of records that were sorted: those that were deleted meanwhile are left out."""
    number = max(number, PAGE)
    for start in range(after, len(ordered), number):
        check()
        piece = ordered[start : start + number]
        found = store.records.at(table.id, piece)
        yield from ((start + place, found[seq]) for place, seq in enumerate(piece, 1) if seq in found)


def _sorted(store: Store, reader: Reader, table: Table, query: Query, keep: Callable[[Row], bool] | None) -> array[int]:
    """All records that are wanted, in order. Only the keys are kept in memory; a field sorts once."""
    by: dict[str, tuple[Field, bool]] = {}
    for name, descending in query.sort:
        by.setdefault(table.field(name).id, (table.field(name), descending))
    seqs = array("q")
    columns: list[list[Any]] = [[] for _ in by]
    for rows in _pieces(store, reader, table):
        for row in rows if keep is None else filter(keep, rows):
            seqs.append(row.seq)
            for column, (each, _) in zip(columns, by.values(), strict=True):
                column.append(reader.order(row, each))
    order = list(range(len(seqs)))
    for column, (_, descending) in reversed(list(zip(columns, by.values(), strict=True))):
        order.sort(key=column.__getitem__, reverse=descending)
    return array("q", map(seqs.__getitem__, order))


def _pieces(store: Store, reader: Reader, table: Table, after: int = 0) -> Iterator[list[Row]]:
    for rows in store.records.all(table.id, after):
        check()
        reader.begin(rows)
        yield rows


def _filter(reader: Reader, table: Table, text: str) -> Callable[[Row], bool] | None:
    """Whether a record is wanted; None when all are. Raises INVALID_FILTER_BY_FORMULA."""
    if not text.strip():
        return None
    from pytest_syncguard.testing.airtable.formulas.parse import FormulaError, compile_formula, truthy

    try:
        formula = compile_formula(text)
    except FormulaError as error:
        raise bad_formula(str(error)) from None
    unknown = [each for each in formula.references if each not in table.by_name and each not in table.by_id]
    if unknown:
        raise bad_formula(f"Unknown field names: {', '.join(name.lower() for name in unknown)}")
    return lambda row: truthy(formula.evaluate(RowScope(reader, row)))
