"""Whether the contract leaves out anything of pyairtable, and whether the docs tell so."""

from __future__ import annotations

import pyairtable

from tests.contract.airtable.proof import (
    BEGIN,
    DOCS,
    END,
    ENTERPRISE,
    claims,
    field_classes,
    field_tests,
    methods,
    parted,
    written,
)


def test_what_a_test_says_to_cover_it_calls() -> None:
    """Each claim names a method that there is, and the test uses it."""
    assert [f"{claim.test}: {claim.method}" for claim in claims() if not claim.holds] == []
    assert {claim.method for claim in claims()} <= methods()


def test_every_public_method_is_exercised() -> None:
    """Api, Base, Table and Model: what is new in pyairtable needs a test here, or is for enterprises only."""
    assert methods() - {claim.method for claim in claims()} - ENTERPRISE == set()


def test_what_is_for_enterprises_pyairtable_says_too() -> None:
    """The list of exceptions holds only what pyairtable marks so."""
    for name in ENTERPRISE:
        owner, _, method = name.partition(".")
        assert "enterprise_only" in (getattr(getattr(pyairtable, owner), method).__doc__ or "")


def test_every_type_of_field_is_exercised() -> None:
    """Each type of field of pyairtable's ORM has a value or a cell that it is tried with."""
    tried = [kind for kinds in field_tests().values() for kind in kinds]

    assert set(tried) == field_classes()
    assert len(tried) == len(set(tried))


def test_the_docs_tell_it() -> None:
    """The table in docs/airtable.md is up to date; python -m tests.contract.airtable.proof writes it anew."""
    text = DOCS.read_text(encoding="utf-8")

    assert BEGIN in text
    assert END in text
    assert parted(text)[1] == written()
