"""Webhooks of a base: create, list, delete, refresh, notifications on and off, and their payloads."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pytest_syncguard.testing.airtable.errors import invalid_parameters
from pytest_syncguard.testing.airtable.routes.answer import answer, body_of, named
from pytest_syncguard.testing.airtable.service import Service, grant_of, service_of
from pytest_syncguard.testing.airtable.store.webhooks import Hook
from pytest_syncguard.testing.airtable.webhooks.sending import is_web_address
from pytest_syncguard.testing.airtable.webhooks.specification import Specification

SCOPE = "webhook:manage"
PAGE = 50  # payloads at most
LONGEST_URL = 2_000  # characters


async def create(request: Request) -> Response:
    body = await body_of(request)
    service, base = _base(request)
    specification, url = body.get("specification"), body.get("notificationUrl")
    _require_scopes(request, Specification.parse(specification))
    if url is not None and not (isinstance(url, str) and len(url) <= LONGEST_URL and is_web_address(url)):
        raise invalid_parameters()
    with service.store.transaction():
        hook = service.webhooks.create(base, specification or {}, url)
    return answer({"id": hook.id, "macSecretBase64": hook.secret, "expirationTime": hook.expires})


async def list_webhooks(request: Request) -> Response:
    service, base = _base(request)
    return answer({"webhooks": [_told(service, hook) for hook in service.webhooks.of(base)]})


async def delete(request: Request) -> Response:
    service, hook = _hook(request)
    with service.store.transaction():
        service.store.webhooks.remove(hook.id)
    return Response()


async def enable_notifications(request: Request) -> Response:
    body = await body_of(request)
    service, hook = _hook(request)
    if not isinstance(body.get("enable"), bool):
        raise invalid_parameters()
    service.webhooks.enable(hook, body["enable"])
    return Response()


async def refresh(request: Request) -> Response:
    service, hook = _hook(request)
    return answer({"expirationTime": service.webhooks.refresh(hook)})


async def list_payloads(request: Request) -> Response:
    service, hook = _hook(request)
    _require_scopes(request, Specification.parse(hook.specification))
    cursor, limit = _number(request, "cursor", 1), _number(request, "limit", PAGE)
    if limit > PAGE:
        raise invalid_parameters()
    with service.store.transaction():
        payloads, cursor, more = service.webhooks.payloads(hook, cursor, limit)
    return answer({"cursor": cursor, "mightHaveMore": more, "payloads": payloads})


def _base(request: Request) -> tuple[Service, str]:
    """Raises INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND."""
    grant_of(request).require(SCOPE)
    service = service_of(request)
    return service, service.store.bases.get(named(request, "base")).id


def _hook(request: Request) -> tuple[Service, Hook]:
    """The webhook that the path names. Raises NOT_FOUND."""
    service, base = _base(request)
    return service, service.webhooks.get(base, named(request, "webhook"))


def _require_scopes(request: Request, specification: Specification) -> None:
    """Whoever is told of data or schemas may read them."""
    for scope in sorted(specification.scopes()):
        grant_of(request).require(scope)


def _number(request: Request, name: str, otherwise: int) -> int:
    """A whole number of the query, at least 1."""
    text = request.query_params.get(name, str(otherwise))
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) < 1:
        raise invalid_parameters()
    return int(text)


def _told(service: Service, hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "specification": hook.specification,
        "notificationUrl": hook.url,
        "cursorForNextPayload": hook.cursor,
        "lastNotificationResult": hook.last_result,
        "areNotificationsEnabled": hook.notifies,
        "lastSuccessfulNotificationTime": hook.last_success,
        "isHookEnabled": service.webhooks.is_active(hook),
        "expirationTime": hook.expires,
    }


_PATH = "/v0/bases/{base}/webhooks"
ROUTES = [
    Route(_PATH, list_webhooks, methods=["GET"]),
    Route(_PATH, create, methods=["POST"]),
    Route(_PATH + "/{webhook}", delete, methods=["DELETE"]),
    Route(_PATH + "/{webhook}/enableNotifications", enable_notifications, methods=["POST"]),
    Route(_PATH + "/{webhook}/refresh", refresh, methods=["POST"]),
    Route(_PATH + "/{webhook}/payloads", list_payloads, methods=["GET"]),
]
