"""Which stages need a rebuild, and why. Pure: what is wanted, what was recorded, what is observed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from pytest_syncguard.ledger import UNFINISHED, Failed, Synced
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Observation
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprint, only_settings_differ
from pytest_syncguard.stack.fingerprint.manifest import GIT, SETTINGS
from pytest_syncguard.stack.writes import named
from pytest_syncguard.verdict import FIRST_ERROR, Evidence, Plan, Status, Step, Target, Verdict

KIND = "stack"
REBUILD, BLOCKED = "rebuild", "blocked"  # what a step does; what stands for that where a sync would not begin it
STEP = re.compile(r"\AStep \d+ [A-Z]+: ")
ANOTHER = "another build or process runs than the one that was synced"


class Facts(NamedTuple):
    """What is known before planning, by stage name. On demand, ``changed`` names the files that differ,
    ``gone`` the first of its outputs of which no file is there, and ``explain`` (as in `Explains`) what came between
    the build that was recorded and the one that is seen.
    """

    recorded: Mapping[str, Synced]
    failed: Mapping[str, Failed]
    prints: Mapping[str, Fingerprint]
    seen: Mapping[str, Observation]
    changed: Callable[[str], Sequence[str]] = lambda _: ()
    gone: Callable[[str], str] = lambda _: ""
    explain: Callable[[str, str], str] = lambda _recorded, _seen: ""
    syncing: str = ""  # who is syncing just now, if somebody else is


def closure(stages: Sequence[Stage], wanted: Collection[str]) -> tuple[Stage, ...]:
    """The wanted stages and all that they need, in the order of ``stages``; none wanted: all."""
    if not wanted:
        return tuple(stages)
    by_name = {stage.name: stage for stage in stages}
    found: set[str] = set()
    ahead = list(wanted)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(by_name[name].needs)
    return tuple(stage for stage in stages if stage.name in found)


def plan_stack(
    stages: Sequence[Stage],
    facts: Facts,
    wanted: Collection[str] = (),
    *,
    force: bool = False,
    warnings: Iterable[str] = (),
) -> Plan:
    """Judge the wanted stages (with what they need) and plan a rebuild of each that is not synced; where a sync
    would be refused, the step and those that need it say so.
    """
    verdicts: list[Verdict] = []
    steps: dict[str, Step] = {}
    rebuilt: dict[str, Verdict] = {}
    numbers = {stage.name: number for number, stage in enumerate(stages, 1)}
    for stage in closure(stages, wanted):
        verdict = judge(stage, facts)
        needed = [name for name in stage.needs if name in steps]
        barred = [name for name in needed if steps[name].action == BLOCKED]
        why = verdict.reason if not verdict.synced else "forced" if force else ""
        if not why and needed:
            first = (barred or needed)[0]
            why = f"{first}, which it needs, is blocked" if barred else f"{first} is rebuilt, which it needs"
            verdict = _for_the_sake_of(stage.name, rebuilt[first])
        if why:
            rebuilt[stage.name] = verdict
            blocked = bool(barred) or _is_blocked(facts.prints[stage.name], facts.seen[stage.name])
            steps[stage.name] = Step(verdict.target, BLOCKED if blocked else REBUILD, why, numbers[stage.name])
        verdicts.append(verdict)
    return Plan(KIND, tuple(verdicts), tuple(steps.values()), tuple(warnings), force)


def _is_blocked(now: Fingerprint, seen: Observation) -> bool:
    """Whether a sync would not begin, as far as is known: there is nothing to see, nobody to ask, or a fault."""
    return bool(now.blind or seen.unknown or seen.fault)


def judge(stage: Stage, facts: Facts) -> Verdict:
    """Synced only if the recorded build is of the sources as they are, and is the one that runs."""
    target = Target(KIND, stage.name)
    entry, seen = facts.recorded.get(stage.name), facts.seen[stage.name]
    now = facts.prints[stage.name]
    failure = facts.failed.get(stage.name)
    if now.blind:
        return Verdict(target, Status.UNKNOWN, f"could not check {stage.name}: {cannot_see(now)}")
    if seen.unknown:
        return Verdict(target, Status.UNKNOWN, f"could not check {stage.name}: {seen.reason}")
    if seen.fault:
        return Verdict(target, Status.FAILED, f"{stage.name} cannot be synced: {seen.fault}")
    if entry is None:
        return _without_entry(target, failure, now, facts.syncing)
    if entry.fingerprint != now.digest:
        return Verdict(target, Status.STALE, f"{stage.name} is stale: {_what_changed(facts.changed(stage.name))}")
    if entry.build != seen.build or not seen.up:
        why = seen.reason or facts.explain(entry.build, seen.build) or ANOTHER
        return Verdict(target, Status.STALE, f"{stage.name} is stale: {why}")
    if gone := facts.gone(stage.name):
        return Verdict(target, Status.STALE, f"{stage.name} is stale: its output {gone} is gone")
    if why := _needs_another(stage, entry, facts.recorded):
        return Verdict(target, Status.STALE, f"{stage.name} is stale: {why}")
    holds = "is built from its sources as they are" if stage.one_shot else "runs what its sources say"
    return Verdict(target, Status.SYNCED, f"{stage.name} {holds}")


def _needs_another(stage: Stage, entry: Synced, recorded: Mapping[str, Synced]) -> str:
    """Which stage that it needs is not the one that it was built on any more."""
    for name in stage.needs:
        if name not in recorded:
            return f"{name}, which it needs, is not synced"
        if recorded[name].serial != entry.needs.get(name):
            return f"{name} was rebuilt since, which it needs"
    return ""


def _for_the_sake_of(name: str, needed: Verdict) -> Verdict:
    """Of a stage that is in sync itself: what it is because of one that it needs."""
    target, other = Target(KIND, name), needed.target.name
    if needed.status is Status.UNKNOWN:
        why = needed.reason.removeprefix(f"could not check {other}: ")
        said = f"could not check {name}: {other}, which it needs, could not be checked: {why}"
        return Verdict(target, Status.UNKNOWN, said)
    wrong = needed.reason.removeprefix(f"{other} ")
    return Verdict(target, Status.STALE, f"{name} is stale: {other}, which it needs, {wrong}")


def undone(verdicts: Iterable[Verdict], failed: str) -> list[Verdict]:
    """What a look would now find, once a stage was begun and failed: nothing of it is recorded any more."""
    found = []
    for verdict in verdicts:
        before, needs, _ = verdict.reason.partition(f" {failed}, which it needs, ")
        found.append(verdict._replace(reason=f"{before}{needs}is not synced") if needs else verdict)
    return found


def cannot_see(now: Fingerprint) -> str:
    """Of a stage of which no edit would ever be noticed: why, and the cure."""
    return f"{now.blind}: correct sources = [...] of the stage"


def _without_entry(target: Target, failure: Failed | None, now: Fingerprint, syncing: str) -> Verdict:
    """Never synced, or not since something went wrong."""
    if failure is None:
        return Verdict(target, Status.MISSING, f"{target.name} was never synced here")
    if failure.reason == UNFINISHED:
        why = f"it is being rebuilt by {syncing}" if syncing else UNFINISHED
        return Verdict(target, Status.STALE, f"{target.name} is stale: {why}")
    evidence = (Evidence("the log of the failure", failure.log),) if failure.log else ()
    reason, told, error = failure.reason.partition(FIRST_ERROR)
    said = f"the last sync of {target.name} failed: {_without_step(target.name, reason)}"
    if failure.fingerprint != now.digest:
        what = "settings" if only_settings_differ(failure.fingerprint, now.digest) else "sources"
        return Verdict(target, Status.STALE, f"{said}; its {what} changed since{told}{error}", evidence)
    return Verdict(target, Status.FAILED, f"{said}{told}{error}", evidence)


def _without_step(name: str, reason: str) -> str:
    """A step's reason without what the sentence around it says already."""
    return STEP.sub("", reason).removeprefix(f"{name}: ").removeprefix(f"{name} ")


def _what_changed(files: Sequence[str]) -> str:
    if not files:
        return "its sources changed since the last sync"
    if files[0].startswith(SETTINGS):
        return "its settings changed since the last sync"
    if files[0] == GIT:
        return "git keeps its sources now and did not at the last sync, or the other way round"
    return f"{len(files)} file{'s' if len(files) != 1 else ''} changed since the last sync: {named(files)}"
