"""A Tilt that answers some questions and not others: the sync fails and says what was not answered; none hangs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_syncguard.stack.drivers.tilt import client
from pytest_syncguard.testing.tilt import ScriptedTilt
from pytest_syncguard.verdict import Status
from tests.stack.lab import Lab, four, make_project, stage

STAGES = (stage("server", timeout=2.0),)

TIMEOUT = "Step 1 FAILED: server timeout - build did not complete"
ENDED = "Step 1 UNKNOWN: server: Tilt ended while the build was watched"

# What the command line begins with (a pattern of sh), what is run in its place, and what is said of it.
HALVES = {
    "a trigger that hangs": ("trigger", "exec sleep 50", "tilt trigger server gave no answer within 1 s: see whether"),
    "a trigger that is refused": (
        "trigger",
        "echo no such thing >&2; exit 1",
        "start it with tilt up --port PORT (no such thing)",
    ),
    "a trigger that does nothing": ("trigger", "exit 0", TIMEOUT),
    "logs that are no JSON": ("logs", "echo hello; exec sleep 50", TIMEOUT),
    "logs that are other JSON": ("logs", """while :; do echo '{"message": 7, "resource": []}'; done""", TIMEOUT),
    "logs without end": ("logs", "exec yes", TIMEOUT),
    "logs that end at once": ("logs", "exit 0", ENDED),
    "logs that fail": ("logs", "echo 'no logs today' >&2; exit 1", ENDED),
    "news that end at once": ("get*-w", "exit 0", ENDED),
}
# What the driver can do without, for it asks again.
NEWS = {
    "that are no JSON": "echo hello; exec sleep 50",
    "that are noise without end": "exec yes",
    "that are beginnings without end": "exec yes '{'",
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A project with a healthy Tilt, one of whose stages is asked for."""
    root = make_project(tmp_path / "project")
    with ScriptedTilt(four(), root) as tilt:
        monkeypatch.setenv("PATH", tilt.env["PATH"])
        monkeypatch.setattr(client, "ANSWER_LIMIT", 1.0)
        yield Lab(root, tilt, STAGES)


def replace(tilt: Path, question: str, script: str) -> None:
    """From now on the script answers this question, and the rest is answered as before."""
    real = tilt.with_name("real-tilt")
    tilt.rename(real)
    tilt.write_text(f'#!/bin/sh\ncase "$*" in {question}*) {script};; esac\nexec {real} "$@"\n')
    tilt.chmod(0o755)


@pytest.mark.parametrize("case", HALVES)
def test_half_a_tilt(case: str, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not synced, with the reason in one line, and nothing is recorded."""
    question, script, said = HALVES[case]
    if question == "trigger":  # the command is asked where the request for it gets no plain yes
        monkeypatch.setattr("pytest_syncguard.stack.drivers.tilt.driver.post_trigger", lambda *_: False)
    replace(lab.tilt.bin / "tilt", question, script)
    result = lab.sync()
    (verdict,) = result.unsynced

    assert result.exit_code == (2 if said == TIMEOUT else 1)
    assert verdict.status is (Status.FAILED if said == TIMEOUT else Status.UNKNOWN)
    assert said.replace("PORT", str(lab.tilt.port)) in verdict.reason
    assert verdict.reason.isprintable()
    assert lab.guard().ledger.synced() == {}


@pytest.mark.parametrize("case", NEWS)
def test_news_of_resources(case: str, lab: Lab) -> None:
    """Whatever they are: what is called synced is."""
    replace(lab.tilt.bin / "tilt", "get*-w", NEWS[case])
    result = lab.sync()

    assert result.synced == lab.truth()["server"]
    assert result.exit_code == (0 if result.synced else 2)
