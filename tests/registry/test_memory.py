"""What was found is remembered, and never when anything may have changed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.registry.discovery.look import Look
from tests.registry.market import GOOD, Market

LONG_AGO = 1_000_000_000  # ns before now: nothing is so fresh


@pytest.fixture
def cache(market: Market, tmp_path: Path) -> Path:
    """The folder of the cache. The marketplace has an agent, a skill, a shared command and a hook."""
    market.lists(market.plugin("p"))
    market.good("plugins/p/agents/a.md", "plugins/p/skills/s/SKILL.md", "shared/c.md")
    market.link("plugins/p/commands/c.md", "../../../shared/c.md")
    market.link("plugins/p/agents/later", "../../../shared/later")
    market.write_json("plugins/p/hooks/hooks.json", {"hooks": {"Stop": [{"hooks": [{"command": "x.sh"}]}]}})
    return tmp_path / "cache"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read."""
    found: list[str] = []
    read = Look.read

    def noted(look: Look, path: str) -> bytes:
        found.append(path)
        return read(look, path)

    monkeypatch.setattr(Look, "read", noted)
    return found


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all files had been written long before each look."""
    monkeypatch.setattr("pytest_syncguard.registry.discovery.memory.FRESH_NS", -LONG_AGO * 3600)


@pytest.mark.usefixtures("calm")
def test_nothing_is_read_when_nothing_changed(market: Market, cache: Path, reads: list[str]) -> None:
    """The answer is the very same, warnings and all."""
    market.write("plugins/p/agents/b.md", "# none\n")
    market.lists({"name": "far", "source": {"source": "npm", "package": "x"}}, market.plugin("p"), renames={"o": "p"})
    first = market.find(cache=cache)
    reads.clear()

    assert market.find(cache=cache) == first
    assert reads == []


def test_what_is_fresh_is_read_again(market: Market, cache: Path, reads: list[str]) -> None:
    """Another change could have the same time."""
    market.find(cache=cache)
    once = len(reads)
    market.find(cache=cache)

    assert len(reads) == 2 * once > 0


@pytest.mark.usefixtures("calm")
def test_only_what_changed_is_read_again(market: Market, cache: Path, reads: list[str]) -> None:
    """Beside the manifests and hooks, which are few."""
    market.find(cache=cache)
    reads.clear()
    market.write("plugins/p/agents/a.md", GOOD.format(name="other"))

    assert market.find(cache=cache).components[0].name == "other"
    assert [path for path in reads if path.endswith(".md")] == ["plugins/p/agents/a.md"]


CHANGES: dict[str, Callable[[Market], object]] = {
    "edited": lambda m: m.write("plugins/p/agents/a.md", GOOD.format(name="b")),
    "added": lambda m: m.good("plugins/p/agents/b.md"),
    "added in a new folder": lambda m: m.good("plugins/p/agents/new/b.md"),
    "deleted": lambda m: (m.root / "plugins/p/agents/a.md").unlink(),
    "renamed": lambda m: (m.root / "plugins/p/commands/c.md").rename(m.root / "plugins/p/commands/d.md"),
    "a skill's file deleted": lambda m: (m.root / "plugins/p/skills/s/SKILL.md").unlink(),
    "a skill added": lambda m: m.good("plugins/p/skills/t/SKILL.md"),
    "the shared file edited": lambda m: m.write("shared/c.md", GOOD.format(name="x") + "more"),
    "a hook added": lambda m: m.write_json("plugins/p/hooks/hooks.json", {"hooks": {}}),
    "a manifest that was not there": lambda m: m.write_json(
        "plugins/p/.claude-plugin/plugin.json", {"agents": "./x.md"}
    ),
    "the marketplace": lambda m: m.lists({"name": "q", "source": "./plugins/p"}),
    "a plugin beside the others": lambda m: m.plugin("q"),
    "what a link leads to": lambda m: m.good("shared/later/b.md"),
    "a skill in the plugin's own folder": lambda m: m.good("plugins/p/SKILL.md"),
}


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen(market: Market, cache: Path, change: Callable[[Market], object]) -> None:
    """What is found with the cache is what is found without."""
    before = market.find(cache=cache)
    change(market)
    found = market.find(cache=cache)

    assert found == market.find() != before


@pytest.mark.usefixtures("calm")
def test_a_change_that_keeps_size_and_time_is_seen(market: Market, cache: Path) -> None:
    """As a tool may do that sets the time back: when the file's entry changed is known all the same."""
    file = market.root / "plugins/p/agents/a.md"
    market.find(cache=cache)
    stamp = file.stat()
    file.write_text(file.read_text().replace("name: a", "name: z"))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    assert market.find(cache=cache).components[0].name == "z"


@pytest.mark.usefixtures("calm")
def test_what_could_not_be_read_is_tried_again(market: Market, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the disk may pass, and leaves no trace in any time."""

    really = os.open

    def fail(path: Any, *args: Any, **more: Any) -> int:
        if str(path).endswith("agents/a.md"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return really(path, *args, **more)

    with monkeypatch.context() as broken:
        broken.setattr(os, "open", fail)
        agent, *_ = market.find(cache=cache).components
    assert agent.warnings == ("plugins/p/agents/a.md:1: Input/output error: required what can be read",)

    assert market.find(cache=cache) == market.find()


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("damage", ["", "x", "cut", "swapped"])
def test_a_damaged_cache_is_no_cache(market: Market, cache: Path, damage: str) -> None:
    """Everything is read again."""
    first = market.find(cache=cache)
    file = cache / "components.json"
    text = file.read_text()
    file.write_text({"cut": text[: len(text) // 2], "swapped": text.replace('"a"', '"b"')}.get(damage, damage))

    assert market.find(cache=cache) == first


@pytest.mark.usefixtures("calm")
def test_other_marketplaces_are_another_answer(market: Market, cache: Path) -> None:
    """Neither is taken for the other."""
    market.good("other/plugins/p/agents/z.md")
    first = market.find(cache=cache)
    other = market.find("other", cache=cache)

    assert [component.name for component in other.components] == ["z"]
    assert market.find(cache=cache) == first


@pytest.mark.usefixtures("calm")
def test_a_cache_that_cannot_be_written_is_no_fault(market: Market, cache: Path) -> None:
    """Something else lies in its place."""
    cache.write_text("")

    assert market.find(cache=cache) == market.find()


@pytest.mark.usefixtures("calm")
def test_git_does_not_see_the_cache(market: Market, cache: Path) -> None:
    """It ignores itself, and is one file, whatever was asked for."""
    market.good("other/plugins/p/agents/z.md")
    market.find(cache=cache)
    market.find("other", cache=cache)

    assert sorted(path.name for path in cache.iterdir()) == [".gitignore", "components.json"]
    assert (cache / ".gitignore").read_text() == "*\n"


@pytest.mark.usefixtures("calm")
def test_where_times_of_folders_cannot_be_relied_on(
    market: Market, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is remembered there."""
    monkeypatch.setattr("pytest_syncguard.registry.discovery.memory.keeps_times", lambda folder: False)
    market.find(cache=cache)

    assert list(cache.iterdir()) == []
