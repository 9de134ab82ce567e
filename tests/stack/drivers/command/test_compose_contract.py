"""The same scenarios on the `docker` that mimics compose and, where an engine answers, on the real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_syncguard.stack.drivers.base import Phase, Runtime, StageFault
from tests import engines
from tests.stack.drivers.command.project import Compose, watch
from tests.stack.drivers.command.real_compose import RealCompose, why_not


@pytest.fixture(params=["mimic", "real"])
def any_compose(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Compose | RealCompose]:
    if request.param == "mimic":
        yield request.getfixturevalue("compose")
        return
    if missing := why_not():
        engines.lacking("compose", missing)
    real = RealCompose(tmp_path)
    try:
        yield real
    finally:
        real.driver.close()
        if real.services:
            real.remove()


def test_success_in_history_then_failure(any_compose: Compose | RealCompose) -> None:
    """Up after a good build; a build that fails then is FAILED and shows no old success."""
    stage = any_compose.service("server", lines=[(0.0, "listening")])
    any_compose.driver.open([stage])
    first = any_compose.driver.trigger(stage)
    watch(first, lambda s: s.last.runtime is Runtime.UP and b"listening" in s.output)
    kept = first.observe()
    assert kept.up
    assert first.tail(100) == b"listening\n"
    assert any_compose.driver.observe([stage])["server"] == kept
    first.close()

    any_compose.service("server", build=["no cheese"], code=3)
    seen = watch(any_compose.driver.trigger(stage), lambda s: s.last.phase is Phase.FAILED)

    assert b"listening" not in seen.output
    assert b"no cheese" in seen.output
    assert any_compose.driver.observe([stage])["server"].build != kept.build


def test_service_that_dies(any_compose: Compose | RealCompose) -> None:
    """Up, then down with its exit code and its last words."""
    stage = any_compose.service("server", lines=[(0.0, "listening"), (3.0, "out of cheese")], ends=(3.0, 7))
    attempt = any_compose.driver.trigger(stage)

    seen = watch(attempt, lambda s: s.last.runtime is Runtime.DOWN)

    assert Runtime.UP in {look.runtime for look in seen.looks}
    assert b"out of cheese" in seen.output
    assert '"ExitCode":7' in seen.last.reason.replace(" ", "")


@pytest.mark.parametrize(("code", "phase"), [(0, Phase.PASSED), (3, Phase.FAILED)])
def test_one_shot(any_compose: Compose | RealCompose, code: int, phase: Phase) -> None:
    """A service that runs to its end has passed or failed by its exit code, with all its lines."""
    stage = any_compose.service("migrate", lines=[(0.0, "begin"), (1.0, "end")], ends=(1.0, code))
    attempt = any_compose.driver.trigger(stage._replace(one_shot=True))

    seen = watch(attempt, lambda s: s.last.phase in {Phase.PASSED, Phase.FAILED})

    assert seen.last.phase is phase
    assert seen.output.endswith(b"begin\nend\n")
    assert attempt.observe().up is (code == 0)


def test_unknown_service(any_compose: Compose | RealCompose) -> None:
    """The service that the compose file does not have is named."""
    stage = any_compose.service("server")

    with pytest.raises(StageFault, match="nope"):
        any_compose.driver.open([stage, stage._replace(name="ui", resource="nope")])


def test_down(any_compose: Compose | RealCompose) -> None:
    """What was triggered is stopped."""
    stage = any_compose.service("server")
    attempt = any_compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    attempt.observe()
    attempt.close()

    assert len(any_compose.driver.down([stage])) == 1
    assert not any_compose.driver.observe([stage])["server"].up
