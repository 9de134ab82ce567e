"""Metadata: bases, tables, fields, views, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pytest_syncguard.testing.airtable.errors import invalid, invalid_parameters, not_allowed, not_covered, not_found
from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.records.query import parameters
from pytest_syncguard.testing.airtable.records.writing import instant
from pytest_syncguard.testing.airtable.routes.answer import answer, body_of, named
from pytest_syncguard.testing.airtable.routes.meta_people import about_base, permission
from pytest_syncguard.testing.airtable.schema import Base, Field, Table, View
from pytest_syncguard.testing.airtable.service import grant_of, service_of
from pytest_syncguard.testing.airtable.shaping.adding import add_base, add_field, add_table, wanted
from pytest_syncguard.testing.airtable.shaping.changing import change_field, change_table

READ, WRITE = "schema.bases:read", "schema.bases:write"
LOOK = "workspacesAndBases:read"
PAGE = 1000  # bases
SHOWN = "visibleFieldIds"
NAMES = {  # what is not covered, by the word in its path
    "shares": "base shares",
    "interfaces": "interfaces",
    "collaborators": "changes of collaborators",
    "invites": "invite links",
    "workspaces": "workspaces",
    "enterpriseAccounts": "enterprise accounts",
    "groups": "user groups",
    "users": "users of an enterprise",
}


async def whoami(request: Request) -> Response:
    grant = grant_of(request)
    document: dict[str, Any] = {"id": grant.user.id, "scopes": sorted(grant.scopes)}
    if "user.email:read" in grant.scopes:
        document["email"] = grant.user.email
    return answer(document)


async def list_bases(request: Request) -> Response:
    """In the order of their ids; an offset ends with the id of the next page's first base."""
    service, grant = service_of(request), grant_of(request)
    grant.require(READ)
    offset = request.query_params.get("offset", "")
    name, _, start = offset.partition("/")
    if offset and not (is_id(name, "itr") and is_id(start, "app")):
        raise invalid("The value of offset is invalid", "INVALID_OFFSET_VALUE")
    seen = sorted((base for base in service.store.bases if grant.sees(base.id)), key=lambda base: base.id)
    left = [base for base in seen if base.id >= start]
    bases = [{"id": base.id, "name": base.name, "permissionLevel": "create"} for base in left[:PAGE]]
    more = {"offset": f"{name or new_id('itr')}/{left[PAGE].id}"} if len(left) > PAGE else {}
    return answer({"bases": bases} | more)


async def create_base(request: Request) -> Response:
    """The workspace only has to look like one. A token for some bases only may not make another one."""
    service, grant = service_of(request), grant_of(request)
    grant.require(WRITE)
    if grant.bases is not None:
        raise not_allowed()
    body = await body_of(request)
    if not body.keys() <= {"name", "workspaceId", "tables"} or not is_id(body.get("workspaceId"), "wsp"):
        raise invalid_parameters()
    base = replace(add_base(body.get("name"), body.get("tables")), workspace=body["workspaceId"])
    base = replace(base, created=instant(service.now()))
    with service.store.transaction():
        service.store.bases.save(base)
    return answer({"id": base.id, "tables": [table.document() for table in base.tables]})


async def get_base(request: Request) -> Response:
    """Who may see the base. The real service answers it to enterprises only."""
    base, service, grant = _base(request, LOOK), service_of(request), grant_of(request)
    included = _included(request, "collaborators", "inviteLinks", "interfaces", "packages")
    return answer(about_base(base, service.users.values(), included) | {"permissionLevel": permission(grant.user)})


async def get_tables(request: Request) -> Response:
    base = _base(request, READ)
    shown = SHOWN in _included(request, SHOWN)
    return answer({"tables": [_told(table, shown=shown) for table in base.tables]})


async def create_table(request: Request) -> Response:
    body = await body_of(request)

    def work(base: Base) -> tuple[Base, str]:
        base, table = add_table(base, body)
        return base, table.id

    base, table_id = _shape(request, work)
    return answer(base.table(table_id).document())


