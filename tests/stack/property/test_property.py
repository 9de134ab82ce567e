"""The stack sync under anything that may happen: never synced when the running build is not of the sources.

``SYNCGUARD_STEPS=100000`` makes it go on for that many steps, from a seed of its own each time, which is
printed; ``SYNCGUARD_SEED`` takes a given one.
"""

from __future__ import annotations

import itertools
import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stack.property.machine import GitMachine, StackMachine

STEPS = 40  # of one history
PIECE = 5000
WANTED = int(os.environ.get("SYNCGUARD_STEPS", "0"))
SHRINK = "SYNCGUARD_SHRINK" in os.environ  # takes minutes


def run(machine: type[StackMachine], steps: int) -> None:
    """Random histories until so many steps were done; a longer run is made of pieces."""
    machine.counts.clear()
    for piece in itertools.count():
        if machine.counts["steps"] >= steps:
            break
        number = int(os.environ.get("SYNCGUARD_SEED") or (random.randrange(2**32) if WANTED else piece))
        print(f"SYNCGUARD_SEED={number}", flush=True)
        seed(number)(machine)
        try:
            run_state_machine_as_test(machine, settings=chosen(min(steps, PIECE)))
        finally:
            print(dict(machine.counts), flush=True)


def chosen(steps: int) -> settings:
    """Histories are not always as long as they may be, so there are some more than it takes."""
    return settings(
        max_examples=-(-steps * 6 // STEPS // 5),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        phases=(Phase.generate, Phase.shrink) if SHRINK else (Phase.generate,),
    )


@pytest.mark.timeout(0 if WANTED else 600)
def test_anything_may_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    """At least 2,000 steps in a plain folder."""
    monkeypatch.setenv("PATH", "")  # no git: twenty times as many steps a second
    run(StackMachine, WANTED or 2000)

    assert StackMachine.counts["steps"] >= (WANTED or 2000)


@pytest.mark.timeout(0 if WANTED else 600)
def test_anything_may_happen_in_a_repository() -> None:
    """The same with git, commits among it."""
    run(GitMachine, WANTED // 100 or 100)
