"""``syncguard components``: what people and programs get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.project import Project
from tests.registry.market import Market


@pytest.fixture
def shop(market: Market, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    """A project with a registry alone: a marketplace with a component of each type, and a remote plugin."""
    market.lists(market.plugin("p"), {"name": "far", "source": {"source": "github", "repo": "dev/far"}})
    market.good("plugins/p/agents/a.md", "plugins/p/skills/s/SKILL.md")
    market.write("plugins/p/commands/c.md", "---\nargument-hint: [a] [b]\n---\n")
    market.write_json("plugins/p/hooks/hooks.json", {"hooks": {"Stop": [{"hooks": [{"command": "x.sh"}]}]}})
    market.write("syncguard.toml", "[registry]\n")
    monkeypatch.chdir(market.root)
    return Project(market.root, capsys)


def test_for_people(shop: Project) -> None:
    """A line for each, what is wrong, and how many there are."""
    done = shop.run("components")

    assert (done.code, done.err) == (0, "")
    assert [line.split() for line in done.lines[:4]] == [
        ["agent", "p/a", "plugins/p/agents/a.md"],
        ["command", "p/c", "plugins/p/commands/c.md"],
        ["skill", "p/s", "plugins/p/skills/s/SKILL.md"],
        ["hook", "p/Stop:*:x.sh", "plugins/p/hooks/hooks.json"],
    ]
    assert done.lines[4] == "warning: plugin far of shop lies elsewhere (github dev/far): it is not looked into"
    assert done.lines[5].startswith("warning: plugins/p/commands/c.md:2: argument-hint: ")
    assert done.lines[6:] == ["4 components: 1 agent, 1 command, 1 skill, 1 hook"]


def test_for_programs(shop: Project) -> None:
    """A list of objects; what belongs to none of them is told on stderr."""
    done = shop.run("components", "--json")
    agent, command, *_ = done.json

    assert done.code == 0
    assert agent == {
        "key": "shop/p/agent/a",
        "type": "agent",
        "name": "a",
        "plugin": "p",
        "marketplace": "shop",
        "path": "plugins/p/agents/a.md",
        "warnings": [],
    }
    assert len(command["warnings"]) == 1
    assert done.err.startswith("syncguard: warning: plugin far of shop lies elsewhere")


def test_without_settings_the_folder_is_the_marketplace(shop: Project) -> None:
    """Nothing is written into it."""
    (shop.root / "syncguard.toml").unlink()
    done = shop.run("components", "--json")

    assert (done.code, len(done.json)) == (0, 4)
    assert not (shop.root / ".syncguard").exists()


def test_from_a_folder_below(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project counts, and paths lead from there."""
    before = shop.run("components", "--json").json
    monkeypatch.chdir(shop.root / "plugins/p")

    assert shop.run("components", "--json").json == before


def test_the_marketplaces_of_the_settings(shop: Project) -> None:
    """Only those; a stack beside them changes nothing."""
    shop.write("syncguard.toml", '[registry]\nmarketplaces = ["tools"]\n')
    shop.write("tools/plugins/q/agents/b.md", "---\nname: b\ndescription: c\n---\n")

    assert [row["key"] for row in shop.run("components", "--json").json] == ["tools/q/agent/b"]


def test_what_cannot_be_read(shop: Project) -> None:
    """One line with the cure, for programs in the document that all errors have."""
    shop.write("syncguard.toml", '[registry]\nmarketplaces = ["gone", "syncguard.toml"]\n')
    done, document = shop.run("components"), shop.run("components", "--json")

    assert (done.code, done.out, document.code) == (1, "", 1)
    assert len(done.err.splitlines()) == 2
    assert done.err.startswith("syncguard: error: marketplace gone: found nothing there")
    assert len(document.json["errors"]) == 2


def test_names_cannot_steer_a_terminal(shop: Project) -> None:
    """What a file says is shown in its line, without what a terminal would carry out; programs get it as it is."""
    shop.write("plugins/p/agents/x.md", '---\nname: "a\\n\\e[31m::error::b"\ndescription: c\n---\n')
    done = shop.run("components")

    assert "\x1b" not in done.out
    assert len(done.lines) == 8
    assert "a\n\x1b[31m::error::b" in [row["name"] for row in shop.run("components", "--json").json]


def test_names_that_are_no_text(shop: Project) -> None:
    """Bytes that no encoding knows come through."""
    Path(b"plugins/p/commands/caf\xe9.md".decode("utf-8", "surrogateescape")).write_text("---\n---\n")

    assert shop.run("components").code == 0
    assert any("caf" in row["name"] for row in json.loads(shop.call("components", "--json").out))
