"""Computed fields: what a look at other fields tells of their options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_syncguard.testing.airtable.fields.options import bad_options
from pytest_syncguard.testing.airtable.formulas.errors import FormulaError
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table
from pytest_syncguard.testing.airtable.shaping.expressions import VALUES, by_ids, kept, result_of

LOOKUP = "multipleLookupValues"
_NAMED = ("recordLinkFieldId", "fieldIdInLinkedTable")


def completed(base: Base, table: Table, made: Field, path: str) -> Field:
    """The field with the ids of the fields that it is computed from, and the type of its result.

    ``path`` is for the error's text. Raises `AirtableError` (422) for a formula that is none, for fields that are
    not there and for a formula that would refer to itself.
    """
    options = dict(made.options)
    match made.type:
        case "formula":
            options |= _formula(base, table, made, path)
        case "rollup":
            target = _target(base, table, made, path)
            options |= _rollup(table, made, target, path)
        case "multipleLookupValues":
            options["result"] = kept(_target(base, table, made, path))
        case "count":
            _link(table, made, path)
        case "lastModifiedTime":
            _known(table, made, options.get("referencedFieldIds") or (), path)
        case _:
            pass
    return replace(made, options=options)


def uses(field: Field) -> set[str]:
    """The ids of the fields that it is computed from."""
    options = field.options
    found = {each for each in options.get("referencedFieldIds") or () if isinstance(each, str)}
    return found | {options[key] for key in _NAMED if isinstance(options.get(key), str)}


def users(base: Base, field_id: str) -> Iterator[tuple[Table, Field]]:
    """The fields that are computed from that one."""
    for table in base.tables:
        for field in table.fields:
            if field_id in uses(field):
                yield table, field


def refreshed(base: Base, field_id: str) -> Base:
    """With the results of all fields that are computed from that one, at once or by others, as they are now."""
    waiting, seen = [field_id], {field_id}
    while waiting:
        for table, field in list(users(base, waiting.pop(0))):
            if field.type in ("formula", "rollup", LOOKUP) and field.options.get("isValid", True):
                now = replace(field, options={**field.options, "result": _result(base, table, field)})
                base = base.with_table(base.table(table.id).with_field(now))
            if field.id not in seen:
                seen.add(field.id)
                waiting.append(field.id)
    return base


def _result(base: Base, table: Table, field: Field) -> Mapping[str, Any] | None:
    """As far as the options tell it; else as it was."""
    target = _field(base, field.options.get("fieldIdInLinkedTable"))
    if field.type == LOOKUP and target is not None:
        return kept(target)
    formula = field.options.get("formula")
    if not isinstance(formula, str):
        return field.options.get("result")
    known = table.by_id if target is None else {**table.by_id, VALUES: target}
    try:
        return result_of(formula, lambda name: kept(known[name]) if name in known else None)
    except FormulaError:
        return field.options.get("result")


def _formula(base: Base, table: Table, made: Field, path: str) -> dict[str, Any]:
    try:
        text, ids = by_ids(made.options["formula"], table)
        result = result_of(text, lambda name: kept(table.by_id[name]))
    except FormulaError as error:
        raise bad_options(path, str(error)) from None
    if made.id in ids or any(made.id in closure(base, each) for each in ids):
        raise bad_options(path, "The formula refers to itself")
    return {"formula": text, "isValid": True, "referencedFieldIds": ids, "result": result}


def closure(base: Base, field_id: str) -> set[str]:
    """The ids of all fields that it is computed from, at once or by others."""
    fields = {field.id: field for table in base.tables for field in table.fields}
    found: set[str] = set()
    waiting = [field_id]
    while waiting:
        field = fields.get(waiting.pop())
        fresh = uses(field) - found if field else set()
        found |= fresh
        waiting += fresh
    return found


def _rollup(table: Table, made: Field, target: Field, path: str) -> dict[str, Any]:
    formula = made.options.get("formula")
    if formula is None:
        return {"result": kept(target)}
    known = {**table.by_id, VALUES: target}
    try:
        text, ids = by_ids(formula, table, rollup=True)
        result = result_of(text, lambda name: kept(known[name]))
    except FormulaError as error:
        raise bad_options(path, str(error)) from None
    return {"formula": text, "referencedFieldIds": ids, "result": result}


def _link(table: Table, made: Field, path: str) -> Field:
    link = table.by_id.get(str(made.options.get("recordLinkFieldId")))
    if link is None or link.type != LINK:
        raise bad_options(path, f"{made.name}.options.recordLinkFieldId is not a link of this table")
    return link


def _target(base: Base, table: Table, made: Field, path: str) -> Field:
    """The field of the linked table that is looked up."""
    link = _link(table, made, path)
    other = base.table(str(link.options.get("linkedTableId")))
    target = other.by_id.get(str(made.options.get("fieldIdInLinkedTable")))
    if target is None:
        raise bad_options(path, f"{made.name}.options.fieldIdInLinkedTable is not a field of the linked table")
    return target


def _known(table: Table, made: Field, ids: Any, path: str) -> None:
    if any(each not in table.by_id for each in ids):
        raise bad_options(path, f"{made.name}.options.referencedFieldIds are not fields of this table")


def _field(base: Base, field_id: Any) -> Field | None:
    return next((table.by_id[field_id] for table in base.tables if field_id in table.by_id), None)
