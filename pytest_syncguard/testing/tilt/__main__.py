"""``python -m pytest_syncguard.testing.tilt SCENARIO FOLDER``: put a scripted ``tilt`` into the folder."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_syncguard.testing.tilt.installing import install
from pytest_syncguard.testing.tilt.scenario import Scenario, ScenarioError


def main(arguments: list[str]) -> int:
    """Install and print the executable's path; the exit code is 1 for a scenario that cannot be played."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m pytest_syncguard.testing.tilt SCENARIO.toml FOLDER\n")
        return 1
    try:
        tilt = install(Path(arguments[1]).resolve(), Scenario.load(Path(arguments[0])))
    except (OSError, ScenarioError) as fault:
        sys.stderr.write(f"{arguments[0]}: {fault}\n")
        return 1
    sys.stdout.write(f"{tilt}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
