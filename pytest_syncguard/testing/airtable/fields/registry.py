"""Which types of fields there are."""

from __future__ import annotations

from pytest_syncguard.testing.airtable.errors import invalid_parameters, not_covered
from pytest_syncguard.testing.airtable.fields import (
    attachment,
    choice,
    computed,
    link,
    mark,
    moment,
    number,
    people,
    text,
)
from pytest_syncguard.testing.airtable.fields.kind import Kind

_CLASSES: tuple[type[Kind], ...] = (
    text.SingleLineText,
    text.MultilineText,
    text.RichText,
    text.Email,
    text.Url,
    text.PhoneNumber,
    text.Barcode,
    number.Number,
    number.Currency,
    number.Percent,
    number.Duration,
    mark.Checkbox,
    mark.Rating,
    choice.SingleSelect,
    choice.MultipleSelects,
    moment.Date,
    moment.DateTime,
    moment.CreatedTime,
    moment.LastModifiedTime,
    people.SingleCollaborator,
    people.MultipleCollaborators,
    people.CreatedBy,
    people.LastModifiedBy,
    attachment.MultipleAttachments,
    link.MultipleRecordLinks,
    computed.Formula,
    computed.Rollup,
    computed.MultipleLookupValues,
    computed.Count,
    computed.AutoNumber,
    computed.Button,
)
KINDS = {kind.type: kind() for kind in _CLASSES}
NOT_COVERED = frozenset({"aiText", "externalSyncSource", "manualSort"})


def kind_of(name: str) -> Kind:
    """The kind of field that has this type, such as ``singleLineText``.

    Raises `AirtableError`: 422 for a type that Airtable does not know, 501 for one that is not covered here.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise not_covered(f"The field type {name}") if name in NOT_COVERED else invalid_parameters()
    return kind
