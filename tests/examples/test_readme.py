"""The `syncguard.toml` of the README does what the README says of it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
GENERATE = """
import pathlib
pathlib.Path("build").mkdir(exist_ok=True)
pathlib.Path("build/api.json").write_text(pathlib.Path("schema/api").read_text())
"""
SERVER = """
import http.server, pathlib
api = pathlib.Path("build/api.json").read_bytes()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(api)

http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""


def rebuilt(project: Path) -> list[str]:
    """Sync, and say which stages were built for it."""
    argv = [sys.executable, "-m", "pytest_syncguard.cli", "sync", "--json"]
    done = subprocess.run(argv, cwd=project, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    return [step["target"] for step in json.loads(done.stdout)["steps"]]


def test_a_generator_and_a_server(tmp_path: Path) -> None:
    """Both at first; both for the schema and for a lost output; the server alone for its own source."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (whole,) = [each for each in re.findall(r"```toml\n(.*?)```", README.read_text(), re.DOTALL) if "process" in each]
    (tmp_path / "syncguard.toml").write_text(whole.replace(":8000", f":{port}"))
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "api").write_text("{}")
    (tmp_path / "generate.py").write_text(GENERATE)
    (tmp_path / "server.py").write_text(SERVER.format(port=port))
    try:
        assert rebuilt(tmp_path) == ["stack:codegen", "stack:server"]
        assert rebuilt(tmp_path) == []
        (tmp_path / "server.py").write_text(SERVER.format(port=port) + "# edited\n")
        assert rebuilt(tmp_path) == ["stack:server"]
        (tmp_path / "schema" / "api").write_text("[]")
        assert rebuilt(tmp_path) == ["stack:codegen", "stack:server"]
        (tmp_path / "build" / "api.json").unlink()
        assert rebuilt(tmp_path) == ["stack:codegen", "stack:server"]
    finally:
        subprocess.run([sys.executable, "-m", "pytest_syncguard.cli", "down"], cwd=tmp_path, check=True, timeout=60)
