"""From verdicts to what a run does. Knows guards by their Protocol only."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, suppress
from types import TracebackType

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.machine import refusal
from pytest_syncguard.verdict import (
    KINDS,
    Event,
    Guard,
    GuardFinished,
    Interrupted,
    Plan,
    Result,
    Status,
    Step,
    StepFinished,
    StepStarted,
    Target,
    Verdict,
    Warned,
)

Listener = Callable[[Event], None]


class NoSuchTarget(SyncguardError):
    """Names that no guard has: a line for each."""


def sync(
    guards: Iterable[Guard],
    wanted: Sequence[Target] = (),
    *,
    force: bool = False,
    listeners: Iterable[Listener] = (),
) -> Result:
    """Bring what is wanted (nothing named: everything) in sync; the first guard that fails ends it."""
    guards, tell = tuple(guards), _Ears(listeners)
    began = time.monotonic()
    verdicts: list[Verdict] = []
    finished: list[StepFinished] = []
    warnings: dict[str, None] = {}  # each once
    for guard, targets in _share(guards, wanted):
        with tell, closing(_events(guard, targets, force=force)) as events:  # at once, should a signal end it
            for event in events:
                tell(event)
                if isinstance(event, StepFinished):
                    finished.append(event)
                elif isinstance(event, GuardFinished):
                    verdicts += event.verdicts
                elif isinstance(event, Warned):
                    warnings[event.message] = None
        verdicts += _missing(guard, targets, verdicts, finished)
        if not all(verdict.synced for verdict in verdicts):
            break
    seconds = time.monotonic() - began
    left_out = _left_out(guards, wanted, verdicts)
    return Result(tuple(verdicts), tuple(finished), seconds, tuple(wanted), left_out, tuple(warnings))


class _Ears:
    """All listeners; around the sync it tells them what was under way when a signal ended it."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = tuple(listeners)
        self._under_way: dict[Target, Step] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._under_way[event.step.target] = event.step
        elif isinstance(event, StepFinished):
            self._under_way.pop(event.step.target, None)
        for listen in self._listeners:
            listen(event)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None and not isinstance(error, Exception):
            for listen in self._listeners:
                with suppress(Exception):  # one that cannot hear it is left be
                    listen(Interrupted(tuple(self._under_way.values())))


def _left_out(guards: Sequence[Guard], wanted: Sequence[Target], verdicts: Iterable[Verdict]) -> tuple[Target, ...]:
    """What nobody asked for because something else was named, and was not looked at for the sake of that either."""
    if not wanted:
        return ()
    seen = {*wanted, *(verdict.target for verdict in verdicts)}
    everything = (
        Target(guard.kind, name) for guard in guards if Target(guard.kind) not in wanted for name in guard.names()
    )
    return tuple(target for target in everything if target not in seen)


def _events(guard: Guard, targets: Sequence[Target], *, force: bool) -> Generator[Event, None, None]:
    """What the guard does; a guard that cannot look (an outage, a broken ledger) is `unknown`, not an end."""
    try:
        yield from guard.apply(guard.plan(targets, force=force))
    except (SyncguardError, OSError) as error:
        yield GuardFinished(guard=guard.kind, verdicts=(_unknown(guard, error),))


def _missing(
    guard: Guard, targets: Sequence[Target], verdicts: Sequence[Verdict], finished: Sequence[StepFinished]
) -> list[Verdict]:
    """Doubt is failure: what a guard was asked for and did not judge, and what it judged in two ways."""
    judged = {verdict.target for verdict in verdicts if verdict.target.kind == guard.kind}
    if Target(guard.kind) in judged:
        return []
    asked = [target for target in targets if target.name] or [Target(guard.kind, name) for name in guard.names()]
    silent = [
        Verdict(target, Status.UNKNOWN, f"the guard of {guard.kind} ended without a verdict on {target}")
        for target in asked
        if target not in judged
    ]
    last = {event.step.target: event.verdict for event in finished if event.step.target.kind == guard.kind}
    contradicted = [
        last[verdict.target]
        for verdict in verdicts
        if verdict.synced and verdict.target in last and not last[verdict.target].synced
    ]
    return [*silent, *contradicted]


def _unknown(guard: Guard, error: SyncguardError | OSError) -> Verdict:
    """What cannot be checked and why; what only a change of the code would cure is raised."""
    said = refusal(error) if isinstance(error, OSError) else str(error)
    if not said:
        raise error
    return Verdict(Target(guard.kind), Status.UNKNOWN, said)


def plan(guards: Iterable[Guard], wanted: Sequence[Target] = (), *, force: bool = False) -> list[Plan]:
    """What each guard would do. Changes nothing."""
    return [guard.plan(targets, force=force) for guard, targets in _share(guards, wanted)]


def check(guards: Iterable[Guard], wanted: Sequence[Target] = ()) -> Result:
    """Whether what is wanted is in sync now; never rebuilds."""
    began = time.monotonic()
    verdicts: list[Verdict] = []
    warnings: list[str] = []
    for guard, targets in _share(guards, wanted):
        try:
            plan = guard.plan(targets)
            found = plan.verdicts
            warnings += plan.warnings
        except (SyncguardError, OSError) as error:
            found = (_unknown(guard, error),)
        verdicts += [each for each in found if not targets or each.target in targets or not each.target.name]
    return Result(tuple(verdicts), seconds=time.monotonic() - began, warnings=tuple(warnings))


def resolve(guards: Sequence[Guard], names: Iterable[str]) -> list[Target]:
    """Names as targets; names that no guard has are a `NoSuchTarget` that offers the nearest right ones."""
    kinds = {*KINDS, *(guard.kind for guard in guards)}
    known = {str(Target(guard.kind, name)) for guard in guards for name in guard.names()}
    found, wrong = [], []
    for name in names:
        target = Target.parse(name, kinds)
        alone = name == target.kind and any(guard.kind == name for guard in guards)
        if not alone and str(target) not in known:
            wrong.append(_no_such(name, known))
        found.append(target)
    if wrong:
        raise NoSuchTarget("\n".join(dict.fromkeys(wrong)))
    return found


def _no_such(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    from pytest_syncguard.settings.faults import listed, quoted

    short = {full.removeprefix("stack:"): full for full in known}
    near = get_close_matches(name, [*short, *known], 1, 0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {listed(sorted(short))}"
    return f"no target {quoted(name)}: {hint}"


def _share(guards: Iterable[Guard], wanted: Sequence[Target]) -> list[tuple[Guard, list[Target]]]:
    """Each guard with the targets of its kind; a kind named alone means all of it."""
    shares = []
    for guard in guards:
        mine = [target for target in wanted if target.kind == guard.kind]
        if mine or not wanted:
            shares.append((guard, [] if any(not target.name for target in mine) else mine))
    return shares
