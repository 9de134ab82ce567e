"""Which plugins a marketplace has, and what becomes of a marketplace that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.registry.discovery.errors import DiscoveryError
from tests.registry.market import Market, without_marketplace


def fault(market: Market, *marketplaces: str) -> str:
    """The one line that tells why it cannot be read."""
    with pytest.raises(DiscoveryError) as caught:
        market.find(*marketplaces)
    (line,) = str(caught.value).splitlines()
    return line


def test_only_what_is_listed_counts(market: Market) -> None:
    """A plugin beside the others that nobody listed is told: Claude Code does not see it."""
    market.lists(market.plugin("p"))
    market.plugin("forgotten")
    market.good("plugins/p/agents/a.md", "plugins/forgotten/agents/b.md")

    assert market.names() == ["p/agent/a"]
    assert market.find().warnings == (
        "plugins/forgotten: .claude-plugin/marketplace.json does not list this plugin, so its components do not count",
    )


def test_plugins_may_lie_anywhere(market: Market) -> None:
    """In folders of categories, under a common root, or in the marketplace itself."""
    market.lists(
        {"name": "deep", "source": "./tools/web/deep"},
        {"name": "bare", "source": "bare"},
        {"name": "whole", "source": "./"},
        metadata={"pluginRoot": "./packages"},
    )
    market.good("tools/web/deep/agents/a.md", "packages/bare/agents/b.md", "agents/c.md")

    assert market.names() == ["deep/agent/a", "bare/agent/b", "whole/agent/c"]


def test_the_entry_is_the_manifest_of_a_plugin_without_one(market: Market) -> None:
    """What it names replaces and adds as plugin.json would."""
    market.lists({"name": "p", "source": "./p", "agents": ["./x.md"], "skills": "./more"})
    market.good("p/agents/a.md", "p/x.md", "p/more/m/SKILL.md", "p/skills/s/SKILL.md")

    assert market.names() == ["p/agent/x", "p/skill/s", "p/skill/m"]


def test_the_entry_adds_to_plugin_json(market: Market) -> None:
    """Both count; with strict = false Claude Code takes them for a conflict, and that is told."""
    entry = market.plugin("p", agents="./one.md")
    market.lists({**entry, "agents": "./two.md"})
    market.good("plugins/p/one.md", "plugins/p/two.md")

    assert market.names() == ["p/agent/one", "p/agent/two"]
    assert market.find().warnings == ()

    market.lists({**entry, "agents": "./two.md", "strict": False})

    assert market.names() == ["p/agent/one", "p/agent/two"]
    assert "agents here and in its plugin.json with strict = false" in market.find().warnings[0]


def test_plugins_that_share_the_marketplace_as_their_folder(market: Market) -> None:
    """Each has the skills that its entry names, and no others."""
    market.lists(
        {"name": "office", "source": "./", "strict": False, "skills": ["./skills/doc", "./skills/sheet"]},
        {"name": "art", "source": "./", "strict": False, "skills": ["./skills/draw"]},
    )
    market.good(*(f"skills/{name}/SKILL.md" for name in ("doc", "sheet", "draw", "other")))

    assert market.names() == ["office/skill/doc", "office/skill/sheet", "art/skill/draw"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"source": "github", "repo": "dev/tools"}, "github dev/tools"),
        ({"source": "url", "url": "https://user:word@example.com/a.git?key=word"}, "url https://example.com/a.git"),
        ({"source": "npm", "package": "@dev/tools"}, "npm @dev/tools"),
        ({}, "unknown source"),
    ],
)
def test_remote_plugins_are_listed(market: Market, source: dict[str, str], told: str) -> None:
    """Where they are is told, without what may be a secret; nothing is fetched."""
    market.lists({"name": "far", "source": source}, market.plugin("p"))
    market.good("plugins/p/agents/a.md")
    (remote,) = market.find().remote

    assert (remote.plugin, remote.source) == ("far", told)


def test_a_marketplace_of_remote_plugins_alone(market: Market) -> None:
    """It has no components, and nothing is wrong with that."""
    market.lists({"name": "far", "source": {"source": "github", "repo": "dev/tools"}})

    assert market.find().components == ()


def test_renames_lead_to_the_name_of_today(market: Market) -> None:
    """Through any number of them; None where the plugin is gone."""
    market.lists(market.plugin("c"), renames={"a": "b", "b": "c", "gone": None, "x": "gone"})
    market.good("plugins/c/agents/a.md")

    assert market.find().renames == {"shop": {"a": "c", "b": "c", "gone": None, "x": None}}
    assert market.find().warnings == ()


@pytest.mark.parametrize(
    ("renames", "said"),
    [
        ([], '"renames": found an array, required an object'),
        ({"a": 3}, '"renames": "a": found a number, required a name or null'),
        ({"a": "z"}, '"renames": "a": "z" is no plugin'),
        ({"a": "b", "b": "a"}, '"renames": "a": leads back to itself'),
    ],
)
def test_renames_of_no_use_are_told(market: Market, renames: Any, said: str) -> None:
    """They name nobody."""
    market.lists(market.plugin("p"), renames=renames)
    market.good("plugins/p/agents/a.md")

    assert market.find().renames == {}
    assert said in market.find().warnings[0]


def test_the_rule_of_the_path(market: Market) -> None:
    """Without manifests a plugin is a folder of plugins/, and the marketplace is called as its folder."""
    market.good("plugins/p/agents/a.md", "plugins/q/commands/c.md", "plugins/r/skills/s/SKILL.md", "agents/x.md")
    market.write("plugins/notes/todo.txt", "")

    assert market.names() == ["p/agent/a", "q/command/c", "r/skill/s"]
    assert {component.marketplace for component in market.find().components} == {"shop"}


def test_a_folder_with_one_plugin(market: Market) -> None:
    """It is a marketplace of that."""
    market.write_json(".claude-plugin/plugin.json", {"name": "solo"})
    market.good("agents/a.md")

    assert market.names() == ["solo/agent/a"]


def test_several_marketplaces(market: Market) -> None:
    """In the order of the settings; paths lead from the project. Two of one name are told."""
    market.good("two/plugins/p/agents/a.md", "one/plugins/p/agents/a.md")
    found = market.find("two", "one")

    assert [component.key for component in found.components] == ["two/p/agent/a", "one/p/agent/a"]
    assert found.components[0].path == "two/plugins/p/agents/a.md"

    for name in ("one", "two"):
        market.write_json(
            f"{name}/.claude-plugin/marketplace.json", {"name": "x", "plugins": [{"source": "./plugins/p"}]}
        )
    found = market.find("two", "one")

    assert without_marketplace(found.components) == ["p/agent/a", "p/agent/a"]
    assert all("stands 2 times" in component.warnings[0] for component in found.components)
    assert any('another marketplace is called "x"' in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("p", "plugins #2: found a text, required an object"),
        ({"name": "x"}, 'plugin "x": "source": found null'),
        ({"name": "x", "source": "./gone"}, 'plugin "x": found no folder "./gone", required one'),
        ({"name": "x", "source": "../out"}, 'plugin "x": "../out" leads out of the marketplace'),
        ({"name": "x", "source": "/etc"}, 'plugin "x": "/etc" leads out of the marketplace'),
        ({"name": "x", "source": "./a\0b"}, "leads out of the marketplace"),
    ],
)
def test_entries_of_no_use_are_told(market: Market, entry: Any, said: str) -> None:
    """The others count all the same."""
    market.lists(market.plugin("p"), entry)
    market.good("plugins/p/agents/a.md")
    (market.root.parent / "out" / "agents").mkdir(parents=True)

    assert market.names() == ["p/agent/a"]
    assert any(said in warning for warning in market.find().warnings)


def test_names_that_do_not_agree(market: Market) -> None:
    """The marketplace's name for a plugin counts; one that stands twice is told."""
    market.write_json("p/.claude-plugin/plugin.json", {"name": "other"})
    market.lists({"name": "p", "source": "./p"}, {"name": "p", "source": "./q"}, {"source": "./r"})
    market.good("p/agents/a.md", "q/agents/b.md", "r/agents/c.md")
    warnings = "\n".join(market.find().warnings)

    assert market.names() == ["p/agent/a", "p/agent/b", "r/agent/c"]
    for said in ('calls itself "other"', 'plugin "p" stands there twice', 'plugins #3: no "name": r stands for it'):
        assert said in warnings


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\xff", "[" * 100_000])
def test_a_plugin_json_that_is_none(market: Market, text: str) -> None:
    """Its plugin is read as if it had none, and the fault is told."""
    market.lists({"name": "p", "source": "./p"})
    market.good("p/agents/a.md")
    market.write("p/.claude-plugin/plugin.json", text)

    assert market.names() == ["p/agent/a"]
    assert market.find().warnings[0].startswith("p/.claude-plugin/plugin.json: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1"),
        ('{\n  "name": x\n}', "line 2, column 11"),
        ("[]", "found an array, required an object"),
        ('{"name": "x"}', '"plugins": found null, required an array'),
        ("[" * 100_000, "without end, required JSON"),
    ],
)
def test_a_marketplace_json_that_is_none(market: Market, text: str, said: str) -> None:
    """Which plugins there are is unknown: that is no empty list."""
    market.write(".claude-plugin/marketplace.json", text)
    market.good("plugins/p/agents/a.md")

    assert said in fault(market)
    assert fault(market).startswith("marketplace .: .claude-plugin/marketplace.json: ")


