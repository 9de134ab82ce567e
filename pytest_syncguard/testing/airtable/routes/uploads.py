"""Attachments: uploaded into a cell, and handed out again."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pytest_syncguard.testing.airtable.errors import bad_value, invalid_parameters, not_allowed, not_found, too_large
from pytest_syncguard.testing.airtable.fields.attachment import PATH, in_path
from pytest_syncguard.testing.airtable.fields.text import clean
from pytest_syncguard.testing.airtable.records.following import ATTACHMENTS
from pytest_syncguard.testing.airtable.records.writing import Writer
from pytest_syncguard.testing.airtable.routes.answer import answer, body_of, named
from pytest_syncguard.testing.airtable.schema import Base, Table
from pytest_syncguard.testing.airtable.service import Service, grant_of, service_of
from pytest_syncguard.testing.airtable.store.records import Row

LARGEST = 5 * 1024 * 1024  # bytes
WRITE = "data.records:write"
CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}( *;[ -~]{0,255})?", re.ASCII)
AS_A_FILE = {  # whatever was uploaded, no browser runs it as a page of this server
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def upload(request: Request) -> Response:
    """Comes last in its cell."""
    body = await body_of(request)
    service, grant = service_of(request), grant_of(request)
    grant.require(WRITE)
    base = service.store.bases.get(named(request, "base"))
    table, row = _row(service, base, named(request, "record"))
    field = table.field(named(request, "field"))
    if field.type != ATTACHMENTS:
        raise bad_value(field.name)
    with service.store.transaction():
        added = service.store.attachments.add(base.id, *_file(body))
        old = [each["id"] for each in row.cells.get(field.id) or ()]
        writer = Writer(service.store, base, table, grant.user, service.writing())
        row = writer.update(row, {field.id: [{"id": each} for each in (*old, added["id"])]})
        service.changed(*writer.changes())
    reader = service.reader(base)
    reader.begin([row])
    return answer(reader.answer(row, [field], by_id=True))


async def download(request: Request) -> Response:
    """For whoever knows the address."""
    found = service_of(request).store.attachments.upload(request.path_params["attachment"])
    if found is None or in_path(found[0]["filename"]) != named(request, "filename"):
        raise not_found()
    entry, content = found
    named_as = f"attachment; filename*=UTF-8''{quote(entry['filename'], safe='')}"
    return Response(content, headers={**AS_A_FILE, "Content-Type": entry["type"], "Content-Disposition": named_as})


def _row(service: Service, base: Base, record: str) -> tuple[Table, Row]:
    """The record, whichever table of the base it is in. Raises INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND."""
    for table in base.tables:
        if found := service.store.records.get(table.id, [record]):
            return table, found[record]
    raise not_allowed()


def _file(body: dict[str, Any]) -> tuple[str, str, bytes]:
    """Name, content type and content."""
    filename, kind, file = (body.get(key) for key in ("filename", "contentType", "file"))
    if not (isinstance(filename, str) and isinstance(kind, str) and isinstance(file, str)):
        raise invalid_parameters()
    if not filename or not CONTENT_TYPE.fullmatch(kind):
        raise invalid_parameters()
    try:
        content = base64.b64decode("".join(file.split()), validate=True)
    except (binascii.Error, ValueError):  # ValueError: what is not ASCII
        raise invalid_parameters() from None
    if len(content) > LARGEST:
        raise too_large()
    return clean(filename) or "attachment", kind, content


ROUTES = [
    Route("/v0/{base}/{record}/{field}/uploadAttachment", upload, methods=["POST"]),
    Route(PATH + "/{attachment}/{filename}", download, methods=["GET"]),
]
