"""What was changed in a schema, in the words of webhook payloads."""

from __future__ import annotations

from typing import Any

from pytest_syncguard.testing.airtable.schema import Base, Field, Table


def differences(before: Base, after: Base) -> dict[str, dict[str, Any]]:
    """By the id of each table that differs, the part of a webhook's payload that tells how.

    It holds one of ``createdTablesById``, ``changedTablesById`` and ``destroyedTableIds``, as the payload does; what
    was before stands under ``previous``, always.
    """
    old = {table.id: table for table in before.tables}
    new = {table.id: table for table in after.tables}
    told: dict[str, dict[str, Any]] = {}
    for table in after.tables:
        if table.id not in old:
            told[table.id] = {"createdTablesById": {table.id: _created(table)}}
        elif changed := _changed(old[table.id], table):
            told[table.id] = {"changedTablesById": {table.id: changed}}
    return told | {each: {"destroyedTableIds": [each]} for each in old if each not in new}


def _created(table: Table) -> dict[str, Any]:
    fields = {field.id: _told(field) for field in table.fields}
    return {"metadata": _metadata(table), "fieldsById": fields, "recordsById": {}}


def _changed(old: Table, new: Table) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if _metadata(old) != _metadata(new):
        told["changedMetadata"] = {"current": _metadata(new), "previous": _metadata(old)}
    if created := {each.id: _told(each) for each in new.fields if each.id not in old.by_id}:
        told["createdFieldsById"] = created
    changed = {each.id: _both(old.by_id[each.id], each) for each in new.fields if each.id in old.by_id}
    if changed := {field: both for field, both in changed.items() if both["current"]}:
        told["changedFieldsById"] = changed
    if destroyed := [each.id for each in old.fields if each.id not in new.by_id]:
        told["destroyedFieldIds"] = destroyed
    return told


def _both(old: Field, new: Field) -> dict[str, Any]:
    """Only what differs."""
    before, now = _told(old), _told(new)
    keys = [key for key in now if now[key] != before[key]]
    return {"current": {key: now[key] for key in keys}, "previous": {key: before[key] for key in keys}}


def _told(field: Field) -> dict[str, Any]:
    return {"name": field.name, "type": field.type}


def _metadata(table: Table) -> dict[str, Any]:
    return {"name": table.name, "description": table.description or None}
