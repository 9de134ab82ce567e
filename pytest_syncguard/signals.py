"""SIGTERM and SIGHUP as an exception, so that a sync that is told to end cleans up like one that is interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """The process was told to end. Like `KeyboardInterrupt`, no handler of faults may swallow it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    @property
    def code(self) -> int:
        """The exit code that shells give to a process that this signal ended: 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.number


@contextmanager
def terminating() -> Iterator[None]:
    """Within, SIGTERM and SIGHUP raise `Terminated` in the main thread; further ones wait until it is handled.

    A signal that is ignored (as under nohup) stays ignored. In any other thread this does nothing: Python
    delivers signals to the main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    ours = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        for each in ours:
            signal.signal(each, signal.SIG_IGN)  # a second one must not break off the cleaning up
        raise Terminated(number)

    try:
        for number in ours:
            signal.signal(number, terminate)
        yield
    finally:
        for number in ours:
            handler = before[number]
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
