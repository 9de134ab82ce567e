"""Browsers of any origin may ask, as with the real service: what protects the data is the token."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KNOWN = "authorization,content-length,content-type,user-agent,x-airtable-application-id,x-airtable-user-agent"
HEADERS = [  # on every answer of the real service, as seen in 2021
    (b"access-control-allow-headers", f"{KNOWN},x-api-version,x-requested-with".encode()),
    (b"access-control-allow-methods", b"DELETE,GET,OPTIONS,PATCH,POST,PUT"),
    (b"access-control-allow-origin", b"*"),
]


class CorsMiddleware:
    """Adds the headers to what the API answers, errors included, and answers OPTIONS, for which there is no token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v0/"):
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        if scope["method"] != "OPTIONS":
            await self._app(scope, receive, told)
            return
        await told({"type": "http.response.start", "status": 204})
        await told({"type": "http.response.body"})
