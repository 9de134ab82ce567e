import pytest
from pyairtable.models.schema import FieldType

from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.registry import KINDS, NOT_COVERED, kind_of

READ_ONLY = {"autoNumber", "button", "count", "createdBy", "createdTime", "formula", "lastModifiedBy"}
READ_ONLY |= {"lastModifiedTime", "multipleLookupValues", "rollup"}


def test_types() -> None:
    """Every type that pyairtable knows is covered, or named as not covered."""
    assert KINDS.keys() | NOT_COVERED == {each.value for each in FieldType}
    assert not KINDS.keys() & NOT_COVERED


@pytest.mark.parametrize("name", sorted(KINDS))
def test_kind_of(name: str) -> None:
    """A kind is found by the name of its type, and knows whether somebody may write it."""
    assert kind_of(name).type == name
    assert kind_of(name).computed == (name in READ_ONLY)


@pytest.mark.parametrize(("name", "status", "told"), [("longText", 422, "INVALID_REQUEST_UNKNOWN")] + [
    (name, 501, "NOT_IMPLEMENTED") for name in sorted(NOT_COVERED)
])  # fmt: skip
def test_no_kind(name: str, status: int, told: str) -> None:
    """What Airtable does not know is wrong; what is not covered here is said to be so."""
    with pytest.raises(AirtableError) as raised:
        kind_of(name)

    assert (raised.value.status, raised.value.type) == (status, told)


def test_creatable() -> None:
    """The metadata API creates all but what is computed; of that, formulas only."""
    assert {name for name, kind in KINDS.items() if not kind.creatable} == READ_ONLY - {"formula"}
