"""Lists of records: filtered, sorted, page by page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pytest_syncguard.testing.airtable.errors import bad_formula, invalid
from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.records.computed import RowScope
from pytest_syncguard.testing.airtable.records.query import Query
from pytest_syncguard.testing.airtable.records.reader import Reader
from pytest_syncguard.testing.airtable.schema import Table
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store

LIFETIME = 600.0  # seconds after which an offset is no longer known
MOST = 1000  # iterators that are kept; the oldest go first


@dataclass
class Iterated:
    """What is left of a list after some pages. ``marks``: for each next record how many were handed out before it,
    and after which ``seq`` it lies. ``ids``: all records, where they had to be sorted.
    """

    at: float
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    ids: list[str] | None = None


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
        while len(self._known) > MOST:
            self._known.popitem(last=False)
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

    def expire(self) -> None:
        """As if much time had passed: no offset is known any more."""
        self._known.clear()


def list_page(store: Store, iterators: Iterators, reader: Reader, table: Table, query: Query) -> dict[str, Any]:
    """One page: ``records``, and ``offset`` when there are more. Raises `AirtableError` (422)."""
    query.check(table)
    keep = _filter(reader, table, query.formula)
    if query.offset:
        name, iterated, (given, after) = iterators.find(query.offset)
    else:
        (name, iterated), given, after = iterators.begin(), 0, 0
        if query.sort:
            iterated.ids = _sorted(store, reader, table, query, keep)
    left = query.page_size if query.max_records is None else min(query.page_size, query.max_records - given)
    more = query.max_records is None or given + left < query.max_records
    rows = _some(store, reader, table, keep, iterated.ids, given, after, left + more)
    page: dict[str, Any] = {"records": _answers(reader, table, query, rows[:left])}
    if len(rows) > left:
        mark = given + left, rows[left - 1].seq
        page["offset"] = iterators.offset(name, iterated, rows[left].id, mark)
    return page


def _answers(reader: Reader, table: Table, query: Query, rows: list[Row]) -> list[dict[str, Any]]:
    reader.begin(rows)
    wanted = table.fields if query.shown is None else [table.field(name) for name in query.shown]
    return [reader.answer(row, wanted, as_text=query.as_text, by_id=query.by_id) for row in rows]


def _some(
    store: Store,
    reader: Reader,
    table: Table,
    keep: Callable[[Row], bool] | None,
    ids: list[str] | None,
    given: int,
    after: int,
    number: int,
) -> list[Row]:
    """So many records from there on."""
    if ids is not None:
        return list(store.records.get(table.id, ids[given : given + number]).values())
    if keep is None:
        return store.records.scan(table.id, after, number)
    found: list[Row] = []
    for rows in store.records.all(table.id, after):
        reader.begin(rows)
        found += filter(keep, rows)
        if len(found) >= number:
            break
    return found[:number]


def _sorted(store: Store, reader: Reader, table: Table, query: Query, keep: Callable[[Row], bool] | None) -> list[str]:
    """The ids of all records, in order. Only the keys are kept in memory."""
    fields = [(table.field(name), descending) for name, descending in query.sort]
    keyed = [
        (row.id, [reader.order(row, each) for each, _ in fields])
        for rows in _pieces(store, reader, table)
        for row in rows
        if keep is None or keep(row)
    ]
    for place, (_, descending) in reversed(list(enumerate(fields))):
        keyed.sort(key=lambda pair: pair[1][place], reverse=descending)
    return [row for row, _ in keyed]


def _pieces(store: Store, reader: Reader, table: Table) -> Iterator[list[Row]]:
    for rows in store.records.all(table.id):
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
