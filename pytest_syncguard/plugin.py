"""pytest's hooks and options, nothing else; nobody imports it.

An ordinary run, without an option, marker or fixture of ours, stops at the first lines of each hook here:
whatever costs something is imported behind them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import pytest

from pytest_syncguard.fixtures import _airtable_server, airtable, synced_stack

if TYPE_CHECKING:
    from argparse import Namespace

    from _pytest.nodes import Node

__all__ = ["_airtable_server", "airtable", "synced_stack"]

MARKER = "requires_synced"
FIXTURE = "synced_stack"
WORKER = "PYTEST_XDIST_WORKER"  # in the environment of xdist's workers, before their options are known to be theirs
POLICIES = ("error", "skip")
REPORTS = ("xmlpath", "report_log", "htmlpath")  # options with files that pytest, pytest-reportlog, pytest-html write


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("syncguard", "no test runs against a system that is out of sync")
    group.addoption("--sync-stack", action="store_true", help="Bring the stack in sync before the first test")
    group.addoption(
        "--sync-stage",
        action="append",
        default=[],
        metavar="NAME",
        help="Bring this stage, and what it needs, in sync before the first test (repeatable)",
    )
    group.addoption("--sync-force", action="store_true", help="Rebuild also what is in sync already")
    group.addoption(
        "--sync-jobs",
        type=int,
        default=1,
        metavar="N",
        help="Rebuild up to N stages side by side where they are independent (default: 1)",
    )
    group.addoption("--sync-down", action="store_true", help="After the last test, stop what syncguard started")
    group.addoption("--sync-report", metavar="FILE", help="Write the result of the sync to FILE as JSON")
    parser.addini(
        "syncguard_unsynced",
        'What a test marked requires_synced does when its target is not in sync: "error" or "skip"',
        default="error",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_syncguard import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """As soon as the options are known: git can look while conftests and plugins are imported."""
    if _asks(option := early_config.known_args_namespace) and WORKER not in os.environ:
        from pytest_syncguard.ahead import look_ahead

        look_ahead(early_config, option)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*targets): the test runs only when these targets (stages such as server, or stack) are in sync",
    )
    if faults := list(_faults(config)):
        from pytest_syncguard.xdist import is_worker

        if not is_worker(config):  # a worker that raises is an INTERNALERROR
            raise pytest.UsageError(*faults)
    option = config.option
    if _asks(option):
        from pytest_syncguard.ahead import look_ahead

        look_ahead(config, option)  # before all else is imported; no second time
        from pytest_syncguard.barrier import start

        start(config)
    if hasattr(config.hook, "pytest_timeout_set_timer"):  # any test may ask for the fixture by name while it runs
        from pytest_syncguard.timeouts import timer_of

        timer_of(config)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The others have written their reports."""
    if any(getattr(config.option, name, None) for name in REPORTS):
        from pytest_syncguard.others import note_reports

        note_reports(config)


def _asks(option: Namespace) -> bool:
    """Whether one of our options is given."""
    return bool(option.sync_stack or option.sync_stage or option.sync_force or option.sync_down or option.sync_report)


def _faults(config: pytest.Config) -> Iterator[str]:
    """What is wrong with options and ini, used or not."""
    if (jobs := config.option.sync_jobs) < 1:
        yield f"--sync-jobs: found {jobs}, required 1 or more"
    if (policy := config.getini("syncguard_unsynced")) not in POLICIES:
        yield f'ini option syncguard_unsynced: found "{policy}", required "error" or "skip"'


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[object]) -> None:
    """On a controller only: its workers must know of each other, should one of them sync in a fixture."""
    from pytest_syncguard.xdist import WORKERS, ControllerHooks

    config.stash[WORKERS] = len(specs)

    config.pluginmanager.register(ControllerHooks(config, _hear_worker), "syncguard-xdist")


def _hear_worker(config: pytest.Config, text: str) -> None:
    from pytest_syncguard.session import run_of

    run_of(config).hear(text)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Runs after tests were deselected and marked by whomever: what is not run asks for nothing."""
    config, items = session.config, session.items
    marked = _marked(items)
    if marked or any(FIXTURE in getattr(item, "fixturenames", ()) for item in items):
        from pytest_syncguard.items import watch_items

        watch_items(config, marked)
    if items:
        from pytest_syncguard.ahead import start_folder
        from pytest_syncguard.settings.find import find_source

        if find_source(start_folder(config)):
            config.pluginmanager.register(LateMarkers(), "syncguard-late")


class LateMarkers:
    """Where there are settings: looks for markers that a test got from hooks and fixtures while it was set up."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        yield
        if _marked([item]):
            from pytest_syncguard.items import hooks_of

            hooks_of(item.config).check(item)


def _marked(items: list[pytest.Item]) -> list[pytest.Item]:
    """The items with our marker, their own or a parent's. Looks at each parent once: there may be many items."""
    parents: dict[int, bool] = {}

    def carries(node: Node | None) -> bool:
        if node is None:
            return False
        if (known := parents.get(id(node))) is None:
            known = parents[id(node)] = _own(node) or carries(node.parent)
        return known

    return [item for item in items if (item.own_markers and _own(item)) or carries(item.parent)]


def _own(node: Node) -> bool:
    for mark in node.own_markers:  # noqa: SIM110 - a generator costs as much as all else here
        if mark.name == MARKER or _meant(mark.name):
            return True
    return False


@cache
def _meant(name: str) -> bool:
    """Whether a marker that is not ours was meant to be; there are few names, and many tests."""
    from pytest_syncguard.misspelt import looks_like_ours

    return looks_like_ours(name)