def test_what_is_no_marketplace(market: Market) -> None:
    """A file, nothing, an empty folder, a folder without components: one line each, with the cure."""
    market.write("file", "")
    (market.root / "empty").mkdir()
    market.write_json("bare/.claude-plugin/marketplace.json", {"name": "bare", "plugins": []})
    lines = {name: fault(market, name) for name in ("file", "gone", "empty", "bare")}

    assert lines["file"].startswith("marketplace file: found a file, required the folder")
    assert lines["gone"].startswith("marketplace gone: found nothing there, required a folder")
    assert lines["empty"].startswith("marketplace empty: found no .claude-plugin/marketplace.json, required one")
    assert lines["bare"].startswith("marketplace bare: found no component, required at least one")
    with pytest.raises(DiscoveryError) as caught:
        market.find("file", "gone")
    assert caught.value.faults == (lines["file"], lines["gone"])


def test_links_in_a_circle_are_no_marketplace(market: Market) -> None:
    """Neither two that lead to each other nor one that leads to itself."""
    market.link("a", "b")
    market.link("b", "a")

    assert "lead to each other in a circle" in fault(market, "a")


def test_a_marketplace_outside_the_project(market: Market, tmp_path: Path) -> None:
    """A link leads there: it is not read."""
    (tmp_path / "out/plugins/p/agents").mkdir(parents=True)
    (tmp_path / "out/plugins/p/agents/a.md").write_text("---\n")
    market.link("out", "../out")

    assert fault(market, "out").startswith("marketplace out: a link that leads out of the project")


