"""Requests that pyairtable would not send, refusals as they are, and schemas as they are now."""

from __future__ import annotations

from typing import Any

from pyairtable import Api, Base, Table

LONGEST = 30.0  # seconds that a request may take


def refusal(api: Api, method: str, url: str, body: Any = None) -> tuple[int, str, str]:
    """Status, type and message of what is answered, which must be an error."""
    response = api.session.request(method, url, json=body, timeout=LONGEST)
    error = response.json()["error"]
    said = {"type": error} if isinstance(error, str) else error
    return response.status_code, said["type"], said.get("message", "")


def schema_of(base: Base, table: str = "Plugins") -> Any:
    """A table's schema by now, without the many types that pyairtable says its fields may have."""
    return base.schema(force=True).table(table)


def make_field(table: Table, name: str, kind: str, options: Any = None, description: str | None = None) -> Any:
    """A new field, likewise."""
    return table.create_field(name, kind, description, options)
