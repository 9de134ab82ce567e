"""How a build ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pytest_syncguard.stack.watch import Finding
from pytest_syncguard.verdict import Status

TAIL = 100  # lines that are read once more before a stage counts, and shown when in doubt


class Kind(StrEnum):
    """How a build ended."""

    SYNCED = "synced"
    ERROR = "error"
    TIMEOUT = "timeout"
    DOUBT = "doubt"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one build: what kind, why, and the lines it rests on."""

    kind: Kind
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        if self.kind is Kind.SYNCED:
            return Status.SYNCED
        return Status.UNKNOWN if self.kind is Kind.LOST else Status.FAILED
