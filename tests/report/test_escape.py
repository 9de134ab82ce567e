"""Text from logs is harmless wherever it is shown."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.report.escape import github_data, github_property, markdown_cell, plain, xml_text

ANY = st.text(st.characters(exclude_categories=()))  # lone surrogates, too


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is: 100 % ünïcode 漢字 →", "as it is: 100 % ünïcode 漢字 →"),
        ("a\ttab stays", "a\ttab stays"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("one\rtwo\nthree\x0bfour\x85five\u2028six", "one two three four five six"),
        ("\x00\x07\x7f\x9b", "    "),
        ("\u202egnorw\u2066\u200f", " gnorw  "),
        ("half \ud800", "half  "),
        ("::error::no", ": :error::no"),
        ("   ::error::no", "   : :error::no"),
        ("std::error::Error", "std::error::Error"),
        ("see ##[error]", "see ## [error]"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    """One line of what can be read, and nothing that a terminal or a CI log would carry out."""
    assert plain(text) == shown


@given(ANY)
def test_plain_of_anything(text: str) -> None:
    """Whatever comes in: one line that can be encoded, and no command."""
    shown = plain(text)

    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c != "\t"]
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown


@pytest.mark.parametrize(
    ("text", "data", "prop"),
    [
        ("100%", "100%25", "100%25"),
        ("a: b, c", "a: b, c", "a%3A b%2C c"),
        ("one\ntwo", "one%0Atwo", "one%0Atwo"),
        ("one\r\ntwo", "one %0Atwo", "one %0Atwo"),
        ("%0A::error::", "%250A::error::", "%250A%3A%3Aerror%3A%3A"),
    ],
)
def test_github(text: str, data: str, prop: str) -> None:
    """Messages and properties of workflow commands, as GitHub reads them back."""
    assert (github_data(text), github_property(text)) == (data, prop)


@given(ANY)
def test_github_of_anything(text: str) -> None:
    """One line; a property ends neither at a comma nor at a colon."""
    assert len(github_data(text).splitlines()) <= 1
    assert not {",", ":"} & set(github_property(text))


@given(ANY)
def test_xml_of_anything(text: str) -> None:
    """A document that holds it can be read, and says the same."""
    element = ET.Element("a")
    element.text = xml_text(text)

    assert (ET.fromstring(ET.tostring(element, "utf-8")).text or "") == xml_text(text)


@given(ANY)
def test_markdown_of_anything(text: str) -> None:
    """No cell ends early, nothing links, mentions or embeds."""
    assert not set("|`<>[]*_@\n") & set(markdown_cell(text))
