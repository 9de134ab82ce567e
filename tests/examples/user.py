"""What a user does at a terminal: runs pytest and syncguard in a project's folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

PYTEST = (sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider")
SYNCGUARD = (sys.executable, "-m", "pytest_syncguard.cli")
SUCCESS = "SUCCESS: The sync and deploy process completed successfully for all services"

FOREIGN = ("PYTEST_", "TILT_", "COV_")  # settings of the run that we are in


def run(folder: Path, *command: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command's outcome; what is in the environment for the run around it is left out."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return subprocess.run(
        command, cwd=folder, env={**own, **(environ or {})}, capture_output=True, text=True, check=False
    )


def free_ports(number: int) -> tuple[int, ...]:
    """Ports of the loopback that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for listener in sockets:
            listener.bind(("127.0.0.1", 0))
        return tuple(listener.getsockname()[1] for listener in sockets)
