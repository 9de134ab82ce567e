"""``syncguard plan`` and ``syncguard status``: what is known, without a change."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.project import Project


def everything(root: Path) -> dict[str, bytes]:
    """Each file below the folder and what it holds; the memory of fingerprints, an aid, is left out."""
    files = (path for path in root.rglob("*") if path.is_file() and "cache" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in files if "__pycache__" not in path.parts}


def test_plan_says_what_would_be_done_and_why(project: Project) -> None:
    """Each step with its number, its target and its reason; exit code 2."""
    done = project.run("plan")

    assert (done.code, done.err) == (2, "")
    assert done.lines == [
        "stack: 2 of 2 to bring in sync",
        "  1. client: rebuild (client was never synced here)",
        "  2. server: rebuild (server was never synced here)",
    ]


def test_plan_names_the_files_that_changed_and_who_needs_them(project: Project) -> None:
    """A reason says which files, or which other stage."""
    project.run("sync")
    project.write("client/source", "2")

    assert project.run("plan").lines[1:] == [
        "  1. client: rebuild (client is stale: 1 file changed since the last sync: client/source)",
        "  2. server: rebuild (client is rebuilt, which it needs)",
    ]


def test_plan_as_json_says_what_to_run_next(project: Project) -> None:
    """The sync of what was asked; the cure of what stands in its way; nothing when there is nothing to do."""
    todo = project.run("plan", "server", "--json").json
    project.run("sync")
    calm, forced = project.run("plan", "--json").json, project.run("plan", "--force", "--json").json
    project.write("shelf/closed", "")
    outage = project.run("plan", "--json").json

    assert [each["next"] for each in (todo, calm, forced, outage)] == [
        "syncguard sync server",
        "",
        "syncguard sync --force",
        "syncguard doctor",
    ]
    assert {each["cure"] for each in (todo, calm, forced, outage)} == {""}
    assert {step["action"] for step in outage["steps"]} == {"blocked"}


def test_plan_names_settings_that_changed(project: Project) -> None:
    """A stage whose own settings are others than at the last sync is stale, and no file is blamed."""
    project.run("sync")
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('["server is ready"]', '["is ready"]'))

    assert project.run("plan").lines[1:] == [
        "  2. server: rebuild (server is stale: its settings changed since the last sync)"
    ]


def test_plan_of_a_stack_in_sync_is_empty(project: Project) -> None:
    """Nothing to do: exit code 0; --force plans all the same: 2."""
    project.run("sync")
    calm, forced = project.run("plan"), project.run("plan", "--force")

    assert (calm.code, calm.lines) == (0, ["stack: nothing to do, 2 in sync"])
    assert (forced.code, forced.lines[1]) == (2, "  1. client: rebuild (forced)")


def test_plan_of_some_targets(project: Project) -> None:
    """Names narrow the plan to themselves and what they need."""
    assert project.run("plan", "client").lines[1:] == ["  1. client: rebuild (client was never synced here)"]


def test_a_glob_with_a_typing_mistake_could_not_be_checked_by_any_command(project: Project) -> None:
    """Nor can what needs that stage: exit code 1 of all, blocked and not rebuilt, and the cure is the next thing."""
    settings = (project.root / "syncguard.toml").read_text()
    wrong = settings.replace('["client/**"]', '["cleint/**"]')
    project.write("syncguard.toml", wrong)
    early = [project.run(*args).code for args in (("plan",), ("plan", "server"), ("sync",))]
    project.write("syncguard.toml", settings)
    project.run("sync")
    project.write("syncguard.toml", wrong)
    plan, status, sync = project.run("plan"), project.run("status", "--json"), project.run("sync")

    assert early == [1, 1, 1]  # whatever is known to be missing beside it
    assert (plan.code, status.code, sync.code) == (1, 1, 1)
    assert plan.lines[-1] == "  2. server: blocked (client, which it needs, is blocked)"
    assert [each["verdict"] for each in status.json["targets"]] == ["unknown", "unknown"]
    assert (status.json["next"], status.json["cure"]) == ("", "correct sources = [...] of the stage")


def test_plan_tells_an_outage_from_drift(project: Project) -> None:
    """What could not be checked: exit code 1."""
    project.run("sync")
    project.write("shelf/closed", "")
    done = project.run("plan")

    assert done.code == 1
    assert done.lines == ["could not check: shelf 9 does not answer", "  client: unknown", "  server: unknown"]


def test_what_could_not_be_checked_for_one_target_alone_stands_beside_it(project: Project) -> None:
    """An outage that concerns a single target needs no line of its own."""
    project.run("sync")
    project.write("shelf/closed", "")

    assert (
        project.run("status", "client")
        .lines[0]
        .startswith("client  unknown   could not check client: shelf 9 does not answer; last synced ")
    )


def test_plan_warns_of_sources_that_match_nothing(project: Project) -> None:
    """A glob with a typing mistake would never see a change."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('"server/**"', '"server/**", "sever/**"'))

    assert project.run("plan").lines[0] == 'warning: stage "server": sources "sever/**" matches no file'


@pytest.mark.parametrize(
    "args", [("plan",), ("plan", "--force"), ("plan", "--json"), ("status",), ("status", "--json")]
)
def test_looking_changes_nothing(project: Project, args: tuple[str, ...]) -> None:
    """Neither before the first sync nor after it does a look write anything that could be missed."""
    before = everything(project.root)
    project.run(*args)
    assert everything(project.root) == before

    project.run("sync")
    before = everything(project.root)
    project.run(*args)
    assert everything(project.root) == before


def test_plan_as_json(project: Project) -> None:
    """Targets, steps and warnings in one document."""
    done = project.run("plan", "--json")

    assert done.json["exit_code"] == done.code == 2
    assert [step["target"] for step in done.json["steps"]] == ["stack:client", "stack:server"]
    assert {target["verdict"] for target in done.json["targets"]} == {"missing"}
    assert done.json["warnings"] == []


def test_status_says_verdict_reason_and_time(project: Project) -> None:
    """One line a target; 2 while any is out of sync, 0 once all are in sync."""
    before = project.run("status")
    project.run("sync")
    after = project.run("status")

    assert (before.code, before.lines[0]) == (2, "client  missing   client was never synced here")
    assert after.code == 0
    verdict, _, when = after.lines[1].partition("; last synced ")
    assert verdict == "server  synced    server runs what its sources say"
    assert abs((datetime.now() - datetime.fromisoformat(when)).total_seconds()) < 3600


def test_status_sees_what_no_longer_runs(project: Project) -> None:
    """A stage whose process was stopped is stale, though its sources are as they were."""
    project.run("sync")
    project.run("down")
    done = project.run("status")

    assert done.code == 2
    assert done.lines[0].startswith("client  stale     client is stale: ")


def test_status_during_an_outage(project: Project) -> None:
    """Unknown is a verdict of its own, with exit code 1."""
    project.write("shelf/closed", "")
    done = project.run("status")

    assert done.code == 1
    assert done.lines == ["could not check: shelf 9 does not answer", "client  unknown", "server  unknown"]


def test_status_as_json(project: Project) -> None:
    """Every target with the moment of its last sync, null before the first."""
    before = project.run("status", "--json").json
    project.run("sync")
    after = project.run("status", "--json")

    assert [target["synced_at"] for target in before["targets"]] == [None, None]
    assert (after.json["synced"], after.json["exit_code"], after.code) == (True, 0, 0)
    assert all(datetime.fromisoformat(target["synced_at"]).tzinfo for target in after.json["targets"])


def test_status_as_json_says_what_to_run_next(project: Project) -> None:
    """The sync of what was asked; the log of what failed; nothing when all is in sync."""
    todo, one = project.run("status", "--json").json, project.run("status", "server", "--json").json
    project.run("sync")
    calm = project.run("status", "--json").json
    project.write("shelf/server.end", "failed")
    project.run("sync", "server", "--force")
    failed = project.run("status", "--json").json

    assert [each["next"] for each in (todo, one, calm, failed)] == [
        "syncguard sync",
        "syncguard sync server",
        "",
        "syncguard logs server",
    ]
    assert {each["cure"] for each in (todo, one, calm, failed)} == {""}


def test_status_knows_when_a_stage_was_synced_that_failed_since(project: Project) -> None:
    """However often it failed; a stage that never was in sync has no such time."""
    project.run("sync", "client")
    before = project.run("status", "--json").json["targets"]
    for name in ("client", "server"):
        project.write(f"shelf/{name}.end", "failed")
    for name in ("client", "client", "server"):
        project.run("sync", name, "--force")
    after = project.run("status", "--json").json["targets"]

    assert after[0]["verdict"] == "failed"
    assert before[0]["synced_at"] is not None
    assert [target["synced_at"] for target in after] == [before[0]["synced_at"], None]
    assert "last synced" in project.run("status", "client").lines[0]


@pytest.mark.parametrize("command", ["plan", "sync", "status"])
def test_of_nothing_nobody_hears_that_it_is_in_sync(empty: Project, command: str) -> None:
    """A project may have a registry alone, which no guard keeps in sync yet."""
    empty.write("syncguard.toml", '[registry]\nmarketplaces = ["."]\n')

    done = empty.run(command)

    assert (done.code, done.lines) == (1, [])
    assert "syncguard.toml: found no [[stack.stage]], and no plugin brings a guard: add a stage" in done.err
