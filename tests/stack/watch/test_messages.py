"""A message over several lines is what its first line says."""

from __future__ import annotations

import pytest

from pytest_syncguard.stack.watch import Judge, Patterns
from pytest_syncguard.stack.watch import judge as judging

QUIET = """\
warn: Shop.Mail[3]
      Failed to send the mail, it stays in the queue.
      System.Net.Sockets.SocketException (111): Connection refused
         at Shop.Mail.Send() in Mail.cs:line 12
"""


def errors(log: str, size: int = 1 << 16) -> list[str]:
    judge = Judge(Patterns.builtin())
    data = log.encode()
    found = [each for at in range(0, len(data), size) for each in judge.feed(data[at : at + size])] + judge.close()
    return [each.text for each in found]


@pytest.mark.parametrize(
    "level", ["warn", "info", "dbug", "trce", "\x1b[40m\x1b[1m\x1b[33mwarn\x1b[39m\x1b[22m\x1b[49m"]
)
def test_text_of_a_harmless_message_is_no_error(level: str) -> None:
    """Below a level that is no error, indented text is none, whatever it says."""
    assert errors(QUIET.replace("warn", level)) == []


@pytest.mark.parametrize("level", ["fail", "crit"])
def test_levels_of_error_are_errors(level: str) -> None:
    """The line that tells the level is an error itself."""
    assert errors(QUIET.replace("warn", level))[0] == f"{level}: Shop.Mail[3]"


@pytest.mark.parametrize(
    "line", ["Failed to bind", "      Failed to bind", "     Failed to bind", "other\n      Failed to bind"]
)
def test_message_ends_with_its_text(line: str) -> None:
    """A line that is not indented as the text is ends the message, and what is indented after it is judged."""
    other = "" if line == "      Failed to bind" else QUIET

    assert errors(f"{other}{line}\n") == [line.splitlines()[-1]]


def test_what_is_grave_counts_within_a_message() -> None:
    """What no warning has a reason to say was written by somebody else."""
    assert errors(f"{QUIET}      error: could not compile `shop`\n") == ["      error: could not compile `shop`"]


@pytest.mark.parametrize("prefix", ["shop-1  | ", "       shop │ "])
def test_message_behind_the_prefix_of_a_service(prefix: str) -> None:
    """What docker compose or Tilt puts before each line changes nothing."""
    log = "".join(prefix + line for line in QUIET.splitlines(keepends=True))

    assert errors(log) == []
    assert errors(f"{log}      other-1 │ Failed\n") == ["      other-1 │ Failed"]


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_message_cut_in_chunks(size: int) -> None:
    """A message is known however the log is cut, and it ends in the same place."""
    assert errors(f"{QUIET}Failed to bind\n", size) == ["Failed to bind"]


def test_message_with_a_long_line() -> None:
    """A line too long to be held belongs to the message as a short one does, and the lines after it, too."""
    log = f"{QUIET}      Failed {'x' * 400}\n      Failed\nFailed {'x' * 400}\n      Failed again\n"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "PIECE", 96)
        found = errors(log)

    assert [text.strip()[:12] for text in found] == ["Failed xxxxx", "Failed again"]


def test_half_line_of_a_message() -> None:
    """What a line without an end would be is told with the message in mind."""
    judge = Judge(Patterns.builtin())
    judge.feed(QUIET.encode() + b"      Failed again")

    assert judge.peek() == []
