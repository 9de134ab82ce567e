"""Components: 15,000 files of one marketplace, read for the first time, and again when nothing or little changed.

At most 2 s for the first look and 0.3 s for the next. Usage: python -m bench.components [FILES]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.tools import table
from pytest_syncguard.registry.discovery.discover import discover

ROUNDS = 5
SETTLED = 2.5  # seconds until what was written counts as unchanged
PLUGINS = 50
KINDS = ("agents", "commands", "skills")
TEXT = """---
name: {name}
description: Use this {kind} for whatever number {number} stands for, {more}
model: inherit
allowed-tools: Read, Write, Bash
argument-hint: [file]
---

"""


def main() -> None:
    """Write the marketplace, then measure each look as a process that begins anew would take it."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 15_000
    with tempfile.TemporaryDirectory(prefix="syncguard-bench-") as folder:
        root = Path(folder)
        make_marketplace(root, files)
        time.sleep(SETTLED)
        first = [seconds(root, root / ".syncguard" / f"cache{number}", files) for number in range(ROUNDS)]
        cache = root / ".syncguard" / "cache0"
        again = [seconds(root, cache, files) for _ in range(ROUNDS)]
        changed = []
        for number in range(ROUNDS):
            path = root / f"plugins/plugin{number}/agents/agents{number}.md"
            path.write_text(path.read_text() + "more\n")
            changed.append(seconds(root, cache, files))
        time.sleep(SETTLED)
        command = [command_seconds(root) for _ in range(ROUNDS + 1)][1:]
    table(
        [
            (f"{files:,} files, first look", f"{statistics.median(first) * 1000:6.0f} ms  (at most 2000)"),
            ("nothing changed", f"{statistics.median(again) * 1000:6.0f} ms  (at most 300)"),
            ("one file changed", f"{statistics.median(changed) * 1000:6.0f} ms"),
            ("syncguard components --json, nothing changed", f"{statistics.median(command) * 1000:6.0f} ms"),
        ]
    )


def make_marketplace(root: Path, files: int) -> None:
    """A project that is a marketplace: so many components, a third of each kind, 2 to 3 KB each."""
    (root / ".claude-plugin").mkdir(parents=True)
    entries = [{"name": f"plugin{number}", "source": f"./plugins/plugin{number}"} for number in range(PLUGINS)]
    (root / ".claude-plugin/marketplace.json").write_text(json.dumps({"name": "bench", "plugins": entries}))
    (root / "syncguard.toml").write_text("[registry]\n")
    for number in range(files):
        kind = KINDS[number // PLUGINS % len(KINDS)]
        name = f"{kind}{number}"
        place = f"skills/{name}/SKILL.md" if kind == "skills" else f"{kind}/{name}.md"
        path = root / f"plugins/plugin{number % PLUGINS}/{place}"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = TEXT.format(name=name, kind=kind, number=number, more="and when nothing else will do; " * 6)
        path.write_text(head + f"Step {number} is done with care.\n" * 70)


def seconds(root: Path, cache: Path, files: int) -> float:
    """How long a look takes that finds so many components."""
    began = time.perf_counter()
    found = discover(root, ["."], cache)
    taken = time.perf_counter() - began
    if len(found.components) != files:
        raise SystemExit(f"found {len(found.components)} components instead of {files}")
    return taken


def command_seconds(root: Path) -> float:
    """How long the command takes, from the start of its process to its end."""
    began = time.perf_counter()
    argv = [sys.executable, "-m", "pytest_syncguard.cli", "components", "--json"]
    subprocess.run(argv, cwd=root, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
