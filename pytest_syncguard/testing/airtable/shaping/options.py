"""The options of fields as the metadata API tells them: as much is checked as this server relies upon."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_syncguard.settings.faults import nearest, quoted
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.schema import LINK
from pytest_syncguard.testing.airtable.shaping.faults import SLIP, fault

MOST = 20  # digits after the point, stars of a rating: more than Airtable has


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _format(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(key), str) for key in ("name", "format"))


def _result(value: Any) -> bool:
    well = isinstance(value, Mapping) and isinstance(value.get("type"), str)
    return value is None or (well and isinstance(value.get("options"), Mapping | None))


def _ids(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(is_id(each, "fld") for each in value))


def _id(value: Any) -> bool:
    return value is None or is_id(value, "fld")


_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "precision": (_whole, f"a whole number from 0 to {MOST}"),
    "max": (_whole, f"a whole number from 0 to {MOST}"),
    "symbol": (_text, "a text"),
    "durationFormat": (_text, "a text"),
    "timeZone": (_text, "a text"),
    "dateFormat": (_format, 'an object with "name" and "format"'),
    "timeFormat": (_format, 'an object with "name" and "format"'),
    "choices": (lambda value: isinstance(value, list), "a list"),
    "linkedTableId": (lambda value: is_id(value, "tbl"), "the id of a table"),
    "formula": (_text, "a text"),
    "isValid": (lambda value: isinstance(value, bool), "true or false"),
    "referencedFieldIds": (_ids, "a list of ids of fields"),
    "recordLinkFieldId": (_id, "the id of a field"),
    "fieldIdInLinkedTable": (_id, "the id of a field"),
    "result": (_result, 'an object with "type" and perhaps "options"'),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "number": ("precision",),
    "percent": ("precision",),
    "currency": ("precision", "symbol"),
    "duration": ("durationFormat",),
    "rating": ("max",),
    "date": ("dateFormat",),
    "dateTime": ("dateFormat", "timeFormat", "timeZone"),
    "singleSelect": ("choices",),
    "multipleSelects": ("choices",),
    LINK: ("linkedTableId",),
}
_LOOKED_AT: Mapping[str, tuple[str, ...]] = {
    "formula": ("formula", "isValid", "referencedFieldIds", "result"),
    "rollup": ("formula", "isValid", "referencedFieldIds", "recordLinkFieldId", "fieldIdInLinkedTable", "result"),
    "multipleLookupValues": ("isValid", "recordLinkFieldId", "fieldIdInLinkedTable", "result"),
    "count": ("isValid", "recordLinkFieldId"),
    "createdTime": ("result",),
    "lastModifiedTime": ("isValid", "referencedFieldIds", "result"),
}


def _slip(key: str, options: Mapping[str, Any]) -> str:
    """The option that was meant to be this one, to all appearance."""
    return next((each for each in options if each not in _CHECKS and nearest(each, (key,), SLIP)), "")


def option_faults(where: str, kind: str, options: Mapping[str, Any], *, whole: bool = True) -> Iterator[str]:
    """What is wrong with the options of a field of that type; of a type that is not covered, nothing.

    ``whole``: those that the type needs must be there; not so with those of a result.
    """
    required = _REQUIRED.get(kind, ())
    for key in (*required, *_LOOKED_AT.get(kind, ())):
        holds, wanted = _CHECKS[key]
        if (key in options or (whole and key in required)) and not holds(options.get(key)):
            slip = "" if key in options else _slip(key, options)
            yield fault(f"{where}.{key}", options.get(key), wanted) + (
                f"; did you mean {quoted(slip)} for it?" if slip else ""
            )
        elif key not in options and (slip := _slip(key, options)):
            yield fault(f"{where}.{slip}", slip, "an option of the type", (key,))
        elif key == "result" and whole and (result := options.get(key)):
            shown = result.get("options") or {}
            yield from option_faults(f"{where}.result.options", result["type"], shown, whole=False)
    if "choices" in required and isinstance(options.get("choices"), list):
        for place, choice in enumerate(options["choices"]):
            if not isinstance(choice, Mapping) or not _text(choice.get("id")) or not _text(choice.get("name")):
                yield fault(f"{where}.choices[{place}]", choice, 'an object with "id" and "name"')
