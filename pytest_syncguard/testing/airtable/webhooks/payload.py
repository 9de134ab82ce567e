"""What a webhook tells of a change: the payload, with the cells by the fields' ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from pytest_syncguard.testing.airtable.changes import Change
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.webhooks.specification import (
    ADD,
    DATA,
    FIELDS,
    METADATA,
    REMOVE,
    UPDATE,
    Specification,
)

Cells: TypeAlias = Mapping[str, Any]  # in JSON by the field's id
Reading: TypeAlias = Callable[[str, Sequence[str], frozenset[str] | None], Mapping[str, Cells]]
SOURCE = "publicApi"


def payload_of(
    changes: Sequence[Change], spec: Specification, tables: frozenset[str] | None, number: int, read: Reading
) -> dict[str, Any] | None:
    """The payload of one request's changes for one webhook; None: there is nothing in them that it watches.

    ``tables``: the ids of those that it watches; None: all. ``number``: of the base's transaction. ``read``: the
    cells of records of a table, by the records' ids: those in these fields, or (None) all that are not empty.
    """
    if SOURCE not in spec.sources:
        return None
    told: dict[str, Any] = {}
    for change in _by_table(changes):
        if tables is None or change.table in tables:
            _put(told, "changedTablesById", {change.table: _records(change, spec, read)})
            _tell_schema(told, change.schema, spec)
    told = {key: part for key, part in told.items() if part}
    if not told:
        return None
    return head(changes[0].at, number, changes[0].user) | told


def head(at: str, number: int, user: User) -> dict[str, Any]:
    """What every payload says: when, in which transaction of the base, by whom."""
    who = {"id": user.id, "email": user.email, "name": user.name, "permissionLevel": "create"}
    return {
        "timestamp": at,
        "baseTransactionNumber": number,
        "actionMetadata": {"source": SOURCE, "sourceMetadata": {"user": who}},
        "payloadFormat": "v0",
    }


def _by_table(changes: Sequence[Change]) -> Iterable[Change]:
    """One for each table."""
    merged: dict[str, Change] = {}
    for change in changes:
        old = merged.get(change.table) or replace(change, created=[], changed=[], destroyed=[], schema={})
        merged[change.table] = replace(
            old,
            created=[*old.created, *change.created],
            changed=[*old.changed, *change.changed],
            destroyed=[*old.destroyed, *change.destroyed],
            schema={**old.schema, **change.schema},
        )
    return merged.values()


def _put(told: dict[str, Any], key: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Tables about which something is told, besides what is told of them already."""
    for table, parts in tables.items():
        if parts := {name: part for name, part in parts.items() if part}:
            told.setdefault(key, {}).setdefault(table, {}).update(parts)


def _records(change: Change, spec: Specification, read: Reading) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if spec.watches(DATA, ADD):
        told["createdRecordsById"] = _created(change, spec, read)
    if spec.watches(DATA, UPDATE):
        told["changedRecordsById"] = _changed(change, spec, read)
    if spec.watches(DATA, REMOVE):
        told["destroyedRecordIds"] = list(change.destroyed)
    told = {key: part for key, part in told.items() if part}
    return {"changedViewsById": {spec.view: told}} if spec.view and told else told


def _created(change: Change, spec: Specification, read: Reading) -> dict[str, Any]:
    """With what came into their cells later in the same request."""
    later = _merged(change, spec, {row.id for row, _ in change.created})
    rows = {row.id: (row, _watched(cells, spec)) for row, cells in change.created}
    for record, (_, after) in later.items():
        rows[record][1].update(after)
    told = {record for record, (_, cells) in rows.items() if cells or spec.fields is None}
    included = _included(change.table, told, spec, read)
    return {
        record: {
            "createdTime": row.created,
            "cellValuesByFieldId": {
                field: cell for field, cell in {**included.get(record, {}), **cells}.items() if cell is not None
            },
        }
        for record, (row, cells) in rows.items()
        if record in told
    }


def _changed(change: Change, spec: Specification, read: Reading) -> dict[str, Any]:
    created = {row.id for row, _ in change.created}
    merged = _merged(change, spec, {record for record, _, _ in change.changed} - created)
    included = _included(change.table, merged, spec, read)
    told: dict[str, Any] = {}
    for record, (before, after) in merged.items():
        told[record] = {"current": {"cellValuesByFieldId": after}}
        if spec.previous_cells:
            told[record]["previous"] = {"cellValuesByFieldId": before}
        if unchanged := {field: cell for field, cell in included.get(record, {}).items() if field not in after}:
            told[record]["unchanged"] = {"cellValuesByFieldId": unchanged}
    return told


def _merged(
    change: Change, spec: Specification, records: Collection[str]
) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """What these records' watched cells held before and hold after all changes of the request, if they differ."""
    merged: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for record, before, after in change.changed:
        if record in records:
            first, last = merged.setdefault(record, ({}, {}))
            for field in _watched(after, spec):
                first.setdefault(field, before.get(field))
                last[field] = after[field]
    differing: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for record, (first, last) in merged.items():
        if fields := [field for field in last if last[field] != first[field]]:
            differing[record] = {field: first[field] for field in fields}, {field: last[field] for field in fields}
    return differing


def _watched(cells: Cells, spec: Specification) -> dict[str, Any]:
    return {field: cell for field, cell in cells.items() if spec.fields is None or field in spec.fields}


def _included(table: str, records: Iterable[str], spec: Specification, read: Reading) -> Mapping[str, Cells]:
    wanted = list(records)
    return read(table, wanted, spec.included) if wanted and spec.included != frozenset() else {}


def _tell_schema(told: dict[str, Any], schema: Mapping[str, Any], spec: Specification) -> None:
    """What a change tells of tables and fields, as far as it is watched."""
    created: Mapping[str, Mapping[str, Any]] = schema.get("createdTablesById", {})
    parts = {"metadata": METADATA, "fieldsById": FIELDS, "recordsById": DATA}
    kept = {name for name, data_type in parts.items() if spec.watches(data_type, ADD)}
    _put(told, "createdTablesById", {table: {name: each.get(name) for name in kept} for table, each in created.items()})
    changed: Mapping[str, Mapping[str, Any]] = schema.get("changedTablesById", {})
    _put(told, "changedTablesById", {table: _shaped(each, spec) for table, each in changed.items()})
    if spec.change_types & {REMOVE} and (destroyed := schema.get("destroyedTableIds")):
        told.setdefault("destroyedTableIds", []).extend(destroyed)


def _shaped(table: Mapping[str, Any], spec: Specification) -> dict[str, Any]:
    """What is told of one table's name and fields."""
    told: dict[str, Any] = {}
    if spec.watches(METADATA, UPDATE):
        told["changedMetadata"] = table.get("changedMetadata")
    if spec.watches(FIELDS, ADD) and spec.schemas is None:
        told["createdFieldsById"] = table.get("createdFieldsById")
    if spec.watches(FIELDS, UPDATE):
        told["changedFieldsById"] = {
            field: each if spec.previous_fields else {"current": each["current"]}
            for field, each in table.get("changedFieldsById", {}).items()
            if spec.schemas is None or field in spec.schemas
        }
    if spec.watches(FIELDS, REMOVE):
        destroyed = table.get("destroyedFieldIds", ())
        told["destroyedFieldIds"] = [each for each in destroyed if spec.schemas is None or each in spec.schemas]
    return told
