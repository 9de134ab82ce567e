"""Records from a document become rows again, with their ids, times, numbers and links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.fields.other import any_kind
from pytest_syncguard.testing.airtable.fields.registry import KINDS
from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.records.writing import instant
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table
from pytest_syncguard.testing.airtable.service import OWNER
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, fault, with_names
from pytest_syncguard.testing.airtable.store.records import Row

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.service import Service

PEOPLE = ("singleCollaborator", "multipleCollaborators", "createdBy", "lastModifiedBy")
_ATTACHED = ("id", "url", "filename", "size", "type", "width", "height")


def record_faults(document: Any) -> Iterator[str]:
    """What is wrong with the records of a document, apart from their cells, a line each."""
    tables = document.get("tables") if isinstance(document, Mapping) else None
    seen: set[str] = set()
    for place, table in enumerate(tables if isinstance(tables, list) else ()):
        records = table.get("records") if isinstance(table, Mapping) else None
        if not isinstance(records, list | None):
            yield fault(f"tables[{place}].records", records, "a list of records")
            continue
        for number, record in enumerate(records or ()):
            where = f"tables[{place}].records[{number}]"
            if not isinstance(record, Mapping) or not isinstance(record.get("fields"), Mapping):
                yield fault(where, record, 'a record: an object with "id" and "fields"')
                continue
            known, created = record.get("id"), record.get("createdTime")
            if not is_id(known, "rec") or known in seen:
                yield fault(f"{where}.id", known, 'an id of its own: "rec" and 14 letters or digits')
            seen.add(str(known))
            if created is not None and not _is_moment(created):
                yield fault(f"{where}.createdTime", created, "a time in ISO 8601 with its zone")


class Restorer:
    """Puts the records of a base into the store, within one transaction of it.

    ``base``: as it is now; ``told``: as the document tells it. Cells of fields that are gone since are left out.
    A table that is told the same records as the last time stays as it is: what was deleted does not come back.
    """

    def __init__(self, service: Service, base: Base, told: Base) -> None:
        self._service, self._base, self._told = service, base, told
        self._fields = {field.id: field for table in base.tables for field in table.fields}
        self._store = service.store
        self._writing = service.writing()
        self._links: list[tuple[Field, str, list[str]]] = []
        self._faults: list[str] = []
        self._there: set[str] = set()

    def restore(self, document: Mapping[str, Any]) -> None:
        """``document``: with tables, which were checked. Raises `SchemaError` for cells that cannot be."""
        for place, (table, told) in enumerate(zip(self._told.tables, document["tables"], strict=True)):
            records = told.get("records") or []
            self._there.update(self._store.records.get(table.id, [record["id"] for record in records]))
            if not self._store.bases.is_loaded(table.id, records):
                self._store.bases.loaded(table.id, records)
                self._table(table, records, f"tables[{place}].records")
        if self._faults:
            raise SchemaError(with_names(self._faults, document))
        for field, record, others in self._links:
            self._store.links.set(field, record, [other for other in others if other in self._there])

    def _table(self, table: Table, records: Sequence[Mapping[str, Any]], where: str) -> None:
        """Those that are not there."""
        ids = [record["id"] for record in records]
        taken = self._store.records.elsewhere(table.id, ids)
        for number, record in enumerate(records):
            at = f"{where}[{number}]"
            if record["id"] in taken:
                self._faults.append(fault(f"{at}.id", record["id"], "an id that no record of another table has"))
            elif record["id"] not in self._there:
                self._record(table, record, at)
        self._there.update(ids)

    def _record(self, table: Table, record: Mapping[str, Any], where: str) -> None:
        told = record.get("createdTime")
        created = instant(datetime.fromisoformat(told) if told else self._writing.now)
        row = Row(record["id"], table.id, created, OWNER.id)
        for key, value in record["fields"].items():
            field = table.by_id.get(key) or table.by_name.get(key)
            if field is None:
                self._faults.append(fault(f"{where}.fields", key, "a field of the table", table.by_name))
            elif value is not None and field.id in self._fields:
                self._cell(row, self._fields[field.id], value, where)
        shown = {field.id: record["fields"].get(field.id, record["fields"].get(field.name)) for field in table.fields}
        _restore_edits(row, table, {each: value for each, value in shown.items() if value is not None})
        self._store.records.add(row)

    def _cell(self, row: Row, field: Field, value: Any, where: str) -> None:
        """What the cell shows becomes what is kept of it; what is computed is computed anew."""
        if field.type in PEOPLE:
            self._meet(value if isinstance(value, list) else [value])
        if field.type == LINK:
            self._links.append((field, row.id, value if isinstance(value, list) else []))
        elif field.type == "multipleAttachments" and isinstance(value, list):
            row.cells[field.id] = [_attachment(each) for each in value if isinstance(each, Mapping)]
            self._store.attachments.hold(self._base.id, row.id, field.id, row.cells[field.id])
        elif field.type not in KINDS:
            row.cells[field.id] = value
        elif any_kind(field.type).computed:
            _note(row, field, value)
        else:
            self._accept(row, field, value, where)

    def _accept(self, row: Row, field: Field, value: Any, where: str) -> None:
        try:
            cell = any_kind(field.type).accept(field, value, self._writing)
        except AirtableError as error:
            self._faults.append(f"{where}.fields.{field.name}: {error.message or error.type}")
        else:
            if cell is not None:
                row.cells[field.id] = cell

    def _meet(self, people: Sequence[Any]) -> None:
        """Whoever is in a cell becomes a collaborator."""
        for person in people:
            if isinstance(person, Mapping) and isinstance(person.get("id"), str):
                name, email = (str(person.get(key) or "") for key in ("name", "email"))
                self._service.users.setdefault(person["id"], User(person["id"], email, name))


def _restore_edits(row: Row, table: Table, shown: Mapping[str, Any]) -> None:
    """When and by whom cells were last written, as far as fields tell that look at them.

    A cell is as old as the oldest of these says: then each of them tells what it told.
    """
    times: dict[str, str] = {}
    for field in table.fields:
        at = shown.get(field.id)
        if field.type == "lastModifiedTime" and isinstance(at, str) and _is_moment(at):
            moment = instant(datetime.fromisoformat(at))
            times |= {each: min(times.get(each, moment), moment) for each in _looked_at(field, shown, row)}
    row.edits = {each: (moment, row.creator) for each, moment in times.items()}
    for field in table.fields:
        if field.type == "lastModifiedBy" and isinstance(who := shown.get(field.id), Mapping):
            cells = _looked_at(field, shown, row)
            newest = max((times.get(each, row.created) for each in cells), default="")
            last = [each for each in cells if times.get(each, row.created) == newest]
            row.edits |= dict.fromkeys(last, (newest, str(who.get("id"))))


def _looked_at(field: Field, shown: Mapping[str, Any], row: Row) -> list[str]:
    """The cells that a field looks at; those that are empty only if all of them are."""
    referenced = field.options.get("referencedFieldIds") or list(row.cells)
    return [each for each in referenced if each in shown] or list(referenced)


def _note(row: Row, field: Field, value: Any) -> None:
    """What the row itself knows of a computed cell."""
    if field.type == "autoNumber" and isinstance(value, int):
        row.number = value
    elif field.type == "createdBy" and isinstance(value, Mapping):
        row.creator = str(value.get("id"))


def _attachment(told: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: told[key] for key in _ATTACHED if told.get(key) is not None}
    known = kept.get("id")
    return {"filename": "attachment"} | kept | {"id": known if is_id(known, "att") else new_id("att")}


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
