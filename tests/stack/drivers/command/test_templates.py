"""Argv templates."""

from __future__ import annotations

from pytest_syncguard.stack.drivers.command.templates import fill, names_in


def test_placeholders_are_filled_in() -> None:
    """Each placeholder becomes its value, wherever it stands in a word; the moment keeps its fraction."""
    argv = ["{resource}", "--since={since}", "@{epoch}", "id={identity}", "-n{tail}"]

    filled = fill(argv, resource="web", at=1767225600.25, identity="abc", tail=100)

    assert filled == [
        "web",
        "--since=2026-01-01T00:00:00.250000Z",
        "@1767225600.250000",
        "id=abc",
        "-n100",
    ]


def test_other_braces_stay() -> None:
    """Go templates, JSON and unknown words in braces are no placeholders."""
    argv = ["{{.ID}}", '{"a": 1}', "{else}", "${HOME}"]

    assert fill(argv, resource="web") == argv
    assert names_in(argv) == frozenset()


def test_values_are_not_read_again() -> None:
    """A resource that looks like a placeholder stays what it is: no shell, no second round."""
    assert fill(["x {resource}; {tail}"], resource="{tail} $(id)", tail=1) == ["x {tail} $(id); 1"]
