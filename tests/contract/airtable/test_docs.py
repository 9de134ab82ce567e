"""``docs/airtable.md``: its examples run, and what it says not to be covered is not. For a local Airtable only."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.contract.airtable.endpoint import Endpoint, error, local_only, opened
from tests.contract.airtable.proof import DOCS

TEXT = DOCS.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
REFUSED = re.findall(r"^\| `([A-Z]+) /v0/(\S+)` \| (.+) \|$", TEXT, re.MULTILINE)
UNCREATED = re.search(r"^Fields of the types (.+) are read where", TEXT, re.MULTILINE)

pytestmark = local_only("it is about the local Airtable")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: re.findall(r"def (test_\w+)", example)[0])
def test_an_example_runs(pytester: pytest.Pytester, example: str) -> None:
    """As it stands there, with nothing but the plugin; in a process of its own, which keeps its modules apart."""
    pytester.makepyfile(example)
    result = pytester.runpytest_subprocess("-Werror", "-p", "no:asyncio")

    result.assert_outcomes(passed=len(re.findall(r"^def test_", example, re.MULTILINE)))


@pytest.fixture(scope="module")
def local() -> Iterator[Endpoint]:
    with opened() as endpoint:
        yield endpoint


@pytest.mark.parametrize(("method", "path", "name"), REFUSED, ids=[f"{method} {path}" for method, path, _ in REFUSED])
def test_what_is_not_covered_says_so(local: Endpoint, method: str, path: str, name: str) -> None:
    """501, with the name that the docs have for it."""
    table = local.make({"Name": "singleLineText"})
    path = path.format(base=local.base_id, table=table.id, workspace="wspNobodys0000000")
    status, kind, message = error(local.ask(method, path, json={}))

    assert (status, kind) == (501, "NOT_IMPLEMENTED")
    assert name in message
    assert message.endswith("is not covered by the local Airtable")


def test_types_that_are_not_created(local: Endpoint) -> None:
    """501, with the name of the type."""
    assert UNCREATED is not None
    types = re.findall(r"`(\w+)`", UNCREATED[1])
    table = local.make({"Name": "singleLineText"})
    path = f"meta/bases/{local.base_id}/tables/{table.id}/fields"
    answers = [error(local.ask("POST", path, json={"name": kind, "type": kind})) for kind in types]

    assert len(types) == 3
    assert [(status, kind in message) for kind, (status, _, message) in zip(types, answers, strict=True)] == [
        (501, True)
    ] * 3


def test_other_paths_are_not_found(local: Endpoint) -> None:
    """As with the real service."""
    answered = local.session.get(f"{local.url}/scim/v2", headers={"Authorization": f"Bearer {local.token}"})

    assert error(answered)[:2] == (404, "NOT_FOUND")


def test_there_is_something_to_check() -> None:
    """The docs are what these tests take them for, and not too long to be read."""
    assert len(EXAMPLES) >= 5
    assert len(REFUSED) >= 9
    assert len(TEXT.splitlines()) < 240
