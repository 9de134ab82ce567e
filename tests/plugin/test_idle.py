"""A run that asks for nothing of ours pays next to nothing."""

from __future__ import annotations

import pytest

from tests.plugin.project import PLUGINS, WITHOUT_XDIST, Project

NAMES = """
    import sys

    HEAVY = ("filelock", "psutil", "pexpect", "sqlite3", "click", "pyairtable", "pydantic", "requests", "jinja2")
    LIGHT = {
        "pytest_syncguard", "pytest_syncguard.plugin", "pytest_syncguard.fixtures", "pytest_syncguard.hookspecs",
        "pytest_syncguard.xdist", "pytest_syncguard.timeouts", "pytest_syncguard.ahead", "pytest_syncguard.witness",
        "pytest_syncguard.settings", "pytest_syncguard.settings.find", "pytest_syncguard.stack",
        "pytest_syncguard.stack.promise",
    }

    def test_nothing_was_imported():
        assert [name for name in HEAVY if name in sys.modules] == []
        assert {name for name in sys.modules if name.startswith("pytest_syncguard")} <= LIGHT

    def test_next_to_no_hook_is_there_for_single_tests(pytestconfig):
        plugins = pytestconfig.pluginmanager.list_name_plugin()
        ours = {name for name, plugin in plugins if name.startswith("syncguard") and plugin}
        assert ours <= {"syncguard", "syncguard-xdist", "syncguard-timer", LATE}
"""
WITH_SETTINGS, WITHOUT = NAMES.replace("LATE", '"syncguard-late"'), NAMES.replace(", LATE", "")


@pytest.mark.parametrize(("plugins", "args"), [(WITHOUT_XDIST, []), (PLUGINS, ["-n2"])], ids=["no-xdist", "n2"])
def test_an_idle_run_imports_nothing(project: Project, plugins: tuple[str, ...], args: list[str]) -> None:
    """Although there are settings: nobody asked for them."""
    project.write("conftest.py", "")
    project.tests(WITH_SETTINGS)
    run = project.call(*args, plugins=plugins)

    assert (run.code, run.outcomes()) == (0, {"passed": 2})


def test_without_settings_no_test_costs_anything(empty: Project) -> None:
    """No hook of ours is called for it."""
    empty.tests(WITHOUT)
    run = empty.call(plugins=WITHOUT_XDIST)

    assert (run.code, run.outcomes()) == (0, {"passed": 2})


def test_what_is_asked_for_is_imported(project: Project) -> None:
    """The test above can fail."""
    project.tests(WITH_SETTINGS)
    run = project.call("--sync-stack", plugins=WITHOUT_XDIST)

    assert run.outcomes() == {"failed": 2}


def test_broken_settings_do_not_disturb(project: Project) -> None:
    """Who does not ask for a sync does not hear of its faults."""
    project.write("syncguard.toml", "[stack\n")

    assert project.run().code == 0
