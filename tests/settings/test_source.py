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
            (
                "syncguard.toml: line 2, column 10: found no value of TOML, "
                "required text in quotes, a number, true or false, or a list in brackets"
            ),
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stack]\ndriver = tilt", "line 2, column 10: found no value of TOML, required text in quotes"),
        ("a = [", "line 1, at the end: found no value of TOML, required text in quotes"),
        ('a = ["b"', "line 1, at the end: found a list without its closing bracket, required a ]"),
        ('a = ["\\d+"]', r"line 1, column 9: found a backslash in double quotes, required single quotes, as in '\d+'"),
        ('a = "b\n', "line 1, column 7: found text without its closing quote, required one in the same line"),
        ('a = "b', "line 1, at the end: found text without its closing quote, required one"),
        ("[stack\n", "line 1, column 7: found a table without its closing bracket, required [table] or [[table]]"),
        ("a = 1\na = 2\n", "line 2, column 6: found a key a second time, required each key once in its table"),
        ("[a]\n[a]\n", "line 2, column 3: found a table a second time, required each [table] once"),
        ("x\n", "line 1, column 2: found a key without a value, required key = value"),
        ("= 3", "line 1, column 1: found neither a key nor a table, required key = value, [table] or [[table]]"),
        ("a = 1 b = 2", "line 1, column 7: found more behind a value, required one key = value in each line"),
        ("a = 0x", "line 1"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place_and_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    """File, line, column, what stands there and what should."""
    (fault,) = faults(tmp_path, {"syncguard.toml": text}, monkeypatch)

    assert fault.startswith(f"syncguard.toml: {said}")


@pytest.mark.parametrize(
    ("key", "hint"),
    [("foo", ""), ("stages", 'did you mean "stage" in [stack]?'), ("timeot", 'did you mean "timeout" in')],
)
def test_a_key_of_another_table_is_offered_if_it_is_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, hint: str
) -> None:
    """Not whatever shares a few letters."""
    (fault,) = faults(tmp_path, {"syncguard.toml": f"{key} = 1\n{GOOD}"}, monkeypatch)

    assert fault.startswith(f"syncguard.toml: {key}: found an unknown key, required one of preset, plugins, stack")
    assert fault.partition("; ")[2].startswith(hint)
    assert bool(fault.partition("; ")[2]) is bool(hint)


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
