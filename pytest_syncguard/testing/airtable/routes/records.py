"""Records: list, get, create, update, replace, upsert, delete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pytest_syncguard.testing.airtable.errors import invalid, invalid_parameters, no_such_record, not_allowed
from pytest_syncguard.testing.airtable.ids import is_id
from pytest_syncguard.testing.airtable.records.listing import list_page
from pytest_syncguard.testing.airtable.records.merging import upsert
from pytest_syncguard.testing.airtable.records.query import Query, from_url, parse, truth
from pytest_syncguard.testing.airtable.records.writing import Writer
from pytest_syncguard.testing.airtable.routes.answer import answer, body_of, named
from pytest_syncguard.testing.airtable.schema import Base
from pytest_syncguard.testing.airtable.service import Service, grant_of, service_of
from pytest_syncguard.testing.airtable.store.records import Row

READ, WRITE = "data.records:read", "data.records:write"
T = TypeVar("T")


async def list_records(request: Request) -> Response:
    return _list(request, parse(from_url(request.url.query)))


async def post_list(request: Request) -> Response:
    """The same for a query that is too long for a URL."""
    return _list(request, parse(await body_of(request) | from_url(request.url.query)))


def _list(request: Request, query: Query) -> Response:
    service = service_of(request)
    grant_of(request).require(READ)
    base = service.store.bases.get(named(request, "base"))
    table = base.table(named(request, "table"))
    reader = service.reader(base, zone=query.zone, locale=query.locale)
    page = list_page(service.store, service.iterators, reader, table, query)
    if query.comments:
        counts = service.store.comments.counts([record["id"] for record in page["records"]])
        for record in page["records"]:
            record["commentCount"] = counts[record["id"]]
    return answer(page)


async def get_record(request: Request) -> Response:
    service = service_of(request)
    grant_of(request).require(READ)
    base = service.store.bases.get(named(request, "base"))
    table = base.table(named(request, "table"))
    query = parse(from_url(request.url.query))
    if query.shown is not None:  # lists only know what to show
        raise invalid_parameters()
    record = named(request, "record")
    rows = list(service.store.records.get(table.id, [record]).values())
    if not rows:
        raise not_allowed()
    reader = service.reader(base, zone=query.zone, locale=query.locale)
    reader.begin(rows)
    return answer(reader.answer(rows[0], table.fields, as_text=query.as_text, by_id=query.by_id))


async def create(request: Request) -> Response:
    body = await body_of(request)

    def create_all(service: Service, writer: Writer) -> Any:
        wanted = _records(service, body, "fields") if "records" in body else [body]
        rows = [writer.create(_cells(each)) for each in wanted]
        shown = _shown(service, writer, rows, body)
        return {"records": shown} if "records" in body else shown[0]

    return _write(request, body, create_all)


async def change_many(request: Request) -> Response:
    """PATCH changes cells, PUT empties those that are not named; with ``performUpsert`` records may be made."""
    body = await body_of(request)
    whole = request.method == "PUT"

    def change_all(service: Service, writer: Writer) -> Any:
        if "performUpsert" in body:
            made, rows = upsert(writer, _records(service, body, "fields"), body["performUpsert"], whole=whole)
            updated = [row.id for row in rows if row.id not in made]
            shown = _shown(service, writer, rows, body)
            return {"records": shown, "updatedRecords": updated, "createdRecords": made}
        wanted = _records(service, body, "fields", "id")
        if len({each["id"] for each in wanted}) < len(wanted):
            raise invalid("You cannot update the same record multiple times in a single request", "INVALID_RECORDS")
        rows = [writer.update(writer.row(each["id"]), each["fields"], whole=whole) for each in wanted]
        return {"records": _shown(service, writer, rows, body)}

    return _write(request, body, change_all)


async def change_one(request: Request) -> Response:
    body = await body_of(request)

    def change(service: Service, writer: Writer) -> Any:
        row = writer.only_row(named(request, "record"))
        row = writer.update(row, _cells(body), whole=request.method == "PUT")
        return _shown(service, writer, [row], body)[0]

    return _write(request, body, change)


async def delete_many(request: Request) -> Response:
    ids = request.query_params.getlist("records[]") or request.query_params.getlist("records")

    def delete_all(service: Service, writer: Writer) -> Any:
        _require_batch(service, ids, "an array of up to {} record IDs")
        found = service.store.records.get(writer.table.id, ids)
        for each in ids:
            if each not in found:
                raise no_such_record(each)
        for row in found.values():
            writer.delete(row)
        return {"records": [{"id": each, "deleted": True} for each in found]}

    return _write(request, {}, delete_all)


async def delete_one(request: Request) -> Response:
    def delete(service: Service, writer: Writer) -> Any:
        row = writer.only_row(named(request, "record"))
        writer.delete(row)
        return {"id": row.id, "deleted": True}

    return _write(request, {}, delete)


def _write(request: Request, body: Mapping[str, Any], work: Callable[[Service, Writer], T]) -> Response:
    """Within one transaction: all of the request, or nothing of it."""
    service, grant = service_of(request), grant_of(request)
    grant.require(WRITE)
    base = service.store.bases.get(named(request, "base"))
    table = base.table(named(request, "table"))
    with service.store.transaction():
        writer = Writer(service.store, base, table, grant.user, service.writing(typecast=truth(body.get("typecast"))))
        document = work(service, writer)
        changes = list(writer.changes())
        _require_room(service, base, sum(len(each.created) for each in changes))
        service.changed(*changes)
    return answer(document)


def _require_room(service: Service, base: Base, made: int) -> None:
    """For the records that a request has made already, with those that typecast made of links' names. They are counted
    only where there is a limit: that takes its time.
    """
    if made and service.limits.records is not None:
        now = service.store.records.count([table.id for table in base.tables])
        service.limits.require_room(now - made, made)


def _records(service: Service, body: Mapping[str, Any], *parts: str) -> list[Mapping[str, Any]]:
    """The records of a request, each with these parts. Raises INVALID_RECORDS."""
    wanted = body.get("records")
    form = 'an array of up to {} record objects, each with an "id" ID field and a "fields" object for cell values'
    if "id" not in parts:
        form = 'an array of up to {} record objects, each with a "fields" object for cell values'
    _require_batch(service, wanted, form)
    for each in wanted or ():
        well = isinstance(each, Mapping) and isinstance(each.get("fields"), Mapping)
        if not well or ("id" in parts and not is_id(each.get("id"), "rec")):
            raise invalid(f"You must provide {form.format(service.batch)}.", "INVALID_RECORDS")
    return list(wanted or ())


def _cells(record: Mapping[str, Any]) -> Any:
    """What is said of a record's cells; None, which no writer takes, where nothing is."""
    return record.get("fields")


