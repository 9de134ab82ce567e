"""What `syncguard init` reads of a real Tilt beyond its API."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.settings.model import TiltSettings
from pytest_syncguard.stack.drivers.tilt.client import Tilt
from pytest_syncguard.stack.drivers.tilt.dependencies import dependencies
from pytest_syncguard.testing.tilt import RealTilt, Scenario
from tests import engines
from tests.stack.lab import make_project, one_shot, resource


def test_resource_deps_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the dump of the engine's state, in the order of the Tiltfile."""
    engines.need("tilt")
    resources = (one_shot("client"), resource("server"), resource("ui", resource_deps=("server", "client")))
    root = make_project(tmp_path / "project", ["client", "server", "ui"])
    with RealTilt(Scenario(resources), root, engines.find("tilt") or "") as tilt:
        for name in ("TILT_HOST", "TILT_PORT", "TILT_DEV_DIR"):
            if name in tilt.env:
                monkeypatch.setenv(name, tilt.env[name])

        assert dependencies(Tilt(TiltSettings(port=tilt.port))) == {"ui": ["server", "client"]}