def test_links_within_the_marketplace_are_followed(market: Market) -> None:
    """A file or folder that several plugins share is a component of each."""
    market.lists(market.plugin("p"), market.plugin("q"))
    market.good("shared/a.md", "shared/s/SKILL.md")
    for plugin in ("p", "q"):
        market.link(f"plugins/{plugin}/agents/a.md", "../../../shared/a.md")
        market.link(f"plugins/{plugin}/skills/s", "../../../shared/s")
    market.link("plugins/p/commands", "../../shared")

    assert market.names() == ["p/agent/a", "p/command/a", "p/command/s", "p/skill/s", "q/agent/a", "q/skill/s"]


def test_links_that_lead_nowhere_good(market: Market, tmp_path: Path) -> None:
    """Out of the marketplace, to nothing, in a circle: each is told, none is followed, the rest is found."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret.md").write_text("---\nname: secret\n---\n")
    (tmp_path / "out/SKILL.md").write_text("---\nname: secret\n---\n")
    market.lists(market.plugin("p"))
    market.good("plugins/p/agents/a.md", "plugins/p/agents/sub/b.md")
    for path, target in {
        "agents/out.md": "../../../../out/secret.md",
        "agents/out": "../../../../out",
        "agents/gone.md": "nothing.md",
        "agents/loop.md": "loop.md",
        "agents/sub/up": "..",
        "agents/sub/self": ".",
        "agents/twin": "sub",
        "commands": "../../../out",
        "skills/out": "../../../../out",
        "skills/s/SKILL.md": "../../../../../out/SKILL.md",
    }.items():
        market.link(f"plugins/p/{path}", target)
    told = market.find().warnings

    assert market.names() == ["p/agent/a", "p/agent/sub:b"]
    for path in ("agents/out.md", "agents/out", "agents/gone.md", "agents/loop.md", "agents/sub/up", "agents/sub/self"):
        assert any(warning.startswith(f"plugins/p/{path}: ") for warning in told), path
    for path in ("agents/twin", "commands", "skills/out", "skills/s/SKILL.md"):
        assert any(warning.startswith(f"plugins/p/{path}: ") for warning in told), path


def test_folders_that_are_links_out_of_the_marketplace(market: Market, tmp_path: Path) -> None:
    """Neither a default folder nor one that a manifest names is read."""
    (tmp_path / "out/s").mkdir(parents=True)
    (tmp_path / "out/s/SKILL.md").write_text("---\nname: secret\n---\n")
    market.lists(market.plugin("p", agents="./far", skills="./far"))
    market.good("plugins/p/commands/c.md")
    for name in ("skills", "far"):
        market.link(f"plugins/p/{name}", "../../../out")
    told = "\n".join(market.find().warnings)

    assert market.names() == ["p/command/c"]
    for said in ("plugins/p/skills: a link", '"agents": "./far" leads out', '"skills": "./far" leads out'):
        assert said in told


def test_pipes_are_not_waited_for(market: Market) -> None:
    """A pipe in the place of a file is told, and nobody has to write into it."""
    market.lists(market.plugin("p"))
    market.good("plugins/p/agents/a.md")
    os.mkfifo(market.root / "plugins/p/agents/b.md")
    _, pipe = market.find().components

    assert pipe.warnings == ("plugins/p/agents/b.md:1: found no file, required one",)
