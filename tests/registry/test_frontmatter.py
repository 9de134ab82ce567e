"""Frontmatter: what is YAML is read as YAML, and what is none is kept, with the line of the fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.registry.component import Value
from pytest_syncguard.registry.frontmatter import read_frontmatter


def fields(body: str) -> dict[str, Value]:
    """The fields of frontmatter that has no fault."""
    found = read_frontmatter(f"---\n{body}\n---\ntext")
    assert found.problems == ()
    return found.fields


def fault(body: str) -> tuple[int, str, dict[str, Value]]:
    """Line and text of the only fault, and what was read all the same."""
    found = read_frontmatter(f"---\n{body}\n---\ntext")
    ((line, text),) = found.problems
    return line, text, found.fields


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("name: a", {"name": "a"}),
        ("name: a # said before", {"name": "a"}),
        ("# said before\n\nname: a", {"name": "a"}),
        ("name:", {"name": ""}),
        ("name: ~", {"name": ""}),
        ("version: 1.0", {"version": "1.0"}),
        ("user-invocable: true", {"user-invocable": "true"}),
        ("name: a:b", {"name": "a:b"}),
        ("name: a#b", {"name": "a#b"}),
        ("name: it's", {"name": "it's"}),
        ('"name": a', {"name": "a"}),
        ("name: 'it''s: #1'", {"name": "it's: #1"}),
        ('name: "a \\"b\\" \\u00e9\\n"', {"name": 'a "b" é\n'}),
        ('name: "a\n  b\n\n  c"', {"name": "a b\nc"}),
        ("name: a\n  b\n  c", {"name": "a b c"}),
        ("name: a\n\n  b\n  # said before", {"name": "a\nb"}),
        ("name:\n  a\n  b", {"name": "a b"}),
        ("name: |\n  a\n   b\n\n  c", {"name": "a\n b\n\nc\n"}),
        ("name: |-\n  a", {"name": "a"}),
        ("name: >\n  a\n  b\n\n  c", {"name": "a b\nc\n"}),
        ("name: >-\n  a\n    b\n  c", {"name": "a\n  b\nc"}),
        ("tools: [Read, 'a, b', \"c\"]", {"tools": ["Read", "a, b", "c"]}),
        ("tools: []", {"tools": []}),
        ("tools: [Read,\n  Write]", {"tools": ["Read", "Write"]}),
        ("tools:\n  - Read\n  - Write", {"tools": ["Read", "Write"]}),
        ("tools:\n- Read\n- Write\nname: a", {"tools": ["Read", "Write"], "name": "a"}),
        ("tools:\n  - [a, b]\n  - name: x\n    of: y", {"tools": [["a", "b"], {"name": "x", "of": "y"}]}),
        ("metadata: {a: 1, b: [c]}", {"metadata": {"a": "1", "b": ["c"]}}),
        ("metadata:\n  a: 1\n  b:\n    - c", {"metadata": {"a": "1", "b": ["c"]}}),
        ("metadata:\n  a: |\n    b\n\n    # c\n  # said before\n  d: e", {"metadata": {"a": "b\n\n# c\n", "d": "e"}}),
        ("hint: [a: b]", {"hint": [{"a": "b"}]}),
    ],
)
def test_yaml_is_read_as_yaml(body: str, expected: dict[str, Value]) -> None:
    """The part of YAML that such files use; scalars stay text."""
    assert fields(body) == expected


@pytest.mark.parametrize("hint", ["[file]", "[a, b]", "<name> [--all]", "[a,\n  b]"])
def test_an_argument_hint_is_text_though_yaml_takes_it_for_a_list(hint: str) -> None:
    """It is recorded as its author wrote it."""
    assert fields(f"argument-hint: {hint}") == {"argument-hint": hint.replace("\n ", "")}


@pytest.mark.parametrize(
    ("body", "line", "said", "kept"),
    [
        ("argument-hint: [a] [b]", 2, "[b]", {"argument-hint": "[a] [b]"}),
        ("name: a\ndescription: Use it: now", 3, '": "', {"name": "a", "description": "Use it: now"}),
        ("name: a\n  # b\n  c", 2, "comment within a text", {"name": "a # b c"}),
        ("name: |x\n  a", 2, "required | alone", {"name": "|x a"}),
        ("tools: - Read\n  - Write", 2, '"-"', {"tools": ["Read", "Write"]}),
        ("paths: *.ts", 2, '"*"', {"paths": "*.ts"}),
        ("model: @cheap", 2, '"@"', {"model": "@cheap"}),
        ('name: "a', 2, 'no closing "', {"name": '"a'}),
        ('name: "a" b', 2, "closing quote", {"name": '"a" b'}),
        ('name: "\\d"', 2, "\\d", {"name": '"\\d"'}),
        ("tools: [a, b", 2, "no closing ]", {"tools": "[a, b"}),
        ("tools: {a: b", 2, "no closing }", {"tools": "{a: b"}),
        ("tools: [a [b]", 2, "required a comma or ]", {"tools": "[a [b]"}),
        ("tools:\n\t- a", 2, "tab", {"tools": "- a"}),
        ("name: a\nname: b", 3, "second time", {"name": "b"}),
        ("name: a\nwhatever", 3, "neither", {"name": "a"}),
        ("tools: " + "[" * 60, 2, "more than 50", {"tools": "[" * 60}),
    ],
)
def test_what_is_no_yaml_is_kept_as_written(body: str, line: int, said: str, kept: dict[str, Value]) -> None:
    """One fault, at its line of the file; nothing of what it says is lost."""
    found = fault(body)

    assert (found[0], found[2]) == (line, kept)
    assert said in found[1]


@pytest.mark.parametrize(
    "text", ["", "# Title", "----\nname: a\n---\n", " ---\nname: a\n---\n", "\n---\nname: a\n---\n"]
)
def test_a_file_without_frontmatter(text: str) -> None:
    """Said of line 1; there is nothing to read."""
    found = read_frontmatter(text)

    assert (found.there, found.fields) == (False, {})
    assert found.problems == ((1, "no frontmatter: required a first line ---"),)


def test_frontmatter_without_its_end() -> None:
    """What stands above the first empty line is taken for it."""
    found = read_frontmatter("---\nname: a\ndescription: b\n\n# Title\nuse: that\n")

    assert found.fields == {"name": "a", "description": "b"}
    assert found.problems == ((1, "frontmatter without its end: required a line --- behind it"),)


def test_lines_of_windows() -> None:
    """Line ends are no part of a value."""
    assert read_frontmatter("---\r\nname: a\r\ntext: |\r\n  b\r\n---\r\n").fields == {"name": "a", "text": "b\n"}


def test_a_long_description_is_whole() -> None:
    """However long it is."""
    assert fields(f"description: {'so ' * 1000}end") == {"description": "so " * 1000 + "end"}


@given(st.text(alphabet=st.sampled_from("ab:-[]{}\"'|>#,&*!%@\\ \n\t0"), max_size=60))
def test_anything_is_read_without_an_error(body: str) -> None:
    """Every fault has a line that the file has."""
    text = f"---\n{body}\n---\n"

    assert all(1 <= line <= text.count("\n") for line, _ in read_frontmatter(text).problems)
