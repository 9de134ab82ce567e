"""Whether what was in sync before the tests was left alone while they ran."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_syncguard.verdict import Guard, Lasting, Result, Target


class Standing:
    """What stands when a sync has ended; asked again when the last test has run."""

    def __init__(self, guards: Iterable[Guard], result: Result) -> None:
        self._guards = [guard for guard in guards if isinstance(guard, Lasting)]
        self._stood = self._numbers()
        self._wanted = [verdict.target for verdict in result.verdicts if verdict.synced]

    def gone(self) -> list[Target]:
        """What was in sync and has been brought in sync again since, or is right now, by whomever."""
        now = self._numbers()
        return [target for target in self._wanted if target in self._stood and self._stood[target] != now.get(target)]

    def _numbers(self) -> dict[Target, int]:
        return {Target(g.kind, name): number for g in self._guards for name, number in g.standing().items()}
