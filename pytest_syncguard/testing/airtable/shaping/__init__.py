"""Schemas are built and changed: pure functions from a base to another one."""

from __future__ import annotations

from pytest_syncguard.testing.airtable.shaping.changing import drop_field, drop_table, rename_field, rename_table
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError
from pytest_syncguard.testing.airtable.shaping.loading import load_schema
from pytest_syncguard.testing.airtable.shaping.short import make_field, make_table
from pytest_syncguard.testing.airtable.shaping.telling import differences

__all__ = [
    "SchemaError",
    "differences",
    "drop_field",
    "drop_table",
    "load_schema",
    "make_field",
    "make_table",
    "rename_field",
    "rename_table",
]
