"""Which components a plugin has: default folders, manifests, names."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from tests.registry.market import GOOD, Market


def test_default_folders(market: Market) -> None:
    """Agents and commands are files, skills are folders, and nothing else counts."""
    market.lists(market.plugin("p"))
    market.good(*(f"plugins/p/{path}" for path in ("agents/a.md", "commands/c.md", "skills/s/SKILL.md")))
    market.good(*(f"plugins/p/{path}" for path in ("docs/agents/x.md", "skills/s/examples.md", "notes.md")))
    market.write("plugins/p/agents/a.txt", "")

    assert market.names() == ["p/agent/a", "p/command/c", "p/skill/s"]


def test_a_component_says_what_it_is(market: Market) -> None:
    """Everything that a record will need of it."""
    market.lists(market.plugin("p"))
    market.good("plugins/p/agents/a.md")
    found = market.only()

    assert found.key == "shop/p/agent/a"
    assert (found.path, found.warnings) == ("plugins/p/agents/a.md", ())
    assert found.fields == {"name": "a", "description": "It does it."}
    assert found.digest == sha256((market.root / found.path).read_bytes()).hexdigest()


def test_the_digest_is_that_of_the_content(market: Market) -> None:
    """Another text is another digest, another time is not."""
    market.lists(market.plugin("p"))
    market.good("plugins/p/agents/a.md", "plugins/p/agents/b.md")
    market.write("plugins/p/commands/a.md", GOOD.format(name="a"))
    first, other, same = (component.digest for component in market.find().components)

    assert first == same != other


def test_names(market: Market) -> None:
    """Frontmatter names agents and skills, the file commands; folders of agents and commands come before it."""
    market.lists(market.plugin("p"))
    for path in ("agents/f.md", "agents/review/deep/f.md", "commands/f.md", "commands/git/f.md", "skills/f/SKILL.md"):
        market.write(f"plugins/p/{path}", GOOD.format(name="said"))
    market.write("plugins/p/agents/g.md", "---\ndescription: b\n---\n")

    assert market.names() == [
        "p/agent/said",
        "p/agent/g",
        "p/agent/review:deep:said",
        "p/command/f",
        "p/command/git:f",
        "p/skill/said",
    ]


def test_a_folder_of_commands_may_be_a_skill(market: Market) -> None:
    """Then the folder is the command, and nothing else in it is one."""
    market.lists(market.plugin("p"))
    market.good("plugins/p/commands/release/SKILL.md", "plugins/p/commands/release/notes.md")

    assert market.names() == ["p/command/release"]


@pytest.mark.parametrize("key", ["agents", "commands"])
def test_named_paths_replace_the_default_folder(market: Market, key: str) -> None:
    """Folders and files; what is in the default folder counts only if it is named, too, and that is told."""
    market.lists(market.plugin("p", **{key: ["./more", "./one.md"]}))
    market.good(f"plugins/p/{key}/a.md", "plugins/p/more/b.md", "plugins/p/more/sub/c.md", "plugins/p/one.md")
    kind = key[:-1]

    assert market.names() == [f"p/{kind}/b", f"p/{kind}/sub:c", f"p/{kind}/one"]
    assert f'plugins/p/{key}: Claude Code does not read it, since a manifest sets "{key}"' in market.find().warnings[0]

    market.plugin("p", **{key: [f"./{key}/", "./more", f"./{key}/a.md"]})

    assert market.names() == [f"p/{kind}/a", f"p/{kind}/b", f"p/{kind}/sub:c"]
    assert market.find().warnings == ()


def test_named_skills_come_beside_the_default_folder(market: Market) -> None:
    """A folder of skills, or a skill's own; none counts twice."""
    market.lists(market.plugin("p", skills=["./more", "./one", "./skills/s"]))
    market.good(*(f"plugins/p/{path}/SKILL.md" for path in ("skills/s", "more/m", "one")))

    assert market.names() == ["p/skill/s", "p/skill/m", "p/skill/one"]


def test_a_plugin_may_be_a_skill(market: Market) -> None:
    """With SKILL.md in its own folder and no other skills; named by its frontmatter, else as the plugin."""
    market.lists(market.plugin("p"), market.plugin("q"))
    market.good("plugins/p/SKILL.md")
    market.write("plugins/q/SKILL.md", "---\ndescription: b\n---\n")

    assert market.names() == ["p/skill/p", "q/skill/q"]


def test_a_skill_of_the_plugin_itself_beside_others(market: Market) -> None:
    """Claude Code does not read it, and that is told; it does where the manifest names the folder."""
    market.lists(market.plugin("p"))
    market.good("plugins/p/skills/s/SKILL.md", "plugins/p/SKILL.md")

    assert market.names() == ["p/skill/s"]
    assert "plugins/p/SKILL.md: Claude Code does not read it" in market.find().warnings[0]

    market.plugin("p", skills="./")

    assert market.names() == ["p/skill/s", "p/skill/p"]


