"""Processes of ours that nothing tells of any more: their stage was renamed, or their record is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Settings, Stage
from pytest_syncguard.stack.drivers.base import StageFault
from pytest_syncguard.stack.drivers.process import ProcessDriver
from pytest_syncguard.stack.drivers.process.record import Record, Store
from pytest_syncguard.stack.guard import StackGuard
from tests.stack.drivers.process.project import Project, free_port, http_server


def with_stages(project: Project, *stages: Stage) -> Settings:
    """The project's settings, with these stages."""
    settings = project.settings
    return settings._replace(stack=settings.stack._replace(stages=stages))


@pytest.fixture
def old(project: Project) -> Stage:
    """A stage that serves on a port."""
    port = free_port()
    stage = project.stage("old", serve=http_server(port), ready=f"http://127.0.0.1:{port}", sources=("*.py",))
    project.serve(stage)
    return stage


@pytest.mark.parametrize("lost", [False, True], ids=["recorded", "its record lost"])
def test_the_port_of_a_renamed_stage_is_told_as_ours(project: Project, old: Stage, lost: bool) -> None:
    """With its pid, its old name and the cure; after that it is free."""
    pid = project.child("old").pid
    if lost:
        shutil.rmtree(project.settings.state)
    driver = ProcessDriver(with_stages(project, old._replace(name="new")))

    with pytest.raises(StageFault) as fault:
        driver.open([old._replace(name="new")])
    driver.down([])
    driver.open([old._replace(name="new")])

    assert f"is taken by pid {pid} (" in str(fault.value)
    cure = 'which syncguard started as stage "old" (now renamed or removed): run syncguard down or change ready'
    assert str(fault.value).endswith(cure)


def test_the_port_of_a_lost_record_is_its_own_stages(project: Project, old: Stage) -> None:
    """Somebody deleted .syncguard: the stage finds its port taken by itself, and replaces what holds it."""
    before = project.child("old")
    shutil.rmtree(project.settings.state)

    project.driver.open([old])
    project.serve(old)

    assert not before.is_running()
    assert project.observe(old).up


def test_the_port_of_another_project_is_told_with_its_place(tmp_path: Path, project: Project, old: Stage) -> None:
    """A second checkout serves there: which one, and the command that stops it there."""
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other")

    with pytest.raises(StageFault) as fault:
        other.driver.open([old])

    there = f"run syncguard -C {project.root} down"
    where = f'which syncguard started as stage "old" of the project {project.root}: {there} or change ready'
    assert where in str(fault.value)


def test_plan_and_doctor_tell_of_what_still_runs(project: Project, old: Stage) -> None:
    """Each plan warns, doctor finds it wrong; both say the cure, and nothing once it was followed."""
    pid = project.child("old").pid
    settings = with_stages(project, project.stage("new", build="print('built')", sources=("*.py",), one_shot=True))
    guard = StackGuard(settings, ProcessDriver)
    said = f'stage "old", which the settings no longer have, still runs (pid {pid})'

    assert f"{said}: run syncguard down" in guard.plan([]).warnings
    (check,) = [check for check in guard.driver.doctor(settings.stack.stages) if not check.ok]
    assert (check.found, check.cure) == (said, "run syncguard down")

    guard.driver.down([])
    assert not [warning for warning in guard.plan([]).warnings if "no longer have" in warning]
    assert all(check.ok for check in guard.driver.doctor(settings.stack.stages))
    guard.close()


def test_records_that_cannot_be_read_warn_of_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a plan nor doctor ends there: each stage says by itself that its state cannot be read."""
    stage = project.stage(build="print('built')", one_shot=True)
    driver = ProcessDriver(with_stages(project, stage))

    def denied(_: Store) -> dict[str, Record]:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "all", denied)

        assert driver.warnings() == []
        assert all(check.ok for check in driver.doctor([stage]))


def test_a_stage_of_the_settings_is_no_orphan(project: Project, old: Stage) -> None:
    """What is up and known is not worth a word."""
    driver = ProcessDriver(with_stages(project, old))

    assert driver.warnings() == []
    assert all(check.ok for check in driver.doctor([old]))
