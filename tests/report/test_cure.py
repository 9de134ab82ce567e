"""What to do next: the cure in a reason, or a command."""

from __future__ import annotations

import pytest

from pytest_syncguard.report.cure import cure_of, next_command
from pytest_syncguard.verdict import Evidence, Status, Target, Verdict

SERVER = Target("stack", "server")


@pytest.mark.parametrize(
    ("reason", "cure"),
    [
        (
            "could not check a: no Tilt answers at localhost:1: start it with tilt up (exit code 1: Error: none)",
            "start it with tilt up",
        ),
        (
            'no tilt on the PATH: install Tilt (https://docs.tilt.dev) or choose driver = "process"',
            'install Tilt (https://docs.tilt.dev) or choose driver = "process"',
        ),
        (
            'Step 2 FAILED: Tilt has no resource "sevrer" (it has: ui): did you mean "ui"? set resource of stage "ui"',
            'did you mean "ui"? set resource of stage "ui"',
        ),
        ('resource "ui" is disabled in Tilt: run tilt enable ui', "run tilt enable ui"),
        (
            "port 80 is taken by nginx (pid 7), which syncguard did not start: stop it or change ready",
            "stop it or change ready",
        ),
        ("a/b: No space left on device: free space on its disk", "free space on its disk"),
        ("Step 2 FAILED: server rebuild error", ""),
        ("the last sync of server failed: rebuild error; first error: npm error: Missing script: start it", ""),
        ("could not check server: make: *** [all] Error 2", ""),
        ("server: the running build is another", ""),
    ],
)
@pytest.mark.parametrize("status", [Status.FAILED, Status.UNKNOWN])
def test_the_cure_of_a_reason(reason: str, cure: str, status: Status) -> None:
    """It stands at the end, as an order; what the engine said in brackets is no part of it."""
    verdict = Verdict(SERVER, status, reason)

    assert cure_of(verdict) == cure
    assert next_command(verdict) == ("" if cure else "syncguard doctor")


def test_a_cure_that_the_reason_does_not_say() -> None:
    """What the engine itself found out, never what a line of a log says."""
    said = (Evidence("syncguard: mend it: run this"),)

    assert cure_of(Verdict(SERVER, Status.FAILED, "Step 2 FAILED: server rebuild error", said)) == ""
    assert (
        cure_of(Verdict(SERVER, Status.FAILED, "Step 2 FAILED: no", said, "run syncguard down")) == "run syncguard down"
    )


@pytest.mark.parametrize(
    ("target", "status", "command"),
    [
        (SERVER, Status.FAILED, "syncguard doctor"),
        (SERVER, Status.STALE, "syncguard sync server"),
        (SERVER, Status.UNKNOWN, "syncguard doctor"),
        (SERVER, Status.SYNCED, ""),
        (Target("migrations", "main"), Status.FAILED, "syncguard sync migrations:main"),
        (Target("stack"), Status.STALE, "syncguard sync stack"),
    ],
)
def test_what_to_run_next(target: Target, status: Status, command: str) -> None:
    """From the situation; where nothing was begun, there is no log to look at."""
    assert next_command(Verdict(target, status, "why")) == command


def test_a_failure_with_a_log_leads_to_it() -> None:
    """Whether the step that just failed has one, or the ledger remembers that of an earlier failure."""
    told = Evidence("the log of the failure", "logs/sync-error.log")

    assert next_command(Verdict(SERVER, Status.FAILED, "why"), "x.log") == "syncguard logs server"
    assert next_command(Verdict(SERVER, Status.FAILED, "why", (told,))) == "syncguard logs server"
