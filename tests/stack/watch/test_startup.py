"""What tools print when they do not start, and what they print when all is well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_syncguard.stack.watch import Judge, Patterns

BLOCK = re.compile(r"^@@ (broken|unheard|healthy) (.*)\n((?:(?!@@ ).*\n)*)", re.MULTILINE)
TOLD = [
    pytest.param(verdict, log, id=f"{path.stem}-{verdict}-{title}")
    for path in sorted((Path(__file__).parent / "startup").glob("*.txt"))
    for verdict, title, log in BLOCK.findall(path.read_text())
]


@pytest.mark.parametrize(("verdict", "log"), TOLD)
def test_start_is_judged_as_what_it_is(verdict: str, log: str) -> None:
    """A tool that gives up is heard in its own words, and what only resembles them alarms nobody.

    `unheard`: the tool gave up, with words that healthy logs hold as well.
    """
    judge = Judge(Patterns.builtin())

    found = judge.feed(log.encode()) + judge.close()

    assert bool(found) == (verdict == "broken"), found
