"""Logs that nobody reads by eye: endless lines, no text at all, floods. Each is judged, and kept byte for byte."""

from __future__ import annotations

import pytest

from tests.bad_input.shop import CLIENT_BUILDS, Run, Shop

LONG = "x" * 10_000_000
READY = "client is ready\n"
ODD = {
    "a line of 10 MB": f"{LONG}\n",
    "a line of 10 MB that is overwritten": f"{LONG}\r",
    "NUL bytes": "a\0b\0\0\0\n" * 1000,
    "no UTF-8": "caf\udce9 \udcff\udcfe\n" * 100,
    "half a character": "\udcf0\udc9f\udca6",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9b31m\n",
    "a title without end": "\x1b]0;" + "t" * 5000,
    "a million empty lines": "\n" * 1_000_000,
    "nothing else": "",
}


def kept(shop: Shop, run: Run) -> bytes:
    """The log that the run names."""
    (full,) = run.telling("full log: ")
    return (shop.root / full.removeprefix("full log: ")).read_bytes()


def raw(text: str) -> bytes:
    """As the fake stack writes it."""
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("case", ODD)
def test_a_healthy_log_that_is_odd(case: str, fake: Shop) -> None:
    """The sign of success after it is found, and the log is what was written."""
    fake.fake(ODD[case] + "\n" + READY)
    run = fake.inside("sync")
    (log,) = (fake.state / "logs").glob("client.*.log")

    assert (run.code, run.lines[-1]) == (0, run.telling("SUCCESS: ")[0])
    assert log.read_bytes() == raw(ODD[case] + "\n" + READY)


@pytest.mark.parametrize("case", ODD)
def test_a_broken_log_that_is_odd(case: str, fake: Shop) -> None:
    """The error after it is found and shown, nothing that is shown steers a terminal, and the log is kept whole."""
    fake.fake(f"{ODD[case]}\nerror: it broke\n{READY}")
    run = fake.inside("sync")

    assert run.code == 2
    assert run.telling("Step 1 FAILED: client rebuild error")
    assert [line for line in run.telling("error: it broke") if "client." in line]
    assert all(line.isprintable() for line in run.lines)
    assert max(map(len, run.lines)) < 3000
    assert kept(fake, run) == raw(f"{ODD[case]}\nerror: it broke\n{READY}")


@pytest.mark.parametrize("at", [0, 5_000_000, 9_999_000])
def test_an_error_within_a_line_of_10_mb(at: int, fake: Shop) -> None:
    """Found wherever it stands, and cut to what matters."""
    fake.fake(f"{LONG[:at]} error: it broke {LONG[at:]}\n{READY}")
    run = fake.inside("sync")

    assert run.code == 2
    (told,) = [line for line in run.telling("error: it broke") if "client." in line]
    assert len(told) < 3000


def test_an_error_that_has_no_newline(fake: Shop) -> None:
    """The last half line counts."""
    fake.fake(f"{READY}error: it broke")

    assert fake.inside("sync").code == 2


FLOOD = "import time; end = time.time() + 2; line = 'building ' + 'x' * 40 + chr(10)"


def test_a_build_that_floods_and_succeeds(shop: Shop) -> None:
    """As many lines as it can for two seconds hide neither its sign nor its end."""
    shop.build(f"{FLOOD}\nwhile time.time() < end: print(line * 1000, end='')\n{CLIENT_BUILDS}".replace("\n", r"\n"))
    run = shop.syncguard("sync")
    (log,) = (shop.state / "logs").glob("client.*.log")

    assert run.code == 0, run.out
    assert log.read_bytes().count(b"\n") > 200_000


def test_a_build_that_floods_without_end(shop: Shop) -> None:
    """Its time limit holds, its processes are ended, and its last lines are shown."""
    shop.build(r"while True: print('building ' + 'x' * 40)", timeout="1s")
    run = shop.syncguard("sync")

    assert run.code == 2
    assert run.telling("Step 1 FAILED: client timeout - build did not complete")
    assert run.telling("building xxx")
    assert kept(shop, run).startswith(b"building xxx")
    assert shop.syncguard("status").telling("the last sync of client failed")
