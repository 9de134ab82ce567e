"""What the UI gets is compared with the sources as they are now: an old server fails here."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
KERNEL = ROOT / "citadel-workspace-server-kernel" / "src" / "main.rs"


def get(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the loopback needs no proxy
    with opener.open(url, timeout=10) as response:
        return str(response.read().decode())


def constant(name: str) -> str:
    """What the server's sources say now."""
    found = re.search(rf'const {name}: \S+ = "?(.*?)"?;', KERNEL.read_text())
    assert found is not None, f"no {name} in {KERNEL.name}"
    return found[1]


@pytest.mark.requires_synced("server", "internal-service", "ui")
def test_the_workspace_is_the_one_in_the_sources(synced_stack: Any) -> None:
    """Page, internal service, server: the answer is what the kernel's sources say now."""
    workspace = json.loads(get(f"{synced_stack.ui}/api/workspace"))
    assert workspace == {"name": constant("NAME"), "members": int(constant("MEMBERS"))}


def test_the_page_uses_the_client_that_was_built(synced_stack: Any) -> None:
    """The page's script imports the bundle that sync-wasm-client writes, and Vite hands it out."""
    script = get(f"{synced_stack.ui}/src/main.ts")
    imported = re.search(r'from "(.*/citadel-workspace-client-ts/dist/.*?)"', script)
    assert imported is not None
    assert "describeWorkspace" in get(synced_stack.ui + imported[1])
