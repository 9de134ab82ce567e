"""What counts as new in a log that is printed whole each time."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_syncguard.stack.drivers.command.fresh import fresh_from


def fresh(before: bytes, now: bytes) -> bytes:
    """The part of ``now`` that is new."""
    with tempfile.TemporaryFile() as old, tempfile.TemporaryFile() as new:
        old.write(before)
        new.write(now)
        old.flush()
        new.flush()
        return now[fresh_from(old, new) :]


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        pytest.param(b"", b"a\n", b"a\n", id="first text"),
        pytest.param(b"a\n", b"", b"", id="emptied"),
        pytest.param(b"a\nb\n", b"a\nb\n", b"", id="unchanged"),
        pytest.param(b"a\nb\n", b"a\nb\nc\n", b"c\n", id="appended"),
        pytest.param(b"a\nhal", b"a\nhalf\n", b"f\n", id="half a line went on"),
        pytest.param(b"a\nb\nc\nd\n", b"b\nc\nd\ne\n", b"e\n", id="cut at the top"),
        pytest.param(b"aaa\nb\nc\nd\n", b"a\nb\nc\nd\ne\n", b"e\n", id="cut within a line"),
        pytest.param(b"x\nx\nx\nx\n", b"x\nx\nx\ny\n", b"y\n", id="lines that are all alike"),
        pytest.param(b"a\nb\nc\n", b"d\ne\nf\n", b"d\ne\nf\n", id="nothing in common"),
        pytest.param(b"old\nready\n", b"ready\nnew\n", b"ready\nnew\n", id="restarted with the same word"),
        pytest.param(b"a\nb\nc\n", b"a\n", b"a\n", id="restarted with the same line"),
        pytest.param(b"a\nb\nc\nd\n", b"a\nb\nc\nX\n", b"a\nb\nc\nX\n", id="restarted, then different"),
    ],
)
def test_new_part(before: bytes, now: bytes, new: bytes) -> None:
    """Appended text and text after a cut is new; a log that began anew is new as a whole."""
    assert fresh(before, now) == new


LINE = st.sampled_from([b"a\n", b"b\n", b"ready\n", b"error\n", b"\xff\xfe\n", b"\n"])


@given(st.lists(LINE), st.lists(LINE))
def test_appended_lines_arrive_once_each(old: list[bytes], new: list[bytes]) -> None:
    """Whatever is appended to whatever is told exactly, when nothing was cut."""
    assert fresh(b"".join(old), b"".join(old + new)) == b"".join(new)


@given(st.lists(LINE), st.lists(LINE), st.integers(min_value=0))
def test_no_line_is_lost_by_a_cut(old: list[bytes], new: list[bytes], cut: int) -> None:
    """Numbered lines (a log with times): after a cut at the top, each new one is told, in order, at the end."""
    lines = [b"%d %s" % (number, line) for number, line in enumerate(old + new)]
    cut = min(cut, len(old))

    told = fresh(b"".join(lines[: len(old)]), b"".join(lines[cut:]))

    assert told.endswith(b"".join(lines[len(old) :]))
    assert len(old) - cut < 3 or told == b"".join(lines[len(old) :])
