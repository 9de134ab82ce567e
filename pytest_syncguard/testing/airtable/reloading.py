"""A base stands up from a document. Of one that is there already nothing gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, fault
from pytest_syncguard.testing.airtable.store.store import Store

LEADS = ("linkedTableId", "inverseLinkFieldId")


def stand_up(store: Store, told: Base) -> Base:
    """The base as it is from now on. Told the same as the last time it stays as it is, whatever was made of it since.

    Told otherwise it becomes what is told, and keeps the tables, fields, views and options of selects that nothing is
    said of. Raises `SchemaError` where that cannot be.
    """
    kept, schema = store.bases.find(told.id), told.document(shown=True)
    if kept is not None and store.bases.is_loaded(told.id, schema):
        return kept
    base = told if kept is None else _merged(store, kept, told)
    store.bases.save(base)
    store.bases.loaded(told.id, schema)
    return base


def _merged(store: Store, kept: Base, told: Base) -> Base:
    if faults := [*_faults(store, kept, told)]:
        raise SchemaError(faults)
    old = {table.id: table for table in kept.tables}
    tables = [_merged_table(old.pop(table.id), table) if table.id in old else table for table in told.tables]
    made = {"workspace": told.workspace or kept.workspace, "created": told.created or kept.created}
    return replace(told, tables=(*tables, *old.values()), **made)


def _merged_table(kept: Table, told: Table) -> Table:
    fields = [_merged_field(kept.by_id.get(field.id), field) for field in told.fields]
    fields += [field for field in kept.fields if field.id not in told.by_id]
    views = {view.id: view for view in (*told.views, *kept.views)} | {view.id: view for view in told.views}
    return replace(told, fields=tuple(fields), views=tuple(views.values()))


def _merged_field(kept: Field | None, told: Field) -> Field:
    """With all options of a select: cells hold them."""
    choices = told.options.get("choices")
    if kept is None or kept.type != told.type or not isinstance(choices, list):
        return told
    names, ids = ({each.get(key) for each in choices} for key in ("name", "id"))
    more = [each for each in kept.options.get("choices") or () if each["name"] not in names]
    more = [{**each, "id": new_id("sel")} if each.get("id") in ids else each for each in more]
    return replace(told, options={**told.options, "choices": [*choices, *more]})


def _faults(store: Store, kept: Base, told: Base) -> Iterator[str]:
    """What of the document contradicts the data, a line each."""
    old = {table.id: table for table in kept.tables}
    names = {table.name: table.id for table in kept.tables if table.id not in {each.id for each in told.tables}}
    for place, table in enumerate(told.tables):
        where = f"tables[{place}]"
        if table.name in names:
            yield fault(f"{where}.name", table.name, f"a name that the table {names[table.name]} of the data has not")
        if table.id in old:
            yield from _field_faults(store, old[table.id], table, where)


def _field_faults(store: Store, kept: Table, told: Table, where: str) -> Iterator[str]:
    names = {field.name: field.id for field in kept.fields if field.id not in told.by_id}
    for place, field in enumerate(told.fields):
        at = f"{where}.fields[{place}]"
        if field.name in names:
            yield fault(f"{at}.name", field.name, f"a name that the field {names[field.name]} of the data has not")
        old = kept.by_id.get(field.id)
        if old is None or _sort(old) == _sort(field):
            continue
        if old.type == LINK or store.records.any_cell(kept.id, old.id):  # a link has its inverse at the other end
            part, value = (".type", field.type) if field.type != old.type else (".options", field.options)
            cure = "begin with new data" if old.type == LINK else "empty it there, or begin with new data"
            yield f"{fault(at + part, value, f'the {old.type} that it is in the data')}: {cure}"


def _sort(field: Field) -> tuple[Any, ...]:
    """What cells depend on."""
    return field.type, *(field.options.get(key) for key in LEADS if field.type == LINK)
