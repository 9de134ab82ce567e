"""Attachments. The cell is a list of ``{"id", "filename", "url"?, "size"?, "type"?, "width"?, "height"?}``.

``url`` is where somebody said that the file lies; nothing is ever fetched from there, and it is not what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid
from pytest_syncguard.testing.airtable.fields.choice import split
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.options import boolean, checked
from pytest_syncguard.testing.airtable.fields.text import LONGEST, clean
from pytest_syncguard.testing.airtable.formulas.values import Value
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.schema import Field

PATH = "/attachments"  # on this server
_TOLD = ("filename", "size", "type", "width", "height")


def url_of(attachment: Mapping[str, Any], base_url: str) -> str:
    """Where the file lies on this server: ``{base_url}/attachments/{id}/{filename}``."""
    return f"{base_url}{PATH}/{attachment['id']}/{quote(in_path(attachment['filename']), safe='')}"


def in_path(filename: str) -> str:
    """What a file is called in its url: clients take "." and ".." for folders, however they are written."""
    return "attachment" if filename in (".", "..") else filename


def new_attachment(url: str, filename: str | None = None) -> dict[str, Any]:
    """A new attachment that lies there; without a name it is called like the end of the url's path."""
    name = filename or unquote(urlsplit(url).path.rpartition("/")[2]) or "attachment"
    return {"id": new_id("att"), "url": clean(url), "filename": clean(name)}


class MultipleAttachments(Kind):
    type = "multipleAttachments"

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        return {"isReversed": False} | checked(options, name, {}, {"isReversed": boolean})

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, str) and writing.typecast:
            value = [{"url": url} for url in split(value)]
        if not isinstance(value, list):
            raise _refused(field, f"parameters must be an array of objects, not {_sort(value)}")
        return [self.one(field, item, writing) for item in value] or None

    def one(self, field: Field, item: Any, writing: Writing) -> dict[str, Any]:
        """One of the list: an existing one by its id, a new one by its url."""
        if not isinstance(item, Mapping):
            raise _refused(field, f"parameters must be objects, not {_sort(item)}")
        if (old := item.get("id")) is not None:
            known = writing.attachments(old) if isinstance(old, str) else None
            if known is None:
                raise _refused(field, f"attachment {old} does not exist" if isinstance(old, str) else "id is no text")
            return dict(known)
        url, filename = item.get("url"), item.get("filename")
        if unknown := item.keys() - {"id", "url", "filename"}:
            raise _refused(field, f"unknown parameter {min(map(str, unknown))}")
        if not isinstance(url, str) or not _is_url(url):
            raise _refused(field, "url must be an http or https address")
        if not isinstance(filename, str | None) or len(filename or "") > LONGEST:
            raise _refused(field, "filename must be a text")
        return new_attachment(url, filename)

    def show(self, field: Field, cell: Cell, showing: Showing) -> Any:
        return [
            {"id": item["id"], "url": url_of(item, showing.base_url)}
            | {key: item[key] for key in _TOLD if item.get(key) is not None}
            for item in cell
        ]

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return ", ".join(self.texts(cell, showing))

    def texts(self, cell: Cell, showing: Showing) -> list[str]:
        return [f"{item['filename']} ({url_of(item, showing.base_url)})" for item in cell]

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return None if cell is None else list(self.texts(cell, showing))

    def order(self, field: Field, cell: Cell) -> Any:
        return [item["filename"].casefold() for item in cell]


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme.casefold() in ("http", "https") and bool(parts.hostname) and len(url) <= LONGEST
    except ValueError:  # such as brackets that do not close
        return False


def _sort(value: Any) -> str:
    """What a value is, in the words of JSON."""
    match value:
        case str():
            return "strings"
        case bool():
            return "booleans"
        case int() | float():
            return "numbers"
        case list():
            return "arrays"
        case Mapping():
            return "objects"
        case _:
            return "null"


def _refused(field: Field, why: str) -> AirtableError:
    return invalid(f"Invalid attachment for field {field.name}: {clean(why)}", "INVALID_ATTACHMENT_OBJECT")
