"""End to end: a pytest run, its workers, and a scripted Tilt with four stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pytest_syncguard.testing.tilt import Build, RunningTilt, Scenario, ScriptedTilt, say
from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import ERROR, Project
from tests.stack.lab import GOOD, NAMES, STAGES, four, make_project, resource

TESTS = """
    import pytest

    @pytest.mark.parametrize("n", range(8))
    def test_ui(synced_stack, n):
        assert synced_stack["ui"].verdict.synced
"""
Start = Callable[[Scenario], RunningTilt]


@pytest.fixture
def start(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a Tilt with four resources for the project."""
    started: list[RunningTilt] = []

    def start(scenario: Scenario) -> RunningTilt:
        make_project(empty.root)
        tilt = ScriptedTilt(scenario, empty.root)
        started.append(tilt)
        tilt.start()
        for name in ("PATH", "TILT_HOST", "TILT_PORT"):
            if name in tilt.env:
                monkeypatch.setenv(name, tilt.env[name])
        empty.write("syncguard.toml", "\n".join(['[stack]\ndriver = "tilt"\n', *map(str, _stages())]))
        empty.tests(TESTS)
        return tilt

    yield start
    for tilt in started:
        tilt.close()


def _stages() -> Iterator[str]:
    for stage in STAGES:
        lists = {key: list(getattr(stage, key)) for key in ("needs", "after", "sources", "success")}
        yield "[[stack.stage]]\n" + f'name = "{stage.name}"\nsettle = {stage.settle}\n'
        yield f"one_shot = {str(stage.one_shot).lower()}\n"
        yield "".join(f"{key} = {value!r}\n".replace("'", '"') for key, value in lists.items())


@pytest.mark.parametrize("args", [["--sync-stack", "-n4"], ["-n4"]])
def test_everything_runs_what_its_sources_say(empty: Project, start: Start, args: list[str]) -> None:
    """Four workers, one sync; an edit rebuilds its stage alone; a second run builds nothing."""
    tilt = start(four())
    run = empty.call(*args)
    assert (run.code, run.outcomes(), run.count(SUCCESS)) == (0, {"passed": 8}, 1)
    built = {name: tilt.running_content(name) for name in NAMES}
    assert built == {name: tilt.current_content(name) for name in NAMES}

    (empty.root / "server" / "source.txt").write_text("edited")
    assert empty.call(*args, "--sync-report=report.json").code == 0
    assert [step["target"] for step in empty.report()["steps"]] == ["stack:server"]
    assert tilt.running_content("server") == tilt.current_content("server") != built["server"]


@pytest.mark.parametrize("args", [["--sync-stack"], ["-n4"]])
def test_a_broken_stage_stops_all(empty: Project, start: Start, args: list[str]) -> None:
    """One error, told once, and no test."""
    start(four(server=resource("server", GOOD, Build((say("error[E0308]: mismatched types\n"),), exit=101))))
    run = empty.call(*args)

    assert run.code == (10 if "--sync-stack" in args else 1)
    assert run.outcomes()["error"] == 1
    assert "passed" not in run.outcomes()
    assert run.count(ERROR.format(2)) == 1


def test_no_tilt_is_an_outage(empty: Project, start: Start) -> None:
    """Could not check: exit code 11."""
    start(four()).close()
    run = empty.call("--sync-stack")

    assert run.code == 11
    assert "  client: unknown" in run.lines
