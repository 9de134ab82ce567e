"""Where no test will run, nothing is built."""

from __future__ import annotations

import pytest

from tests.plugin.project import Project


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--collect-only"], 0),
        (["--co", "-q"], 0),
        (["--co", "-n2"], 0),
        (["--fixtures"], 0),
        (["--markers"], 0),
        (["--version"], 0),
        (["--help"], 0),
        (["--setup-plan"], 0),
        (["-k", "nothing_like_it"], 5),
        (["no_such_file.py"], 4),
    ],
)
def test_nothing_is_built(project: Project, args: list[str], code: int) -> None:
    """Listings, plans and empty selections leave the stack alone."""
    run = project.run("--sync-stack", "--sync-down", *args)

    assert (run.code, project.stack.builds) == (code, [])
    assert not run.having("SUCCESS")


def test_nothing_is_built_for_tests_that_cannot_be_collected(project: Project) -> None:
    """A broken test file is told first; with --continue-on-collection-errors the rest gets its sync."""
    project.tests("import no_such_module\n", "test_broken.py")
    run = project.run("--sync-stack")
    assert (run.code, project.stack.builds) == (2, [])

    run = project.run("--sync-stack", "--continue-on-collection-errors")
    assert run.outcomes() == {"passed": 1, "error": 1}
    assert len(project.stack.builds) == 3


def test_a_listing_stops_nothing(project: Project) -> None:
    """--sync-down is for after the tests: without tests what runs stays up."""
    project.run("--sync-stack")
    project.run("--collect-only", "--sync-down")

    assert set(project.stack.running) == {"client", "server", "ui"}


def test_marker_and_fixture_are_listed(project: Project) -> None:
    """With their own words."""
    markers, fixtures = project.run("--markers"), project.run("--fixtures")

    assert markers.having("@pytest.mark.requires_synced(*targets): the test runs only when these targets")
    assert fixtures.having("synced_stack [session scope]")
    assert fixtures.having("The stack, in sync: `synced_stack.ui` is its address")
