"""Remedies that are none: one line says what became of each, and nobody waits for it, nor does the disk fill."""

from __future__ import annotations

import sys

import pytest

from pytest_syncguard.stack import remedies
from pytest_syncguard.testing.fake import FakeStack
from tests.bad_input.shop import Shop

ENDLESS = "while True: print('trying ' + 'x' * 100_000)"
REMEDIES = {
    "prints without end": (ENDLESS, "printed more than 1 MB and was ended: run it by hand in ., what it said is in"),
    "hangs": ("print('trying'); import time; time.sleep(99)", "did not end within 1 s: run it by hand in ., what it"),
    "waits for an answer": ("print('trying', input())", "ended with exit code 1: run it by hand in ., what it said"),
    "fails": ("print('trying', flush=True); raise SystemExit(7)", "ended with exit code 7: run it by hand in ., what"),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "ended with exit code -9: run it by hand in ., what it"),
}


def broken(shop: Shop, *run: str, more: str = "") -> FakeStack:
    """From now on the client's build is broken, and this is to cure it."""
    words = ", ".join(f'"{word}"' for word in run)
    return shop.fake("error: it broke\n", remedy=f'match = "it broke", run = [{words}]{more}')


@pytest.mark.parametrize("case", REMEDIES)
def test_a_remedy_that_cures_nothing(case: str, fake: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what became of it; what it said is kept up to a size, after the log that it was to cure."""
    monkeypatch.setattr(remedies, "LARGEST", 1 << 20)
    code, fault = REMEDIES[case]
    broken(fake, sys.executable, "-S", "-c", code)
    run = fake.inside("sync")

    assert run.code == 2
    (told,) = run.telling("Step 1 FAILED: client: remedy ")
    assert fault in told
    (full,) = run.telling("full log: ")
    log = (fake.root / full.removeprefix("full log: ")).read_bytes()
    assert log.startswith(b"error: it broke\n\n--- remedy: ")
    assert len(log) < (1 << 20) + 1000
    assert (b"the rest of it was not kept" in log) == (case == "prints without end")


CANNOT_RUN = {
    "is not there": (("no-such-remedy",), "", "No such file or directory: install it, or change run of the remedy"),
    "is a folder": (("./client",), "", "Permission denied: make it executable, or change run of the remedy"),
    "is no program": (("./client/source.txt",), "", "Permission denied: make it executable, or change run of the"),
    "has no folder": (("true",), ', cwd = "gone"', "no folder gone: correct its cwd"),
}


@pytest.mark.parametrize("case", CANNOT_RUN)
def test_a_remedy_that_cannot_be_run(case: str, fake: Shop) -> None:
    """One line, with the cure."""
    command, more, fault = CANNOT_RUN[case]
    broken(fake, *command, more=more)
    run = fake.inside("sync")

    assert run.code == 2
    assert len(run.telling(fault)) == 1


def test_a_remedy_that_leaves_a_child_behind(fake: Shop) -> None:
    """Whoever still holds its output is not waited for: the stage is triggered again, and fails as it did."""
    child = "import os, time\nif os.fork() == 0:\n os.setsid()\n time.sleep(3)"
    stack = broken(fake, sys.executable, "-S", "-c", child.replace("\n", r"\n"))
    run = fake.inside("sync")

    assert run.code == 2
    assert run.telling("Step 1 FAILED: client rebuild error")
    assert stack.builds == ["client", "client"]
