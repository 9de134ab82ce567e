"""The shape of the settings: which table holds which keys, and who reads them. Defaults are the model's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pytest_syncguard.settings import values as v
from pytest_syncguard.settings.faults import Place, Wrong, did_you_mean, nearest, quoted, shown
from pytest_syncguard.settings.model import (
    CommandSettings,
    PatternSet,
    ProcessSettings,
    RegistrySettings,
    Remedy,
    Settings,
    StackSettings,
    Stage,
    StopLadder,
    TiltSettings,
)

D = TypeVar("D")

FAR = 0.75  # how like a key of another table must be to be offered: among so many, something is always near
FIELD_OF_KEY = {"stage": "stages", "remedy": "remedies"}  # TOML names one of an array, Python all of it


@dataclass(frozen=True, slots=True)
class Table(Generic[D]):
    """Reads a table into a named tuple; a key that is wrong leaves the model's default."""

    header: str
    model: type[D]
    keys: Mapping[str, v.Reader[Any]]
    required: tuple[str, ...] = ()

    def __call__(self, at: Place, value: object) -> D:
        return self.model(**self.fields(at, value))

    def fields(self, at: Place, value: object) -> dict[str, Any]:
        """The fields that the table gives, by the model's names."""
        if not isinstance(value, Mapping):
            raise at.wrong(shown(value), f"a table, {self.header}")
        found: dict[str, Any] = {}
        for key, content in value.items():
            if (reader := self.keys.get(key)) is None:
                at.key(key).wrong(*_instead_of(key, content, self))
            elif (read := at.key(key).read(reader, content)) is not None:
                found[FIELD_OF_KEY.get(key) or key] = read
        for key in self.required:
            if key not in value:
                at.key(key).wrong("nothing", f"this key in every {self.header}")
        if any(key not in found for key in self.required):
            raise Wrong  # for a fault that has just been noted
        return found


def stage(at: Place, value: object) -> Stage:
    """One ``[[stack.stage]]``; the engine calls it by its name unless ``resource`` says otherwise.

    A name that is wrong stays as written, or is empty: the rest of the stage can be checked all the same.
    """
    found = STAGE.fields(at, value)
    if "name" not in found:
        written = value.get("name") if isinstance(value, Mapping) else None
        if written is None:
            at.key("name").wrong("nothing", f"this key in every {STAGE.header}")
        found["name"] = written if isinstance(written, str) else ""
    return Stage(**{"resource": found["name"], **found})


def stages(at: Place, value: object) -> tuple[Stage, ...]:
    """The array ``[[stack.stage]]``; its faults are told by the names of the stages."""
    items = []
    for number, element in enumerate(_tables(at, value, STAGE.header), start=1):
        name = element.get("name") if isinstance(element, Mapping) else None
        items.append(at.item(name if name and isinstance(name, str) else number).read(stage, element))
    return tuple(item for item in items if item is not None)


def remedies(at: Place, value: object) -> tuple[Remedy, ...]:
    """The array ``[[stack.stage.remedy]]`` of one stage."""
    return v.array(REMEDY)(at, list(_tables(at, value, REMEDY.header)))


def _tables(at: Place, value: object, header: str) -> Iterator[object]:
    if isinstance(value, Mapping):
        raise at.wrong("one table", f"an array of tables: write {header}")
    if not isinstance(value, list | tuple):
        raise at.wrong(shown(value), f"an array of tables, {header}")
    yield from value


def _instead_of(key: str, content: object, table: Table[Any]) -> tuple[str, str, str]:
    """What an unknown key is, what is required in its place, and the nearest right one."""
    homes = [other.header for other in TABLES if key in other.keys]
    if homes:
        written = {"stage": STAGE.header, "remedy": REMEDY.header}.get(key, "")
        return "a key of another table", f"it in {' or '.join(homes)}", f"write {written}" if written else ""
    if table is STACK and isinstance(content, Mapping) and not STAGE.keys.keys().isdisjoint(content):
        return "an unknown table", f"a table of {table.header}", f"write {STAGE.header} with name = {quoted(key)}"
    if near := did_you_mean(key, table.keys):
        return "an unknown key", f"a key of {table.header}", near
    elsewhere = {known: other.header for other in TABLES for known in other.keys}
    near = nearest(key, elsewhere, FAR)
    hint = f"did you mean {quoted(near)} in {elsewhere[near]}?" if near else ""
    return "an unknown key", f"one of {', '.join(table.keys)}", hint


REMEDY = Table(
    "[[stack.stage.remedy]]",
    Remedy,
    {"match": v.pattern, "run": v.command, "cwd": v.folder, "wait": v.duration},
    required=("match", "run"),
)
STAGE = Table(
    "[[stack.stage]]",
    Stage,
    {
        "name": v.name,
        "resource": v.argument,
        "needs": v.array(v.text),
        "after": v.array(v.text),
        "sources": v.array(v.glob),
        "writes": v.array(v.glob),
        "outputs": v.array(v.plain_glob),
        "success": v.array(v.pattern),
        "errors": v.array(v.pattern),
        "ignore": v.array(v.pattern),
        "patterns": v.one_of(get_args(PatternSet)),
        "timeout": v.positive_duration,
        "settle": v.duration,
        "one_shot": v.flag,
        "remedy": remedies,
        "build": v.argv,
        "serve": v.argv,
        "ready": v.maybe(v.any_url),
        "cwd": v.folder,
        "env": v.environment,
    },
)
TILT = Table("[stack.tilt]", TiltSettings, {"host": v.host, "port": v.port, "up": v.flag})
STOP = Table(
    "[stack.process.stop]",
    StopLadder,
    {"sigint": v.duration, "sigterm": v.duration, "sigkill": v.duration},
)
PROCESS = Table("[stack.process]", ProcessSettings, {"stop": STOP})
COMMAND = Table(
    "[stack.command]",
    CommandSettings,
    {
        "trigger": v.template,
        "logs": v.template,
        "follow": v.flag,
        "appends": v.flag,
        "tail": v.template,
        "status": v.template,
        "up": v.maybe(v.pattern),
        "done": v.maybe(v.pattern),
        "failed": v.maybe(v.pattern),
        "unknown": v.maybe(v.pattern),
        "identity": v.maybe(v.grouped_pattern),
        "started": v.template,
        "down": v.template,
        "poll": v.positive_duration,
    },
)
STACK = Table(
    "[stack]",
    StackSettings,
    {
        "driver": v.text,
        "ui": v.maybe(v.web_url),
        "stage": stages,
        "tilt": TILT,
        "process": PROCESS,
        "command": COMMAND,
    },
)
REGISTRY = Table("[registry]", RegistrySettings, {"marketplaces": v.folders})
PROJECT = Table(
    "the file's top level",
    Settings,
    {"preset": v.maybe(v.text), "plugins": v.array(v.module), "stack": STACK, "registry": REGISTRY},
)
TABLES: tuple[Table[Any], ...] = (PROJECT, STACK, STAGE, REMEDY, TILT, PROCESS, STOP, COMMAND, REGISTRY)
