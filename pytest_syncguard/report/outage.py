"""An outage is one fact about the engine: told once, not once a stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_syncguard.verdict import Target, Verdict


class Outages:
    """What could not be checked, by its cause, where several targets share one."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        causes = {verdict.target: _cause(verdict) for verdict in verdicts if verdict.status == "unknown"}
        shared = {cause for cause, number in Counter(causes.values()).items() if number > 1}
        self.lines = [f"could not check: {cause}" for cause in dict.fromkeys(causes.values()) if cause in shared]
        self._told = {target for target, cause in causes.items() if cause in shared}

    def __contains__(self, target: Target) -> bool:
        """Whether `lines` tells what is wrong with it."""
        return target in self._told


def _cause(verdict: Verdict) -> str:
    return verdict.reason.removeprefix(f"could not check {verdict.target.name}: ")
