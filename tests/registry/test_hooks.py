"""Hooks: every handler is a component, wherever it is declared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.registry.market import Market

FORMAT = {"type": "command", "command": '"${CLAUDE_PLUGIN_ROOT}"/scripts/format.sh --all', "timeout": 10}
ON_WRITE = {"matcher": "Write|Edit", "hooks": [FORMAT]}
FILE = "plugins/p/hooks/hooks.json"


def names(market: Market) -> list[str]:
    return [component.name for component in market.find().components if component.type == "hook"]


@pytest.fixture
def plugin(market: Market) -> Market:
    """A marketplace with one plugin that has an agent."""
    market.lists(market.plugin("p"))
    market.good("plugins/p/agents/a.md")
    return market


def test_a_handler_is_a_component(plugin: Market) -> None:
    """Named by event, matcher and script; the file that declares it is its path."""
    plugin.write_json(FILE, {"description": "d", "hooks": {"PostToolUse": [ON_WRITE]}})
    _, hook = plugin.find().components

    assert hook.key == "shop/p/hook/PostToolUse:Write|Edit:format.sh"
    assert (hook.path, hook.warnings) == (FILE, ())
    assert hook.fields == {
        "type": "command",
        "command": FORMAT["command"],
        "timeout": "10",
        "event": "PostToolUse",
        "matcher": "Write|Edit",
        "script": "scripts/format.sh",
    }


@pytest.mark.parametrize(
    ("handler", "script"),
    [
        ({"type": "command", "command": "bash -c 'x' /opt/my-tool.py"}, "my-tool.py"),
        ({"type": "command", "command": "node", "args": ["${CLAUDE_PLUGIN_ROOT}/hooks/run.mjs"]}, "run.mjs"),
        ({"type": "command", "command": "./check.sh; ./other.sh"}, "check.sh"),
    ],
)
def test_the_script_is_the_first_that_is_named(plugin: Market, handler: Any, script: str) -> None:
    """In the command or its arguments; without a matcher the name says ``*``."""
    plugin.write_json(FILE, {"hooks": {"Stop": [{"hooks": [handler]}]}})

    assert names(plugin) == [f"Stop:*:{script}"]


def test_hooks_without_a_script_have_names_that_stay(plugin: Market) -> None:
    """Whatever comes before them; two that differ have two names."""
    prompt, url = {"type": "prompt", "prompt": "Is it done?"}, {"type": "http", "url": "http://localhost/x"}
    plugin.write_json(FILE, {"hooks": {"Stop": [{"hooks": [prompt]}]}})
    (before,) = names(plugin)
    plugin.write_json(FILE, {"hooks": {"Stop": [{"hooks": [url, prompt]}]}})

    assert names(plugin)[1:] == [before]
    assert len(set(names(plugin))) == 2


def test_one_that_stands_twice_is_told(plugin: Market) -> None:
    """As a name of any other component."""
    plugin.write_json(FILE, {"hooks": {"Stop": [{"hooks": [FORMAT, FORMAT]}]}})

    assert all("stands 2 times" in hook.warnings[0] for hook in plugin.find().components[1:])


def test_hooks_of_manifests_come_beside_the_file(market: Market) -> None:
    """Other files, and what stands in plugin.json itself; the default file counts once."""
    inline = {"SessionStart": [{"hooks": [{"type": "command", "command": "start.sh"}]}]}
    market.lists(market.plugin("p", hooks=["./more.json", "./hooks/hooks.json", inline]))
    market.write_json(FILE, {"hooks": {"PostToolUse": [ON_WRITE]}})
    market.write_json("plugins/p/more.json", {"hooks": {"Stop": [{"hooks": [FORMAT]}]}})

    assert names(market) == ["PostToolUse:Write|Edit:format.sh", "Stop:*:format.sh", "SessionStart:*:start.sh"]
    assert [hook.path for hook in market.find().components] == [
        FILE,
        "plugins/p/more.json",
        "plugins/p/.claude-plugin/plugin.json",
    ]


@pytest.mark.parametrize("content", [{"hooks": {}}, {"hooks": {"Stop": []}}, {"hooks": {"Stop": [{"hooks": []}]}}])
def test_files_without_hooks_are_no_fault(plugin: Market, content: Any) -> None:
    """As templates leave them."""
    plugin.write_json(FILE, content)

    assert (names(plugin), plugin.find().warnings) == ([], ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: Expecting value: required JSON"),
        ("[]", 'found an array, required {"hooks": {…}}'),
        ('{"Stop": []}', 'found no "hooks", required'),
        ('{"hooks": []}', '"hooks": found an array, required an object of events'),
        ('{"hooks": {"Stop": {}}}', '"Stop": found an object, required an array'),
        ('{"hooks": {"Stop": [3]}}', 'Stop #1: found no array "hooks"'),
        ('{"hooks": {"Stop": [{"hooks": ["x"]}]}}', "Stop #1, handler #1: found a text, required an object"),
    ],
)
def test_files_of_no_use_are_told(plugin: Market, text: str, said: str) -> None:
    """They hide nothing else."""
    plugin.write(FILE, text)
    found = plugin.find()

    assert len(found.components) == 1
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(f"{FILE}: ")
    assert said in found.warnings[0]
