"""The ASGI application: Airtable's addresses, and what every request passes before it is answered."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pytest_syncguard.testing.airtable.errors import AirtableError, not_covered, not_found
from pytest_syncguard.testing.airtable.routes import records
from pytest_syncguard.testing.airtable.routes.answer import answer
from pytest_syncguard.testing.airtable.service import Service
from pytest_syncguard.testing.airtable.tokens import TokenMiddleware

ABSOLUTE = re.compile(rb"https?://[^/]*")
PLAIN = " !$&'()*+,:;=@~\"<>[]{}|^`"  # all but / and %, which are what a part of a path may not hold
PUBLIC = re.compile(r"^/attachments/")  # the address of an attachment is its secret, as with the real service


def make_app(service: Service) -> ASGIApp:
    """Everything that is answered for this service."""
    app = Starlette(
        routes=[*records.ROUTES],
        exception_handlers={AirtableError: _refuse, 404: _nowhere, 405: _nowhere},  # type: ignore[dict-item]
    )
    app.state.service = service
    return PathMiddleware(TokenMiddleware(app, service.tokens, PUBLIC))


class PathMiddleware:
    """Undoes what proxies and encoding do to a path.

    A request that was sent to this server as to a proxy, as uploads to another host are, has a whole URL for its
    path. In a name ``%2F`` stays as it is, lest a table named "a/b" were taken for two parts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = ABSOLUTE.sub(b"", scope["raw_path"], count=1).partition(b"?")[0]
            parts = (quote(unquote(part), safe=PLAIN) for part in raw.decode("latin-1").split("/"))
            scope = {**scope, "path": "/".join(parts), "raw_path": raw}
        await self._app(scope, receive, send)


async def _refuse(_: Request, error: AirtableError) -> Response:
    return answer(error.body(), error.status)


async def _nowhere(request: Request, _: Exception) -> Response:
    path = request.url.path
    error = not_covered(f"{request.method} {path}") if path.startswith("/v0/") else not_found()
    return answer(error.body(), error.status)
