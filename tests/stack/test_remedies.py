"""Which cure is tried for which errors: known ones, once, and none where only an edit would help."""

from __future__ import annotations

from typing import Literal

import pytest

from pytest_syncguard.settings.model import Remedy, Stage
from pytest_syncguard.stack.remedies import find_remedy
from pytest_syncguard.stack.watch import Finding

TYPES = Remedy("TS2688", ("npm", "install"), ".", 0.0)
NPM = Remedy("npm error", ("npm", "ci"), ".", 0.0)
STAGE = Stage("client", "client", remedies=(TYPES, NPM))
CURABLE = "error TS2688: Cannot find type definition file for 'node'."


def found(
    *texts: str, used: set[tuple[str, str]] | None = None, kind: Literal["error", "success"] = "error"
) -> tuple[Remedy, str] | None:
    """The remedy, and the error that it is for."""
    findings = [Finding(kind, number, text, "") for number, text in enumerate(texts, 1)]
    chosen = find_remedy(STAGE, findings, used or set())
    return (chosen[0], chosen[1].text) if chosen else None


def test_a_known_error_has_its_remedy() -> None:
    """Whichever of the errors it is, in the order of the settings."""
    assert found("error: something", CURABLE) == (TYPES, CURABLE)
    assert found("npm error code 1", CURABLE) == (TYPES, CURABLE)
    assert found("npm error code 1") == (NPM, "npm error code 1")


def test_an_unknown_error_has_none() -> None:
    """And what is no error needs none."""
    assert found("error: something else") is None
    assert found() is None
    assert found(CURABLE, kind="success") is None


def test_a_remedy_is_used_once_for_a_stage() -> None:
    """The same error after its remedy is a failure; another stage, and another kind of error, have theirs."""
    assert found(CURABLE, used={("client", "TS2688")}) is None
    assert found(CURABLE, used={("server", "TS2688")}) == (TYPES, CURABLE)
    assert found(CURABLE, "npm error code 1", used={("client", "TS2688")}) == (NPM, "npm error code 1")


@pytest.mark.parametrize("hopeless", ["error[E0308]: mismatched types", 'npm error Missing script: "build"'])
def test_what_only_an_edit_cures_stops_at_once(hopeless: str) -> None:
    """Also beside an error that has a remedy, and where a remedy would match it."""
    assert found(hopeless) is None
    assert found(CURABLE, hopeless) is None
