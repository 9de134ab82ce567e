"""What the page shows is compared with the sources as they are now: an old build fails here."""

from __future__ import annotations

import pytest
from builder import FOLDERS, ROOT, source_version
from pages import Page


@pytest.mark.requires_synced("server", "ui")
def test_the_page_greets_with_the_text_in_the_sources(page: Page) -> None:
    """Pressing the button shows what server/greeting.txt says now."""
    greeting = (ROOT / "server" / "greeting.txt").read_text().strip()
    assert page.greet("Ada") == f"{greeting}, Ada!"


@pytest.mark.parametrize("stage", FOLDERS)
def test_every_build_is_of_the_sources_as_they_are_now(page: Page, stage: str) -> None:
    """The answer went through four builds; each says which sources it was built from."""
    page.greet("Ada")
    assert page.versions()[stage] == source_version(stage)


def test_a_name_is_shown_as_it_was_typed(page: Page) -> None:
    """Markup in a name stays text."""
    assert page.greet("<b>Grace & Alan</b>").endswith(", <b>Grace & Alan</b>!")


def test_the_page_has_its_title(page: Page) -> None:
    """The tab tells what is open."""
    assert page.title() == "Quickstart"
