"""``syncguard plan``: what a sync would do, and why."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from pytest_syncguard.cli.call import Call, shared

if TYPE_CHECKING:
    from pytest_syncguard.verdict import Plan


@click.command("plan", short_help="Print what a sync would do, and why; change nothing.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--force", is_flag=True, help="Plan a rebuild also of what is in sync.")
@shared
def command(call: Call, names: tuple[str, ...], force: bool) -> int:
    """Print what a sync of these targets (default: everything) would do, and why.

    Nothing is changed. Exit codes: 0 nothing to do, 1 could not check all, 2 there are steps.
    """
    from pytest_syncguard import gate
    from pytest_syncguard.report.json import plan_document

    with call.project().looking() as guards:
        plans = gate.plan(guards, gate.resolve(guards, names), force=force)
    code = _exit_code(plans)
    sync = shlex.join(["syncguard", "sync", *names, *(["--force"] if force else [])])
    call.answer({**plan_document(plans, sync), "exit_code": code}, _lines(plans))
    return code


def _exit_code(plans: Sequence[Plan]) -> int:
    """What a sync would end with: one that comes to a step of which nothing is known goes no further."""
    from pytest_syncguard.verdict import COULD_NOT_CHECK, OUT_OF_SYNC, Result, Status

    verdicts = tuple(verdict for plan in plans for verdict in plan.verdicts)
    steps = {step.target for plan in plans for step in plan.steps}
    if any(verdict.status is Status.UNKNOWN for verdict in verdicts if verdict.target in steps):
        return COULD_NOT_CHECK
    result = Result(verdicts)
    return OUT_OF_SYNC if result.synced and steps else result.exit_code


def _lines(plans: Sequence[Plan]) -> Iterator[str]:
    from pytest_syncguard.report.outage import Outages

    for plan in plans:
        yield from (f"warning: {warning}" for warning in plan.warnings)
        if not plan.steps and plan.synced:
            yield f"{plan.guard}: nothing to do, {len(plan.verdicts)} in sync"
            continue
        outages = Outages(plan.verdicts)
        yield from outages.lines
        steps = [step for step in plan.steps if step.target not in outages]
        if steps or not outages.lines:
            yield f"{plan.guard}: {len(steps)} of {len(plan.verdicts)} to bring in sync"
        yield from (f"  {step.number}. {step.target.name}: {step.action} ({step.reason})" for step in steps)
        planned = {step.target for step in steps}
        for verdict in plan.verdicts:
            if not verdict.synced and verdict.target not in planned:
                why = "" if verdict.target in outages else f" ({verdict.reason})"
                yield f"  {verdict.target.name}: {verdict.status}{why}"
