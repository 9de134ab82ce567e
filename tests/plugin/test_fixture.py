"""The fixture `synced_stack`: one sync for the whole run, one failure told once."""

from __future__ import annotations

import pytest

from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, ERROR, PLUGINS, WITHOUT_XDIST, Project

FOUR = """
    import pytest
    from pathlib import Path

    @pytest.mark.parametrize("n", range(4))
    def test_ui(synced_stack, n):
        Path(f"ran{n}").touch()
"""
HANDLE = """
    import pytest

    def test_handle(synced_stack):
        assert synced_stack.ui == "http://localhost:5173"
        assert list(synced_stack) == ["client", "server", "ui"]
        assert len(synced_stack) == 3 and "server" in synced_stack
        server = synced_stack["server"]
        assert server.name == "server"
        assert (server.verdict.synced, server.verdict.status) == (True, "synced")
        assert server.logs[0].read_text() == "server is ready\\n"
        assert [stage.name for stage in synced_stack.values()] == ["client", "server", "ui"]
        with pytest.raises(KeyError, match='no stage "servr": did you mean "server"[?]'):
            synced_stack["servr"]
        with pytest.raises(KeyError, match='no stage "x": the stages are client, server, ui'):
            synced_stack["x"]
        assert synced_stack.get("nothing") is None
"""
WAYS = pytest.mark.parametrize(
    ("plugins", "args"), [(PLUGINS, ["-n0"]), (PLUGINS, ["-n2"]), (WITHOUT_XDIST, [])], ids=["n0", "n2", "no-xdist"]
)


@WAYS
def test_without_the_option_the_fixture_syncs_once(project: Project, plugins: tuple[str, ...], args: list[str]) -> None:
    """Four tests on any number of workers: three builds."""
    project.tests(FOUR)
    run = project.run(*args, plugins=plugins)

    assert (run.code, run.outcomes()) == (0, {"passed": 4})
    assert project.stack.builds == ["client", "server", "ui"]
    assert run.count(SUCCESS) == 1


@WAYS
def test_after_sync_stack_the_fixture_builds_nothing(
    project: Project, plugins: tuple[str, ...], args: list[str]
) -> None:
    """What was done before the first test is not done again, even when forced."""
    project.tests(FOUR)
    run = project.run("--sync-stack", "--sync-force", *args, plugins=plugins)

    assert (run.code, run.outcomes()) == (0, {"passed": 4})
    assert len(project.stack.builds) == 3
    assert run.count(SUCCESS) == 1


def test_the_handle(project: Project) -> None:
    """Address, stages in their order, verdicts, logs, and a wrong name that helps."""
    project.tests(HANDLE)

    assert project.run().outcomes() == {"passed": 1}


def test_after_a_part_the_fixture_brings_the_rest(project: Project) -> None:
    """--sync-stage alone does not make the stack synced: the fixture promises all of it."""
    project.tests(FOUR)
    run = project.run("--sync-stage", "server")

    assert (run.code, project.stack.builds) == (0, ["server", "client", "ui"])


@WAYS
def test_a_failure_is_told_once(project: Project, plugins: tuple[str, ...], args: list[str]) -> None:
    """The first test that asks has the error; the others are skipped and point to it; nothing is built again."""
    project.tests(FOUR)
    project.stack.play("server", BROKEN, end="failed")
    run = project.run("-rs", "--junitxml=report.xml", *args, plugins=plugins)

    assert (run.code, run.outcomes()) == (1, {"skipped": 3, "error": 1})
    assert project.stack.builds == ["client", "server"]
    assert run.count(ERROR.format(2)) == 1
    assert run.count("Step 2 FAILED: server rebuild error") == 1
    assert run.having("the stack is not in sync: see the error of test_it.py::test_ui[")
    assert not list(project.root.glob("ran*"))
    assert 'name="syncguard.stack:server" value="failed"' in (project.root / "report.xml").read_text()


@pytest.mark.parametrize("args", [["-n0"], ["-n2"]])
def test_reruns_do_not_build_again(project: Project, args: list[str]) -> None:
    """pytest-rerunfailures runs the test again, and it stays failed: one build, one error."""
    project.tests(FOUR)
    project.stack.play("client", BROKEN, end="failed")
    run = project.run("--reruns", "2", *args, plugins=(*PLUGINS, "rerunfailures"))

    assert run.code == 1
    assert run.outcomes() == {"skipped": 3, "error": 1, "rerun": 2}
    assert project.stack.builds == ["client"]


@pytest.mark.parametrize("args", [["-n0"], ["-n2"]])
def test_a_run_never_ends_green_on_a_failed_sync(project: Project, args: list[str]) -> None:
    """Even when the only test that asked was expected to fail."""
    project.tests("""
        import pytest

        @pytest.mark.xfail
        def test_ui(synced_stack): pass

        def test_other(): pass
    """)
    project.stack.play("client", BROKEN, end="failed")
    run = project.run(*args)

    assert (run.code, run.outcomes()) == (10, {"passed": 1, "xfailed": 1})


def test_an_outage_in_the_fixture_is_code_11_at_least(project: Project) -> None:
    """Could not check: the exit code tells it where nothing else does."""
    project.tests("import pytest\n\n@pytest.mark.xfail\ndef test_ui(synced_stack): pass\n")
    project.stack.fall_silent()

    assert project.run().code == 11


def test_fixtures_that_use_it_are_told_like_tests(project: Project) -> None:
    """A session fixture of the project between the tests and ours: still one error."""
    project.tests("""
        import pytest

        @pytest.fixture(scope="session")
        def browser(synced_stack):
            return synced_stack.ui

        def test_a(browser): pass
        def test_b(browser): pass
        def test_c(synced_stack): pass
        def test_d(): pass
    """)
    project.stack.play("client", BROKEN, end="failed")
    assert project.run().outcomes() == {"passed": 1, "skipped": 2, "error": 1}

    project.stack.play("client", "client is ready\n")
    assert project.run().outcomes() == {"passed": 4}


