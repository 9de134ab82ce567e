"""Under xdist: the controller syncs, once, while its workers collect."""

from __future__ import annotations

import pytest

from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, CONFTEST, ERROR, Project

ORDER = """
import os
import time
from pathlib import Path
from pytest_syncguard.testing.fake import FakeDriver

def note(what):
    with open("order", "a") as file:
        file.write(what + "\\n")

def pytest_syncguard_drivers():
    return {"fake": FakeDriver}

def pytest_collection_finish(session):
    note("collected")

def pytest_syncguard_stage_finished(event):
    deadline = time.monotonic() + 60
    while Path("order").read_text().count("collected") < 2 if Path("order").exists() else True:
        assert time.monotonic() < deadline, "the workers wait for the sync"
        time.sleep(0.02)

def pytest_syncguard_report(result):
    note("synced in a worker" if "PYTEST_XDIST_WORKER" in os.environ else "synced")

def pytest_runtest_setup(item):
    note("test")
"""
MANY = """
    import pytest

    @pytest.mark.parametrize("n", range(8))
    def test_it(n): pass
"""


def test_workers_collect_while_the_controller_syncs(project: Project) -> None:
    """The sync goes on until both have collected, and no test starts before it has ended."""
    project.write("conftest.py", ORDER)
    project.tests(MANY)
    run = project.run("--sync-stack", "-n2")
    order = (project.root / "order").read_text().splitlines()

    assert (run.code, run.outcomes()) == (0, {"passed": 8})
    assert order == ["collected", "collected", "synced", *["test"] * 8]
    assert len(project.stack.builds) == 3


def test_four_workers_and_a_fixture(project: Project) -> None:
    """One of four syncs, three wait for it."""
    project.stack.play("client", "client is ready\n", seconds=0.5)
    project.tests("""
        import pytest

        @pytest.mark.parametrize("n", range(8))
        def test_it(synced_stack, n):
            assert synced_stack["client"].verdict.synced
    """)
    run = project.run("-n4")

    assert (run.code, run.outcomes(), len(project.stack.builds)) == (0, {"passed": 8}, 3)


@pytest.mark.parametrize("args", [["--sync-stack"], []])
def test_a_worker_that_crashes(project: Project, args: list[str]) -> None:
    """Its successor finds the stack synced: nothing is built again."""
    project.tests("""
        import os
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_it(synced_stack, n):
            if n == 2:
                os._exit(1)
    """)
    run = project.run("-n2", *args)

    assert (run.code, run.outcomes()) == (1, {"passed": 5, "failed": 1})
    assert len(project.stack.builds) == 3
    assert not run.having("INTERNALERROR")


def test_groups(project: Project) -> None:
    """--dist loadgroup: markers and names with a group are found."""
    project.tests("""
        import pytest

        @pytest.mark.parametrize("n", range(4))
        @pytest.mark.xdist_group("one")
        @pytest.mark.requires_synced("server")
        def test_it(synced_stack, n): pass
    """)
    run = project.run("--sync-stack", "-n2", "--dist", "loadgroup")

    assert (run.code, run.outcomes()) == (0, {"passed": 4})


@pytest.mark.parametrize("args", [["-x"], ["--maxfail=1"]])
def test_the_first_failing_test_ends_the_run_as_ever(project: Project, args: list[str]) -> None:
    """The sync was well; what tests do with the run is theirs: exit code 1 or 2 of pytest, not ours."""
    project.tests("def test_a(): assert 0\n")
    run = project.run("--sync-stack", "-n2", *args)

    assert run.count(SUCCESS) == 1
    assert (run.code, run.outcomes()) == (2, {"failed": 1})


@pytest.mark.parametrize("args", [["-x"], ["--maxfail=1"]])
def test_a_failure_in_the_fixture_ends_the_run_when_asked(project: Project, args: list[str]) -> None:
    """-x counts the one error; the report of the sync arrives all the same."""
    project.stack.play("server", BROKEN, end="failed")
    project.tests("""
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_it(synced_stack, n): pass
    """)
    run = project.run("-n2", "--sync-report=report.json", *args)

    assert run.code == 2
    assert run.outcomes()["error"] == 1
    assert run.count(ERROR.format(2)) == 1
    assert project.report()["summary"] == ERROR.format(2)


def test_a_worker_elsewhere_finds_the_settings(project: Project) -> None:
    """A worker with another working directory, where no settings are, uses those of the controller."""
    other = project.root.parent / f"{project.root.name}-elsewhere"
    other.mkdir()
    test = """
import os
import pytest

@pytest.mark.requires_synced("server")
def test_it(synced_stack):
    assert os.getcwd().endswith("-elsewhere")
    assert synced_stack["server"].verdict.synced
"""
    for folder in (project.root, other):
        (folder / "test_it.py").write_text(test)
        (folder / "conftest.py").write_text(CONFTEST)
    run = project.call("--sync-stack", "-d", "--tx", f"2*popen//chdir={other}")

    assert (run.code, run.outcomes()) == (0, {"passed": 1})
    assert not (other / ".syncguard").exists()


def test_no_hook_of_ours_needs_xdist(project: Project) -> None:
    """With -p no:xdist, and where it is not installed."""
    run = project.call("--sync-stack", "-p", "no:xdist")

    assert (run.code, run.outcomes()) == (0, {"passed": 1})
