"""The only room that knows xdist."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

KEY = "syncguard"
RUN_ID = pytest.StashKey[str]()
WORKERS = pytest.StashKey[int]()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for a controller elsewhere."""
    return hasattr(config, "workerinput")


def distributes(config: pytest.Config) -> bool:
    """Whether this process is a controller that hands its tests to workers."""
    return config.pluginmanager.hasplugin("dsession")


def workers(config: pytest.Config) -> int:
    """How many workers a controller began with."""
    return config.stash.get(WORKERS, 0)


def worker_id(config: pytest.Config) -> str:
    """Which worker this is; empty on a controller and without xdist."""
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


def run_id(config: pytest.Config) -> str:
    """The name of this run, the same in all its processes: the pid of its first one, and what no other run has."""
    if RUN_ID not in config.stash:
        config.stash[RUN_ID] = _told_by_controller(config).get("run") or f"{os.getpid()}-{os.urandom(12).hex()}"
    return config.stash[RUN_ID]


def called_from(config: pytest.Config) -> str:
    """The folder in which pytest was called, also when this is a worker elsewhere."""
    return _told_by_controller(config).get("start") or str(config.invocation_params.dir)


def tell_controller(config: pytest.Config, text: str) -> None:
    """From a worker, when it ends. Anywhere else this does nothing."""
    getattr(config, "workeroutput", {})[KEY] = text


def _told_by_controller(config: pytest.Config) -> dict[str, str]:
    return dict(getattr(config, "workerinput", {}).get(KEY) or {})


class ControllerHooks:
    """Registered on a controller with workers; ``hear`` is called with what a worker told when it ended."""

    def __init__(self, config: pytest.Config, hear: Callable[[pytest.Config, str], None]) -> None:
        self._config = config
        self._hear = hear

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[KEY] = {"run": run_id(self._config), "start": called_from(self._config)}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002
        output = getattr(node, "workeroutput", None) or {}  # absent when the worker died
        if text := output.get(KEY):
            self._hear(self._config, text)
