"""More stages than anybody has: planned, synced, and found synced."""

from __future__ import annotations

import pytest

from pytest_syncguard.testing.fake import FakeStack
from tests.bad_input.shop import Shop

MANY = 500
HEAD = 'plugins = ["tests.bad_input.fakes"]\n[stack]\ndriver = "fake"\n'


def stage(number: int, more: str = "") -> str:
    """One of many, which all have the same sources."""
    name = f"s{number:03}"
    return f'[[stack.stage]]\nname = "{name}"\nsources = ["client/**"]\nsuccess = ["is ready"]\nsettle = 0\n{more}\n'


def test_stages_that_need_each_other_in_a_long_row(plain: Shop) -> None:
    """However long: the first is planned first, and whoever asks for the last gets all."""
    rows = [stage(number, f'needs = ["s{number + 1:03}"]' if number + 1 < MANY else "") for number in range(MANY)]
    plain.write("syncguard.toml", HEAD + "".join(rows))
    plan = plain.inside("plan", "s000")

    assert plan.code == 2
    assert plan.lines[:2] == ["stack: 500 of 500 to bring in sync", "1. s499: rebuild (s499 was never synced here)"]
    assert plain.inside("status").code == 2
    assert plain.inside("doctor").code == 0


def test_a_cycle_through_all_stages(plain: Shop) -> None:
    """Found, and told in one line."""
    rows = [stage(number, f'needs = ["s{(number + 1) % MANY:03}"]') for number in range(MANY)]
    plain.write("syncguard.toml", HEAD + "".join(rows))
    run = plain.inside("sync")

    assert run.code == 1
    (fault,) = run.faults
    assert ": found the cycle " in fault


@pytest.mark.timeout(300)  # a thousand commits of the ledger, on a disk that may be busy
def test_many_stages_are_synced(plain: Shop) -> None:
    """A hundred side by side, each built once; then there is nothing to do."""
    plain.write("syncguard.toml", HEAD + "".join(map(stage, range(MANY))))
    run = plain.inside("sync", "--jobs", "100")

    assert run.code == 0
    assert len(run.telling(": synced in ")) == MANY
    assert len(plain.recorded) == MANY
    assert sorted(FakeStack(plain.root).builds) == [f"s{number:03}" for number in range(MANY)]
    assert plain.inside("plan").lines == ["stack: nothing to do, 500 in sync"]
