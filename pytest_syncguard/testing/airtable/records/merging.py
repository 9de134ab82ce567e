"""Upserts: records are found by the values of some fields, and changed or made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_syncguard.testing.airtable.errors import invalid, invalid_parameters
from pytest_syncguard.testing.airtable.fields.other import any_kind
from pytest_syncguard.testing.airtable.records.writing import Writer
from pytest_syncguard.testing.airtable.schema import Field, Table
from pytest_syncguard.testing.airtable.store.records import Row

MOST = 3  # fields to merge on


def upsert(
    writer: Writer, wanted: Sequence[Mapping[str, Any]], asked: Any, *, whole: bool
) -> tuple[list[str], list[Row]]:
    """The ids of the records that were made, and all records in the order of the request.

    A record with an ``id`` is changed, whatever its fields hold. Raises `AirtableError` (422), as when more than one
    record is found.
    """
    if not isinstance(asked, Mapping):
        raise invalid_parameters()
    fields = _merge_fields(writer.table, asked.get("fieldsToMergeOn"))
    made: list[str] = []
    rows = []
    for each in wanted:
        row = writer.row(each["id"]) if each.get("id") else _find(writer, fields, each["fields"])
        if row is None:
            row = writer.create(each["fields"])
            made.append(row.id)
        else:
            writer.update(row, each["fields"], whole=whole)
        rows.append(row)
    return made, rows


def _merge_fields(table: Table, names: Any) -> list[Field]:
    if not isinstance(names, Sequence) or isinstance(names, str) or not 1 <= len(names) <= MOST:
        raise invalid(f"fieldsToMergeOn must name one to {MOST} fields", "INVALID_REQUEST_BODY")
    fields = [table.field(str(name)) for name in names]
    for each in fields:
        if not any_kind(each.type).merges:
            raise invalid(f'Cannot merge on field "{each.name}" of type {each.type}', "INVALID_REQUEST_BODY")
    return fields


def _find(writer: Writer, fields: Sequence[Field], cells: Mapping[str, Any]) -> Row | None:
    """The one record with these values. A record that lacks one of them matches none."""
    wanted: dict[str, Any] = {}
    for each in fields:
        value = cells.get(each.name, cells.get(each.id))
        cell = None if value is None else any_kind(each.type).accept(each, value, writer.writing)
        if cell is None:
            said = f'Field "{each.name}" to merge on must have a value in every record'
            raise invalid(said, "INVALID_REQUEST_BODY")
        wanted[each.id] = cell
    found = writer.store.records.find(writer.table.id, wanted)
    if len(found) > 1:
        raise invalid("Cannot update more than one record", "INVALID_REQUEST_UNKNOWN")
    return found[0] if found else None
