"""Records are created, updated, replaced, merged and deleted; a request's changes are made whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.errors import computed_value, invalid, no_such_row, not_allowed
from pytest_syncguard.testing.airtable.fields.kind import Showing, User, Writing
from pytest_syncguard.testing.airtable.fields.other import any_kind
from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.records.linking import resolve
from pytest_syncguard.testing.airtable.records.reader import Reader
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table
from pytest_syncguard.testing.airtable.store.records import Row
from pytest_syncguard.testing.airtable.store.store import Store


@dataclass
class Writer:
    """Writes to one table for one request, within one transaction of the store; ``change`` says what it did."""

    store: Store
    base: Base
    table: Table
    user: User
    writing: Writing
    change: Change = field(init=False)
    others: dict[str, Writer] = field(default_factory=dict)  # to tables that typecast makes records in

    def __post_init__(self) -> None:
        self.change = Change(self.base.id, self.table.id, self.user, self._now)
        self.writing.attachments = lambda each: self.store.attachments.find(self.base.id, each)

    @property
    def _now(self) -> str:
        return instant(self.writing.now)

    def changes(self) -> Iterator[Change]:
        """What was done, table by table."""
        yield self.change
        for other in self.others.values():
            yield from other.changes()

    def beside(self, table: Table) -> Writer:
        """One to another table, for the same request."""
        if table.id == self.table.id:
            return self
        if table.id not in self.others:
            self.others[table.id] = Writer(self.store, self.base, table, self.user, self.writing)
        return self.others[table.id]

    def create(self, fields: Mapping[str, Any]) -> Row:
        """A new record. Raises `AirtableError`."""
        cells = self._accepted(fields)
        row = Row(new_id("rec"), self.table.id, self._now, self.user.id)
        row.cells = {each.id: cell for each, cell in cells if cell is not None and each.type != LINK}
        row.edits = {each.id: (self._now, self.user.id) for each, _ in cells if each.type == LINK}
        self.store.records.add(row)
        for each, cell in cells:
            if each.type == LINK:
                self._link(each, row, cell)
        self.change.created.append((row, self._shown(row, (each for each, _ in cells))))
        return row

    def update(self, row: Row, fields: Mapping[str, Any], *, whole: bool = False) -> Row:
        """These cells are changed; with ``whole`` all other cells are emptied. Raises `AirtableError`."""
        cells = self._accepted(fields)
        if whole:
            named = {each.id for each, _ in cells}
            cells += [(each, None) for each in self.table.fields if each.id not in named and _is_written(each)]
        touched = [each for each, _ in cells]
        before = self._shown(row, touched)
        for each, cell in cells:
            if each.type == LINK:
                self._link(each, row, cell)
            elif cell is None:
                row.cells.pop(each.id, None)
            else:
                row.cells[each.id] = cell
        after = self._shown(row, touched)
        if changed := {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}:
            row.edits |= dict.fromkeys(changed, (self._now, self.user.id))
            self.store.records.save(row)
            self.change.changed.append((row.id, _only(before, changed), _only(after, changed)))
        return row

    def delete(self, row: Row) -> None:
        """With all links of it, and all to it."""
        links = {each.id: each for each in self.table.fields if each.type == LINK}
        for link, others in self.store.links.forget(links.values(), row.id).items():
            self.change.unlinked.append((link, row.id, others))
            self._touch(links[link], others)
        self.store.records.remove(row)
        self.change.destroyed.append(row.id)
        self.change.changed[:] = [each for each in self.change.changed if each[0] != row.id]
        self._unlink(row)

    def _unlink(self, row: Row) -> None:
        """Links that lead to the record without an inverse: the cells that held them have changed."""
        for table in self.base.tables:
            leading = {each.id: each for each in table.fields if _leads_to(each, self.table)}
            writer = self.beside(table)
            for link, others in self.store.links.forget(leading.values(), row.id, leading=True).items():
                now = self.store.links.of(leading[link], others)
                for other in self.store.records.get(table.id, others).values():
                    held = {link: now.get(other.id)}
                    writer.change.changed.append((other.id, {link: [*now.get(other.id, ()), row.id]}, held))
                    self._edit(other, link)

    def row(self, record: Any) -> Row:
        """A record that is to be changed. Raises ROW_DOES_NOT_EXIST."""
        found = self.store.records.get(self.table.id, [record]) if is_id(record, "rec") else {}
        if not found:
            raise no_such_row(str(record))
        return found[record]

    def only_row(self, record: str) -> Row:
        """The same, where it is named in the URL. Raises INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND, which the real service
        was seen to answer in 2026; before that it was NOT_FOUND (404).
        """
        found = self.store.records.get(self.table.id, [record])
        if not found:
            raise not_allowed()
        return found[record]

    def _accepted(self, fields: Mapping[str, Any]) -> list[tuple[Field, Any]]:
        if not isinstance(fields, Mapping):
            raise invalid('Could not find field "fields" in the request body', "INVALID_REQUEST_MISSING_FIELDS")
        return [(each := self.table.field(name), self._accept(each, value)) for name, value in fields.items()]

    def _accept(self, each: Field, value: Any) -> Any:
        kind = any_kind(each.type)
        if kind.computed:
            raise computed_value(each.name)
        if value is None:
            return None
        cell = kind.accept(each, value, self.writing)
        return resolve(self, each, cell) if each.type == LINK and cell else cell

    def _link(self, each: Field, row: Row, cell: Any) -> None:
        had = self.store.links.of(each, [row.id]).get(row.id, [])
        self.store.links.set(each, row.id, cell or ())
        self._touch(each, set(had).symmetric_difference(cell or ()), row)

    def _touch(self, link: Field, others: Iterable[str], row: Row | None = None) -> None:
        """A link has changed at these other ends, too: in the cells of its inverse. One may be the row itself."""
        inverse = str(link.options.get("inverseLinkFieldId"))
        for table in self.base.tables:
            if inverse in table.by_id:
                for other in self.store.records.get(table.id, others).values():
                    self._edit(row if row is not None and row.id == other.id else other, inverse)

    def _edit(self, row: Row, field_id: str) -> None:
        row.edits[field_id] = (self._now, self.user.id)
        self.store.records.save(row)

    def _shown(self, row: Row, fields: Any) -> dict[str, Any]:
        """What is kept in these cells, in JSON; links by the ids of their records."""
        reader = Reader(self.store, self.base, Showing(users=self.writing.users), self.writing.now)
        reader.begin([row])
        shown = {each.id: reader.show(row, each) for each in fields if each.type == LINK or each.id in row.cells}
        return {each: value for each, value in shown.items() if value is not None}

    def keep_choices(self) -> None:
        """Options of selects that typecast made become part of the schema."""
        made, self.writing.choices = self.writing.choices, {}
        for field_id, choices in made.items():
            base = self.store.bases.get(self.base.id)
            table = next(table for table in base.tables if field_id in table.by_id)
            old = table.by_id[field_id]
            options = dict(old.options) | {"choices": [*old.options.get("choices", ()), *choices]}
            self.store.bases.save_table(base.id, table.with_field(replace(old, options=options)))


def instant(at: datetime) -> str:
    """A moment as Airtable writes it: ISO 8601 in UTC, to the millisecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _is_written(each: Field) -> bool:
    return not any_kind(each.type).computed


def _leads_to(each: Field, table: Table) -> bool:
    """Whether a field links to the table, and has no inverse there."""
    linked, inverse = (each.options.get(key) for key in ("linkedTableId", "inverseLinkFieldId"))
    return each.type == LINK and linked == table.id and inverse not in table.by_id


def _only(cells: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    return {each: cells.get(each) for each in wanted}
