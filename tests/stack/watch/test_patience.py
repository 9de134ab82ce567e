"""No expression of a user's holds up a sync for ever."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Remedy, Stage
from pytest_syncguard.stack.watch import Judge, Patterns, patience

SLOW = "(a+)+$"
LINE = b"a" * 41 + b"b"
STAGES = [
    Stage("a", "a", success=(SLOW,)),
    Stage("a", "a", errors=(SLOW,)),
    Stage("a", "a", errors=("a",), ignore=(SLOW,)),
    Stage("a", "a", remedies=(Remedy(SLOW, ("true",)),)),
    Stage("a", "a", success=(f"aaa{SLOW}",)),
]
WAYS: dict[str, Callable[[Judge], object]] = {
    "whole": lambda judge: judge.feed(LINE + b"\n"),
    "half": lambda judge: (judge.feed(LINE), judge.peek()),
    "last": lambda judge: (judge.feed(LINE), judge.close()),
    "long": lambda judge: judge.feed(b"x" * 200_000 + LINE + b"\n"),
    "many": lambda judge: judge.feed((b"a" * 20 + b"b\n") * 3000),
}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LIMIT", 0.2)
    monkeypatch.setattr(patience, "TICK", 0.05)


@pytest.mark.parametrize("stage", STAGES, ids=["success", "errors", "ignore", "remedy", "with a word"])
def test_a_pattern_without_end_is_given_up_by_name(stage: Stage) -> None:
    """Wherever it stands."""
    with pytest.raises(SyncguardError, match=r"^the pattern '(aaa)?\(a\+\)\+\$' takes longer than 0.2 s") as raised:
        Judge(Patterns.of(stage)).feed(LINE + b"\n")

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_however_the_log_comes(way: Callable[[Judge], object]) -> None:
    """In a line, in half of one, in a very long one, in many that take a little each."""
    with pytest.raises(SyncguardError, match="takes longer"):
        way(Judge(Patterns.of(STAGES[0])))


def test_afterwards_all_is_as_before() -> None:
    """The timer stands still, and the next log is judged."""
    with pytest.raises(SyncguardError):
        Judge(Patterns.of(STAGES[0])).feed(LINE + b"\n")

    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert Judge(Patterns.of(STAGES[0])).feed(b"aaa\n")[0].pattern == SLOW


def test_a_signal_that_somebody_else_hears_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is another thread; there an expression has all the time it takes."""
    before = signal.signal(signal.SIGVTALRM, heard := lambda *_: None)
    try:
        with patience.PATIENCE.limited():
            assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGVTALRM) is heard
    finally:
        signal.signal(signal.SIGVTALRM, before)
    thread = threading.Thread(target=lambda: Judge(Patterns.of(STAGES[0])).feed(b"aaa\n"))
    thread.start()
    thread.join()
