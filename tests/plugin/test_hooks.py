"""Hooks for others: drivers and guards of their own, and what they hear of a sync."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, ERROR, PLUGINS, SETTINGS, WITHOUT_XDIST, Project

HEAR = """
import os

def hear(what):
    with open("heard", "a") as file:
        file.write(f"{os.environ.get('PYTEST_XDIST_WORKER', 'controller')} {what}\\n")

def pytest_syncguard_stage_finished(event):
    hear(f"{event.step.target} {event.verdict.status} {event.log != ''}")

def pytest_syncguard_report(result):
    hear(f"{result.summary.split(':')[0]} {len(result.verdicts)} {len(result.finished)}")
"""
MIGRATIONS = '''
"""A team's own guard: in sync when the file ``migrated`` says what ``wanted`` says."""

from pathlib import Path

from pytest_syncguard.testing.fake import FakeDriver
from pytest_syncguard.verdict import (
    Evidence, GuardFinished, Plan, Planned, Status, Step, StepFinished, StepStarted, Target, Verdict,
)

def read(path):
    return path.read_text() if path.exists() else ""

class Migrations:
    kind = "migrations"

    def __init__(self, root):
        self.wanted, self.done, self.root = root / "wanted", root / "migrated", root

    def names(self):
        return ["main"]

    def verdict(self):
        target = Target(self.kind, "main")
        if read(self.done) == read(self.wanted):
            return Verdict(target, Status.SYNCED, "all are applied")
        evidence = (Evidence("create table user", "migrations/7.sql", 3),)
        return Verdict(target, Status.STALE, "migration 7 is not applied", evidence)

    def plan(self, wanted, *, force=False):
        verdict = self.verdict()
        steps = () if verdict.synced and not force else (Step(verdict.target, "migrate", verdict.reason, 1),)
        return Plan(self.kind, (verdict,), steps)

    def apply(self, plan):
        yield Planned(plan=plan)
        for step in plan.steps:
            yield StepStarted(step=step)
            if (self.root / "broken").exists():
                verdict = Verdict(step.target, Status.FAILED, "Step 1 FAILED: migration 7 has a syntax error")
            else:
                self.done.write_text(read(self.wanted))
                verdict = self.verdict()
            yield StepFinished(step=step, verdict=verdict, seconds=0.0)
        yield GuardFinished(guard=self.kind, verdicts=(verdict if plan.steps else self.verdict(),))

def pytest_syncguard_guards(settings):
    return [Migrations(settings.root)]

def pytest_syncguard_drivers():
    return {"fake": FakeDriver}
