"""Which file holds the settings, and what becomes of one that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.find import find_source
from pytest_syncguard.settings.load import load_settings

GOOD = '[stack]\n[[stack.stage]]\nname = "a"\nserve = ["a"]\nsuccess = ["up"]\n'
SHARED = GOOD.replace("[stack", "[tool.syncguard.stack")


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize(
    ("files", "start", "found"),
    [
        ({"syncguard.toml": ""}, ".", "syncguard.toml"),
        ({"syncguard.toml": "", "a/b/x": ""}, "a/b", "syncguard.toml"),
        ({"pyproject.toml": SHARED, "a/x": ""}, "a", "pyproject.toml"),
        ({"syncguard.toml": "", "a/pyproject.toml": SHARED}, "a", "a/pyproject.toml"),
        ({"syncguard.toml": "", "a/pyproject.toml": '[project]\nname = "x"'}, "a", "syncguard.toml"),
        (
            {"syncguard.toml": "", "a/pyproject.toml": '[project]\nname = "pytest-syncguard"'},
            "a",
            "syncguard.toml",
        ),
        ({"syncguard.toml": "", "pyproject.toml": SHARED}, ".", "syncguard.toml"),
        ({"syncguard.toml": "", "sub/.git": "gitdir: ../.git/modules/sub"}, "sub", "syncguard.toml"),
        ({"syncguard.toml": "", "clone/.git/HEAD": ""}, "clone", "syncguard.toml"),
        ({"syncguard.toml": "", "a/pyproject.toml": "[tool.syncguard]\n= broken"}, "a", "a/pyproject.toml"),
        ({"syncguard.toml": "", "a/x": "", "b/x": ""}, "a/../b", "syncguard.toml"),
    ],
)
def test_the_nearest_file_with_settings_is_found(
    tmp_path: Path, files: Mapping[str, str], start: str, found: str
) -> None:
    """The search goes from the start upwards, and the first file that speaks of us ends it."""
    write(tmp_path, files)

    assert find_source(tmp_path / start) == tmp_path / found


def test_a_project_without_settings_is_sent_to_init(tmp_path: Path) -> None:
    """Who has no file is told the command that writes one."""
    assert find_source(tmp_path) is None
    with pytest.raises(SettingsError, match="run `syncguard init`"):
        load_settings(tmp_path)


@pytest.mark.parametrize(("name", "text"), [("syncguard.toml", GOOD), ("pyproject.toml", SHARED)])
def test_both_files_hold_the_same_keys(tmp_path: Path, name: str, text: str) -> None:
    """Root and source are those of the file, whichever of the two it is."""
    write(tmp_path, {name: text, "deep/down/x": ""})

    settings = load_settings(tmp_path / "deep/down", environ={})

    assert (settings.root, settings.source) == (tmp_path, tmp_path / name)
    assert [stage.name for stage in settings.stack.stages] == ["a"]


def faults(root: Path, files: Mapping[str, str | bytes], monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    write(root, files)
    monkeypatch.chdir(root)
    with pytest.raises(SettingsError) as caught:
        load_settings(root, environ={})
    return caught.value.faults


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"syncguard.toml": "[stack]\ndriver = = 3"},
            "syncguard.toml: found Invalid value (at line 2, column 10), required TOML",
        ),
        (
            {"syncguard.toml": b"# fine\n# caf\xe9\n"},
            "syncguard.toml: found byte 0xe9 in line 2, required UTF-8",
        ),
        (
            {"syncguard.toml/is/a/folder": ""},
            "syncguard.toml: found Is a directory, required a file that can be read",
        ),
        (
            {"pyproject.toml": "[tool]\nsyncguard = 3"},
            "pyproject.toml: tool.syncguard: found no table, required [tool.syncguard]",
        ),
        (
            {"pyproject.toml": SHARED + "timeot = 3\n"},
            (
                'pyproject.toml: tool.syncguard.stack.stage["a"].timeot: found an unknown key, '
                'required a key of [[stack.stage]]; did you mean "timeout"?'
            ),
        ),
        (
            {"pyproject.toml": SHARED, "syncguard.toml": GOOD},
            (
                "syncguard.toml: found settings here and in [tool.syncguard] of pyproject.toml, "
                "required one of the two: move them all to one file"
            ),
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str | bytes], expected: str
) -> None:
    """Broken TOML, bytes that are no text, folders, two sources: one line, never a traceback."""
    assert faults(tmp_path, files, monkeypatch) == (expected,)


def test_a_dangling_link_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A syncguard.toml that leads nowhere is a fault, not a reason to take the settings of a folder above."""
    write(tmp_path, {"syncguard.toml": GOOD, "a/x": ""})
    (tmp_path / "a/syncguard.toml").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsError, match=r"^a/syncguard\.toml: found No such file or directory"):
        load_settings(tmp_path / "a")


def test_two_sources_do_not_hide_other_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All faults at once holds for faults of different kinds, too."""
    found = faults(tmp_path, {"pyproject.toml": SHARED, "syncguard.toml": GOOD + "x = 1"}, monkeypatch)

    assert [fault.partition(": found")[0] for fault in found] == [
        "syncguard.toml",
        'syncguard.toml: stack.stage["a"].x',
    ]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Editors that begin a file with one are forgiven."""
    write(tmp_path, {"syncguard.toml": b"\xef\xbb\xbf" + GOOD.encode()})

    assert load_settings(tmp_path, environ={}).stack.stages
