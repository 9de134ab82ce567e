"""What a request for a list of records asks for, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid, invalid_parameters
from pytest_syncguard.testing.airtable.schema import Table

LISTS = ("fields", "recordMetadata")
PAGE = 100  # records at most
LIST_KEY = re.compile(r"(fields|recordMetadata)\[(?:1?[0-9]|20)?]")  # with a greater number the real service refuses it
SORT_KEY = re.compile(r"sort\[([0-9]{1,4})]\[(field|direction)]")
PARAMETERS = 1000  # of a URL at most


@dataclass(frozen=True)
class Query:
    """``sort``: names or ids of fields, and whether descending. ``shown``: those of the fields; None: all."""

    shown: tuple[str, ...] | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    formula: str = ""
    view: str = ""
    page_size: int = PAGE
    max_records: int | None = None
    as_text: bool = False
    zone: str = "UTC"
    locale: str = "en"
    by_id: bool = False
    comments: bool = False
    offset: str = ""

    def check(self, table: Table) -> None:
        """Raises UNKNOWN_FIELD_NAME or VIEW_NAME_NOT_FOUND."""
        for name in (*(self.shown or ()), *(name for name, _ in self.sort)):
            table.field(name)
        if self.view and not any(self.view in (view.id, view.name) for view in table.views):
            raise invalid(f'View "{self.view}" not found', "VIEW_NAME_NOT_FOUND")


def parameters(text: str) -> list[tuple[str, str]]:
    """Names and values, as they stand in a URL. Raises INVALID_REQUEST_UNKNOWN for too many."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=PARAMETERS)
    except ValueError:
        raise _wrong() from None


def from_url(text: str) -> dict[str, Any]:
    """The parameters of a URL, as they would stand in the body of ``listRecords``.

    A list has brackets behind its name, or is named twice at least: without them, one item is a text to Airtable.
    Raises INVALID_REQUEST_UNKNOWN.
    """
    asked: dict[str, Any] = {}
    bare: dict[str, list[str]] = {}
    sort: dict[int, dict[str, str]] = {}
    for key, value in parameters(text):
        if match := LIST_KEY.fullmatch(key):
            asked.setdefault(match[1], []).append(value)
        elif key in LISTS:
            bare.setdefault(key, []).append(value)
        elif match := SORT_KEY.fullmatch(key):
            sort.setdefault(int(match[1]), {})[match[2]] = value
        elif key.startswith("sort[") or key.partition("[")[0] in LISTS:
            raise _wrong()
        else:
            asked[key] = value
    for key, values in bare.items():
        asked[key] = [*asked[key], *values] if key in asked else values if len(values) > 1 else values[0]
    if sort:
        asked["sort"] = [sort[number] for number in sorted(sort)]
    return asked


def parse(asked: Mapping[str, Any]) -> Query:
    """Raises `AirtableError` (422) for parameters that are wrong."""
    as_text = _one_of(asked.get("cellFormat", "json"), "json", "string") == "string"
    if as_text and not ("timeZone" in asked and "userLocale" in asked):
        raise invalid("Both timeZone and userLocale parameters are required when using cellFormat string")
    shown = asked.get("fields")
    metadata = _texts(asked.get("recordMetadata", []))
    return Query(
        shown=None if shown is None else tuple(_texts(shown)),
        sort=tuple(map(_sort, _list(asked.get("sort") or []))),
        formula=_text(asked.get("filterByFormula", "")),
        view=_text(asked.get("view", "")),
        page_size=_page_size(asked.get("pageSize", PAGE)),
        max_records=_number(asked["maxRecords"]) if "maxRecords" in asked else None,
        as_text=as_text,
        zone=_zone(asked.get("timeZone", "UTC")),
        locale=_text(asked.get("userLocale", "en")),
        by_id=truth(asked.get("returnFieldsByFieldId", False)),
        comments="commentCount" in metadata,
        offset=_text(asked.get("offset") or ""),
    )


def _list(value: Any) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _wrong()
    return value


def _sort(asked: Any) -> tuple[str, bool]:
    if not isinstance(asked, Mapping) or not isinstance(asked.get("field"), str):
        raise _wrong()
    return asked["field"], _one_of(asked.get("direction", "asc"), "asc", "desc") == "desc"


def _one_of(value: Any, *known: str) -> str:
    if value not in known:
        raise _wrong()
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong()
    return value


def _texts(value: Any) -> Sequence[str]:
    return [_text(each) for each in _list(value)]


def _number(value: Any, most: int | None = None) -> int:
    """A whole number of at least 1, from JSON or a URL."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)):
        raise _wrong()
    number = int(value)
    if number < 1 or (most is not None and number > most):
        raise _wrong()
    return number


def _page_size(value: Any) -> int:
    """Nothing, 0 included, stands for a whole page."""
    if value in (0, "0"):
        return PAGE
    try:
        return _number(value, PAGE)
    except AirtableError:
        said = f"The value of pageSize must be between 0 and {PAGE}"
        raise invalid(said, "INVALID_PAGE_SIZE_ARGUMENT") from None


def truth(value: Any) -> bool:
    """A switch, from JSON or a URL. Raises INVALID_REQUEST_UNKNOWN."""
    if value in (True, "true", "1", 1):
        return True
    if value in (False, "false", "0", 0, "", None):
        return False
    raise _wrong()


def _zone(value: Any) -> str:
    try:
        ZoneInfo(_text(value))
    except (ValueError, OSError, LookupError):  # OSError: the name of a folder of zones
        raise invalid(f'Invalid time zone: "{value}"') from None
    return str(value)


def _wrong() -> AirtableError:
    return invalid_parameters()
