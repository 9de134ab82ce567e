"""Functions that ask about the record itself."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_syncguard.testing.airtable.formulas.errors import FormulaError
from pytest_syncguard.testing.airtable.formulas.functions.registry import Evaluate, Operand, lazy


@lazy("RECORD_ID", 0, 0)
def record_id(_: Sequence[Operand]) -> Evaluate:
    """The id of the record."""
    return lambda scope: scope.record_id


@lazy("CREATED_TIME", 0, 0)
def created_time(_: Sequence[Operand]) -> Evaluate:
    """When the record was created."""
    return lambda scope: scope.created


@lazy("LAST_MODIFIED_TIME", 0, None)
def last_modified_time(operands: Sequence[Operand]) -> Evaluate:
    """When one of these fields (any field) was last changed; blank if never. Arguments must be fields."""
    fields = [each.field for each in operands if each.field is not None]
    if len(fields) < len(operands):
        raise FormulaError
    return lambda scope: scope.modified(fields)
