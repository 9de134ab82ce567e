"""Comments on records: list, create, update, delete."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pytest_syncguard.testing.airtable.errors import invalid, invalid_parameters, lacks_scope, not_allowed, not_found
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import is_id, new_id
from pytest_syncguard.testing.airtable.records.writing import instant
from pytest_syncguard.testing.airtable.routes.answer import answer, body_of, named
from pytest_syncguard.testing.airtable.service import Service, grant_of, service_of

READ, WRITE = "data.recordComments:read", "data.recordComments:write"
PAGE = 100  # comments at most
LONGEST = 10_000  # characters of a comment
MENTION = re.compile(r"@\[([^\[\]\s]+)]")


async def list_comments(request: Request) -> Response:
    """Newest first."""
    service, record = _record(request, READ)
    size, before = _number(request, "pageSize"), request.query_params.get("offset")
    if size is not None and not 1 <= size <= PAGE:
        raise invalid_parameters()
    if before is not None and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise invalid("The value of offset is invalid", "INVALID_OFFSET_VALUE")
    comments, after = service.store.comments.page(record, size or PAGE, None if before is None else int(before))
    return answer({"comments": comments, "offset": None if after is None else str(after)})


async def create(request: Request) -> Response:
    body = await body_of(request)
    service, record = _record(request, WRITE)
    author = grant_of(request).user
    comment: dict[str, Any] = {"id": new_id("com"), "author": _told(author)}
    comment |= {"createdTime": instant(service.now()), "lastUpdatedTime": None} | _said(service, body)
    if (parent := body.get("parentCommentId")) is not None:
        if not is_id(parent, "com") or service.store.comments.get(record, parent) is None:
            raise invalid_parameters()
        comment["parentCommentId"] = parent
    service.store.comments.save(record, comment)
    return answer(comment)


async def update(request: Request) -> Response:
    body = await body_of(request)
    service, record = _record(request, WRITE)
    comment = _own(request, service, record)
    comment.pop("mentioned", None)
    comment |= {"lastUpdatedTime": instant(service.now())} | _said(service, body)
    service.store.comments.save(record, comment)
    return answer(comment)


async def delete(request: Request) -> Response:
    service, record = _record(request, WRITE)
    comment = _own(request, service, record)
    service.store.comments.remove(comment["id"])
    return answer({"id": comment["id"], "deleted": True})


def _record(request: Request, scope: str) -> tuple[Service, str]:
    """The record that the path names. Raises INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND."""
    service = service_of(request)
    grant_of(request).require(scope)
    table = service.store.bases.get(named(request, "base")).table(named(request, "table"))
    record = named(request, "record")
    if not service.store.records.get(table.id, [record]):
        raise not_allowed()
    return service, record


def _own(request: Request, service: Service, record: str) -> dict[str, Any]:
    """The comment that the path names, of whoever asks. Raises NOT_FOUND; INVALID_PERMISSIONS: it is another's."""
    comment = service.store.comments.get(record, named(request, "comment"))
    if comment is None:
        raise not_found()
    if comment["author"]["id"] != grant_of(request).user.id:
        raise lacks_scope()
    return comment


def _said(service: Service, body: dict[str, Any]) -> dict[str, Any]:
    """The text, and whom it mentions: ``@[email]`` becomes ``@[id]``, and what is nobody's stays as it is."""
    text = body.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        raise invalid_parameters()
    known = {user.email: user for user in service.users.values()} | dict(service.users)
    mentioned: dict[str, Any] = {}

    def mention(match: re.Match[str]) -> str:
        user = known.get(match[1])
        if user is None:
            return match[0]
        mentioned[user.id] = {"type": "user", "id": user.id, "displayName": user.name, "email": user.email}
        return f"@[{user.id}]"

    said = {"text": MENTION.sub(mention, text)}
    return said | {"mentioned": mentioned} if mentioned else said


def _told(user: User) -> dict[str, Any]:
    return {"id": user.id, "email": user.email, "name": user.name}


def _number(request: Request, name: str) -> int | None:
    """A whole number of the query; None: it is not there."""
    text = request.query_params.get(name)
    if text is not None and not re.fullmatch(r"[0-9]{1,9}", text):
        raise invalid_parameters()
    return None if text is None else int(text)


_PATH = "/v0/{base}/{table}/{record}/comments"
ROUTES = [
    Route(_PATH, list_comments, methods=["GET"]),
    Route(_PATH, create, methods=["POST"]),
    Route(_PATH + "/{comment}", update, methods=["PATCH"]),
    Route(_PATH + "/{comment}", delete, methods=["DELETE"]),
]
