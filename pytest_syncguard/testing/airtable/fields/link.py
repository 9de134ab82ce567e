"""Links to records. The cell is a list of record ids.

`accept` makes ids, and with typecast also the texts of records' primary fields: whoever calls tells them apart with
`ids.is_id`, looks up or creates the records of those texts, and checks that the others are there. The names
of linked records, which texts and formulas show, are known to who reads records.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_syncguard.testing.airtable.errors import AirtableError, bad_value, invalid, no_record_ids
from pytest_syncguard.testing.airtable.fields.choice import split
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Writing
from pytest_syncguard.testing.airtable.fields.options import checked
from pytest_syncguard.testing.airtable.fields.text import as_text, clean
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.schema import Field


def bad_record(value: str) -> AirtableError:
    return invalid(f'Value "{clean(value)}" is not a valid record ID.', "INVALID_RECORD_ID")


class MultipleRecordLinks(Kind):
    type = "multipleRecordLinks"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        """Without ``inverseLinkFieldId``, which who calls knows when the inverse field has been made."""
        required = {"linkedTableId": lambda value: is_id(value, "tbl")}
        said = checked(options, name, required, {"viewIdForRecordSelection": lambda value: is_id(value, "viw")})
        return {"linkedTableId": said["linkedTableId"], "isReversed": False, "prefersSingleRecordLink": False} | said

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, str) and writing.typecast:
            value = split(value)
        if not isinstance(value, list):
            raise no_record_ids()
        linked = (self.one(field, item, writing) for item in value)
        return list(dict.fromkeys(text for text in linked if text)) or None

    def one(self, field: Field, item: Any, writing: Writing) -> str:
        """One of the list: an id; with typecast any text. An object is told in the words of JavaScript, as it is by
        the real service, which takes none even if there is an id in it.
        """
        if isinstance(item, Mapping):
            raise bad_record("[object Object]")
        if is_id(item, "rec"):
            return str(item)
        said = as_text(item) if not isinstance(item, list) else None
        if said is None:
            raise bad_value(field.name)
        if not writing.typecast:
            raise bad_record(said)
        return clean(said.strip())
