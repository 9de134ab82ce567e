"""A good file of settings, spoilt at random: settings, or faults in one line each that say where; nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_syncguard.settings.faults import SettingsError
from pytest_syncguard.settings.load import load_settings
from pytest_syncguard.settings.model import Settings
from pytest_syncguard.stack.watch import Patterns

GOOD = r"""
plugins = ["my_project.guards"]

[stack]
driver = "process"
ui = "http://localhost:5173"

[stack.tilt]
host = "localhost"
port = 10350
up = false

[stack.process.stop]
sigint = "5s"
sigterm = 2.5
sigkill = 1

[stack.command]
trigger = ["make", "{resource}"]
logs = ["journalctl", "--unit={resource}", "--since=@{epoch}"]
follow = true
tail = ["docker", "logs", "--tail={tail}", "{identity}"]
status = ["systemctl", "show", "{resource}"]
up = '(?m)^ActiveState=active$'
identity = '(?m)^InvocationID=(\w+)$'
poll = "250ms"

[[stack.stage]]
name = "client"
sources = ["client/**", "!client/docs/**"]
build = ["make", "client"]
success = ['^built ']
one_shot = true
settle = "250ms"
timeout = "1m30s"
patterns = "strict"

[[stack.stage.remedy]]
match = "TS2688|Cannot find type definition file"
run = ["npm", "install"]
cwd = "client"
wait = "10s"

[[stack.stage]]
name = "server"
resource = "api:server"
needs = ["client"]
sources = ["server/**"]
serve = ["./server", "--port=8080"]
ready = "tcp://127.0.0.1:8080"
errors = ['GIVING UP']
ignore = ['deprecated']
env = { RUST_LOG = "info" }

[[stack.stage]]
name = "ui"
needs = ["client"]
after = ["server"]
serve = ["npm", "run", "dev"]
success = ['ready in \d+ ms']
"""
LITERAL = re.compile(r"""(?<== )(?:\[.*\]|\{.*\}|"[^"]*"|'[^']*'|\S+)$|"[^"]*"|'[^']*'""", re.MULTILINE)
KEY = re.compile(r"^[\w.]+(?= =)|(?<=\[)[\w.]+(?=\])", re.MULTILINE)
WORDS = [match[0] for match in KEY.finditer(GOOD)] + ["stge", "stack.stage", '"a b"', "''", "a.b.c", "é", "-", ""]
VALUES = [
    *("true", "nan", "-inf", "0", "-0.0", "-1", "1e400", "0x10", "9" * 400, "9" * 5000, "1_000", "1e-400", "0o17"),
    *('""', '" "', '"\\u0000"', '"\\u202e"', '"\\n"', '"\\u001b[31m"', '"../.."', '"/"', '"-rf"', '"é"', '"5m1h"'),
    *('"' + "x" * 5000 + '"', '"(" ', '"(?<=a+)b"', '"(a*)*"', '"[[:x:]]"', '"(?P<é>x)"', '"x{99999999999}"', '"\\\\"'),
    *("[]", "[[]]", "[" * 50 + "]" * 50, "[" * 3000 + "]" * 3000, "{}", "{ a = { b = { c = 1 } } }", "[1, 'a', true]"),
    *("1979-05-27T07:32:00Z", "07:32:00", "1979-05-27", "'''\n\n'''", '"""', "client", "'client'", "['client']"),
    *("[{ name = 'x' }]", "[{}]", "[[{}]]", "'http://['", "'http://a:99999'", "'tcp://'", "['{', '{}', '{x}']"),
]
ODD = [*"[]{}=\"'#,.\\\n\r\t \0\x1b\x7f\ufeff\u2028é\U0001f980", "\r\n", "[[", "]]", '"""']


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """The good file after one to four changes of any kind."""
    text = GOOD
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4)):
        text = change(draw, text)
    data = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at:]
    return data


def spoil_characters(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(ODD) | st.text(max_size=3)) + text[at + draw(st.integers(0, 3)) :]


def spoil_value(draw: st.DrawFn, text: str) -> str:
    return _replace(draw, text, LITERAL, draw(st.sampled_from(VALUES)))


def spoil_key(draw: st.DrawFn, text: str) -> str:
    return _replace(draw, text, KEY, draw(st.sampled_from(WORDS)))


def spoil_lines(draw: st.DrawFn, text: str) -> str:
    """One goes, or stands somewhere else, or twice, or often."""
    lines = text.split("\n")
    line = lines[draw(st.integers(0, len(lines) - 1))]
    if draw(st.booleans()):
        lines.remove(line)
    at = draw(st.integers(0, len(lines)))
    lines[at:at] = [line] * draw(st.sampled_from([0, 1, 2, 300]))
    return "\n".join(lines)


def cut_off(draw: st.DrawFn, text: str) -> str:
    return text[: draw(st.integers(0, len(text)))]


CHANGES: list[Callable[[st.DrawFn, str], str]] = [
    spoil_characters,
    spoil_value,
    spoil_value,
    spoil_key,
    spoil_lines,
    cut_off,
]


def _replace(draw: st.DrawFn, text: str, what: re.Pattern[str], by: str) -> str:
    found = list(what.finditer(text))
    if not found:
        return text
    match = draw(st.sampled_from(found))
    return text[: match.start()] + by + text[match.end() :]


FAULT = re.compile(r"(?:\S*syncguard\.toml|environment): (?:[^:]+(?:\[.*\])?[^:]*: )?found .+, required .+")


def test_the_file_is_good(tmp_path: Path) -> None:
    """Else nothing would be spoilt."""
    (tmp_path / "syncguard.toml").write_text(GOOD)

    assert [stage.name for stage in load_settings(tmp_path, environ={}).stack.stages] == ["client", "server", "ui"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the spoilt files lie, one after the other."""
    return tmp_path_factory.mktemp("spoilt")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=spoilt())
def test_spoilt_settings(folder: Path, data: bytes) -> None:
    """What is taken for settings can be used; what is not is told, a line for each fault, which steers no terminal."""
    (folder / "syncguard.toml").write_bytes(data)
    found = outcome(folder)
    if isinstance(found, Settings):
        for stage in found.stack.stages:
            Patterns.of(stage)
        return
    assert found
    for fault in found:
        assert fault.isprintable()
        assert FAULT.fullmatch(fault), fault
        assert len(fault) < 1000


def outcome(folder: Path) -> Settings | tuple[str, ...]:
    """The settings of the project there, or their faults."""
    try:
        return load_settings(folder, environ={})
    except SettingsError as error:
        return error.faults
