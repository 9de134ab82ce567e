"""What to do next: the cure that a reason carries, or the command that tells more."""

from __future__ import annotations

import re

from pytest_syncguard.verdict import FIRST_ERROR, Verdict

DOCTOR = "syncguard doctor"
# A reason that has a cure ends with it, behind a colon: an order, perhaps with what the engine said in brackets.
_ORDERS = (
    "change|check|choose|close|correct|create|did you mean|end|free|give|install|let|make|mend|move|open|put|raise|"
    "remove|rename|restart|run|see|set|shorten|start|stop|unlock|upgrade|wait"
)
_CURE = re.compile(rf"[:;] ((?:{_ORDERS})\b(?!:).*)")
_SAID = re.compile(r" \((?:[^()]|\([^()]*\))*\)$")


def cure_of(verdict: Verdict) -> str:
    """What is to be done of a failure or an outage, as its reason says, if that is known."""
    if verdict.cure or verdict.status not in ("unknown", "failed"):
        return verdict.cure
    found = _CURE.search(verdict.reason.partition(FIRST_ERROR)[0])
    return _SAID.sub("", found[1]) if found else ""


def next_command(verdict: Verdict, log: str = "") -> str:
    """What to run next, from the situation; nothing where the reason says what to do.

    ``log``: the failed step's; there is none if nothing was begun.
    """
    target = verdict.target
    if verdict.synced:
        return ""
    if verdict.status == "unknown":
        return "" if cure_of(verdict) else DOCTOR
    if target.kind != "stack" or not target.name:
        return f"syncguard sync {target}"
    if verdict.status != "failed":
        return f"syncguard sync {target.name}"
    if log or any(evidence.path for evidence in verdict.evidence):
        return f"syncguard logs {target.name}"
    return "" if cure_of(verdict) else DOCTOR
