"""The only room that knows xdist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_syncguard.session import SyncRun

KEY = "syncguard"


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for a controller elsewhere."""
    return hasattr(config, "workerinput")


def distributes(config: pytest.Config) -> bool:
    """Whether this process is a controller that hands its tests to workers."""
    return config.pluginmanager.hasplugin("dsession")


def worker_id(config: pytest.Config) -> str:
    """Which worker this is; empty on a controller and without xdist."""
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


def told_by_controller(config: pytest.Config) -> dict[str, str]:
    """What the controller told this worker: the run's id and the project's folder; empty elsewhere."""
    return dict(getattr(config, "workerinput", {}).get(KEY) or {})


def tell_controller(config: pytest.Config, exit_code: int) -> None:
    """From a worker: the sync that a fixture asked for failed, so the run must not end green."""
    getattr(config, "workeroutput", {})[KEY] = exit_code


class ControllerHooks:
    """Registered on the controller only, and only when xdist is there."""

    def __init__(self, run: SyncRun) -> None:
        self._run = run

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[KEY] = {"run": self._run.id, "start": str(self._run.start)}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002
        output = getattr(node, "workeroutput", None) or {}  # absent when the worker died
        self._run.fixture_exit_code = self._run.fixture_exit_code or int(output.get(KEY) or 0)