async def update_table(request: Request) -> Response:
    body = await body_of(request)

    def work(base: Base) -> tuple[Base, str]:
        table = base.table(named(request, "table"))
        return change_table(base, table, body), table.id

    base, table_id = _shape(request, work)
    return answer(base.table(table_id).document())


async def create_field(request: Request) -> Response:
    body = await body_of(request)

    def work(base: Base) -> tuple[Base, Field]:
        return add_field(base, base.table(named(request, "table")).id, wanted(body))

    return answer(_shape(request, work)[1].document())


async def update_field(request: Request) -> Response:
    body = await body_of(request)

    def work(base: Base) -> tuple[Base, Field]:
        table, asked = base.table(named(request, "table")), named(request, "field")
        field = table.by_id.get(asked) or table.by_name.get(asked)
        if field is None:
            raise not_found()
        base = change_field(base, table, field, body)
        return base, base.table(table.id).by_id[field.id]

    return answer(_shape(request, work)[1].document())


async def list_views(request: Request) -> Response:
    base = _base(request, LOOK)
    shown = SHOWN in _included(request, SHOWN)
    views = [_view(table, view, shown=shown) for table in base.tables for view in table.views]
    return answer({"views": views})


async def get_view(request: Request) -> Response:
    base = _base(request, LOOK)
    shown = SHOWN in _included(request, SHOWN)
    for table in base.tables:
        for view in table.views:
            if view.id == named(request, "view"):
                return answer(_view(table, view, shown=shown))
    raise not_found()


async def refuse(request: Request) -> Response:
    """What is there for enterprises only, or not at all."""
    words = request.url.path.split("/")
    name = next((NAMES[word] for word in reversed(words) if word in NAMES), "")
    said = f"{request.method} {request.url.path}"
    raise not_covered(f"{said} ({name})" if name else said)


def _base(request: Request, scope: str) -> Base:
    grant_of(request).require(scope)
    return service_of(request).store.bases.get(named(request, "base"))


def _included(request: Request, *known: str) -> set[str]:
    """What is asked for by ``include``. Raises INVALID_REQUEST_UNKNOWN."""
    included = {value for key, value in parameters(request.url.query) if key.partition("[")[0] == "include"}
    if not included <= set(known):
        raise invalid_parameters()
    return included


def _shape(request: Request, work: Callable[[Base], tuple[Base, Any]]) -> tuple[Base, Any]:
    """Changes the base's schema within one transaction, and tells who listens, table by table."""
    service, grant = service_of(request), grant_of(request)
    return service.reshape(_base(request, WRITE), grant.user, work)


def _told(table: Table, *, shown: bool) -> dict[str, Any]:
    return table.document() | {"views": [_view(table, view, shown=shown) for view in table.views]}


def _view(table: Table, view: View, *, shown: bool) -> dict[str, Any]:
    """Grid views tell which fields they show, if asked."""
    document = view.document()
    if shown and view.type == "grid":
        document[SHOWN] = list(table.by_id if view.shown is None else view.shown)
    return document


def _methods(path: str, **handlers: Callable[[Request], Any]) -> list[Route]:
    return [Route(path, handler, methods=[method]) for method, handler in handlers.items()]


ROUTES = [
    *_methods("/v0/meta/whoami", GET=whoami),
    *_methods("/v0/meta/bases", GET=list_bases, POST=create_base),
    *_methods("/v0/meta/bases/{base}", GET=get_base),
    *_methods("/v0/meta/bases/{base}/tables", GET=get_tables, POST=create_table),
    *_methods("/v0/meta/bases/{base}/tables/{table}", PATCH=update_table),
    *_methods("/v0/meta/bases/{base}/tables/{table}/fields", POST=create_field),
    *_methods("/v0/meta/bases/{base}/tables/{table}/fields/{field}", PATCH=update_field),
    *_methods("/v0/meta/bases/{base}/views", GET=list_views),
    *_methods("/v0/meta/bases/{base}/views/{view}", GET=get_view),
    Route("/v0/meta/{rest:path}", refuse, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
]
