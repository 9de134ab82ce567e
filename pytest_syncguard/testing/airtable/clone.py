"""A base as a document: written from a real Airtable, reading only, and stood up again on a local one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.reloading import stand_up
from pytest_syncguard.testing.airtable.restoring import Restorer, record_faults
from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.shaping.faults import SchemaError, found, with_names
from pytest_syncguard.testing.airtable.shaping.loading import load_schema, schema_faults

if TYPE_CHECKING:
    from pyairtable import Api

    from pytest_syncguard.testing.airtable.service import Service

SCOPES = "schema.bases:read"
RECORD_SCOPES = f"{SCOPES} and data.records:read"


def clone(source_api: Api, base_id: str, *, records: bool = False) -> dict[str, Any]:
    """What `load_schema` and `restore` take: the base as ``source_api`` tells it, by GET only.

    ``records``: also all records of each table, with cells by the ids of their fields. Attachments are known by
    their address only, which the real service lets expire. Raises `SyncguardError`.
    """
    from requests.exceptions import RequestException

    if not is_id(base_id, "app"):
        raise SyncguardError(f'base: found {found(base_id)}, required an id: "app" and 14 letters or digits')
    names: dict[str, str] | None = None
    try:
        bases = source_api.iterate_requests("GET", source_api.build_url("meta", "bases"))
        names = {base["id"]: base["name"] for page in bases for base in page["bases"]}
        url = source_api.build_url("meta", "bases", base_id, "tables")
        told = source_api.request("GET", url, params={"include": ["visibleFieldIds"]})
        document = {"id": base_id, "name": names.get(base_id, ""), "tables": told["tables"]}
        if records:
            for table in document["tables"]:
                table["records"] = list(_records(source_api, base_id, table["id"]))
    except RequestException as error:
        if names is not None and base_id not in names and getattr(error, "response", None) is not None:
            cure = "check its id, or give the token access to it"
            said = f"it is not among the bases that the token sees ({len(names)})"
            raise SyncguardError(f"cannot read the base {base_id}: {said}: {cure}") from None
        raise _unread(base_id, error, RECORD_SCOPES if records else SCOPES) from None
    except (KeyError, TypeError, AttributeError):
        raise SyncguardError(f"cannot read the base {base_id}: what answers is no Airtable: check the url") from None
    return document


def write_clone(api: Api, base_id: str, path: Path, *, records: bool = False) -> dict[str, Any]:
    """Writes the `clone` into a JSON file, whole or not at all; returns it. Raises `SyncguardError`."""
    document = clone(api, base_id, records=records)
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise SyncguardError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    return document


def restore(service: Service, document: Any) -> Base:
    """Stands the base up that a document tells of, with its records if there are any in it; returns it.

    Records keep their ids, times and links. Of a base that is there nothing gets lost: see `stand_up` and
    `Restorer`; records that are there stay as they are. Raises `SchemaError`, a `SyncguardError`, with all faults,
    before anything is changed.
    """
    if faults := [*schema_faults(document), *record_faults(document)]:
        raise SchemaError(with_names(faults, document))
    told = load_schema(document)
    _require_apart(service, told)
    try:
        with service.store.transaction():
            base = stand_up(service.store, told)
            Restorer(service, base, told).restore(document)
    except AirtableError as error:  # there is no room
        raise SyncguardError(error.message) from None
    return base


def _require_apart(service: Service, base: Base) -> None:
    """No table may be part of two bases, lest they had its records in common."""
    mine = {table.id for table in base.tables}
    for other in service.store.bases:
        if other.id != base.id and (shared := mine & {table.id for table in other.tables}):
            raise SyncguardError(f"the table {min(shared)} is in the base {other.id} already: give it another id")


def _records(api: Api, base_id: str, table_id: str) -> Any:
    params = {"returnFieldsByFieldId": "true", "pageSize": "100"}
    for page in api.iterate_requests("GET", api.build_url(base_id, table_id), params=params):
        for record in page["records"]:
            yield {key: record[key] for key in ("id", "createdTime", "fields")}


def _unread(base_id: str, error: Exception, scopes: str) -> SyncguardError:
    """In one line, and without anything that the request held."""
    response = getattr(error, "response", None)
    if response is None:
        return SyncguardError(f"cannot read the base {base_id}: no answer ({type(error).__name__}): try again")
    said: Any = None
    with suppress(ValueError):
        said = response.json().get("error")
    kind = said.get("type") if isinstance(said, Mapping) else said
    cure = f"the token needs {scopes}, and access to the base" if response.status_code in (401, 403, 404) else ""
    told = f"cannot read the base {base_id}: {response.status_code} {kind or response.reason}"
    return SyncguardError(f"{told}: {cure or 'try again'}")
