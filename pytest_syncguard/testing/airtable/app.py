"""The ASGI application: Airtable's addresses, and what every request passes before it is answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from pytest_syncguard.testing.airtable.bounds import BoundsMiddleware
from pytest_syncguard.testing.airtable.cors import CorsMiddleware
from pytest_syncguard.testing.airtable.deadline import deadline
from pytest_syncguard.testing.airtable.errors import not_covered, not_found
from pytest_syncguard.testing.airtable.faults import FaultsMiddleware
from pytest_syncguard.testing.airtable.limits import LimitsMiddleware
from pytest_syncguard.testing.airtable.routes import comments, meta, records, uploads, webhooks
from pytest_syncguard.testing.airtable.service import Service
from pytest_syncguard.testing.airtable.tokens import TokenMiddleware
from pytest_syncguard.testing.airtable.traffic import TrafficMiddleware

ABSOLUTE = re.compile(rb"https?://[^/]*")
PLAIN = " !$&'()*+,:;=@~\"<>[]{}|^`"  # all but / and %, which are what a part of a path may not hold
PUBLIC = re.compile(r"^/attachments/")  # the address of an attachment is its secret, as with the real service


def make_app(service: Service) -> ASGIApp:
    """Everything that is answered for this service, and what a request passes on its way there, from the outside."""
    routes = [*meta.ROUTES, *webhooks.ROUTES, *comments.ROUTES, *uploads.ROUTES, *records.ROUTES]
    struck = FaultsMiddleware(Application(service, routes), service.faults)
    known = TokenMiddleware(LimitsMiddleware(struck, service.limits), service.tokens, PUBLIC)
    return PathMiddleware(TrafficMiddleware(CorsMiddleware(BoundsMiddleware(known, service.bounds)), service.traffic))


class Application:
    """Finds who answers. `AirtableError` goes on to whoever makes answers of errors."""

    def __init__(self, service: Service, routes: Sequence[BaseRoute]) -> None:
        self.state = State({"service": service})
        self._router = Router(routes, redirect_slashes=False, default=_nowhere)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        try:
            with deadline(self.state.service.bounds.working):
                await self._router(scope, receive, send)
        except HTTPException:  # a path that is there, for other methods
            await _nowhere(scope, receive, send)


class PathMiddleware:
    """Undoes what proxies and encoding do to a path.

    A request that was sent to this server as to a proxy, as uploads to another host are, has a whole URL for its
    path. In a name ``%2F`` stays as it is, lest a table named "a/b" were taken for two parts. A slash at the end is
    nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = ABSOLUTE.sub(b"", scope["raw_path"], count=1).partition(b"?")[0]
            raw = raw.removesuffix(b"/") or b"/"
            parts = (quote(unquote(part), safe=PLAIN) for part in raw.decode("latin-1").split("/"))
            scope = {**scope, "path": "/".join(parts), "raw_path": raw}
        await self._app(scope, receive, send)


async def _nowhere(scope: Scope, _receive: Receive, _send: Send) -> None:
    path = scope["path"]
    raise not_covered(f"{scope['method']} {path}") if path.startswith("/v0/") else not_found()
