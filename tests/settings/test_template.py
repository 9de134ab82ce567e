"""A first syncguard.toml: empty only where somebody must decide, valid once that is filled in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.settings.model import Settings, TiltSettings
from pytest_syncguard.settings.template import render, toml

Parse = Callable[..., Settings]
FaultsOf = Callable[..., tuple[str, ...]]

FILLED = {
    "name": '"first"',
    "success": "['listening on ']",
    "build": '["make"]',
    "serve": '["./server"]',
    "trigger": '["make", "{resource}"]',
    "logs": '["logs", "{identity}"]',
    "status": '["status", "{resource}"]',
    "up": "'running'",
    "identity": "'id=(.+)'",
}
CASES = [
    ("tilt", [("server", {}), ("client", {"one_shot": True})]),
    ("process", [("server", {"needs": ["client"]}), ("client", {"one_shot": True})]),
    ("command", [("server", {}), ("worker", {"after": ["server"]})]),
    ("tilt", []),
    ("process", []),
    ("command", []),
]


def fill(text: str) -> str:
    """What a user does: a value for each empty one that is no comment."""
    return re.sub(
        r'^(\w+) = (?:\[\]|"")(?=$| )', lambda match: f"{match[1]} = {FILLED[match[1]]}", text, flags=re.MULTILINE
    )


@pytest.mark.parametrize(("driver", "stages"), CASES)
def test_the_file_is_valid_once_it_is_filled_in(
    parse: Parse, driver: str, stages: list[tuple[str, Mapping[str, object]]]
) -> None:
    """What is known stands in it; a stage that nobody named yet is a blank like others."""
    settings = parse(fill(render(driver, stages)))

    assert settings.stack.driver == driver
    assert sorted(stage.name for stage in settings.stack.stages) == sorted([name for name, _ in stages] or ["first"])


@pytest.mark.parametrize("tilt", [TiltSettings(), TiltSettings("tilt.test"), TiltSettings(port=10987, up=True)])
def test_where_tilt_answers_stands_there_unless_it_is_the_default(parse: Parse, tilt: TiltSettings) -> None:
    """Read back it is the same Tilt; nothing is written that goes without saying."""
    text = render("tilt", [("server", {})], tilt=tilt)

    assert parse(fill(text)).stack.tilt == tilt
    assert ("[stack.tilt]" in text) == (tilt != TiltSettings())


@pytest.mark.parametrize(("driver", "stages"), CASES)
def test_before_that_each_fault_names_a_blank(
    faults_of: FaultsOf, driver: str, stages: list[tuple[str, Mapping[str, object]]]
) -> None:
    """Nothing else is wrong with it, and nothing that is empty passes for success."""
    for fault in faults_of(render(driver, stages)):
        assert re.match(rf"syncguard\.toml: [^:]*\b({'|'.join(FILLED)}): found ", fault)


@pytest.mark.parametrize("driver", ["tilt", "process", "command"])
def test_every_comment_that_gives_a_key_is_valid(parse: Parse, driver: str) -> None:
    """Taking away a `#` gives no fault either."""
    text = fill(render(driver, [("server", {})]))
    opened = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    opened = opened if driver != "process" else opened.replace("one_shot = true", "one_shot = false")

    assert parse(opened).stack.ui == "http://localhost:5173"


def test_what_is_known_is_written(parse: Parse) -> None:
    """Hints become keys, names of the engine that cannot be a stage's become its resource."""
    text = render(
        "tilt",
        [
            ("api:web", {"success": [r"\bready\b"], "env": {"A": 'x"y'}, "timeout": "10m"}),
            ("api/web", {"success": ["x"]}),
            ("stack", {"success": ["x"], "one_shot": True}),
        ],
        ui="http://localhost:1",
    )
    first, second, third = parse(text).stack.stages

    assert (first.name, first.resource, first.success, first.env, first.timeout) == (
        "api-web",
        "api:web",
        (r"\bready\b",),
        (("A", 'x"y'),),
        600,
    )
    assert (second.name, second.resource) == ("api-web-2", "api/web")
    assert (third.name, third.resource, third.one_shot) == ("stack-stage", "stack", True)
    assert parse(text).stack.ui == "http://localhost:1"


@given(
    st.recursive(
        st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_a_value_is_read_back_as_it_was(value: object) -> None:
    """Whatever a resource is called, the file stays TOML."""
    assert tomllib.loads(f"x = {toml(value)}") == {"x": value}


@given(st.lists(st.text(min_size=1), unique=True, max_size=4))
def test_any_names_give_stages_of_their_own(resources: list[str]) -> None:
    """No two resources fall into one stage."""
    stages = tomllib.loads(render("tilt", [(resource, {}) for resource in resources]))["stack"]["stage"]

    assert [stage.get("resource", stage["name"]) for stage in stages] == (resources or [""])
    assert len({stage["name"] for stage in stages}) == len(stages)
