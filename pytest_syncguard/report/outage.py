"""An outage, or a broken Tiltfile, is one fact about the engine: told once, not once a stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_syncguard.verdict import Target, Verdict

BROKEN = "the Tiltfile is broken"  # how the driver begins to tell that


class Outages:
    """What could not be checked, or not be brought about, by its cause, where several targets share one."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        causes = {verdict.target: cause for verdict in verdicts if (cause := _cause(verdict))}
        shared = {cause for cause, number in Counter(causes.values()).items() if number > 1}
        self.lines = [cause for cause in dict.fromkeys(causes.values()) if cause in shared]
        self._told = {target for target, cause in causes.items() if cause in shared}

    def __contains__(self, target: Target) -> bool:
        """Whether `lines` tells what is wrong with it."""
        return target in self._told


def _cause(verdict: Verdict) -> str:
    """What is wrong, without the target's name; empty where it is the target's own affair."""
    name, reason = verdict.target.name, verdict.reason
    if verdict.status == "unknown":
        return f"could not check: {reason.removeprefix(f'could not check {name}: ')}"
    cause = reason.removeprefix(f"{name} is stale: ")
    return cause if cause.startswith(BROKEN) else ""
