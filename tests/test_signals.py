"""SIGTERM and SIGHUP as exceptions."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from pytest_syncguard.signals import Terminated, terminating


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_becomes_an_exception_with_its_code(number: signal.Signals, code: int) -> None:
    """It is raised where the program is, and named."""
    with pytest.raises(Terminated) as caught, terminating():
        os.kill(os.getpid(), number)

    assert (caught.value.code, str(caught.value)) == (code, number.name)


def test_no_handler_of_faults_swallows_it() -> None:
    """Like KeyboardInterrupt it is no `Exception`."""
    assert not issubclass(Terminated, Exception)


def test_a_second_signal_does_not_break_off_the_cleaning_up() -> None:
    """Between the first one and the end of the block further ones are ignored."""
    cleaned = []

    def end_and_clean_up() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGHUP)
            cleaned.append("all")

    with pytest.raises(Terminated, match="SIGTERM"), terminating():
        end_and_clean_up()

    assert cleaned == ["all"]


def test_handlers_are_as_they_were_afterwards() -> None:
    """Whoever had a handler has it back, whether a signal came or not."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with terminating():
        assert [signal.getsignal(number) for number in numbers] != before
    assert [signal.getsignal(number) for number in numbers] == before
    with pytest.raises(Terminated), terminating():
        os.kill(os.getpid(), signal.SIGHUP)
    assert [signal.getsignal(number) for number in numbers] == before


def test_what_was_ignored_stays_ignored() -> None:
    """A run under nohup does not end with its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminating():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_are_left_alone() -> None:
    """Only the main thread can set handlers; elsewhere the block runs as it is."""
    ran: list[object] = []

    def run() -> None:
        with terminating():
            ran.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert ran == [signal.getsignal(signal.SIGTERM)]
