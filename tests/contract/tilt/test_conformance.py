"""The scripted Tilt says what the real one says.

``recorded/`` holds what the real one said (v0.37.6); the scripted one is always held against it. With a real
``tilt`` on the PATH, that one is too. ``SYNCGUARD_RECORD=1`` has its words recorded anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.testing.tilt import RealTilt, ScriptedTilt
from tests import engines
from tests.contract.tilt.conformance import CASES, Case, hurried, run

RECORDED = Path(__file__).with_name("recorded")
TILT = engines.find("tilt")


def _recorded(name: str) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return recorded


def _project(case: Case, folder: Path) -> Path:
    for resource in case.scenario.resources:
        for path in resource.deps:
            (folder / path).write_text("source\n", encoding="utf-8")
    return folder


def _is_part(few: list[str], many: list[str]) -> bool:
    """All of the few, in their order, among the many."""
    rest = iter(many)
    return all(state in rest for state in few)


def _assert_same(name: str, said: dict[str, Any], recorded: dict[str, Any]) -> None:
    for key in ("answers", "history", "followed", "document"):
        assert said[key] == recorded[key], f"{name}: {key}"


@pytest.mark.parametrize("name", CASES)
def test_the_scripted_tilt_says_what_was_recorded_of_the_real_one(name: str, tmp_path: Path) -> None:
    """Answers, log, stream and document are equal; a watcher sees all states that the real one showed."""
    case, recorded = CASES[name], _recorded(name)

    with ScriptedTilt(hurried(case.scenario, 0.4), _project(case, tmp_path)) as tilt:
        said = run(case, tilt, pause=0.1).to_dict()

    _assert_same(name, said, recorded)
    assert _is_part(recorded["seen"], said["seen"]), (recorded["seen"], said["seen"])
    assert said["seen"][-1] == recorded["seen"][-1]


@pytest.mark.parametrize("name", CASES)
def test_the_real_tilt_still_says_what_was_recorded(name: str, tmp_path: Path) -> None:
    """The recordings are true: the real Tilt says the same today."""
    engines.need("tilt")
    case = CASES[name]
    assert TILT is not None

    with RealTilt(case.scenario, _project(case, tmp_path), TILT) as tilt:
        said = run(case, tilt, pause=0.5).to_dict()

    if os.environ.get("SYNCGUARD_RECORD"):
        text = json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True)
        (RECORDED / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    recorded = _recorded(name)
    _assert_same(name, said, recorded)
    assert said["seen"][-1] == recorded["seen"][-1]
