"""Selects. The cell is the name of an option, or a list of names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid, unparsed_value
from pytest_syncguard.testing.airtable.fields.kind import Cell, Kind, Showing, Writing
from pytest_syncguard.testing.airtable.fields.options import bad_options, checked, field_of
from pytest_syncguard.testing.airtable.fields.text import accept_text, as_text, clean
from pytest_syncguard.testing.airtable.formulas.values import Value
from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.schema import Field

_HUES = ("blue", "cyan", "teal", "green", "yellow", "orange", "red", "pink", "purple", "gray")
COLORS = tuple(f"{hue}{shade}" for shade in ("Light2", "Light1", "Bright", "Dark1") for hue in _HUES)


def bad_option(name: str) -> AirtableError:
    """Airtable quotes the name twice."""
    said = f'Insufficient permissions to create new select option "{json.dumps(name, ensure_ascii=False)}"'
    return invalid(said, "INVALID_MULTIPLE_CHOICE_OPTIONS")


def new_choice(name: str, before: int) -> dict[str, Any]:
    """An option with an id and the color of its place; ``before``: how many there are already."""
    return {"id": new_id("sel"), "name": name, "color": COLORS[before % len(_HUES)]}


def split(said: str) -> list[str]:
    """The items of a text with commas, where an item may be quoted: ``a, "b, c"``."""
    found = re.findall(r'\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)', said)
    items = (quoted.replace('""', '"') or bare.strip() for quoted, bare in found)
    return [item for item in items if item]


def join(items: Iterable[str]) -> str:
    """The items in one text; `split` takes it apart again."""
    return ", ".join(_quoted(item) if "," in item or item[:1] == '"' else item for item in items)


def _quoted(item: str) -> str:
    doubled = item.replace('"', '""')
    return f'"{doubled}"'


class _Select(Kind):
    merges = True

    def configure(self, options: Mapping[str, Any], name: str) -> dict[str, Any]:
        choices = checked(options, name, {"choices": lambda value: isinstance(value, list)})["choices"]
        made: list[dict[str, Any]] = []
        for place, choice in enumerate(choices):
            path = f"{field_of(name)}.options.choices.{place}"
            made.append(_choice(choice, place, path, name))
            if any(old["name"] == made[-1]["name"] for old in made[:-1]):
                raise bad_options(name, f"{path}.name is a duplicate")
        return {"choices": made}

    def names(self, field: Field, writing: Writing | None = None) -> dict[str, int]:
        """The options' names with their places; those last that this request has made."""
        choices = [*(field.options.get("choices") or ()), *(writing.choices.get(field.id, ()) if writing else ())]
        return {choice["name"]: place for place, choice in enumerate(choices)}

    def place(self, field: Field, names: Sequence[str]) -> list[int]:
        """Where these options stand; one that is gone, behind all others."""
        places = self.names(field)
        return [places.get(name, len(places)) for name in names]

    def option(self, field: Field, value: Any, writing: Writing, known: dict[str, int]) -> str:
        """The name of an option; empty for a blank one, which typecast allows.

        Typecast makes an option that is not there, and notes it in ``known``. Raises INVALID_MULTIPLE_CHOICE_OPTIONS,
        or INVALID_VALUE_FOR_COLUMN for what is no text.
        """
        if not isinstance(value, str) and not (writing.typecast and as_text(value) is not None):
            raise unparsed_value(field.name)
        name = accept_text(field, value, writing)
        if name in known:
            return name
        if not writing.typecast:
            raise bad_option(name)
        name = name.strip()
        if name and name not in known:
            writing.choices.setdefault(field.id, []).append(new_choice(name, len(known)))
            known[name] = len(known)
        return name


class SingleSelect(_Select):
    type = "singleSelect"

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, list):  # typecast would join it into the name of one option
            raise unparsed_value(field.name)
        return self.option(field, value, writing, self.names(field, writing)) or None

    def order(self, field: Field, cell: Cell) -> Any:
        return self.place(field, [cell])


class MultipleSelects(_Select):
    type = "multipleSelects"

    def accept(self, field: Field, value: Any, writing: Writing) -> Cell:
        if isinstance(value, str) and writing.typecast:
            value = split(value)
        if not isinstance(value, list) or any(isinstance(item, list) for item in value):
            raise unparsed_value(field.name)
        known = self.names(field, writing)
        names = (self.option(field, item, writing, known) for item in value)
        return list(dict.fromkeys(name for name in names if name)) or None

    def text(self, field: Field, cell: Cell, showing: Showing) -> str:
        return join(cell)

    def value(self, field: Field, cell: Cell, showing: Showing) -> Value:
        return None if cell is None else list(cell)

    def order(self, field: Field, cell: Cell) -> Any:
        return self.place(field, cell)


def _choice(choice: Any, place: int, path: str, name: str) -> dict[str, Any]:
    """One option of a new field, with id and color."""
    if not isinstance(choice, Mapping):
        raise bad_options(name, f"{path} is invalid")
    if unknown := [key for key in choice if key not in ("id", "name", "color")]:
        raise bad_options(name, f"{unknown[0]} is not included in the {path} schema")
    said, color, known = choice.get("name"), choice.get("color"), choice.get("id")
    if not isinstance(said, str) or not said.strip():
        raise bad_options(name, f"{path}.name is {'invalid' if 'name' in choice else 'missing'}")
    if color is not None and color not in COLORS:
        raise bad_options(name, f"{path}.color is invalid")
    if known is not None and not is_id(known, "sel"):
        raise bad_options(name, f"{path}.id is invalid")
    fresh = new_choice(clean(said.strip()), place)
    return fresh | {key: part for key, part in (("id", known), ("color", color)) if part is not None}
