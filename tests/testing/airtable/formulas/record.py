"""A record that formulas are evaluated for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pytest_syncguard.testing.airtable.formulas.parse import compile_formula
from pytest_syncguard.testing.airtable.formulas.values import Value

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday


@dataclass
class Record:
    """``changes``: when fields were last changed."""

    cells: Mapping[str, Value] = field(default_factory=dict)
    changes: Mapping[str, datetime] = field(default_factory=dict)
    now: datetime = NOON
    record_id: str = "recA1b2C3d4E5f6G7"
    created: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def cell(self, reference: str) -> Value:
        return self.cells[reference]

    def modified(self, references: Sequence[str]) -> datetime | None:
        return max((at for name, at in self.changes.items() if not references or name in references), default=None)


def evaluate(formula: str, **cells: Value) -> Value:
    """The result of a formula in a record with these cells, now being noon of November 21st, 2026 in UTC."""
    return compile_formula(formula).evaluate(Record(cells))
