"""Reports of a run, written into the project, put nothing out of sync."""

from __future__ import annotations

import pytest

from pytest_syncguard import others, plugin
from tests.plugin.project import SETTINGS, WITHOUT_XDIST, Project

REPORTS = [
    ("--sync-report=report.json",),
    ("--junitxml=out/junit.xml",),
    ("--html=page.html", "-p", "metadata", "-p", "html"),
]


@pytest.fixture
def whole(project: Project) -> Project:
    """Its stages count every file."""
    project.write("syncguard.toml", "\n".join(line for line in SETTINGS.splitlines() if "sources" not in line))
    project.tests("""
        import pytest

        @pytest.mark.requires_synced
        def test_marked(): pass
    """)
    return project


@pytest.mark.parametrize("options", REPORTS, ids=lambda options: options[0])
def test_a_run_with_a_report_leaves_all_in_sync(whole: Project, options: tuple[str, ...]) -> None:
    """Its own tests, and those of the runs that come."""
    for _ in range(2):
        run = whole.run("--sync-stack", *options, plugins=WITHOUT_XDIST)
        assert (run.code, run.outcomes()["passed"]) == (0, 1)
    assert whole.run(plugins=WITHOUT_XDIST).outcomes() == {"passed": 1}
    assert len(whole.stack.builds) == 3


def test_a_report_of_a_run_without_a_sync_puts_nothing_out_of_sync(whole: Project) -> None:
    """Whoever wrote it."""
    whole.run("--sync-stack")
    whole.tests("def test_other(): pass\n", "other/test_other.py")
    whole.run("--sync-stack")
    before = len(whole.stack.builds)
    whole.run("--junitxml=junit.xml", "other")

    assert whole.run("--sync-stack").outcomes() == {"passed": 2}
    assert len(whole.stack.builds) == before


def test_the_plugin_looks_for_the_reports_that_are_noted() -> None:
    """It has names of its own for them, since a run without reports imports nothing."""
    assert plugin.REPORTS == others.REPORTS
