"""``syncguard status``: what is in sync, and since when."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pytest_syncguard.cli.call import Call, shared

if TYPE_CHECKING:
    from pytest_syncguard.stack.guard import StackGuard
    from pytest_syncguard.verdict import Guard, Result


@click.command("status", short_help="Print which targets are in sync, why not, and since when.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@shared
def command(call: Call, names: tuple[str, ...]) -> int:
    """Print the verdict on each of these targets (default: all), its reason, and when it was last synced.

    Nothing is changed. Exit codes: 0 all in sync, 1 could not check, 2 out of sync.
    """
    from pytest_syncguard import gate
    from pytest_syncguard.report.json import status_document

    with call.project().looking() as guards:
        result = gate.check(guards, gate.resolve(guards, names))
        synced_at = _synced_at(guards)
    found = status_document(result, shlex.join(["syncguard", "sync", *names]))
    targets = [{**each, "synced_at": _iso(synced_at.get(each["target"]))} for each in found["targets"]]
    warnings = [f"warning: {warning}" for warning in result.warnings]
    call.answer({**found, "targets": targets}, [*warnings, *_lines(result, synced_at)])
    return result.exit_code


def _stacks(guards: Sequence[Guard]) -> list[StackGuard]:
    """Only the stack keeps when a target was synced."""
    from pytest_syncguard.stack.guard import StackGuard

    return [guard for guard in guards if isinstance(guard, StackGuard)]


def _synced_at(guards: Sequence[Guard]) -> dict[str, float]:
    """When each target was last synced, in seconds since 1970, by its full name."""
    from pytest_syncguard.verdict import Target

    recorded = [(stack.kind, _recorded(stack)) for stack in _stacks(guards)]
    return {str(Target(kind, stage)): at for kind, stages in recorded for stage, at in stages.items()}


def _recorded(stack: StackGuard) -> Mapping[str, float]:
    """Also of stages that have failed since. A ledger that cannot be read is a verdict already, not a second fault."""
    from pytest_syncguard.ledger import LedgerError

    try:
        failed, synced = stack.ledger.failed(), stack.ledger.synced()
    except LedgerError:
        return {}
    return {stage: entry.synced_at for stage, entry in failed.items()} | {
        stage: entry.at for stage, entry in synced.items()
    }


def _lines(result: Result, synced_at: Mapping[str, float]) -> Iterator[str]:
    from pytest_syncguard.report.outage import Outages

    outages = Outages(result.verdicts)
    yield from outages.lines
    names = {verdict.target: verdict.target.short for verdict in result.verdicts}
    width = max(map(len, names.values()), default=0)
    for verdict in result.verdicts:
        at = synced_at.get(str(verdict.target))
        when = f"last synced {datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}" if at else ""
        why = "" if verdict.target in outages else verdict.reason
        known = "; ".join(filter(None, (why, when)))
        yield f"{names[verdict.target]:{width}}  {verdict.status:8}  {known}".rstrip()


def _iso(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else None
