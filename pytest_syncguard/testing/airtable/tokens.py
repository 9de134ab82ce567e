"""Who may do what: tokens, the scopes and bases that they grant, and the middleware that asks for one."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from pytest_syncguard.testing.airtable.errors import lacks_scope, not_allowed, unauthenticated
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import new_id

SCOPES = frozenset(
    {
        "data.recordComments:read",
        "data.recordComments:write",
        "data.records:read",
        "data.records:write",
        "schema.bases:read",
        "schema.bases:write",
        "user.email:read",
        "webhook:manage",
        "workspacesAndBases:read",
        "workspacesAndBases:write",
    }
)
_BASE = re.compile(r"/(app[0-9A-Za-z]{14})(?:/|$)")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_PRINTABLE = re.compile(r"[!-~]+")


def base_of(path: str) -> str | None:
    """The id of the base that a path is about, such as that of ``/v0/meta/bases/{id}/tables``."""
    found = _BASE.search(path)
    return found and found[1]


def new_token() -> str:
    """A token that looks like a personal access token of Airtable."""
    return f"{new_id('pat')}.{secrets.token_hex(32)}"


@dataclass(frozen=True)
class Grant:
    """What a token stands for. ``bases``: the ids of those that it may see; None: all."""

    user: User
    scopes: frozenset[str] = SCOPES
    bases: frozenset[str] | None = None

    def require(self, scope: str) -> None:
        """Raises INVALID_PERMISSIONS."""
        if scope not in self.scopes:
            raise lacks_scope()

    def sees(self, base: str) -> bool:
        return self.bases is None or base in self.bases

    def require_base(self, base: str) -> None:
        """Raises INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND, as of a base that is not there."""
        if not self.sees(base):
            raise not_allowed()


class Tokens:
    """The tokens that a server knows, by their hashes: no token is kept, shown or told.

    They may be added and revoked by any thread while the server runs.
    """

    def __init__(self) -> None:
        self._grants: dict[bytes, Grant] = {}  # never changed, but replaced: whoever goes over it has it as it was

    def __repr__(self) -> str:
        return f"<Tokens: {len(self)}>"

    def __len__(self) -> int:
        return len(self._grants)

    def add(
        self, user: User, *, token: str = "", scopes: Iterable[str] = SCOPES, bases: Iterable[str] | None = None
    ) -> str:
        """Returns the token, a new one unless it is given. A known one stands from now on for this grant.

        Raises ValueError for a scope that there is not and for a token that no header could carry.
        """
        granted = frozenset(scopes)
        if unknown := sorted(granted - SCOPES):
            raise ValueError(f"scopes must be of {', '.join(sorted(SCOPES))}; found {', '.join(unknown)}")
        token = token or new_token()
        if not _PRINTABLE.fullmatch(token):
            raise ValueError("a token must be of printable ASCII without spaces; the given one is not")
        grant = Grant(user, granted, None if bases is None else frozenset(bases))
        self._grants = {**self._grants, _digest(token): grant}
        return token

    def revoke(self, token: str) -> None:
        """From now on the token is unknown, if it was known at all."""
        digest = _digest(token)
        self._grants = {known: grant for known, grant in self._grants.items() if known != digest}

    def authenticate(self, authorization: str | None) -> Grant:
        """What the header grants, ``Bearer`` and a token. Raises AUTHENTICATION_REQUIRED.

        Takes as long for any wrong token: all hashes are compared, each in constant time.
        """
        bearer = _BEARER.fullmatch(authorization or "")
        digest = _digest(bearer[1] if bearer else "")
        found = None
        for known, grant in self._grants.items():
            if hmac.compare_digest(known, digest):
                found = grant
        if found is None:
            raise unauthenticated()
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


class TokenMiddleware:
    """Puts the `Grant` into ``scope["state"]["grant"]`` and refuses bases that it does not see.

    ``public``: paths that nobody needs a token for, as of attachments, whose address is their secret.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, public: re.Pattern[str] | None = None) -> None:
        self._app, self._tokens, self._public = app, tokens, public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not (self._public and self._public.search(scope["path"])):
            grant = self._tokens.authenticate(_authorization(scope))
            if base := base_of(scope["path"]):
                grant.require_base(base)
            scope.setdefault("state", {})["grant"] = grant
        await self._app(scope, receive, send)


def _authorization(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), None)
