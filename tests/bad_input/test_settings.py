"""Settings and names that cannot be: one line for each fault, the same through both doors, and nothing is begun."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from tests.bad_input.shop import SETTINGS, Shop, environment

DOORS = {"plan": 1, "sync": 1, "status": 1, "doctor": 1, "pytest": 4}
OUT = "syncguard.toml: "
CLIENT, SERVER = 'syncguard.toml: stack.stage["client"].', 'syncguard.toml: stack.stage["server"].'
DURATION = 'required a duration from 0 to "24h": seconds, or such as "5m", "1m30s", "250ms"'
PATTERN = "required a regular expression"
NAME = "required at most 100 letters, digits, '.', '_' and '-', a letter or digit first"
LONG = "x" * 101


def name_fault(name: str) -> str:
    return f'{OUT}stack.stage["{name}"].name: found "{name}", {NAME}'


# What stands in the settings, what stands there instead, and the fault.
WRONG = {
    "driver": (
        '"process"',
        '"proces"',
        f'{OUT}stack.driver: found "proces", required one of tilt, process, command; did you mean "process"?',
    ),
    "preset": (
        "[stack]",
        'preset = "citadle"\n[stack]',
        f'{OUT}preset: found "citadle", required one of citadel, compose; did you mean "citadel"?',
    ),
    "key": (
        "settle",
        "setle",
        f'{CLIENT}setle: found an unknown key, required a key of [[stack.stage]]; did you mean "settle"?',
    ),
    "needs": (
        'needs = ["client"]',
        'needs = ["clint"]',
        f'{SERVER}needs[#1]: found "clint", which no stage is called, required a stage\'s name; did you mean "client"?',
    ),
    "after": (
        'needs = ["client"]',
        'after = ["servr"]',
        f'{SERVER}after[#1]: found "servr", which no stage is called, required a stage\'s name',
    ),
    "cycle of needs": (
        'sources = ["client/**"]',
        'needs = ["server"]',
        f"{CLIENT}needs: found the cycle client -> server -> client, required an order without one",
    ),
    "cycle of needs and after": (
        'sources = ["client/**"]',
        'after = ["server"]',
        f"{CLIENT}after: found the cycle client -> server -> client, required an order without one",
    ),
    "a stage that needs itself": (
        'sources = ["client/**"]',
        'needs = ["client"]',
        f"{CLIENT}needs: found the cycle client -> client, required an order without one",
    ),
    "pattern": (
        '["client is ready"]',
        '["client (is ready"]',
        f'{CLIENT}success[#1]: found "client (is ready", {PATTERN} (missing ), unterminated subpattern at position 7)',
    ),
    "pattern of a remedy": (
        "timeout",
        'remedy = [{ match = "[a", run = ["true"] }]\ntimeout',
        f'{CLIENT}remedy[#1].match: found "[a", {PATTERN} (unterminated character set at position 0)',
    ),
    "negative duration": ('"20s"', '"-3s"', f'{CLIENT}timeout: found "-3s", {DURATION}'),
    "negative number": ("settle = 0", "settle = -1", f"{CLIENT}settle: found -1, {DURATION}"),
    "absurd duration": ('"20s"', "9e99", f"{CLIENT}timeout: found 9e+99, {DURATION}"),
    "no number": ('"20s"', "nan", f"{CLIENT}timeout: found nan, {DURATION}"),
    "no time at all": ('"20s"', "0", f'{CLIENT}timeout: found 0, required a duration above 0, such as "10s"'),
    "a name with a slash": ('"client"', '"../client"', name_fault("../client")),
    "a name with a space": ('"client"', '"my client"', name_fault("my client")),
    "a name with an emoji": ('"client"', '"\U0001f980"', name_fault("\U0001f980")),
    "a name with a newline": ('"client"', r'"a\nb"', name_fault(r"a\nb")),
    "a name of dots": ('"client"', '".."', name_fault("..")),
    "a name without end": (
        '"client"',
        f'"{LONG}"',
        name_fault(f"{LONG[:80]}…"),
    ),
    "a key twice": (
        "settle = 0",
        "settle = 0\nsettle = 0",
        f"{OUT}line 11, column 11: found a key a second time, required each key once in its table",
    ),
    "sources outside": (
        '"client/**"',
        '"../**"',
        f'{CLIENT}sources[#1]: found "../**", required a path inside the project, relative to its root',
    ),
}


def fault_of(case: str) -> str:
    return WRONG[case][2]


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value(case: str, shop: Shop) -> None:
    """Said once by the command and once by pytest, in the same words; nothing was begun."""
    old, new, fault = WRONG[case]
    shop.settle(old, new)
    if case.startswith("a name"):  # who needs it is told, too: the name that it needs is there, if wrong
        shop.write("syncguard.toml", (shop.root / "syncguard.toml").read_text().replace('needs = ["client"]\n', ""))
    command, pytest_run = shop.syncguard("plan"), shop.pytest(env=environment(PYTHONIOENCODING="utf-8"))

    assert (command.code, command.faults) == (1, [fault])
    assert (pytest_run.code, pytest_run.faults) == (4, [fault])
    assert not shop.state.exists()


@pytest.mark.parametrize(("door", "code"), DOORS.items())
def test_all_faults_at_once_through_every_door(door: str, code: int, shop: Shop) -> None:
    """Three mistakes are three lines, whoever asks."""
    text = SETTINGS.replace('"process"', '"proces"').replace("settle", "setle", 1).replace('"20s"', '"-3s"', 1)
    shop.write("syncguard.toml", text)
    run = shop.through(door)

    assert run.code == code
    assert sorted(run.faults) == sorted(map(fault_of, ("driver", "key", "negative duration")))


def lay_nothing(shop: Shop) -> None:
    (shop.root / "syncguard.toml").unlink()


def lay_folder(shop: Shop) -> None:
    lay_nothing(shop)
    (shop.root / "syncguard.toml").mkdir()


def lay_pipe(shop: Shop) -> None:
    lay_nothing(shop)
    os.mkfifo(shop.root / "syncguard.toml")


def lay_device(shop: Shop) -> None:
    lay_nothing(shop)
    (shop.root / "syncguard.toml").symlink_to("/dev/zero")


def lay_link_to_nowhere(shop: Shop) -> None:
    lay_nothing(shop)
    (shop.root / "syncguard.toml").symlink_to("nowhere")


def lay_link_to_itself(shop: Shop) -> None:
    lay_nothing(shop)
    (shop.root / "syncguard.toml").symlink_to("syncguard.toml")


FILES: dict[str, tuple[bytes | Callable[[Shop], None], str]] = {
    "a folder": (lay_folder, "found Is a directory, required a file that can be read"),
    "a pipe": (lay_pipe, "found a pipe or device, required a file that can be read"),
    "a device without end": (lay_device, "found a pipe or device, required a file that can be read"),
    "a link to nowhere": (lay_link_to_nowhere, "found No such file or directory, required a file that can be read"),
    "a link to itself": (lay_link_to_itself, "found Too many levels of symbolic links, required a file"),
    "no UTF-8": (b"# caf\xe9\n", "found byte 0xe9 in line 1, required UTF-8"),
    "random bytes": (b"\x00\xff\x80" * 500, "found byte 0xff in line 1, required UTF-8"),
    "nothing": (b"", "stack.stage: found no stage, required at least one [[stack.stage]], or a preset"),
    "10 MB of comment": (SETTINGS.encode() + b"#" + b"x" * 10_000_000, "found more than 2 MB, required a file of"),
    "10 MB of values": (b"a = [" + b"1," * 5_000_000 + b"]", "found more than 2 MB, required a file of settings"),
    "brackets without end": (b"a = " + b"[" * 100_000, "found maximum recursion depth exceeded, required TOML"),
    "half a line": (SETTINGS.encode()[:-5], "line 21, at the end: found text without its closing quote, required one"),
    "numbers without end": (b"a = " + b"9" * 10_000, "found Exceeds the limit (4300 digits) for integer string"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_holds_no_settings(case: str, shop: Shop) -> None:
    """Whatever lies there: one line that says what it is, and nobody waits for its end."""
    content, fault = FILES[case]
    if isinstance(content, bytes):
        shop.write("syncguard.toml", content)
    else:
        content(shop)
    command, pytest_run = shop.syncguard("sync"), shop.pytest()

    assert (command.code, pytest_run.code) == (1, 4)
    for run in (command, pytest_run):
        (told,) = run.faults
        assert told.startswith(OUT + fault)


def test_a_byte_order_mark_is_no_fault(shop: Shop) -> None:
    """Some editors write one."""
    shop.write("syncguard.toml", b"\xef\xbb\xbf" + SETTINGS.encode())

    assert shop.syncguard("sync").code == 0


def test_without_settings(plain: Shop) -> None:
    """The way to a first file is told."""
    lay_nothing(plain)
    command, pytest_run = plain.syncguard("sync"), plain.pytest()

    assert (command.code, pytest_run.code) == (1, 4)
    for run in (command, pytest_run):
        (told,) = run.faults
        assert told.endswith("required one of them: run `syncguard init`")


NAMES = {
    "clint": 'no target "clint": did you mean "client"?',
    "stack:clint": 'no target "stack:clint": did you mean "stack:client"?',
    "registry": 'no target "registry": known are client, server',
    "two\nlines": r'no target "two\nlines": known are client, server',
    "\x1b[31mred": r'no target "\x1b[31mred": known are client, server',
    "../../etc/passwd": 'no target "../../etc/passwd": known are client, server',
    "\U0001f980": 'no target "\U0001f980": known are client, server',
    "": 'no target "": known are client, server',
}


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_stage(name: str, shop: Shop) -> None:
    """On both command lines, with the nearest right name; no name breaks the line or steers the terminal."""
    env = environment(PYTHONIOENCODING="utf-8")
    command, pytest_run = shop.syncguard("sync", name, env=env), shop.pytest(f"--sync-stage={name}", env=env)

    assert (command.code, command.faults) == (1, [NAMES[name]])
    assert (pytest_run.code, pytest_run.faults) == (4, [NAMES[name]])


def test_an_unknown_stage_in_a_marker(shop: Shop) -> None:
    """Found when tests are collected, and told with the test's name."""
    shop.write("test_shop.py", "import pytest\n@pytest.mark.requires_synced('clint')\ndef test_shop(): pass\n")
    run = shop.pytest("-q")

    assert run.code == 4
    assert run.faults == ['test_shop.py::test_shop: requires_synced: no target "clint": did you mean "client"?']