def test_commands_by_name(market: Market) -> None:
    """With a file of their own, or with their text in the manifest."""
    commands = {"about": {"source": "./README.md", "description": "About it"}, "hi": {"content": "Say hi"}}
    market.lists(market.plugin("p", commands=commands))
    market.write("plugins/p/README.md", "---\nmodel: haiku\n---\n")
    about, hi = market.find().components

    assert (about.name, about.path) == ("about", "plugins/p/README.md")
    assert about.fields == {"model": "haiku", "description": "About it"}
    assert (hi.name, hi.path) == ("hi", "plugins/p/.claude-plugin/plugin.json")
    assert hi.fields == {"content": "Say hi"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"agents": "./gone.md"}, '"agents": "./gone.md" is not there'),
        ({"agents": 3}, '"agents": found a number, required a path'),
        ({"agents": "../q/agents"}, '"agents": "../q/agents" leads out of the plugin'),
        ({"agents": "/etc"}, '"agents": "/etc" leads out of the plugin'),
        ({"agents": "./a\\b.md"}, "leads out of the plugin"),
        ({"skills": ["./x/../../q"]}, '"skills": "./x/../../q" leads out of the plugin'),
        ({"commands": {"x": {"source": "../../../x.md"}}}, "leads out of the plugin"),
        ({"commands": {"x": []}}, '"commands.x": found null, required a path'),
        ({"hooks": "./../h.json"}, "leads out of the plugin"),
        ({"agents": "./notes.txt"}, "found no Markdown"),
        ({"skills": "./notes.txt"}, "found no folder"),
    ],
)
def test_paths_of_no_use_are_told(market: Market, keys: dict[str, Any], said: str) -> None:
    """The manifest and the text that it has; everything else is found all the same."""
    market.lists(market.plugin("p", **keys), market.plugin("q"))
    market.good("plugins/q/agents/b.md", "plugins/q/SKILL.md")
    market.write("plugins/p/notes.txt", "")
    found = market.find()

    assert "q/agent/b" in market.names()
    assert not [component for component in found.components if component.plugin == "p"]
    assert any(said in warning for warning in found.warnings)


def test_a_name_that_stands_twice(market: Market) -> None:
    """Both are found, and each tells of both paths; one name in two types or plugins is no fault."""
    market.lists(market.plugin("p"), market.plugin("q"))
    market.write("plugins/p/agents/a.md", GOOD.format(name="a"))
    market.write("plugins/p/agents/old.md", GOOD.format(name="a"))
    market.good("plugins/p/commands/a.md", "plugins/q/agents/a.md")
    first, second, *others = market.find().components
    paths = "plugins/p/agents/a.md and plugins/p/agents/old.md"

    assert first.warnings == second.warnings == (f'agent "a" stands 2 times in plugin "p": {paths}',)
    assert [component.warnings for component in others] == [(), ()]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("# Title\n", ":1: no frontmatter: required a first line ---"),
        ("---\nname: a\n---\n", ":1: no description: Claude Code loads no agent without"),
        ("---\nmodel: b\n---\n", ":1: no name and no description: Claude Code loads no agent without"),
        ("---\nname: a\ndescription: Use it: now\n---\n", ':3: description: found ": " within a text'),
        ("---\nname: [a]\ndescription: b\n---\n", ": name: found no text"),
    ],
)
def test_a_fault_hides_no_component(market: Market, text: str, warning: str) -> None:
    """It is found under the name of its file, with file and line of what is wrong."""
    market.lists(market.plugin("p"))
    market.write("plugins/p/agents/a.md", text)
    found = market.only()

    assert found.name == "a"
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(f"plugins/p/agents/a.md{warning}")


def test_bytes_that_are_no_text(market: Market) -> None:
    """The line of the first is told; the rest is read."""
    market.lists(market.plugin("p"))
    market.write("plugins/p/agents/a.md", "").write_bytes(b"---\nname: a\ndescription: caf\xe9\n---\n")
    found = market.only()

    assert found.warnings == ("plugins/p/agents/a.md:3: found byte 0xe9, required UTF-8",)
    assert found.fields["name"] == "a"


def test_a_file_that_nobody_wrote_by_hand(market: Market) -> None:
    """It is found, and not read."""
    market.lists(market.plugin("p"))
    market.write("plugins/p/agents/a.md", "x" * (2 << 20) + "x")
    found = market.only()

    assert found.name == "a"
    assert "found more than 2 MB" in found.warnings[0]


@pytest.mark.parametrize("folder", ["agents", "commands"])
def test_a_readme_explains_its_folder(market: Market, folder: str) -> None:
    """It is no component unless it has frontmatter, and that is told."""
    market.lists(market.plugin("p"))
    market.good(f"plugins/p/{folder}/a.md")
    market.write(f"plugins/p/{folder}/README.md", "# What lies here\n")

    assert len(market.find().components) == 1
    assert market.find().warnings[0].startswith(f"plugins/p/{folder}/README.md: taken for an explanation")

    market.good(f"plugins/p/{folder}/README.md")

    assert len(market.find().components) == 2


@pytest.mark.parametrize("name", ["it's", 'say "hi"', "{x}", "näme 🚀", "a, b", "a/b", "%2F"])
def test_names_of_any_letters(market: Market, name: str) -> None:
    """They come as they are written, and no two keys become one."""
    market.lists(market.plugin("p"))
    quoted = name.replace('"', '\\"')
    market.write("plugins/p/agents/x.md", f'---\nname: "{quoted}"\ndescription: b\n---\n')

    assert market.names() == [f"p/agent/{name}"]
