"""Every log of the corpus is judged as what it is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.watch import Judge, Patterns, judge_file

CORPUS = Path(__file__).parents[2] / "corpus"
VERDICTS: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "verdicts.toml").read_text())
LOGS = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*.log"))

FOLDER = re.compile(rb"(?<![\w./:@~$<>*)-])/((?:home|var)/[\w.-]+|(?!home/|var/)[A-Za-z]\w*(?=/[\w.-]))")
PUBLIC_FOLDERS = {
    b"home/dev",
    b"var/tmp",
    b"var/run",
    b"usr",
    b"etc",
    b"bin",
    b"lib",
    b"lib64",
    b"proc",
    b"sbin",
    b"nix",
    b"build",
    b"rustc",
    b"api",
    b"src",
    b"srv",
}
HOST = re.compile(rb"\bhttps?://([\w.-]+)")
PUBLIC_HOSTS = {b"packages.example", b"localhost", b"127.0.0.1", b"docs.pytest.org"}


def patterns_for(log: str) -> Patterns:
    return Patterns.of(Stage(name="stage", resource="stage", success=tuple(VERDICTS[log].get("success", ()))))


@pytest.mark.parametrize("log", LOGS)
def test_log_is_judged_as_what_it_is(log: str) -> None:
    """A log's verdict and its first error line are those that `verdicts.toml` tells."""
    expected = VERDICTS[log]

    found = judge_file(CORPUS / log, patterns_for(log))

    assert ("healthy" if found.healthy else "broken") == expected["verdict"], found
    if "error" in expected:
        assert found.first_error is not None
        assert expected["error"] in found.first_error.text
    else:
        assert found.first_error is None


@pytest.mark.parametrize("log", LOGS)
def test_log_is_judged_alike_byte_by_byte(log: str) -> None:
    """How a log is cut into chunks changes nothing."""
    data = (CORPUS / log).read_bytes()[:20_000]
    whole, bytewise = Judge(patterns_for(log)), Judge(patterns_for(log))

    at_once = whole.feed(data) + whole.close()
    one_by_one = [finding for byte in data for finding in bytewise.feed(bytes((byte,)))] + bytewise.close()

    assert sorted(at_once, key=lambda finding: finding.line) == one_by_one
    assert (whole.lines, whole.tail(), whole.last_line) == (bytewise.lines, bytewise.tail(), bytewise.last_line)


def test_corpus_is_large_and_told_completely() -> None:
    """There are at least 60 logs of many tools, both kinds in number, and each has its verdict."""
    assert set(VERDICTS) == set(LOGS)
    assert len(LOGS) >= 60
    assert len({log.split("/")[0] for log in LOGS}) >= 12
    assert min(sum(told["verdict"] == kind for told in VERDICTS.values()) for kind in ("healthy", "broken")) >= 25


@pytest.mark.parametrize("log", LOGS)
def test_log_tells_nothing_of_the_machine_it_was_made_on(log: str) -> None:
    """Folders are public or those of the invented user, and no registry is named."""
    data = (CORPUS / log).read_bytes()

    assert set(FOLDER.findall(data)) - PUBLIC_FOLDERS == set()
    assert set(HOST.findall(data)) - PUBLIC_HOSTS == set()


def test_strict_reading_takes_each_broken_log_for_broken() -> None:
    """Whatever the default set finds by the words of the strict list, the strict set finds too."""
    strict = Patterns.builtin("strict")
    missed = [
        log
        for log, told in VERDICTS.items()
        if "error" in told
        and any(word in told["error"].lower() for word in ("error", "failed", "panic"))
        and judge_file(CORPUS / log, strict).healthy
    ]

    assert missed == []
