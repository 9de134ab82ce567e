"""What the fixture `synced_stack` hands to tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_syncguard.verdict import Verdict


@dataclass(frozen=True, slots=True)
class SyncedStage:
    """One stage: what is known of it, and its logs, newest first."""

    name: str
    verdict: Verdict
    logs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncedStack(Mapping[str, SyncedStage]):
    """The stack's address and its stages by name."""

    ui: str
    stages: Mapping[str, SyncedStage] = field(default_factory=dict)

    def __getitem__(self, name: str) -> SyncedStage:
        return self.stages[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)
