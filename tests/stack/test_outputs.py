"""What a build makes: looked for by globs, missed in a plan, and required of a build that passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.stack.outputs import gone
from tests.stack.property.syncs import Sync
from tests.stack.property.world import Weather, World

BUNDLE = "dist/client/**"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in ("dist/client/js/app.js", "dist/[x].css", ".git/hooks/hook.sh"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "dist/empty/below").mkdir(parents=True)
    (tmp_path / "dist/js").symlink_to("client/js")
    (tmp_path / "dist/circle").symlink_to(".")
    (tmp_path / "dist/gone.js").symlink_to("nowhere.js")
    return tmp_path


@pytest.mark.parametrize(
    "glob",
    [
        *("dist", "dist/", "dist/**", "dist/client", "dist/client/js/app.js", "./dist/client/**/app.js"),
        *("dist/*/js/*.js", "dist/*/js", "**/app.js", "**/js/**", "dist/js/app.js", "dist/js/*.js", "d?st/[a-c]*/**"),
        *(r"dist/\[x].css", "dist/[[]x].css", "dist/circle/client"),
    ],
)
def test_an_output_is_there(folder: Path, glob: str) -> None:
    """A file that the glob covers, links included."""
    assert gone(folder, [glob]) == ""


@pytest.mark.parametrize(
    "glob",
    [
        *("build/**", "dist/empty/**", "dist/empty", "dist/client/*.js", "dist/*.js", "dist/[x].css", "dist/gone.js"),
        *("**/app.ts", "**/hook.sh", "dist/client/js/app.js/x", "*/*.js"),
    ],
)
def test_an_output_is_gone(folder: Path, glob: str) -> None:
    """Folders alone, links that lead nowhere and what git keeps for itself are no output; the first one is named."""
    assert gone(folder, ["dist", glob, "nothing"]) == glob


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The client's builds make a bundle, as it is said in their settings; the UI needs the client."""
    monkeypatch.setenv("PATH", "")
    made = World(tmp_path / "project", Weather())
    made.stages = tuple(each._replace(outputs=(BUNDLE,)) if each.name == "client" else each for each in made.stages)
    passed = made.journal.note_passed

    def make_and_pass(resource: str, content: str) -> None:
        if resource == "client":
            bundle(made).parent.mkdir(parents=True, exist_ok=True)
            bundle(made).write_text(content)
        passed(resource, content)

    made.journal.note_passed = make_and_pass  # type: ignore[method-assign]
    return made


def bundle(world: World) -> Path:
    return world.root / "dist/client/app.js"


def test_a_stage_whose_output_is_gone_is_stale_and_so_is_what_needs_it(world: World) -> None:
    """The sources are as they were and the services run: what was lost is built again, and nothing else."""
    Sync(world).run()
    assert world.plan().synced
    bundle(world).unlink()

    reasons = {step.target.name: step.reason for step in world.plan().steps}
    sync = Sync(world)
    sync.run()

    assert reasons == {
        "client": "client is stale: its output dist/client/** is gone",
        "ui": "client is rebuilt, which it needs",
    }
    assert sync.result.synced
    assert bundle(world).exists()


def test_a_build_that_passes_without_its_output_fails_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is there that the glob covers: the build is no success, whatever it said."""
    monkeypatch.setenv("PATH", "")
    world = World(tmp_path / "project", Weather())
    world.stages = tuple(each._replace(outputs=("artefacts", "dist/*.js")) for each in world.stages)
    sync = Sync(world)

    sync.run()

    assert sync.result.unsynced[0].reason == (
        "Step 1 FAILED: client: its build passed, but there is no file of its output dist/*.js: "
        "mend what it writes, or outputs = [...] of the stage"
    )


def test_to_name_an_output_asks_for_no_rebuild(world: World) -> None:
    """It is not what a stage is made of: whether it is there is looked at each time."""
    named = world.stages
    world.stages = tuple(each._replace(outputs=()) for each in named)
    Sync(world).run()
    world.stages = named

    assert world.plan().synced
