"""Programs that some tests run and that a machine may lack: without one they are skipped, and say so.

``SYNCGUARD_REQUIRE=chromium,npm`` says that these must be there: without one the run does not even begin. The
names are `ENGINES`; ``tilt`` is the real one, ``registry`` that which npm installs from.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import NoReturn

import pytest

ENGINES = {
    "cargo": ("cargo",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "compose": ("docker",),
    "gcc": ("gcc",),
    "git": ("git",),
    "mount": ("unshare",),
    "node": ("node",),
    "npm": ("npm",),
    "registry": ("npm",),
    "tilt": ("tilt",),
}
VARIABLE = "SYNCGUARD_REQUIRE"


def find(name: str) -> str | None:
    """The path of its executable, None where there is none."""
    return next(filter(None, map(shutil.which, ENGINES[name])), None)


def required(environ: Mapping[str, str] = os.environ) -> set[str]:
    """The names that must be there."""
    return {name.strip() for name in environ.get(VARIABLE, "").split(",") if name.strip()}


def faults() -> list[str]:
    """What is wrong with the variable, or with the machine that it speaks of."""
    unknown = sorted(required() - set(ENGINES))
    missing = sorted(name for name in required() & set(ENGINES) if find(name) is None)
    return [
        *(f"{VARIABLE}: {name}: not one of {', '.join(ENGINES)}" for name in unknown),
        *(f"{VARIABLE}: {name}: there is none on the PATH" for name in missing),
    ]


def lacking(name: str, why: str) -> NoReturn:
    """This test cannot run without: skipped, unless it is required."""
    if name in required():
        pytest.fail(f"{name} is required, but {why}")
    pytest.skip(f"needs {name}: {why}")


def need(*names: str) -> None:
    """The test runs only where all of these are."""
    for name in names:
        if find(name) is None:
            lacking(name, "there is none on the PATH")
