"""A project: settings that may need its plugins, hooks inside and outside of pytest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.guards import plugin_manager
from pytest_syncguard.project import NoHooks, open_project
from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.model import Settings, StackSettings

DRIVER = """
def pytest_syncguard_drivers():
    return {"brought": object}
"""
MARKED = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_syncguard_drivers():
    return {"brought": object}

def pytest_syncguard_looks_like_one():
    raise AssertionError("no such hook")
"""
STACK = """
[stack]
driver = "brought"

[[stack.stage]]
name = "server"
success = ["up"]
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder; modules that are imported from it are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if name.startswith("brought_"):
            del sys.modules[name]


@pytest.mark.parametrize("plugin", [DRIVER, MARKED])
def test_a_plugin_of_the_project_brings_the_driver_that_its_settings_name(root: Path, plugin: str) -> None:
    """Plugins are imported before the settings are checked, marked with pytest's marker or not at all."""
    (root / "brought_one.py").write_text(plugin)
    (root / "syncguard.toml").write_text('plugins = ["brought_one", "brought_one"]' + STACK)

    assert open_project(root).settings.stack.driver == "brought"


def test_within_pytest_its_own_hooks_count(root: Path) -> None:
    """The relay is used as it is; plugins of the settings are not imported a second time."""

    class Relay:
        def pytest_syncguard_drivers(self) -> list[dict[str, Any]]:
            return [{"brought": object}]

    (root / "syncguard.toml").write_text('plugins = ["brought_nowhere"]' + STACK)

    assert open_project(root, Relay()).settings.stack.driver == "brought"


def test_a_driver_that_nobody_brings(root: Path) -> None:
    """The settings' own fault names those that are known."""
    (root / "syncguard.toml").write_text(STACK)

    with pytest.raises(SettingsError, match='found "brought", required one of tilt, process, command'):
        open_project(root)


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        ("import no_such_module", 'plugin "brought_bad" of the settings cannot be imported: No module named'),
        ("def pytest_syncguard_report(outcome): ...", 'plugin "brought_bad" of the settings: .*outcome'),
        (
            "def (:",
            r'^plugin "brought_bad" of the settings fails: SyntaxError: .*brought_bad.py, line 1\): correct it or',
        ),
        (
            "import json\ndef f(): json.loads('{')\nf()",
            r'^plugin "brought_bad" of the settings fails: JSONDecodeError: .* \(brought_bad.py:2\): correct it or',
        ),
        (
            "def pytest_syncguard_drivers(): raise RuntimeError('no\\nway')",
            r"^pytest_syncguard_drivers fails: RuntimeError: no way \(brought_bad.py:1\): correct it or take it out of",
        ),
        (
            "def pytest_syncguard_drivers(): return 3",
            "^pytest_syncguard_drivers gives 3: required a mapping of names to callables",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used(root: Path, plugin: str, said: str) -> None:
    """It is named in one line, with what is wrong with it."""
    (root / "brought_bad.py").write_text(plugin)
    (root / "syncguard.toml").write_text('plugins = ["brought_bad"]' + STACK)

    with pytest.raises(SyncguardError, match=said) as caught:
        open_project(root)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("found", ["raise KeyError('x')", "return 3"])
def test_guards_that_cannot_be_had(root: Path, found: str) -> None:
    """A hook that fails or gives something else is named in one line."""
    (root / "brought_four.py").write_text(f"{DRIVER}\ndef pytest_syncguard_guards(settings): {found}\n")
    (root / "syncguard.toml").write_text('plugins = ["brought_four"]' + STACK)

    settings = open_project(root).settings._replace(stack=StackSettings())
    with pytest.raises(SyncguardError, match=r"^pytest_syncguard_guards fails: .*: correct it or take it out"):
        open_project(root)._replace(settings=settings).guards()


def test_a_driver_that_cannot_be_made(root: Path) -> None:
    """The same for what a driver's factory raises."""
    (root / "brought_five.py").write_text(DRIVER)
    (root / "syncguard.toml").write_text('plugins = ["brought_five"]' + STACK)

    with pytest.raises(SyncguardError, match=r'^driver "brought" fails: TypeError: object'):
        open_project(root).guards()


def test_a_folder_of_the_project_shadows_nothing(root: Path) -> None:
    """What is installed comes before what lies in the project's folder."""
    (root / "click.py").write_text("raise AssertionError('shadowed')")
    (root / "brought_two.py").write_text(DRIVER + "\nimport click")
    (root / "syncguard.toml").write_text('plugins = ["brought_two"]' + STACK)

    assert open_project(root).settings.root == root
    assert sys.path[-1] == str(root)


@pytest.mark.parametrize("plugins", ['"one"', "[1, 2]", '[""]'])
def test_a_list_of_plugins_that_is_none(root: Path, plugins: str) -> None:
    """It is told with all the other faults of the settings."""
    (root / "syncguard.toml").write_text(f"plugins = {plugins}\n[stack]\ndrivr = 1\n")

    with pytest.raises(SettingsError) as caught:
        open_project(root)
    assert {fault.split(": ")[1].partition("[")[0] for fault in caught.value.faults} >= {"plugins", "stack.drivr"}


def test_the_empty_relay_answers_as_a_full_one_without_plugins() -> None:
    """Each hook has no result; what is no hook of ours is not there."""
    hook, full = NoHooks(), plugin_manager([]).hook
    settings = Settings(Path())

    assert hook.pytest_syncguard_drivers() == full.pytest_syncguard_drivers() == []
    assert hook.pytest_syncguard_guards(settings=settings) == full.pytest_syncguard_guards(settings=settings) == []
    with pytest.raises(AttributeError):
        _ = hook.pytest_collection
