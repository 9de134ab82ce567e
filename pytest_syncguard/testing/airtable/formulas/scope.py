"""What a formula may ask of the record that it is evaluated for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pytest_syncguard.testing.airtable.formulas.values import Value


class Scope(Protocol):
    """One record, at one moment."""

    @property
    def now(self) -> datetime: ...
    @property
    def record_id(self) -> str: ...
    @property
    def created(self) -> datetime: ...

    def cell(self, reference: str) -> Value:
        """The value of a field, named as in the formula. Raises `KeyError` for a field that is not there."""
        ...

    def modified(self, references: Sequence[str]) -> datetime | None:
        """When one of these fields (none named: any) was last changed by somebody."""
        ...
