"""Tests that met two builds: another run rebuilt something while they ran."""

from __future__ import annotations

import pytest

from pytest_syncguard.ledger import Ledger
from tests.plugin.project import Project

OTHER = """
import subprocess, sys

def sync(*args):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_syncguard.plugin", *args, "empty.py"]
    subprocess.run(command, check=True)
"""
SAID = "synced again by another run, or the record of it was lost, while these tests ran"


def two_tests(project: Project, does: str) -> None:
    """Two tests, between which this happens."""
    project.write("other.py", OTHER)
    project.write("empty.py", "def test_nothing(): pass\n")
    project.tests(f"from other import sync\ndef test_one(): {does}\ndef test_two(): pass\n")


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_run_whose_tests_met_two_builds_is_not_green(project: Project, workers: tuple[str, ...]) -> None:
    """It says what was rebuilt, and that the tests are to be run again."""
    two_tests(project, "sync('--sync-force')")
    run = project.call("--sync-stack", *workers)

    assert run.code == 10, run.text
    what = "what they found may be of two builds: run them again"
    assert run.count(f"syncguard: client, server, ui were {SAID}: {what}") == 1


def test_what_was_not_asked_for_may_be_rebuilt(project: Project) -> None:
    """Only what the tests rest on counts."""
    two_tests(project, "sync('--sync-force', '--sync-stage', 'server')")
    project.call("--sync-stack")

    assert project.call("--sync-stage", "client").code == 0


def test_a_sync_that_finds_nothing_to_do_disturbs_nobody(project: Project) -> None:
    """However many runs share the stack."""
    two_tests(project, "sync('--sync-stack')")
    run = project.call("--sync-stack")

    assert run.code == 0, run.text


def test_a_failing_test_keeps_its_code_and_the_reason_is_told(project: Project) -> None:
    """The reason may be the cause."""
    two_tests(project, "sync('--sync-force', '--sync-stage', 'ui'); assert False")
    run = project.call("--sync-stack")

    assert run.code == 1
    assert any(SAID in line for line in run.lines)


def test_a_ledger_that_cannot_be_read_afterwards_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether all stayed as it was: doubt is failure."""
    monkeypatch.setattr(Ledger, "synced", Ledger.synced)  # put back in the end
    project.tests("""
        from pytest_syncguard.ledger import Ledger, LedgerError

        def test_one():
            def broken(ledger):
                raise LedgerError("no space left")
            Ledger.synced = broken
    """)
    run = project.run("--sync-stack")

    assert run.code == 11, run.text
    assert run.count("syncguard: cannot tell whether all stayed in sync while these tests ran: no space left") == 1


def test_it_is_told_for_the_fixture_too(project: Project) -> None:
    """Where the first test that asks syncs."""
    project.write("other.py", OTHER)
    project.write("empty.py", "def test_nothing(): pass\n")
    project.tests("from other import sync\ndef test_one(synced_stack): sync('--sync-force')\n")
    run = project.call()

    assert run.code == 10, run.text
