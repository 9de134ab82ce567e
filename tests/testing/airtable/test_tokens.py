"""Tokens, what they grant, and that they are never told."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest
import requests

from pytest_syncguard.testing.airtable.bounds import BoundsMiddleware
from pytest_syncguard.testing.airtable.errors import AirtableError
from pytest_syncguard.testing.airtable.fields.kind import User
from pytest_syncguard.testing.airtable.ids import new_id
from pytest_syncguard.testing.airtable.tokens import SCOPES, TokenMiddleware, Tokens, base_of, new_token
from tests.testing.airtable.serving import Echo, serving

ANNA = User("usrAnna0000000000", "anna@example.com", "Anna")
BORIS = User("usrBoris000000000", "boris@example.com", "Boris")


def _refused(tokens: Tokens, header: str | None) -> dict[str, Any]:
    with pytest.raises(AirtableError) as refused:
        tokens.authenticate(header)
    assert refused.value.status == 401
    return refused.value.body()


def test_a_new_token_looks_like_airtables() -> None:
    """``pat``, 14 of base 62, a dot, 64 hexadecimal digits; no two are the same."""
    first, second = new_token(), new_token()

    assert re.fullmatch(r"pat[0-9A-Za-z]{14}\.[0-9a-f]{64}", first)
    assert first != second


def test_a_token_grants_what_was_given_to_it() -> None:
    """Each token has its own user, scopes and bases."""
    tokens = Tokens()
    of_anna = tokens.add(ANNA)
    of_boris = tokens.add(BORIS, scopes=["data.records:read"], bases=["appOne"])

    anna, boris = tokens.authenticate(f"Bearer {of_anna}"), tokens.authenticate(f"bearer {of_boris}")

    assert (anna.user, anna.scopes, anna.bases) == (ANNA, SCOPES, None)
    assert (boris.user, boris.scopes, boris.bases) == (BORIS, frozenset({"data.records:read"}), frozenset({"appOne"}))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {}", "{}", "Bearer {} x"])
def test_whoever_shows_no_known_token_is_asked_for_one(header: str | None) -> None:
    """No header, another scheme, an unknown token: 401 AUTHENTICATION_REQUIRED."""
    tokens = Tokens()
    token = tokens.add(ANNA)

    said = _refused(tokens, header and header.format(token))

    assert said == {"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}}


def test_a_token_that_is_no_text_is_a_wrong_token() -> None:
    """Any bytes may stand in a header."""
    assert _refused(Tokens(), "Bearer \udcff\x00é")["error"]["type"] == "AUTHENTICATION_REQUIRED"


def test_a_revoked_token_is_unknown() -> None:
    """Others go on."""
    tokens = Tokens()
    gone, stays = tokens.add(ANNA), tokens.add(BORIS)
    tokens.revoke(gone)

    assert _refused(tokens, f"Bearer {gone}")
    assert tokens.authenticate(f"Bearer {stays}").user == BORIS


def test_every_known_token_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that an answer takes does not tell which token it was: there is no early end."""
    tokens = Tokens()
    known = [tokens.add(ANNA) for _ in range(5)]
    compared: list[bytes] = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append(a)
        return a == b

    monkeypatch.setattr("hmac.compare_digest", compare)
    tokens.authenticate(f"Bearer {known[0]}")

    assert len(set(compared)) == 5


def test_a_scope_that_is_not_granted_is_refused() -> None:
    """403 INVALID_PERMISSIONS; what is granted passes."""
    tokens = Tokens()
    grant = tokens.authenticate(f"Bearer {tokens.add(ANNA, scopes=['data.records:read'])}")

    grant.require("data.records:read")
    with pytest.raises(AirtableError) as refused:
        grant.require("data.records:write")

    assert (refused.value.status, refused.value.type) == (403, "INVALID_PERMISSIONS")


def test_a_misspelt_scope_is_told() -> None:
    """What is wrong with a scope shows where it is given, not as a 403 later on."""
    with pytest.raises(ValueError, match=r"scopes must be of .*; found data\.record:read"):
        Tokens().add(ANNA, scopes=["data.record:read"])


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "naïve"])
def test_a_token_that_no_header_carries_is_refused_and_not_shown(token: str) -> None:
    """Told where it is given, without the token itself."""
    with pytest.raises(ValueError, match="printable ASCII") as refused:
        Tokens().add(ANNA, token=token)

    assert token not in str(refused.value)


def test_no_token_is_in_what_can_be_shown() -> None:
    """Neither repr, str, attributes nor errors hold a token."""
    tokens = Tokens()
    token = tokens.add(ANNA)
    grant = tokens.authenticate(f"Bearer {token}")
    wrong = new_token()
    with pytest.raises(AirtableError) as refused:
        tokens.authenticate(f"Bearer {wrong}")

    shown = [repr(tokens), str(tokens), repr(vars(tokens)), repr(grant), str(refused.value), repr(refused.value.args)]

    assert not [text for text in shown for part in (token, wrong) if part in text]


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/v0/app00000000000001", "app00000000000001"),
        ("/v0/app00000000000001/Table/rec00000000000001", "app00000000000001"),
        ("/v0/meta/bases/app00000000000001/tables", "app00000000000001"),
        ("/v0/bases/app00000000000001/webhooks", "app00000000000001"),
        ("/v0/meta/bases", None),
        ("/v0/meta/whoami", None),
        ("/v0/app0000000000000/too-short", None),
        ("/v0/app000000000000012/too-long", None),
    ],
)
def test_the_base_of_a_path(path: str, base: str | None) -> None:
    """Wherever Airtable puts the base into its paths, it is found."""
    assert base_of(path) == base


def test_the_middleware_asks_for_a_token_and_keeps_silent_about_it(caplog: pytest.LogCaptureFixture) -> None:
    """401 without, 403 for a base that it may not see, else through; what needs none is public; no log has it."""
    tokens, seen = Tokens(), new_id("app")
    token = tokens.add(ANNA, bases=[seen])
    app = BoundsMiddleware(TokenMiddleware(Echo(), tokens, public=re.compile("^/attachments/")))
    with caplog.at_level(logging.DEBUG), serving(app) as url:
        asks = [(f"/v0/{seen}/T", ""), (f"/v0/{seen}/T", "x" + token)]
        asks += [(path, token) for path in (f"/v0/{seen}/T", f"/v0/{new_id('app')}/T", "/v0/meta/bases")]
        asks.append(("/attachments/a.png", ""))
        headers = [{"Authorization": f"Bearer {shown}"} if shown else {} for _, shown in asks]
        answers = [
            requests.get(url + path, headers=has, timeout=10) for (path, _), has in zip(asks, headers, strict=True)
        ]

    assert [each.status_code for each in answers] == [401, 401, 200, 403, 200, 200]
    assert answers[3].json()["error"]["type"] == "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
    assert token not in caplog.text + "".join(each.text for each in answers)


def test_the_grant_is_there_for_what_comes_next() -> None:
    """Routes find it in the scope's state."""
    tokens, scopes = Tokens(), []
    token = tokens.add(ANNA)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    scope = {"type": "http", "path": "/v0/meta/whoami", "headers": [(b"authorization", f"Bearer {token}".encode())]}
    asyncio.run(TokenMiddleware(app, tokens)(scope, None, None))  # type: ignore[arg-type]  # it neither reads nor sends

    assert scopes[0]["state"]["grant"].user == ANNA
