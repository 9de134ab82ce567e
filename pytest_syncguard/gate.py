"""From verdicts to what a run does. Knows guards by their Protocol only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_syncguard.verdict import (
    KINDS,
    Event,
    Guard,
    GuardFinished,
    Plan,
    Status,
    StepFinished,
    SyncguardError,
    Target,
    Verdict,
)

Listener = Callable[[Event], None]

SUCCESS = "SUCCESS: The sync and deploy process completed successfully for all services"
ERROR = "ERROR: The sync and deploy process failed at [Step {number}]. See logs below for details"

IN_SYNC, COULD_NOT_CHECK, OUT_OF_SYNC = 0, 1, 2  # exit codes of `syncguard`
PYTEST_OUT_OF_SYNC, PYTEST_COULD_NOT_CHECK = 10, 11  # exit codes of a pytest run that the gate stops


@dataclass(frozen=True, slots=True)
class Result:
    """What a sync, or a check, came to."""

    verdicts: tuple[Verdict, ...]
    finished: tuple[StepFinished, ...] = ()
    seconds: float = 0.0

    @property
    def synced(self) -> bool:
        return all(verdict.synced for verdict in self.verdicts)

    @property
    def unsynced(self) -> tuple[Verdict, ...]:
        """The verdicts that stop a run, what failed first."""
        bad = [verdict for verdict in self.verdicts if not verdict.synced]
        return tuple(sorted(bad, key=lambda verdict: verdict.status not in (Status.FAILED, Status.UNKNOWN)))

    @property
    def summary(self) -> str:
        """The one line that scripts and agents read."""
        if self.synced:
            return SUCCESS
        failed = [event.step.number for event in self.finished if not event.verdict.synced]
        return ERROR.format(number=failed[0] if failed else 1)

    @property
    def exit_code(self) -> int:
        """0 in sync, 1 could not check, 2 out of sync. What is known to be wrong outweighs what is unknown,
        but a sync that stopped because it could not check is no verdict on the rest.
        """
        if self.synced:
            return IN_SYNC
        stopped = [event.verdict.status for event in self.finished if not event.verdict.synced]
        statuses = stopped or [verdict.status for verdict in self.unsynced]
        return COULD_NOT_CHECK if all(each is Status.UNKNOWN for each in statuses) else OUT_OF_SYNC

    @property
    def pytest_exit_code(self) -> int:
        """The same for a pytest run, whose codes 0 to 7 belong to pytest and its plugins."""
        codes = {COULD_NOT_CHECK: PYTEST_COULD_NOT_CHECK, OUT_OF_SYNC: PYTEST_OUT_OF_SYNC}
        return codes.get(self.exit_code, 0)


def sync(
    guards: Iterable[Guard],
    wanted: Sequence[Target] = (),
    *,
    force: bool = False,
    listeners: Iterable[Listener] = (),
) -> Result:
    """Bring what is wanted (nothing named: everything) in sync; the first guard that fails ends it."""
    ears = tuple(listeners)
    began = time.monotonic()
    verdicts: list[Verdict] = []
    finished: list[StepFinished] = []
    for guard, targets in _share(guards, wanted):
        for event in _events(guard, targets, force=force):
            for listen in ears:
                listen(event)
            if isinstance(event, StepFinished):
                finished.append(event)
            elif isinstance(event, GuardFinished):
                verdicts += event.verdicts
        if not all(verdict.synced for verdict in verdicts):
            break
    return Result(tuple(verdicts), tuple(finished), time.monotonic() - began)


def _events(guard: Guard, targets: Sequence[Target], *, force: bool) -> Iterator[Event]:
    """What the guard does; a guard that cannot look (an outage, a broken ledger) is `unknown`, not an end."""
    try:
        yield from guard.apply(guard.plan(targets, force=force))
    except SyncguardError as error:
        yield GuardFinished(guard=guard.kind, verdicts=(_unknown(guard, error),))


def _unknown(guard: Guard, error: SyncguardError) -> Verdict:
    return Verdict(Target(guard.kind), Status.UNKNOWN, str(error))


def plan(guards: Iterable[Guard], wanted: Sequence[Target] = (), *, force: bool = False) -> list[Plan]:
    """What each guard would do. Changes nothing."""
    return [guard.plan(targets, force=force) for guard, targets in _share(guards, wanted)]


def check(guards: Iterable[Guard], wanted: Sequence[Target] = ()) -> Result:
    """Whether what is wanted is in sync now; never rebuilds."""
    began = time.monotonic()
    verdicts: list[Verdict] = []
    for guard, targets in _share(guards, wanted):
        try:
            found = guard.plan(targets).verdicts
        except SyncguardError as error:
            found = (_unknown(guard, error),)
        verdicts += [each for each in found if not targets or each.target in targets or not each.target.name]
    return Result(tuple(verdicts), seconds=time.monotonic() - began)


def resolve(guards: Sequence[Guard], names: Iterable[str]) -> list[Target]:
    """Names as targets; a name that no guard has is a `SyncguardError` that offers the nearest right one."""
    kinds = {*KINDS, *(guard.kind for guard in guards)}
    known = {str(Target(guard.kind, name)) for guard in guards for name in guard.names()}
    found = []
    for name in names:
        target = Target.parse(name, kinds)
        alone = not target.name and any(guard.kind == target.kind for guard in guards)
        if not alone and str(target) not in known:
            raise SyncguardError(_no_such(name, known))
        found.append(target)
    return found


def _no_such(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    short = {full.removeprefix("stack:"): full for full in known}
    near = get_close_matches(name, [*short, *known], 1, 0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(sorted(short)) or 'none'}"
    return f'no target "{name}": {hint}'


def _share(guards: Iterable[Guard], wanted: Sequence[Target]) -> list[tuple[Guard, list[Target]]]:
    """Each guard with the targets of its kind; a kind named alone means all of it."""
    shares = []
    for guard in guards:
        mine = [target for target in wanted if target.kind == guard.kind]
        if mine or not wanted:
            shares.append((guard, [] if any(not target.name for target in mine) else mine))
    return shares
