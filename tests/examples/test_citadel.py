"""The citadel example with the real cargo, npm, tsc and Vite, with Tilt and without."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import engines
from tests.examples.conftest import EXAMPLES
from tests.examples.user import PYTEST, SUCCESS, SYNCGUARD, free_ports, run

KERNEL = "citadel-workspace-server-kernel/src/main.rs"
TYPES = "citadel-workspace-types/src/lib.rs"

# What npm says when nobody answers; anything else is a fault of the example, or of npm's set-up.
NO_REGISTRY = re.compile(
    r"npm (?:error|ERR!) (?:code|errno) "
    r"(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)$",
    re.MULTILINE,
)

pytestmark = pytest.mark.timeout(900)  # compilers, on whatever machine this is


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
        text = re.sub(r'^(name = ".+")$', r'\1\nsettle = "0.2s"', text, flags=re.MULTILINE)
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


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiler and Vite, installed once."""
    engines.need("cargo", "node", "npm")
    folder = tmp_path_factory.mktemp("packages")
    shutil.copy(EXAMPLES / "citadel" / "package.json", folder)
    installed = run(folder, "npm", "install")
    if NO_REGISTRY.search(installed.stderr):
        engines.lacking("registry", f"npm reaches none: {installed.stderr.strip()[-200:]}")
    assert installed.returncode == 0, installed.stderr
    return folder / "node_modules"


def tilt_of_any_build(folder: Path) -> Path:
    """A folder with a ``tilt`` that needs no sources of its web page: one built from source looks for them."""
    folder.mkdir()
    script = folder / "tilt"
    script.write_text(
        f"#!{sys.executable} -IS\n"
        "import os, sys\n"
        f"os.execv({engines.find('tilt')!r}, [*sys.argv, *['--web-mode=prod'][: 'up' in sys.argv[1:2]]])\n"
    )
    script.chmod(0o755)
    return folder


@pytest.fixture(params=["process", "tilt"])
def citadel(request: pytest.FixtureRequest, packages: Path, example: Callable[[str], Path]) -> Iterator[Citadel]:
    if request.param == "tilt":
        engines.need("tilt")
    folder = example("citadel")
    shutil.copytree(packages, folder / "node_modules", symlinks=True)
    copy = Citadel(folder, request.param)
    if request.param == "tilt":
        copy.environ["PATH"] = f"{tilt_of_any_build(folder.parent / 'bin')}{os.pathsep}{os.environ['PATH']}"
    yield copy
    copy.down()
    for port in copy.ports:
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0, f"something still listens on {port}"


@pytest.mark.parametrize(
    ("said", "unreachable"),
    [
        ("npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND\n", True),
        ("npm ERR! code ECONNREFUSED\n", True),
        ("npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\n", False),
        ("npm error code ETARGET\nnpm error notarget No matching version found for vite@^99.\n", False),
        ("npm error code EACCES\n", False),
    ],
)
def test_only_a_registry_that_does_not_answer_is_an_excuse(said: str, unreachable: bool) -> None:
    """What npm refuses for a reason of the example's own is a failure."""
    assert bool(NO_REGISTRY.search(said)) == unreachable


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