def test_a_project_may_wrap_the_fixture(project: Project) -> None:
    """An override by the same name gets ours."""
    project.tests("""
        import pytest

        @pytest.fixture(scope="session")
        def synced_stack(synced_stack):
            return synced_stack.ui + "/login"

        def test_a(synced_stack):
            assert synced_stack == "http://localhost:5173/login"
    """)

    assert project.run().outcomes() == {"passed": 1}


def test_asked_for_by_name_while_the_test_runs(project: Project) -> None:
    """getfixturevalue finds it, too."""
    project.tests("""
        def test_a(request):
            assert request.getfixturevalue("synced_stack")["ui"].verdict.synced
    """)
    assert project.run().outcomes() == {"passed": 1}

    project.stack.play("client", BROKEN, end="failed")
    project.write("client/source.txt", "edited")
    run = project.run()

    assert (run.code, run.count(ERROR.format(1))) == (1, 1)


@WAYS
def test_wrong_settings_are_told_once_a_line_for_each_fault(
    project: Project, plugins: tuple[str, ...], args: list[str]
) -> None:
    """A run that knows nothing of a sync before its first test asks; no step began."""
    project.tests(FOUR)
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('"20s"', '"soon"').replace("settle = 0", "setle = 0"))
    run = project.run(*args, plugins=plugins)
    faults = [line for line in run.lines if line.startswith("    syncguard.toml: stack.stage[")]

    assert (run.code, run.outcomes()["error"] > 0) == (1, True)
    assert len(set(faults)) == 6
    assert all(line.count("syncguard.toml: ") == 1 for line in faults)
    assert "the stack has 6 faults in its settings: correct them" in run.lines
    assert run.having(ERROR.format(0))
    assert not run.having("Step 1")


def test_a_folder_that_cannot_be_used_is_no_step(project: Project) -> None:
    """There is no place for the lock: told in one line, which says what to do."""
    project.tests(FOUR)
    project.write(".syncguard", "no folder")
    run = project.run("-p", "no:cacheprovider")

    assert (run.code, run.outcomes()) == (1, {"skipped": 3, "error": 1})
    assert run.count(ERROR.format(0)) == 1
    assert "  stack: unknown" in run.lines


BY_NAME = """
    import pytest

    @pytest.mark.parametrize("n", range(4))
    def test_ui(request, n): request.getfixturevalue("synced_stack")
"""
BY_NAME_OF_A_FIXTURE = """
    import pytest

    @pytest.fixture(scope="session")
    def address(request):
        return request.getfixturevalue("synced_stack").ui

    @pytest.mark.parametrize("n", range(4))
    def test_ui(address, n): pass
"""


@WAYS
@pytest.mark.parametrize(("tests", "outcome"), [(BY_NAME, "failed"), (BY_NAME_OF_A_FIXTURE, "error")])
def test_a_failure_is_told_once_when_asked_for_by_name(
    project: Project, tests: str, outcome: str, plugins: tuple[str, ...], args: list[str]
) -> None:
    """While a test or another fixture runs: the first test tells it, the others point there, nothing is rebuilt."""
    project.tests(tests)
    project.stack.play("server", BROKEN, end="failed")
    run = project.run("-rs", *args, plugins=plugins)

    assert (run.code, run.outcomes()) == (1, {"skipped": 3, outcome: 1})
    assert project.stack.builds == ["client", "server"]
    assert run.count(ERROR.format(2)) == 1
    assert run.having("the stack is not in sync: see the error of test_it.py::test_ui[")


def test_a_rerun_of_the_test_that_asked_by_name_fails_again(project: Project) -> None:
    """It is still the one to which the failure is told."""
    project.tests(BY_NAME)
    project.stack.play("client", BROKEN, end="failed")
    run = project.run("--reruns", "2", plugins=(*PLUGINS, "rerunfailures"))

    assert run.outcomes() == {"skipped": 3, "failed": 1, "rerun": 2}
    assert project.stack.builds == ["client"]


def test_what_goes_stale_before_the_fixture_is_handed_out_stops_the_test(project: Project) -> None:
    """After --sync-stack a test edits a source: whoever asks for the stack later does not get it."""
    project.tests("""
        from pathlib import Path

        def test_a(): Path("server/source.txt").write_text("edited")
        def test_b(synced_stack): pass
        def test_c(synced_stack): pass
    """)
    run = project.run("--sync-stack")

    assert (run.code, run.outcomes()) == (1, {"passed": 1, "skipped": 1, "error": 1})
    assert run.having("server is stale: 1 file changed since the last sync: server/source.txt")


@pytest.mark.parametrize("args", [["-n0"], ["-n2"]])
def test_without_settings_the_fixture_says_so(empty: Project, args: list[str]) -> None:
    """One line, no traceback."""
    empty.tests("def test_a(synced_stack): pass")
    run = empty.run(*args)

    assert (run.code, run.outcomes()) == (1, {"error": 1})
    assert run.having("run `syncguard init`")
    assert not run.having("Traceback")
    assert not run.having("INTERNALERROR")


def test_a_report_is_written_for_a_fixture_too(project: Project) -> None:
    """--sync-report without --sync-stack: whichever worker syncs, the file is the controller's."""
    project.tests(FOUR)
    run = project.run("-n2", "--sync-report=report.json")

    assert run.code == 0
    assert [step["target"] for step in project.report()["steps"]] == ["stack:client", "stack:server", "stack:ui"]
