"""Lines of healthy servers and builds in which something is invalid, missing, denied or not found."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_syncguard.stack.watch import Judge, Patterns

TEXT = (Path(__file__).parent / "wolves.txt").read_text()
WOLVES = [line for line in TEXT.splitlines() if not line.startswith("# ")]


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "  ",
        "10:00:00 ",
        "2026/11/21 10:00:00 ",
        "2026-11-21T10:00:00.123Z ",
        "2026-11-21 10:00:00 INFO ",
        "2026-11-21 10:00:00,123 WARN ",
        "INFO: ",
        "[plugin] ",
        "shop: ",
        "web-1  | ",
    ],
)
def test_healthy_line_raises_no_alarm(prefix: str) -> None:
    """What a healthy process says of a request, a user or a setting is no error, however the line begins."""
    patterns = Patterns.builtin()

    def alarms(line: str) -> bool:
        judge = Judge(patterns)
        return bool(judge.feed(f"{prefix}{line}\n".encode()) + judge.close())

    assert [line for line in WOLVES if alarms(line)] == []


def test_list_of_healthy_lines_is_long() -> None:
    """There are hundreds of lines, most of which hold a word that sounds of trouble."""
    trouble = ("denied", "expired", "invalid", "missing", "not ", "required", "timed out", "unknown", "unsupported")

    assert len(WOLVES) > 500
    assert sum(any(word in line.lower() for word in trouble) for line in WOLVES) > 200
