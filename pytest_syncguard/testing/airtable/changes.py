"""What was changed, as webhooks tell it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.store.records import Row


@dataclass(frozen=True)
class Change:
    """One request's changes to one table. Cells are by field id, as they are shown in JSON."""

    base: str
    table: str
    user: User
    at: str  # ISO 8601 in UTC
    created: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)
    changed: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)  # record, before, after
    destroyed: list[str] = field(default_factory=list)
    unlinked: list[tuple[str, str, list[str]]] = field(default_factory=list)  # link field, destroyed record, others
    schema: dict[str, Any] = field(default_factory=dict)  # what of the payload tells of tables and fields


Listener: TypeAlias = Callable[[Sequence[Change]], None]  # all changes of one request, of the same base
