"""A first `syncguard.toml`: what is known is written, what must be filled in is empty, the rest is a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.verdict import KINDS

DEFAULT_TILT = TiltSettings()
TILT_KEYS = ("host", "port", "up")
Hints = Mapping[str, object]


class Line(NamedTuple):
    """One key of a stage: its value when nothing is known, what it means, and whether it must be filled in."""

    key: str
    value: str
    comment: str
    blank: bool = False


HEAD = """\
# What must be in sync before tests run. Fill in what is empty, then try `syncguard doctor`.

[stack]
driver = {driver}
{ui}
"""
UI = '# ui = "http://localhost:5173"  # handed to tests as stack.ui'
COMMAND = """
# For docker compose, write preset = "compose" above [stack] instead of this table.
[stack.command]
trigger = []  # builds and starts, such as ["systemctl", "restart", "{resource}"]
logs = []     # prints the log, such as ["journalctl", "_SYSTEMD_INVOCATION_ID={identity}"]
status = []   # prints how it is, such as ["systemctl", "show", "{resource}"]
up = ""       # what status shows when it runs, such as 'ActiveState=active'
# done = "SubState=exited"  # what it shows of a stage with one_shot = true that ran to its end
identity = ""  # in its first group, what names the instance that runs, such as 'InvocationID=(\\w+)'
"""
RELATIONS = (
    Line("needs", "[]", "stages that it comes after, and is rebuilt with"),
    Line("after", "[]", "stages that it comes after, and is not rebuilt for"),
    Line("sources", '["src/**"]', "what it is built from; none: every file that git does not ignore"),
)
SUCCESS = Line("success", "[]", "signs of success in its log, such as ['listening on ']", blank=True)
LIMITS = (
    Line("timeout", '"5m"', "longest time from the trigger to success"),
    Line("one_shot", "true", "success is the end of the build, nothing stays up"),
)
PROCESS = (
    Line("build", "[]", 'such as ["cargo", "build"]'),
    Line("serve", "[]", 'runs what was built, such as ["./target/debug/server"]', blank=True),
    Line("ready", '"http://127.0.0.1:8080/health"', "answers once it is up"),
)
ONE_SHOT_PROCESS = (Line("build", "[]", 'such as ["npm", "run", "build"]', blank=True),)


def render(driver: str, stages: Sequence[tuple[str, Hints]], *, ui: str = "", tilt: TiltSettings = DEFAULT_TILT) -> str:
    """The text of a `syncguard.toml` for these stages; none: for one that is still to be named.

    A stage is what the engine calls it, and what is known of it by the keys of ``[[stack.stage]]``. Where the
    engine's name is no name for a stage, it becomes the ``resource`` of one. Once the empty values are filled
    in, the file is valid.
    """
    head = HEAD.format(driver=toml(driver), ui=f"ui = {toml(ui)}" if ui else UI)
    driven = {"command": COMMAND, "tilt": _tilt(tilt)}.get(driver, "")
    names = stage_names([resource for resource, _ in stages])
    known = [(name, *stage) for name, stage in zip(names, stages, strict=True)] or [("", "", {})]
    tables = ["\n".join(_stage(driver, *stage)) for stage in known]
    return head + driven + "".join(f"\n{table}\n" for table in tables)


def _tilt(tilt: TiltSettings) -> str:
    """``[stack.tilt]`` with what is not its default; nothing where all of it is."""
    told = {key: getattr(tilt, key) for key in TILT_KEYS if getattr(tilt, key) != getattr(DEFAULT_TILT, key)}
    return "".join(["\n[stack.tilt]\n", *(f"{key} = {toml(value)}\n" for key, value in told.items())]) if told else ""


def toml(value: object) -> str:
    """A value in TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{"".join(map(_escaped, value))}"'
        case int() | float():
            return str(value)
        case Mapping():
            return f"{{ {', '.join(f'{toml(str(key))} = {toml(item)}' for key, item in value.items())} }}"
        case Sequence():
            return f"[{', '.join(map(toml, value))}]"
        case _:
            raise TypeError(f"no TOML for {type(value).__name__}")


def _stage(driver: str, name: str, resource: str, hints: Hints) -> Iterator[str]:
    yield "[[stack.stage]]"
    yield f"name = {toml(name)}"
    if resource != name:
        yield f"resource = {toml(resource)}"
    rest = dict(hints)
    for line in _lines(driver, one_shot=hints.get("one_shot") is True):
        if line.key in rest:
            yield f"{line.key} = {toml(rest.pop(line.key))}"
        else:
            yield f"{'' if line.blank else '# '}{line.key} = {line.value}  # {line.comment}"
    yield from (f"{key} = {toml(value)}" for key, value in rest.items())


def _lines(driver: str, *, one_shot: bool) -> tuple[Line, ...]:
    if driver != "process":
        return (*RELATIONS, SUCCESS, *LIMITS)
    if one_shot:  # its exit code stands in for a sign
        return (*RELATIONS, *ONE_SHOT_PROCESS, SUCCESS._replace(blank=False), *LIMITS)
    return (*RELATIONS, *PROCESS, SUCCESS, *LIMITS)


def stage_names(resources: Sequence[str]) -> list[str]:
    """A name of its own for each resource: the same where it can be."""
    names: list[str] = []
    for resource in resources:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", resource).strip("-._")[:90] or "stage"
        plain = f"{plain}-stage" if plain in KINDS else plain
        name, number = plain, 1
        while name in names:
            number += 1
            name = f"{plain}-{number}"
        names.append(name)
    return names


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
