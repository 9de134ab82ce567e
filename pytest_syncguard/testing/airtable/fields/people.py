"""Collaborators. The cell is a user's id, or a list of ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_syncguard.testing.airtable.errors import bad_value, computed_value
from pytest_syncguard.testing.airtable.fields.choice import join, split
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.options import no_options
from pytest_syncguard.testing.airtable.formulas.values import Value
from pytest_syncguard.testing.airtable.schema import Field


def find(field: Field, value: Any, writing: Writing) -> str:
    """The id of the user whom ``{"id": ...}`` or ``{"email": ...}`` means. Raises INVALID_VALUE_FOR_COLUMN."""
    if isinstance(value, Mapping):
        known, email = value.get("id"), value.get("email")
        if isinstance(known, str) and known in writing.users:
            return known
        if known is None and isinstance(email, str):
            for user in writing.users.values():
                if user.email.casefold() == email.casefold():
                    return user.id
    raise bad_value(field.name)


def find_named(field: Field, said: str, writing: Writing) -> str:
    """The id of the user whom a text means to typecast: by id, email or name. Raises INVALID_VALUE_FOR_COLUMN."""
    sought = said.strip().casefold()
    for user in writing.users.values():
        if said.strip() == user.id or sought in (user.email.casefold(), user.name.casefold()):
            return user.id
    raise bad_value(field.name)


def _person(who: str, showing: Showing) -> dict[str, Any]:
    user = showing.users.get(who)
    return {"id": who} if user is None else {"id": who, "email": user.email, "name": user.name}


def _name(who: str, showing: Showing) -> str:
    user = showing.users.get(who)
    return who if user is None else user.name or user.email


class SingleCollaborator(Kind):
    type = "singleCollaborator"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return no_options(options, name, self.type)

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, str) and writing.typecast:
            return find_named(field, value, writing) if value.strip() else None
        return find(field, value, writing)

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return _person(cell, showing)

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return _name(cell, showing)


class CreatedBy(SingleCollaborator):
    type = "createdBy"
    computed = True
    creatable = False

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        raise computed_value(field.name)


class LastModifiedBy(CreatedBy):
    type = "lastModifiedBy"


class MultipleCollaborators(Kind):
    type = "multipleCollaborators"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return no_options(options, name, self.type)

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, str) and writing.typecast:
            value = split(value)
        if not isinstance(value, list):
            raise bad_value(field.name)
        return list(dict.fromkeys(self.one(field, item, writing) for item in value)) or None

    def one(self, field: Field, item: Any, writing: Writing) -> str:
        """The id that one item of the list means; ids may stand alone."""
        if not isinstance(item, str):
            return find(field, item, writing)
        return find_named(field, item, writing) if writing.typecast else find(field, {"id": item}, writing)

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return [_person(who, showing) for who in cell]

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return join(_name(who, showing) for who in cell)

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return None if cell is None else [_name(who, showing) for who in cell]