'''
WAYS = pytest.mark.parametrize(
    ("plugins", "args"), [(PLUGINS, ["-n0"]), (PLUGINS, ["-n2"]), (WITHOUT_XDIST, [])], ids=["n0", "n2", "no-xdist"]
)
FIXTURE = """
import pytest

@pytest.mark.parametrize("n", range(4))
def test_it(synced_stack, n): pass
"""


@pytest.fixture
def hearing(project: Project) -> Project:
    """A conftest that writes down what it hears."""
    project.write("conftest.py", (project.root / "conftest.py").read_text() + HEAR)
    project.tests(FIXTURE)
    return project


def heard(project: Project) -> list[str]:
    return (project.root / "heard").read_text().splitlines()


@WAYS
@pytest.mark.parametrize("asked", [["--sync-stack"], []], ids=["option", "fixture"])
def test_what_was_synced_is_heard_once_on_the_controller(
    hearing: Project, plugins: tuple[str, ...], args: list[str], asked: list[str]
) -> None:
    """Each stage, then the whole, whoever asked for the sync and wherever it ran."""
    assert hearing.run(*asked, *args, plugins=plugins).code == 0

    assert heard(hearing) == [
        "controller stack:client synced True",
        "controller stack:server synced True",
        "controller stack:ui synced True",
        "controller SUCCESS 3 3",
    ]


@WAYS
@pytest.mark.parametrize("asked", [["--sync-stack"], []], ids=["option", "fixture"])
def test_a_failure_is_heard_once_on_the_controller(
    hearing: Project, plugins: tuple[str, ...], args: list[str], asked: list[str]
) -> None:
    """The same for what went wrong."""
    hearing.stack.play("server", BROKEN, end="failed")
    assert hearing.run(*asked, *args, plugins=plugins).code == (10 if asked else 1)

    assert heard(hearing) == [
        "controller stack:client synced True",
        "controller stack:server failed True",
        "controller ERROR 3 2",
    ]


def test_without_a_sync_nothing_is_heard(hearing: Project) -> None:
    """A marker's check is no sync."""
    hearing.tests("import pytest\n\n@pytest.mark.requires_synced\ndef test_a(): pass\n")
    hearing.run()

    assert not (hearing.root / "heard").exists()


@pytest.fixture
def migrating(project: Project) -> Project:
    """A guard of the team's own, brought in through the settings for pytest and for the command."""
    (project.root / "conftest.py").unlink()
    project.write("team_guards.py", MIGRATIONS)
    project.write("syncguard.toml", 'plugins = ["team_guards"]\n' + (project.root / "syncguard.toml").read_text())
    project.write("wanted", "7")
    project.tests("""
        import pytest

        @pytest.mark.requires_synced("migrations:main")
        def test_one(): pass

        @pytest.mark.requires_synced("migrations", "server")
        def test_two(synced_stack): pass
    """)
    return project


@WAYS
def test_a_guard_of_their_own_is_treated_like_ours(
    migrating: Project, plugins: tuple[str, ...], args: list[str]
) -> None:
    """It gates, plans, applies, reports, and its targets may be required."""
    run = migrating.run(*args, plugins=plugins)
    assert run.outcomes() == {"error": 2}
    assert run.having("migration 7 is not applied; run pytest --sync-stack")

    run = migrating.run("--sync-stack", "--sync-report=report.json", *args, plugins=plugins)
    assert (run.code, run.outcomes()) == (0, {"passed": 2})
    assert "  1. main: migrate (migration 7 is not applied)" in run.lines
    assert [step["target"] for step in migrating.report()["steps"]][-1] == "migrations:main"
    assert migrating.run("--sync-stack", *args, plugins=plugins).code == 0

    migrating.write("wanted", "8")
    migrating.write("broken", "")
    run = migrating.run("--sync-stack", *args, plugins=plugins)
    assert run.code == 10
    assert "Step 1 FAILED: migration 7 has a syntax error" in run.lines
    assert "  migrations:main: failed" in run.lines
    assert "  next: syncguard sync migrations:main" in run.lines
    assert run.count(ERROR.format(1)) == 1


def test_a_guard_of_their_own_can_be_asked_for_alone(migrating: Project) -> None:
    """--sync-stage takes any target; a wrong one gets the nearest right name of them all."""
    assert migrating.run("--sync-stage", "migrations:main", "-k", "one").code == 0
    assert migrating.stack.builds == []
    run = migrating.run("--sync-stage", "migrations:mian")

    assert (run.code, run.errors[0]) == (
        4,
        'ERROR: no target "migrations:mian": did you mean "migrations:main"?',
    )


def test_a_guard_of_their_own_is_in_the_command(migrating: Project) -> None:
    """The same module, without pytest."""
    argv = [sys.executable, "-m", "pytest_syncguard.cli"]
    done = subprocess.run([*argv, "sync"], cwd=migrating.root, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, SUCCESS)
    done = subprocess.run(
        [*argv, "status", "migrations"], cwd=migrating.root, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0
    assert "migrations:main" in done.stdout


def test_a_guard_that_cannot_look_is_unknown(migrating: Project) -> None:
    """A fault that a user can cure is a verdict, not a crash."""
    migrating.write(
        "team_guards.py",
        MIGRATIONS.replace(
            "        verdict = self.verdict()\n        steps",
            "        from pytest_syncguard.errors import SyncguardError\n"
            "        raise SyncguardError('the database does not answer: start it')\n        steps",
        ),
    )
    run = migrating.run("--sync-stack")

    assert run.code == 11
    assert "the database does not answer: start it" in run.lines
    assert "  migrations: unknown" in run.lines


@pytest.mark.parametrize(("hook", "plugins"), [("stage_finished(event)", PLUGINS), ("report(result)", WITHOUT_XDIST)])
def test_a_hook_that_fails_is_told_and_the_run_is_not_green(
    project: Project, hook: str, plugins: tuple[str, ...]
) -> None:
    """In one line; the tests run all the same."""
    broken = f"\ndef pytest_syncguard_{hook}: raise RuntimeError('deaf')\n"
    project.write("conftest.py", (project.root / "conftest.py").read_text() + broken)
    run = project.run("--sync-stack", plugins=plugins)

    assert (run.code, run.outcomes()) == (11, {"passed": 1})
    assert run.having("fails: RuntimeError: deaf (conftest.py:7): correct it or take it out of plugins")
    assert not run.having("INTERNALERROR")


@pytest.mark.parametrize("broken", ["raise RuntimeError('no')", "def (:", "import no_such_module"])
@pytest.mark.parametrize("args", [["--sync-stack"], ["-n1", "--sync-stack"], []], ids=["option", "n1", "marker"])
def test_a_plugin_of_the_settings_that_cannot_be_loaded_stops_the_run(
    project: Project, broken: str, args: list[str]
) -> None:
    """With one line, and no traceback."""
    project.write("broken_plugin.py", broken + "\n")
    project.write("syncguard.toml", f'plugins = ["broken_plugin"]\n{SETTINGS}')
    project.tests("import pytest\n\n@pytest.mark.requires_synced\ndef test_a(): pass\n")
    run = project.call(*args, plugins=PLUGINS)

    assert run.code == 4
    assert [line for line in run.errors if line.startswith("ERROR")] == [line for line in run.errors if line]
    assert 'plugin "broken_plugin" of the settings ' in run.errors[0]
    assert not run.having("INTERNALERROR")
