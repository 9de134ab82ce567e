"""The citadel example with the real cargo, npm, tsc and Vite, with Tilt and without."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.examples.user import PYTEST, SUCCESS, SYNCGUARD, free_ports, run

KERNEL = "citadel-workspace-server-kernel/src/main.rs"
TYPES = "citadel-workspace-types/src/lib.rs"

pytestmark = [
    pytest.mark.timeout(900),  # compilers, on whatever machine this is
    pytest.mark.skipif(
        not all(map(shutil.which, ("cargo", "node", "npm"))), reason="needs cargo, node and npm on the PATH"
    ),
]


class Citadel:
    """A copy of the example, on free ports, with the compiler and Vite installed."""

    def __init__(self, folder: Path, driver: str) -> None:
        self.folder = folder
        self.ports = free_ports(4)
        server, internal_service, ui, tilt = map(str, self.ports)
        self.environ = {
            "CITADEL_SERVER_PORT": server,
            "CITADEL_INTERNAL_SERVICE_PORT": internal_service,
            "CITADEL_UI_PORT": ui,
            "TILT_PORT": tilt,
            "TILT_DISABLE_ANALYTICS": "1",
        }
        settings = folder / "syncguard.toml"
        text = settings.read_text().replace('driver = "tilt"', f'driver = "{driver}"')
        for written, free in (("18741", server), ("12345", internal_service), ("5173", ui)):
            text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{free}")
        settings.write_text(text)

    def sync(self) -> subprocess.CompletedProcess[str]:
        return run(self.folder, *PYTEST, "--sync-stack", environ=self.environ)

    def down(self) -> None:
        run(self.folder, *SYNCGUARD, "down", environ=self.environ)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))


@pytest.fixture(params=["process", "tilt"])
def citadel(request: pytest.FixtureRequest, example: Callable[[str], Path]) -> Iterator[Citadel]:
    if request.param == "tilt" and shutil.which("tilt") is None:
        pytest.skip("needs tilt on the PATH")
    folder = example("citadel")
    installed = run(folder, "npm", "install")
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install the compiler and Vite here: {installed.stderr.strip()[-200:]}")
    copy = Citadel(folder, request.param)
    yield copy
    copy.down()
    for port in copy.ports:
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0, f"something still listens on {port}"


def rebuilt(run: subprocess.CompletedProcess[str]) -> list[str]:
    """The stages that the terminal told of, in the order in which they were rebuilt."""
    return re.findall(r"^ +\d\. (\S+): rebuild", run.stdout, re.MULTILINE)


def test_the_stack_is_brought_in_sync(citadel: Citadel) -> None:
    """The first build's TS2688 is cured; then only what was edited is rebuilt; a type error stops it all."""
    first = citadel.sync()
    assert SUCCESS in first.stdout, first.stdout + first.stderr
    assert "2 passed" in first.stdout
    assert rebuilt(first) == ["sync-wasm-client", "server", "internal-service", "ui"]
    assert "error TS2688: Cannot find type definition file for 'node'.: remedy: npm install" in first.stdout

    again = citadel.sync()
    assert (SUCCESS in again.stdout, rebuilt(again)) == (True, [])

    citadel.edit(KERNEL, '"The keep"', '"The tower"')
    edited = citadel.sync()
    assert "2 passed" in edited.stdout, edited.stdout
    assert rebuilt(edited) == ["server"]

    citadel.edit(TYPES, "members: number;", "members: string;")
    citadel.edit("citadel-workspace-client-ts/src/index.ts", "members} members", "members.toFixed()} members")
    failed = citadel.sync()
    assert "Step 1 FAILED: sync-wasm-client rebuild error" in failed.stdout, failed.stdout
    assert "Property 'toFixed' does not exist on type 'string'" in failed.stdout
    assert "passed" not in failed.stdout
