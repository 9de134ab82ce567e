"""Checks of the options that a new field gets, with Airtable's words when they are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid

Check: TypeAlias = Callable[[Any], bool]


def bad_options(name: str, why: str) -> AirtableError:
    """``name``: `Table.Field`, or the field alone."""
    said = f"Invalid options for {name}: Failed schema validation: {why}"
    return invalid(said, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE")


def not_creatable(kind: str, name: str) -> AirtableError:
    """Of a type that the metadata API shows and does not create."""
    said = f"Invalid options for {name}: Creating {kind} fields is not supported at this time"
    return invalid(said, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE")


def field_of(name: str) -> str:
    """The field's own name in `Table.Field`."""
    return name.partition(".")[2] or name


def no_options(options: Mapping[str, Any], name: str, kind: str) -> dict[str, Any]:
    """Of a type that has none."""
    if options:
        raise bad_options(name, f"options is not included in the {field_of(name)}.(type={kind}) schema")
    return {}


def checked(
    options: Mapping[str, Any], name: str, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None
) -> dict[str, Any]:
    """The same options. Raises 422 that tells all that is missing, unknown or wrong among them."""
    optional, field = optional or {}, field_of(name)
    if required and not options:
        raise bad_options(name, f"{field}.options is missing")
    known = {**required, **optional}
    faults = [f"{field}.options.{key} is missing" for key in required if key not in options]
    faults += [f"{key} is not included in the {field}.options schema" for key in options if key not in known]
    wrong = (key for key, check in known.items() if key in options and not check(options[key]))
    faults += [f"{field}.options.{key} is invalid" for key in wrong]
    if faults:
        raise bad_options(name, ", ".join(faults))
    return dict(options)


def integer(least: int, most: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def one_of(*allowed: str) -> Check:
    return lambda value: isinstance(value, str) and value in allowed


def text(value: Any) -> bool:
    return isinstance(value, str)


def boolean(value: Any) -> bool:
    return isinstance(value, bool)
