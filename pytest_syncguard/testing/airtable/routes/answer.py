"""Requests in, answers out: JSON both ways."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from pytest_syncguard.testing.airtable.errors import AirtableError, invalid_parameters


def answer(document: Any, status: int = 200) -> Response:
    """JSON, as Airtable writes it."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode("utf-8", "replace"), status, media_type="application/json; charset=utf-8")


async def body_of(request: Request) -> dict[str, Any]:
    """The object in a request's body; an empty body is an empty object. Raises INVALID_REQUEST... (400, 422)."""
    text = await request.body()
    if not text:
        return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise AirtableError(400, "INVALID_REQUEST_BODY", "Could not parse request body as JSON") from None
    if not isinstance(document, dict):
        raise invalid_parameters()
    return document


def named(request: Request, name: str) -> str:
    """A part of the path, as it was before it was encoded."""
    return unquote(request.path_params[name])
