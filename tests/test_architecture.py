"""Who may know whom: the layers of the house, held against the imports that are in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "pytest_syncguard"
ROOT = Path(__file__).resolve().parents[1] / PACKAGE
DOCS = ROOT.parent / "docs" / "architecture.md"

# From the top of the house to its ground: a room may import rooms below it, and itself.
LAYERS = (
    {"plugin"},
    {"fixtures", "cli"},
    {"items", "barrier"},
    {"session"},
    {"others"},
    {"ahead"},
    {"witness"},
    {"xdist", "timeouts", "handle", "note", "project", "standing"},
    {"guards", "testing"},
    {"hookspecs"},
    {"gate", "report"},
    {"stack", "registry"},
    {"ledger", "lock", "settings", "signals"},
    {"machine", "misspelt", "stamps", "whole"},
    {"verdict"},
    {"errors"},
)
ALLOWED_UPWARDS = {
    ("fixtures", "items"),
}
NEVER = {
    "report": {"stack", "settings", "ledger", "guards", "session"},
    "stack": {"report", "gate", "registry"},
    "registry": {"report", "gate", "stack"},
    "verdict": {name for layer in LAYERS for name in layer} - {"verdict"},
    "settings": {name for layer in LAYERS[:-2] for name in layer} - {"settings"},
}


def modules() -> Iterator[tuple[Path, str]]:
    """Each module with the room (top-level module or package) that it belongs to."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts != ("__init__",):
            yield path, parts[0]


def imported_rooms(path: Path) -> set[str]:
    """The rooms that a module imports, wherever in it the import stands."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}
    return {room for room in rooms if (ROOT / room).is_dir() or (ROOT / f"{room}.py").is_file()}


def level(room: str) -> int:
    """The layer of a room, 0 at the top."""
    return next(number for number, layer in enumerate(LAYERS) if room in layer)


def test_the_layers_hold_the_rooms_that_there_are() -> None:
    """No room is without a layer, and no layer holds a room that is gone."""
    assert sorted(room for layer in LAYERS for room in layer) == sorted({room for _, room in modules()})


def test_the_docs_show_every_room() -> None:
    """The first column of the table names the rooms, each once, and nothing else."""
    cells = re.findall(r"^\| (`.*?) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    named = [name.removesuffix("/").removesuffix(".py") for cell in cells for name in re.findall(r"`(.+?)`", cell)]

    assert sorted(named) == sorted({room for _, room in modules()})


@pytest.mark.parametrize(("path", "room"), list(modules()), ids=lambda value: str(value).rpartition(PACKAGE)[2])
def test_a_room_knows_only_what_lies_below(path: Path, room: str) -> None:
    """No module imports from above its layer, and none what its room must never know."""
    for other in imported_rooms(path) - {room}:
        assert other not in NEVER.get(room, set()), f"{path.name} must not import {other}"
        if (room, other) not in ALLOWED_UPWARDS:
            assert level(other) >= level(room), f"{path.name} ({room}) imports {other}, which lies above it"


def test_there_are_no_circles_between_rooms() -> None:
    """Rooms of one layer may know each other, but never in a circle."""
    graph: dict[str, set[str]] = {}
    for path, room in modules():
        graph.setdefault(room, set()).update(imported_rooms(path) - {room})
    for one, other in ALLOWED_UPWARDS:
        graph[one].discard(other)
    ahead = dict(graph)
    while free := [room for room in ahead if not ahead[room] & set(ahead)]:
        for room in free:
            del ahead[room]

    assert not ahead


def test_nobody_imports_the_plugin() -> None:
    """plugin.py is pytest's alone."""
    assert not [path.name for path, room in modules() if "plugin" in imported_rooms(path) - {room}]


def test_only_one_room_knows_xdist() -> None:
    """The word of xdist's own interfaces stands in xdist.py and nowhere else."""
    knowing = [path.name for path, _ in modules() if "workerinput" in path.read_text(encoding="utf-8")]

    assert knowing == ["xdist.py"]
