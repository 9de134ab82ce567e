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
    """The stack's address, and its stages by name in the order in which they are synced."""

    ui: str
    stages: Mapping[str, SyncedStage] = field(default_factory=dict)

    def __getitem__(self, name: str) -> SyncedStage:
        try:
            return self.stages[name]
        except KeyError:
            raise KeyError(_no_such(name, self.stages)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)


def _no_such(name: object, stages: Mapping[str, SyncedStage]) -> str:
    from pytest_syncguard.settings.faults import did_you_mean

    hint = did_you_mean(str(name), stages) or f"the stages are {', '.join(stages) or 'none'}"
    return f'no stage "{name}": {hint}'
