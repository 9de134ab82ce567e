"""The options: what each brings in sync, and what a wrong one gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, ERROR, Project


def test_sync_stack_builds_all_before_the_first_test(project: Project) -> None:
    """Every stage in its order, once; then the tests run; the line that scripts read stands alone."""
    project.tests("""
        from pathlib import Path

        def test_one():
            assert Path(".syncguard/fake/builds").read_text().split() == ["client", "server", "ui"]
    """)
    run = project.run("--sync-stack")

    assert (run.code, run.outcomes()) == (0, {"passed": 1})
    assert project.stack.builds == ["client", "server", "ui"]
    assert run.count(SUCCESS) == 1
    assert run.lines.index(SUCCESS) < next(n for n, line in enumerate(run.lines) if line.startswith("test_it.py"))
    assert "syncguard: 3 stages, driver fake, sync before the first test" in run.lines


def test_nothing_to_do_is_said_too(project: Project) -> None:
    """A second run builds nothing and closes with the same line."""
    project.run("--sync-stack")
    run = project.run("--sync-stack")

    assert (run.code, run.count(SUCCESS), len(project.stack.builds)) == (0, 1, 3)


def test_only_what_is_stale_is_built(project: Project) -> None:
    """An edit rebuilds its stage, and those that need it."""
    project.run("--sync-stack")
    project.write("client/source.txt", "edited")
    run = project.run("--sync-stack")

    assert run.code == 0
    assert project.stack.builds[3:] == ["client", "ui"]


@pytest.mark.parametrize(
    ("args", "built"),
    [
        (["--sync-stage", "server"], ["server"]),
        (["--sync-stage=ui"], ["client", "ui"]),
        (["--sync-stage", "server", "--sync-stage", "client"], ["client", "server"]),
        (["--sync-stage", "stack:ui", "--sync-stage", "server"], ["client", "server", "ui"]),
        (["--sync-stage", "server", "--sync-stack"], ["client", "server", "ui"]),
    ],
)
def test_sync_stage_brings_what_it_needs(project: Project, args: list[str], built: list[str]) -> None:
    """Stages by name, with those they need; together with --sync-stack all."""
    run = project.run(*args)

    assert (run.code, project.stack.builds) == (0, built)


@pytest.mark.parametrize("args", [(), ("-qq",), ("-n2",)], ids=["plain", "qq", "n2"])
def test_what_was_not_asked_for_is_told(project: Project, args: tuple[str, ...]) -> None:
    """Success speaks of the stages that were named, and so does failure."""
    good = project.run("--sync-stage", "ui", "--sync-report", "report.json", *args)
    project.stack.play("client", BROKEN, end="failed")
    bad = project.run("--sync-stage", "client", "--sync-force", *args)

    assert good.lines[good.lines.index(SUCCESS) - 1] == "asked for: ui; not looked at: server"
    assert project.report()["not_asked"] == ["stack:server"]
    assert bad.lines[bad.lines.index(ERROR.format(1)) - 1] == "asked for: client; not looked at: server, ui"
    assert not project.run("--sync-stack", *args).having("asked for")


@pytest.mark.parametrize("args", [("--sync-stack",), ("--sync-stack", "-n2")], ids=["plain", "n2"])
def test_the_report_has_the_warnings_of_the_plan(project: Project, args: tuple[str, ...]) -> None:
    """A program that reads the report alone learns of a glob that matches nothing."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('"ui/**"', '"ui/**", "iu/**"'))

    assert project.run(*args, "--sync-report", "report.json").code == 0
    assert project.report()["warnings"] == ['stage "ui": sources "iu/**" matches no file']


def test_sync_force_builds_what_is_in_sync(project: Project) -> None:
    """All again, or the one named with what it needs."""
    project.run("--sync-stack")
    assert project.run("--sync-force").code == 0
    assert project.stack.builds[3:] == ["client", "server", "ui"]
    assert project.run("--sync-force", "--sync-stage", "server").code == 0

    assert project.stack.builds[6:] == ["server"]


def test_sync_jobs_builds_side_by_side(project: Project) -> None:
    """With two jobs, stages that do not wait for each other are under way together."""
    project.write("syncguard.toml", (project.root / "syncguard.toml").read_text().replace('after = ["client"]', ""))
    project.stack.play("client", "client is ready\n", seconds=0.5)
    project.stack.play("server", "server is ready\n", seconds=0.1)
    run = project.run("--sync-stack", "--sync-jobs", "2")
    told = [line.split("(")[0].split(" in ")[0].strip() for line in run.lines if line.startswith("  ")]

    assert run.code == 0
    assert told[:3] == ["1. client: rebuild", "2. server: rebuild", "2. server: synced"]


def test_sync_down_stops_what_runs_after_the_tests(project: Project) -> None:
    """The stack is up while tests run and down afterwards, with or without a sync."""
    project.tests("""
        from pathlib import Path

        def test_one():
            assert "client" in Path(".syncguard/fake/running.json").read_text()
    """)
    run = project.run("--sync-stack", "--sync-down")

    assert (run.code, project.stack.running) == (0, {})
    assert "syncguard: stopped server" in run.lines

    run = project.run("--sync-down", "-k", "nothing")
    assert run.having("syncguard: nothing to stop")


@pytest.mark.parametrize("synced", [True, False])
def test_sync_report_writes_the_result(project: Project, synced: bool) -> None:
    """One JSON document, in a folder that is made for it, whether all went well or not."""
    if not synced:
        project.stack.play("server", BROKEN, end="failed")
    run = project.run("--sync-stack", "--sync-report", "out/report.json")
    report = project.report("out/report.json")

    assert (report["synced"], run.code) == (synced, 0 if synced else 10)
    assert report["summary"] == (SUCCESS if synced else ERROR.format(2))
    assert run.count("syncguard: report: out/report.json") == 1
    assert [step["target"] for step in report["steps"]][:2] == ["stack:client", "stack:server"]


def test_a_report_that_cannot_be_written_does_not_end_green(project: Project) -> None:
    """It is told, the tests run, and whoever waits for the file learns of it by the exit code."""
    project.write("taken", "a file where a folder is wanted")
    run = project.run("--sync-stack", "--sync-report", "taken/report.json")

    assert run.code == 11
    assert run.outcomes() == {"passed": 1}
    assert run.having("syncguard: cannot write the report")


def test_no_report_of_an_older_run_speaks_for_one_that_never_began(project: Project) -> None:
    """A fault in the settings ends the run before there is a result."""
    project.tests()
    project.run("--sync-stack", "--sync-report=report.json")
    assert project.report()["synced"]
    project.write("syncguard.toml", "[stak]\n")

    assert project.run("--sync-stack", "--sync-report=report.json").code == 4
    assert not (project.root / "report.json").exists()


def test_a_report_in_place_of_a_folder_is_told_at_once(project: Project) -> None:
    """Before anything runs."""
    (project.root / "out").mkdir()
    run = project.run("--sync-stack", "--sync-report", "out")

    assert (run.code, project.stack.builds) == (4, [])
    assert run.errors[0] == f"ERROR: --sync-report: found the folder {project.root / 'out'}, required a file"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--sync-stage", "servr"], 'ERROR: no target "servr": did you mean "server"?'),
        (["--sync-stack", "--sync-jobs", "0"], "ERROR: --sync-jobs: found 0, required 1 or more"),
        (["--sync-jobs", "-3"], "ERROR: --sync-jobs: found -3, required 1 or more"),
        (
            ["-o", "syncguard_unsynced=ignore"],
            'ERROR: ini option syncguard_unsynced: found "ignore", required "error" or "skip"',
        ),
    ],
)
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_wrong_option_is_one_line(project: Project, args: list[str], said: str, workers: str) -> None:
    """Exit code 4, no traceback, nothing built."""
    run = project.run(*args, workers)

    assert (run.code, [line for line in run.errors if line]) == (4, [said])
    assert project.stack.builds == []


def test_all_wrong_names_are_told_one_line_each(project: Project) -> None:
    """Not only the first, and right ones build nothing."""
    run = project.run("--sync-stage", "stack:uii", "--sync-stage", "client", "--sync-stage", "servr")

    assert (run.code, project.stack.builds) == (4, [])
    assert list(filter(None, run.errors)) == [
        'ERROR: no target "stack:uii": did you mean "stack:ui"?',
        'ERROR: no target "servr": did you mean "server"?',
    ]


def test_all_faults_of_the_settings_are_told_one_line_each(project: Project) -> None:
    """Exit code 4, every fault with its key, no traceback."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write(
        "syncguard.toml", settings.replace('"20s"', '"-1s"', 1).replace('needs = ["client"]', 'needs = ["clint"]')
    )
    run = project.run("--sync-stack")
    told = [line for line in run.errors if line]

    assert run.code == 4
    assert len(told) == 2
    assert all(line.startswith('ERROR: syncguard.toml: stack.stage["') for line in told)
    assert not run.having("Traceback")


def test_without_settings_the_way_to_them_is_told(empty: Project) -> None:
    """Somebody who tries the option first learns of `syncguard init`."""
    empty.tests()
    run = empty.run("--sync-stack")

    assert run.code == 4
    assert run.errors[0].startswith(f"ERROR: {empty.root}: found neither syncguard.toml nor ")
    assert "run `syncguard init`" in run.errors[0]


def test_settings_of_the_rootdir_are_found_from_elsewhere(project: Project, tmp_path: Path) -> None:
    """Called from outside, the settings of the rootdir count."""
    project.write("pytest.ini", "[pytest]")
    outside = project.root.parent / f"{project.root.name}-outside"
    outside.mkdir()
    run = project.call("--sync-stack", str(project.root), cwd=outside)

    assert (run.code, project.stack.builds) == (0, ["client", "server", "ui"])


@pytest.mark.parametrize("args", [["--sync-stack", "-n0"], ["--sync-stack", "-n2"], ["-n0"], ["-n2"]])
def test_settings_above_the_tests_are_found_from_their_parent(project: Project, args: list[str]) -> None:
    """Where no file of pytest's makes the project its rootdir, the folder that all the tests lie in does."""
    name = project.root.name
    project.tests("def test_one(synced_stack): pass\n", "tests/a/test_a.py")
    project.tests("def test_two(synced_stack): pass\n", "tests/b/test_b.py")
    apart = project.root.parent / f"{name}-apart"
    apart.mkdir()
    run = project.call(*args, f"{name}/tests/a/test_a.py::test_one", f"{name}/tests/b", cwd=project.root.parent)
    lost = project.call("--sync-stack", "nowhere::x", cwd=apart)

    assert (run.code, run.outcomes()) == (0, {"passed": 2})
    assert project.stack.builds == ["client", "server", "ui"]
    assert lost.code == 4
    assert lost.errors[0].startswith(f"ERROR: {apart}: found neither"), lost.errors


def test_plugins_of_the_settings_are_loaded(project: Project) -> None:
    """What brings a driver to `syncguard` brings it to pytest as well; a wrong name is one line."""
    conftest = project.root / "conftest.py"
    conftest.rename(project.root / "brings_fake.py")
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", f'plugins = ["brings_fake"]\n{settings}')
    run = project.run("--sync-stack")
    assert (run.code, len(project.stack.builds)) == (0, 3)

    project.write("syncguard.toml", f'plugins = ["brings_nothing"]\n{settings}')
    run = project.run("--sync-stack")

    assert run.code == 4
    assert run.errors[0].startswith('ERROR: plugin "brings_nothing" of the settings cannot be imported')


def test_options_stand_in_addopts_too(project: Project) -> None:
    """A project that always wants it says so in its ini file."""
    project.write("pytest.ini", "[pytest]\naddopts = --sync-stage server --sync-report report.json\n")
    assert project.run().code == 0

    assert project.stack.builds == ["server"]
    assert json.loads((project.root / "report.json").read_text())["synced"] is True


@pytest.mark.parametrize("args", [[], ["-q"], ["-n2"]])
def test_a_report_of_nothing_is_told(project: Project, args: list[str]) -> None:
    """Whoever waits for the file hears why there is none."""
    run = project.run("--sync-report", "report.json", *args)

    assert (run.code, run.count("syncguard: no report was written, for nothing was synced")) == (0, 1)
    assert not (project.root / "report.json").exists()
