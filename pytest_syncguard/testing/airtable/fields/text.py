"""Text of all sorts, and the barcode, whose value is a text with a symbology."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_syncguard.testing.airtable.errors import bad_value
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.options import no_options
from pytest_syncguard.testing.airtable.schema import Field

LONGEST = 100_000  # characters


def clean(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can hold and UTF-8 can not, and without U+0000, at which
    SQLite takes a text to end.
    """
    text = text.replace("\0", "")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def as_text(value: Any) -> str | None:
    """What typecast makes of a value that is no text; None if nothing."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return repr(value)
        case list():
            parts = [as_text(part) for part in value if not isinstance(part, list)]
            return ", ".join(part for part in parts if part is not None)
        case _:
            return None


def accept_text(field: Field, value: Any, writing: Writing) -> str:
    """The text; anything else only with typecast. Raises INVALID_VALUE_FOR_COLUMN."""
    if not isinstance(value, str):
        made = as_text(value) if writing.typecast else None
        if made is None:
            raise bad_value(field.name)
        value = made
    if len(value) > LONGEST:
        raise bad_value(field.name)
    return clean(value)


class Text(Kind):
    """Text as it is; the empty one is an empty cell."""

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return no_options(options, name, self.type)

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        return accept_text(field, value, writing) or None

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return str(cell)

    def order(self, field: Field, cell: Cell) -> Any:
        return str(cell).casefold()


class SingleLineText(Text):
    type = "singleLineText"
    merges = True


class MultilineText(Text):
    type = "multilineText"
    merges = True


class RichText(Text):
    """Text in Markdown, which Airtable ends with a newline."""

    type = "richText"

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        text = accept_text(field, value, writing)
        return text if text.endswith("\n") else f"{text}\n" if text else None


class Email(Text):
    """An address; Airtable does not check it."""

    type = "email"
    merges = True


class Url(Text):
    """An address; Airtable does not check it."""

    type = "url"
    merges = True


class PhoneNumber(Text):
    """A number as people write it; Airtable does not check it."""

    type = "phoneNumber"


class Barcode(Text):
    """The cell is ``{"text": ..., "type"?: ...}``."""

    type = "barcode"

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if not isinstance(value, Mapping):
            if not writing.typecast:
                raise bad_value(field.name)
            value = {"text": accept_text(field, value, writing)}
        if not value.keys() <= {"text", "type"}:
            raise bad_value(field.name)
        parts = {key: part for key, part in value.items() if part is not None}
        if not all(isinstance(part, str) and len(part) <= LONGEST for part in parts.values()):
            raise bad_value(field.name)
        return {key: clean(part) for key, part in parts.items()} if parts.get("text") else None

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return str(cell["text"])

    def order(self, field: Field, cell: Cell) -> Any:
        return str(cell["text"]).casefold()