def _require_batch(service: Service, wanted: Any, form: str) -> None:
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= service.batch:
        raise invalid(f"You must provide {form.format(service.batch)}.", "INVALID_RECORDS")


def _shown(service: Service, writer: Writer, rows: list[Row], body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records as they are now, with what the request has made of the schema."""
    writer.keep_choices()
    base = service.store.bases.get(writer.base.id)
    reader = service.reader(base)
    now = service.store.records.get(writer.table.id, [row.id for row in rows])  # links change rows at both ends
    reader.begin(now.values())
    by_id = truth(body.get("returnFieldsByFieldId"))
    return [reader.answer(now[row.id], base.table(row.table).fields, by_id=by_id) for row in rows]


ROUTES = [
    Route("/v0/{base}/{table}", list_records, methods=["GET"]),
    Route("/v0/{base}/{table}", create, methods=["POST"]),
    Route("/v0/{base}/{table}", change_many, methods=["PATCH", "PUT"]),
    Route("/v0/{base}/{table}", delete_many, methods=["DELETE"]),
    Route("/v0/{base}/{table}/listRecords", post_list, methods=["POST"]),
    Route("/v0/{base}/{table}/{record}", get_record, methods=["GET"]),
    Route("/v0/{base}/{table}/{record}", change_one, methods=["PATCH", "PUT"]),
    Route("/v0/{base}/{table}/{record}", delete_one, methods=["DELETE"]),
]
