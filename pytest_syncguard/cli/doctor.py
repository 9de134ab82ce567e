"""``syncguard doctor``: what is missing or wrong in the set-up, and the cure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from pytest_syncguard.cli.call import Call, shared

if TYPE_CHECKING:
    from pytest_syncguard.stack.drivers.base import Check


@click.command("doctor", short_help="Find what is missing or wrong in the set-up, and say the cure.")
@shared
def command(call: Call) -> int:
    """Look at versions, settings, sources, git, the state folder, the ledger, the lock and the driver.

    Exit codes: 0 all is well, 1 something is missing or wrong.
    """
    from pytest_syncguard.cli.checks import examine

    checks = list(examine(call))
    code = 0 if all(check.ok for check in checks) else 1
    found = [{"name": check.name, "ok": check.ok, "found": check.found, "cure": check.cure} for check in checks]
    call.answer({"exit_code": code, "checks": found}, [*_lines(checks), _next(checks)])
    return code


def _next(checks: Iterable[Check]) -> str:
    """What to do now."""
    if wrong := sum(not check.ok for check in checks):
        return f"next: cure {'this' if wrong == 1 else f'these {wrong}'}, then run syncguard doctor again"
    return "next: syncguard plan says what a sync would do, syncguard sync does it"


def _lines(checks: Iterable[Check]) -> Iterator[str]:
    for check in checks:
        yield f"{'ok   ' if check.ok else 'WRONG'}  {check.name}: {' '.join(check.found.split())}"
        if not check.ok and check.cure:
            yield f"       cure: {check.cure}"
