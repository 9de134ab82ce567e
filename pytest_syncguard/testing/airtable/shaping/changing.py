"""Tables and fields that are there get other names and descriptions, or go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_syncguard.testing.airtable.errors import invalid, invalid_parameters, not_covered
from pytest_syncguard.testing.airtable.fields.options import bad_options
from pytest_syncguard.testing.airtable.fields.registry import kind_of
from pytest_syncguard.testing.airtable.schema import LINK, Base, Field, Table, View
from pytest_syncguard.testing.airtable.shaping import naming
from pytest_syncguard.testing.airtable.shaping.computing import completed, refreshed, users


def change_table(base: Base, table: Table, body: Mapping[str, Any]) -> Base:
    """As the body of a PATCH says. Raises `AirtableError` (422, 501)."""
    if "dateDependencySettings" in body:
        raise not_covered("The property dateDependencySettings of a table")
    if not body or not body.keys() <= {"name", "description"}:
        raise invalid_parameters()
    if "name" in body:
        table = replace(table, name=naming.table_name(base, body["name"], table.id))
    if "description" in body:
        table = replace(table, description=naming.description(body["description"], new=False))
    return base.with_table(table)


def change_field(base: Base, table: Table, field: Field, body: Mapping[str, Any]) -> Base:
    """As the body of a PATCH says; of the options only those of a formula. Raises `AirtableError` (422)."""
    if not body or not body.keys() <= {"name", "description", "options"}:
        raise invalid_parameters()
    if "name" in body:
        field = replace(field, name=naming.field_name(table, body["name"], field.id))
    if "description" in body:
        field = replace(field, description=naming.description(body["description"], new=False))
    if "options" not in body:
        return base.with_table(table.with_field(field))
    path = f"{table.name}.{field.name}"
    if field.type != "formula" or not isinstance(body["options"], Mapping):
        raise invalid(f"Invalid options for {path}: Updating {field.type} options is not supported at this time")
    field = replace(field, options=kind_of(field.type).configure(body["options"], path))
    field = completed(base, table, field, path)
    return refreshed(base.with_table(table.with_field(field)), field.id)


def rename_field(base: Base, table: str, field: str, name: str) -> Base:
    """Table and field by name or id. Raises `AirtableError` for names that are not there, or are taken."""
    found = base.table(table)
    return change_field(base, found, found.field(field), {"name": name})


def rename_table(base: Base, table: str, name: str) -> Base:
    return change_table(base, base.table(table), {"name": name})


def drop_field(base: Base, table: str, field: str) -> Base:
    """Without that field, by name or id, and without the inverse of a link; what is computed from it is invalid.

    Raises `AirtableError` for names that are not there and for the primary field.
    """
    found = base.table(table)
    gone = found.field(field)
    if gone.id == found.primary:
        raise bad_options(f"{found.name}.{gone.name}", "The primary field cannot be deleted")
    base = _without(base, found, gone)
    inverse = gone.options.get("inverseLinkFieldId") if gone.type == LINK else None
    for other in base.tables:
        if isinstance(inverse, str) and inverse in other.by_id:
            base = _without(base, other, other.by_id[inverse])
    return base


def drop_table(base: Base, table: str) -> Base:
    """Without that table, and without all links to it. Raises `AirtableError` for the only table of a base."""
    found = base.table(table)
    if len(base.tables) == 1:
        raise invalid("The only table of a base cannot be deleted")
    for field in found.fields:
        if field.type == LINK and field.id != found.primary:
            base = drop_field(base, found.id, field.id)
    return replace(base, tables=tuple(each for each in base.tables if each.id != found.id))


def _without(base: Base, table: Table, field: Field) -> Base:
    fields = tuple(each for each in base.table(table.id).fields if each.id != field.id)
    views = tuple(_hiding(view, field.id) for view in table.views)
    base = base.with_table(replace(base.table(table.id), fields=fields, views=views))
    for other, user in list(users(base, field.id)):
        options: dict[str, Any] = {**user.options, "isValid": False}
        if "result" in options:
            options["result"] = None
        base = base.with_table(base.table(other.id).with_field(replace(user, options=options)))
    return base


def _hiding(view: View, field: str) -> View:
    return view if view.shown is None else replace(view, shown=tuple(each for each in view.shown if each != field))
