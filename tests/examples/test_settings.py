"""The examples' settings are valid and say what their READMEs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.settings.load import load_settings
from pytest_syncguard.settings.model import Stage

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def stages(example: str) -> dict[str, Stage]:
    return {stage.name: stage for stage in load_settings(EXAMPLES / example, environ={}).stack.stages}


@pytest.mark.parametrize(
    ("example", "driver", "names"),
    [
        ("quickstart", "process", ["client", "server", "internal-service", "ui"]),
        ("citadel", "tilt", ["sync-wasm-client", "server", "internal-service", "ui"]),
    ],
)
def test_an_example_has_four_stages_in_order(example: str, driver: str, names: list[str]) -> None:
    """The settings are read without a fault, with the driver and the order that the README names."""
    stack = load_settings(EXAMPLES / example, environ={}).stack
    assert (driver, names) == (stack.driver, [stage.name for stage in stack.stages])


def test_citadel_runs_with_the_process_driver_too(tmp_path: Path) -> None:
    """Changing the one line of the driver is all it takes: every stage can be built, all but one served."""
    text = (EXAMPLES / "citadel" / "syncguard.toml").read_text()
    (tmp_path / "syncguard.toml").write_text(text.replace('driver = "tilt"', 'driver = "process"'))
    for folder in {stage.cwd for stage in stages("citadel").values()}:
        (tmp_path / folder).mkdir(exist_ok=True)
    stack = load_settings(tmp_path, environ={}).stack
    served = [stage.name for stage in stack.stages if stage.build and stage.serve]
    assert (stack.driver, served) == ("process", ["server", "internal-service", "ui"])
    assert stack.stages[0].build
    assert stack.stages[0].one_shot


@pytest.mark.parametrize("example", ["quickstart", "citadel"])
def test_every_served_stage_has_an_address_on_the_loopback(example: str) -> None:
    """Nothing of an example can be reached from another machine."""
    ready = [stage.ready for stage in stages(example).values() if stage.serve]
    assert len(ready) == 3
    assert all(address.startswith("http://127.0.0.1:") for address in ready)


@pytest.mark.parametrize("example", ["quickstart", "citadel"])
def test_the_folders_named_in_sources_are_there(example: str) -> None:
    """No glob of an example's sources points into the void."""
    globs = [glob for stage in stages(example).values() for glob in stage.sources if not glob.startswith("!")]
    assert globs
    assert [glob for glob in globs if not any((EXAMPLES / example).glob(glob))] == []


def test_the_remedy_of_citadel_has_the_package_that_it_installs() -> None:
    """`npm install` in the remedy's folder brings the type definitions that tsc misses."""
    (remedy,) = stages("citadel")["sync-wasm-client"].remedies
    folder = EXAMPLES / "citadel" / remedy.cwd
    assert remedy.run == ("npm", "install")
    assert '"@types/node"' in (folder / "package.json").read_text()
    assert '"types": ["node"]' in (folder / "tsconfig.json").read_text()


def test_no_lock_file_with_addresses_is_kept() -> None:
    """npm's lock files name the registry that they were made with; none is in an example."""
    made = {"node_modules", "target"}
    found = [path for path in EXAMPLES.rglob("*lock*") if not made & set(path.parts)]
    assert found
    assert [path.name for path in found if "://" in path.read_text()] == []
