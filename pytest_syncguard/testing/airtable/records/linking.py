"""What is written into a link field becomes the ids of records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_syncguard.testing.airtable.deadline import check
from pytest_syncguard.testing.airtable.errors import AirtableError, bad_value, no_such_row, row_elsewhere
from pytest_syncguard.testing.airtable.fields.kind import Showing
from pytest_syncguard.testing.airtable.fields.other import any_kind
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.records.reader import Reader
from pytest_syncguard.testing.airtable.schema import Field, Table
from pytest_syncguard.testing.airtable.store.records import Row

if TYPE_CHECKING:
    from pytest_syncguard.testing.airtable.records.writing import Writer


def resolve(writer: Writer, field: Field, wanted: Sequence[str]) -> list[str]:
    """The ids of the records to link to. With typecast a text stands for the record of that name, which is made
    when there is none. Raises ROW_DOES_NOT_EXIST, ROW_TABLE_DOES_NOT_MATCH_LINKED_TABLE or INVALID_VALUE_FOR_COLUMN.
    """
    table = str(field.options.get("linkedTableId"))
    there = writer.store.records.get(table, [each for each in wanted if is_id(each, "rec")])
    ids = []
    for each in wanted:
        if each in there:
            ids.append(each)
        elif is_id(each, "rec"):
            raise _not_there(writer, table, each)
        elif not writer.writing.typecast:
            raise bad_value(field.name)
        else:
            ids.append(_named(writer, table, each))
    return ids


def _not_there(writer: Writer, linked: str, record: str) -> AirtableError:
    """Of a record that is in another table of the base, or in none."""
    for table in writer.base.tables:
        if writer.store.records.get(table.id, [record]):
            return row_elsewhere(record, table.id, linked)
    return no_such_row(record)


def _named(writer: Writer, table_id: str, name: str) -> str:
    """The oldest record with this text in its primary field, or a new one. Raises `AirtableError` for a text that
    the field does not take.
    """
    check()
    table = writer.base.table(table_id)
    primary = table.by_id[table.primary]
    kind = any_kind(primary.type)
    if kind.computed:
        found = _shown_as(writer, table, name)
    else:
        cell = kind.accept(primary, name, writer.writing)
        found = writer.store.records.find(table.id, {primary.id: cell}, limit=1) if cell is not None else []
    return found[0].id if found else writer.beside(table).create({primary.id: name}).id


def _shown_as(writer: Writer, table: Table, name: str) -> list[Row]:
    """The oldest record that this is the name of, computed."""
    reader = Reader(writer.store, writer.base, Showing(users=writer.writing.users), writer.writing.now)
    for rows in writer.store.records.all(table.id):
        reader.begin(rows)
        if found := next((row for row in rows if reader.name(row) == name), None):
            return [found]
    return []
