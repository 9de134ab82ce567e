"""What several targets share is told once."""

from __future__ import annotations

from pytest_syncguard.report.outage import Outages
from pytest_syncguard.verdict import Status, Target, Verdict

TILTFILE = "the Tiltfile is broken, so Tilt runs an older one: Tiltfile:3:1: got newline"


def verdict(name: str, status: Status, reason: str) -> Verdict:
    return Verdict(Target("stack", name), status, reason)


def test_a_shared_cause_is_told_once() -> None:
    """An outage, and a broken Tiltfile; what is a stage's own affair is not, however alike it reads."""
    broken = [verdict(name, Status.STALE, f"{name} is stale: {TILTFILE}") for name in ("client", "ui")]
    silent = [verdict(name, Status.UNKNOWN, f"could not check {name}: no Tilt") for name in ("api", "db")]
    own = [
        verdict("docs", Status.STALE, "docs is stale: its settings changed since the last sync"),
        verdict("shop", Status.STALE, "shop is stale: its settings changed since the last sync"),
        verdict("jobs", Status.FAILED, "the last sync of jobs failed: rebuild error"),
        verdict("mail", Status.SYNCED, "mail runs what its sources say"),
    ]
    outages = Outages([*broken, *own, *silent])

    assert outages.lines == [TILTFILE, "could not check: no Tilt"]
    assert [each.target in outages for each in (*broken, *silent, *own)] == [True] * 4 + [False] * 4
