"""What a webhook watches, and how much of it the payloads tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid, invalid_parameters
from pytest_syncguard.testing.airtable.schema import Base

DATA, FIELDS, METADATA = "tableData", "tableFields", "tableMetadata"
DATA_TYPES = (DATA, FIELDS, METADATA)
ADD, REMOVE, UPDATE = "add", "remove", "update"
CHANGE_TYPES = (ADD, REMOVE, UPDATE)
SOURCES = (
    *("client", "publicApi", "formSubmission", "formPageSubmission", "automation"),
    *("system", "sync", "anonymousUser", "unknown"),
)
FILTERS = {
    *("dataTypes", "changeTypes", "fromSources", "sourceOptions"),
    *("recordChangeScope", "watchDataInFieldIds", "watchSchemasOfFieldIds"),
}
INCLUDES = {"includeCellValuesInFieldIds", "includePreviousCellValues", "includePreviousFieldDefinitions"}
SOURCE_OPTIONS = {"formSubmission": "viewId", "formPageSubmission": "pageId"}


@dataclass(frozen=True)
class Specification:
    """``fields``: whose cells are watched, and ``schemas``: whose definitions; None: all. ``scope``: a table, or a
    view; None: the base. ``included``: fields whose cells are told even if they did not change; None: all.
    """

    data_types: frozenset[str]
    change_types: frozenset[str] = frozenset(CHANGE_TYPES)
    sources: frozenset[str] = frozenset(SOURCES)
    scope: str | None = None
    fields: frozenset[str] | None = None
    schemas: frozenset[str] | None = None
    included: frozenset[str] | None = frozenset()
    previous_cells: bool = False
    previous_fields: bool = False

    @staticmethod
    def parse(document: Any) -> Specification:
        """Of a webhook's ``specification``. Raises INVALID_REQUEST_UNKNOWN."""
        options = _part(_part(document, {"options"}), {"filters", "includes"}, "options")
        filters = _part(options, FILTERS, "filters")
        includes = _part(options, INCLUDES, "includes") if options.get("includes") is not None else {}
        data_types = _texts(filters, "dataTypes", DATA_TYPES)
        if not data_types:
            raise invalid_parameters()
        _check_sources(filters.get("sourceOptions"))
        everything = includes.get("includeCellValuesInFieldIds") == "all"
        return Specification(
            data_types,
            _texts(filters, "changeTypes", CHANGE_TYPES) or frozenset(CHANGE_TYPES),
            _texts(filters, "fromSources", SOURCES) or frozenset(SOURCES),
            _text(filters.get("recordChangeScope")),
            _texts(filters, "watchDataInFieldIds"),
            _texts(filters, "watchSchemasOfFieldIds"),
            None if everything else _texts(includes, "includeCellValuesInFieldIds") or frozenset(),
            _truth(includes.get("includePreviousCellValues")),
            _truth(includes.get("includePreviousFieldDefinitions")),
        )

    def scopes(self) -> set[str]:
        """What a token needs besides the scope for webhooks."""
        needed = {DATA: "data.records:read", FIELDS: "schema.bases:read", METADATA: "schema.bases:read"}
        return {needed[each] for each in self.data_types}

    def watches(self, data_type: str, change_type: str) -> bool:
        return data_type in self.data_types and change_type in self.change_types

    def unknown(self, base: Base) -> list[str]:
        """The ids in it that stand for nothing in the base."""
        known = {field.id for table in base.tables for field in table.fields}
        wanted = [*(self.fields or ()), *(self.schemas or ()), *(self.included or ())]
        missing = [each for each in wanted if each not in known]
        return missing if self.scope is None or any(self._scopes(base)) else [*missing, self.scope]

    def _scopes(self, base: Base) -> Iterator[str]:
        for table in base.tables:
            if self.scope in (table.id, *(view.id for view in table.views)):
                yield table.id

    def tables(self, base: Base) -> frozenset[str] | None:
        """The ids of the tables whose changes it tells; None: of all, also of those to come."""
        return None if self.scope is None else frozenset(self._scopes(base))

    @property
    def view(self) -> str | None:
        """The view that is watched, if it is one."""
        return self.scope if self.scope is not None and self.scope.startswith("viw") else None


def invalid_filters(unknown: list[str]) -> AirtableError:
    return invalid(
        f"The webhook's specification names what is not in the base: {', '.join(unknown)}", "INVALID_FILTERS"
    )


def _part(document: Any, known: set[str], name: str = "") -> Mapping[str, Any]:
    """An object, or the one of this name in it, that has no other keys than these."""
    part = document.get(name) if name and isinstance(document, Mapping) else document
    if not isinstance(part, Mapping) or part.keys() - known:
        raise invalid_parameters()
    return part


def _texts(part: Mapping[str, Any], key: str, known: tuple[str, ...] = ()) -> frozenset[str] | None:
    """A list of texts, of those that are known if any are; None: there is none, or it is empty."""
    texts = part.get(key)
    if texts is None:
        return None
    if not isinstance(texts, list) or not all(isinstance(each, str) and (not known or each in known) for each in texts):
        raise invalid_parameters()
    return frozenset(texts) or None


def _text(value: Any) -> str | None:
    if not (value is None or isinstance(value, str)):
        raise invalid_parameters()
    return value


def _truth(value: Any) -> bool:
    if not (value is None or isinstance(value, bool)):
        raise invalid_parameters()
    return bool(value)


def _check_sources(options: Any) -> None:
    """There are no forms here, but a specification may speak of them."""
    if options is not None:
        for name, part in _part(options, set(SOURCE_OPTIONS)).items():
            _text(_part(part, {SOURCE_OPTIONS[name]}).get(SOURCE_OPTIONS[name]))
