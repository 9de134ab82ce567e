from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pages import BrowserPage, HttpPage, Page

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--page",
        choices=("auto", "browser", "http"),
        default="auto",
        help="How the tests see the page (default: in Chromium if it and Playwright are there, else by HTTP)",
    )


def pytest_report_header(config: pytest.Config) -> str:
    return f"page: {way(config)}"


def chromium() -> str | None:
    """The system's Chromium."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def way(config: pytest.Config) -> str:
    asked: str = config.getoption("--page")
    if asked != "auto":
        return asked
    return "browser" if chromium() and importlib.util.find_spec("playwright") else "http"


@contextmanager
def browser_tab() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*CHROMIUM_FLAGS])
        try:
            yield browser.new_page()
        finally:
            browser.close()


@pytest.fixture(scope="module")
def page(synced_stack: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of the stack, which is in sync before anybody looks at it."""
    if way(request.config) == "http":
        yield HttpPage(synced_stack.ui)
        return
    with browser_tab() as tab:
        yield BrowserPage(tab, synced_stack.ui)
