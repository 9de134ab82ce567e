"""Sources that are no plain files, have no plain names, or lie in no repository: looked at all the same, or named."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.shop import Run, Shop
from tests.stack.lab import git


def link_to_itself(client: Path) -> None:
    (client / "loop").symlink_to("loop")


def links_in_a_circle(client: Path) -> None:
    (client / "one").symlink_to("two")
    (client / "two").symlink_to("one")


def folder_that_leads_back(client: Path) -> None:
    (client / "back").symlink_to("../client", target_is_directory=True)
    (client / "root").symlink_to("/", target_is_directory=True)


def link_to_nowhere(client: Path) -> None:
    (client / "gone").symlink_to("no/such/file")


def pipe(client: Path) -> None:
    os.mkfifo(client / "pipe")


def unix_socket(client: Path) -> None:
    here = Path.cwd()
    os.chdir(client)  # the names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")
    finally:
        os.chdir(here)


def link_to_a_device(client: Path) -> None:
    (client / "zero").symlink_to("/dev/zero")


def odd_names(client: Path) -> None:
    for name in (b"-rf", b"--force", b"two\nlines", b"caf\xe9", b" ", b"\\", b'"', b"*", b"!", b":(top)x", b"\x1b[31m"):
        (client / os.fsdecode(name)).write_text("x")


def deep_folders(client: Path) -> None:
    folder = client
    for _ in range(60):
        folder /= "deep"
        folder.mkdir()
    (folder / "x").write_text("x")


def long_name(client: Path) -> None:
    (client / ("x" * 255)).write_text("x")


ODD: dict[str, Callable[[Path], None]] = {
    "a link to itself": link_to_itself,
    "links in a circle": links_in_a_circle,
    "a folder that leads back": folder_that_leads_back,
    "a link to nowhere": link_to_nowhere,
    "a pipe": pipe,
    "a socket": unix_socket,
    "a link to a device": link_to_a_device,
    "odd names": odd_names,
    "deep folders": deep_folders,
    "a long name": long_name,
}


@pytest.mark.parametrize("repository", [True, False])
@pytest.mark.parametrize("case", ODD)
def test_sources_that_are_odd(case: str, repository: bool, plain: Shop, request: pytest.FixtureRequest) -> None:
    """Neither waited for nor followed: the sync comes to its end, and finds nothing to do afterwards."""
    shop: Shop = request.getfixturevalue("fake") if repository else plain
    shop.fake()
    ODD[case](shop.root / "client")
    run = shop.inside("sync")

    assert run.code == 0, run
    again = shop.inside("plan")
    assert (again.code, again.lines[-1]) == (0, "stack: nothing to do, 2 in sync")
    assert all(line.isprintable() for line in again.lines)


def test_changed_sources_with_odd_names(fake: Shop) -> None:
    """Their names are told in one line that steers no terminal, and each change is seen."""
    odd_names(fake.root / "client")
    assert fake.inside("sync").code == 0
    for path in sorted((fake.root / "client").iterdir()):
        path.write_text("edited")
        plan = fake.inside("plan")
        assert plan.code == 2
        (told,) = plan.telling("client is stale: 1 file changed since the last sync: ")
        assert told.isprintable()
        assert fake.inside("sync").code == 0


def test_a_pipe_that_takes_the_place_of_a_source(fake: Shop) -> None:
    """The source is gone; nobody waits at the pipe."""
    (fake.root / "client/more.txt").write_text("stays")
    assert fake.inside("sync").code == 0
    (fake.root / "client/source.txt").unlink()
    os.mkfifo(fake.root / "client/source.txt")
    plan = fake.inside("plan")

    assert plan.code == 2
    assert plan.telling("client is stale: 1 file changed since the last sync: client/source.txt")


# --- git


DAMAGED = {
    "the index": (".git/index", b"garbage", ".git/index is damaged; see what `git status` says there"),
    "an empty index": (".git/index", b"", ".git/index is damaged; see what `git status` says there"),
    "the configuration": (".git/config", b"[garbage", " in file .git/config; see what `git status` says there"),
}


def in_two(doctor: Run, said: str) -> bool:
    """Whether doctor tells what is wrong, and the cure below it."""
    wrong, _, cure = said.partition("; ")
    return bool(doctor.telling(wrong)) and f"cure: {cure}" in [line.strip() for line in doctor.lines]


@pytest.mark.parametrize("case", DAMAGED)
def test_a_repository_that_is_damaged(case: str, fake: Shop) -> None:
    """Nothing is guessed of its files: the fault is told with what to look at."""
    name, content, said = DAMAGED[case]
    fake.write(name, content)
    plan, sync, doctor = (fake.inside(command) for command in ("plan", "sync", "doctor"))

    assert (plan.code, sync.code, doctor.code) == (1, 1, 1)
    for run in (plan, sync):
        assert run.telling(said)
    assert in_two(doctor, said)
    assert not sync.telling("SUCCESS")


def test_a_repository_that_is_somewhere_else(fake: Shop) -> None:
    """A .git that leads nowhere is a fault, not a folder without git."""
    (fake.root / ".git").rename(fake.root / "moved")
    fake.write(".git", "gitdir: /no/such/repository\n")
    run = fake.inside("sync")

    assert run.code == 1
    assert len(run.telling("fatal: not a git repository: /no/such/repository; see what `git status` says there")) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_somebody_else(fake: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Git refuses to look at it, and its cure is ours."""
    monkeypatch.setenv("HOME", str(tmp_path))  # whose git trusts no folder yet
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    for path in (fake.root, fake.root / ".git"):
        os.chown(path, 12345, 12345)
    run, doctor = fake.inside("plan"), fake.inside("doctor")
    for path in (fake.root, fake.root / ".git"):
        os.chown(path, 0, 0)

    cure = f"run `git config --global --add safe.directory {fake.root}`"
    assert (run.code, doctor.code) == (1, 1)
    assert len(run.telling(cure)) == 1
    assert {line.strip() for line in doctor.telling("cure: ")} == {f"cure: {cure}"}


def test_a_lock_that_git_left_behind(fake: Shop) -> None:
    """We only read, and need none."""
    fake.write(".git/index.lock", "")

    assert fake.inside("sync").code == 0
    assert fake.inside("plan").code == 0


def test_a_repository_without_a_commit(plain: Shop) -> None:
    """Just begun: its files count."""
    plain.fake()
    git(plain.root, "init", "--quiet")
    assert plain.inside("sync").code == 0
    plain.write("server/source.txt", "edited")

    assert plain.inside("plan").telling("server is stale: 1 file changed since the last sync: server/source.txt")


GITS = {
    "fails": ("echo 'fatal: not today' >&2; exit 128", "fatal: not today; see what `git status` says there"),
    "prints text": ("echo hello", "git does not speak like git; put the real one first on the PATH"),
    "prints nothing": ("exit 0", "git does not speak like git; put the real one first on the PATH"),
    "is killed": ("kill -9 $$", "exit code -9; see what `git status` says there"),
    "waits for an answer": ("cat; exit 1", "exit code 1; see what `git status` says there"),
}


@pytest.mark.parametrize("case", GITS)
def test_a_git_that_is_none(case: str, fake: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be checked, and that is told; the same for one that hangs, after its time limit."""
    script, said = GITS[case]
    tool = tmp_path / "tools" / "git"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    for command in ("plan", "sync", "doctor"):
        run = fake.inside(command)
        assert run.code == 1
        assert in_two(run, said) if command == "doctor" else run.telling(said)
    assert fake.recorded == set()