def test_an_unknown_stage_of_logs(shop: Shop) -> None:
    """The nearest right name, and where names come from."""
    run = shop.syncguard("logs", "clint")

    assert run.code == 1
    (fault,) = run.faults
    assert fault.startswith('no stage "clint" in ')
    assert fault.endswith('syncguard.toml: did you mean "client"?')


@pytest.mark.parametrize("door", ["plan", "sync", "status", "pytest"])
def test_a_glob_that_matches_nothing(door: str, shop: Shop) -> None:
    """A warning that names it, while there is something to do and when there is nothing."""
    shop.settle('"client/**"', '"client/**", "cleint/**"')
    warning = 'stage "client": sources "cleint/**" matches no file'

    assert len(shop.through(door).telling(warning)) == 1
    assert shop.syncguard("sync").code == 0
    nothing_to_do = shop.through(door)
    assert nothing_to_do.code == 0
    assert len(nothing_to_do.telling(warning)) == 1


def test_a_stage_whose_sources_all_match_nothing(shop: Shop) -> None:
    """No edit of it would ever be seen: it is never called synced, and nothing is built for it."""
    assert shop.syncguard("sync").code == 0
    shop.settle('"client/**"', '"cleint/**"')
    said = 'client: sources "cleint/**" matches no file: correct sources = [...] of the stage'
    shop.write("test_shop.py", 'import pytest\n@pytest.mark.requires_synced("client")\ndef test_ui(): pass\n')
    synced, marked = shop.syncguard("sync", "client"), shop.pytest("-q")

    assert shop.syncguard("status", "client").telling(f"could not check {said}")
    assert synced.code == 1
    assert synced.telling(f"Step 1 UNKNOWN: {said}")
    assert not (shop.root / "logs").exists()
    assert marked.code == 1
    assert marked.telling(said)


def test_500_stages(shop: Shop) -> None:
    """Many stages are planned; of a name that none has, not all 500 names are told."""
    stage = f'[[stack.stage]]\nname = "s%d"\nbuild = ["{sys.executable}"]\none_shot = true\n'
    shop.write("syncguard.toml", '[stack]\ndriver = "process"\n' + "".join(stage % number for number in range(500)))
    plan, unknown = shop.syncguard("plan"), shop.pytest("--sync-stage=zebra")

    assert plan.code == 2
    assert plan.lines[0] == "stack: 500 of 500 to bring in sync"
    assert unknown.code == 4
    (fault,) = unknown.faults
    assert fault.endswith("and 480 more")
