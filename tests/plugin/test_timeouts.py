"""pytest-timeout: a sync has limits of its own, and costs no test any of its time."""

from __future__ import annotations

import pytest

from tests.plugin.project import ERROR, PLUGINS, Project

SLOW = 1.5  # seconds that the build takes; tests have half of it


@pytest.mark.parametrize(("method", "workers"), [("signal", "-n0"), ("thread", "-n0"), ("signal", "-n2")])
def test_a_sync_in_a_fixture_may_take_longer_than_a_test(project: Project, method: str, workers: str) -> None:
    """The clock of the test that asked stands still while the stack is built."""
    project.stack.play("client", "client is ready\n", seconds=SLOW)
    project.tests("def test_a(synced_stack): pass\ndef test_b(synced_stack): pass\n")
    run = project.call("--timeout=0.7", f"--timeout-method={method}", workers)

    assert (run.code, run.outcomes()) == (0, {"passed": 2})


@pytest.mark.parametrize(("method", "workers"), [("signal", "-n0"), ("thread", "-n0"), ("signal", "-n2")])
def test_a_sync_that_is_asked_for_by_name_may_take_longer_too(project: Project, method: str, workers: str) -> None:
    """Nothing told of it before the test's clock began to run."""
    project.stack.play("client", "client is ready\n", seconds=SLOW)
    project.tests("""
        def test_a(request): request.getfixturevalue("synced_stack")
        def test_b(request): request.getfixturevalue("synced_stack")
    """)
    run = project.call("--timeout=0.7", f"--timeout-method={method}", workers)

    assert (run.code, run.outcomes()) == (0, {"passed": 2})


def test_the_test_that_asked_has_its_timeout_afterwards(project: Project) -> None:
    """The clock runs again once the sync is over."""
    project.stack.play("client", "client is ready\n", seconds=SLOW)
    project.tests("""
        import time

        def test_a(synced_stack): time.sleep(30)
        def test_b(synced_stack): pass
        def test_c(): time.sleep(30)
    """)
    run = project.call("--timeout=0.7", "--timeout-method=signal")

    assert (run.code, run.outcomes()) == (1, {"failed": 2, "passed": 1})
    assert sum(run.count(f"E   Failed: Timeout {said}") for said in ("(>0.7s) from pytest-timeout.", ">0.7s")) == 2


def test_func_only(project: Project) -> None:
    """A timeout for the test's function alone is left alone."""
    project.stack.play("client", "client is ready\n", seconds=SLOW)
    project.tests("""
        import time

        def test_a(synced_stack): pass
        def test_b(synced_stack): time.sleep(30)
    """)
    run = project.call("--timeout=0.7", "-o", "timeout_func_only=true")

    assert (run.code, run.outcomes()) == (1, {"failed": 1, "passed": 1})


def test_the_limit_of_a_stage_holds(project: Project) -> None:
    """A build that hangs ends by its own limit, not by the test's."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('"20s"', '"1s"', 1))
    project.stack.play("client", "still building\n", end="hang")
    project.tests("def test_a(synced_stack): pass\n")
    run = project.run("--timeout=60")

    assert (run.code, run.outcomes()) == (1, {"error": 1})
    assert run.having("Step 1 FAILED: client timeout - build did not complete")
    assert run.count(ERROR.format(1)) == 1


def test_a_slow_check_of_a_marker_costs_no_time(project: Project) -> None:
    """A driver that takes its time to answer is no fault of the test."""
    project.write(
        "conftest.py",
        """
import time
from pytest_syncguard.testing.fake import FakeDriver

class Slow(FakeDriver):
    def observe(self, stages):
        time.sleep(0.8)
        return super().observe(stages)

def pytest_syncguard_drivers():
    return {"fake": Slow}
""",
    )
    project.tests("""
        import pytest

        @pytest.mark.requires_synced("client")
        def test_a(): pass
    """)
    run = project.call("--sync-stage=client", "--timeout=0.7")

    assert (run.code, run.outcomes()) == (0, {"passed": 1})


def test_without_pytest_timeout(project: Project) -> None:
    """It need not be there."""
    project.tests("import pytest\n\n@pytest.mark.requires_synced\ndef test_a(synced_stack): pass\n")
    run = project.run("--sync-stack", plugins=[name for name in PLUGINS if name != "timeout"])

    assert (run.code, run.outcomes()) == (0, {"passed": 1})
