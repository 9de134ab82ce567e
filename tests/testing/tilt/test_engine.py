"""The engine in virtual time: what Tilt does, in the order in which it does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_syncguard.testing.tilt import (
    Build,
    Resource,
    Scenario,
    ScriptedEngine,
    Serve,
    TriggerRefused,
    hang,
    kill_tilt,
    say,
    sleep,
)

GOOD = Build((say("Finished\n"), sleep(1.0)))
BAD = Build((say("error"), sleep(1.0)), exit=3)
UP = Serve((say("listening\n"),))


def _engine(*builds: Build, serve: tuple[Serve, ...] = (UP,), root: Path = Path(), **more: Any) -> ScriptedEngine:
    """One manual resource, ``server``, that was never triggered."""
    resource = Resource("server", builds, serve, **{"auto_init": False, "input": ("*.txt",), **more})
    return ScriptedEngine(Scenario((resource,)), root=root)


def _status(engine: ScriptedEngine, name: str = "server") -> dict[str, Any]:
    document = engine.document(name)
    assert document is not None
    status: dict[str, Any] = document["status"]
    return status


def _states(engine: ScriptedEngine) -> tuple[str, str]:
    status = _status(engine)
    return status["updateStatus"], status["runtimeStatus"]


def _log(engine: ScriptedEngine) -> str:
    return engine.read_log(engine.log_client("server")).decode()


def _built(engine: ScriptedEngine) -> None:
    engine.trigger("server")
    assert engine.settle()


def test_no_time_passes_unless_told() -> None:
    """A trigger is only queued until time is advanced."""
    engine = _engine(GOOD)
    engine.trigger("server")

    assert _states(engine) == ("pending", "pending")
    engine.advance(0.5)
    assert _states(engine) == ("in_progress", "pending")
    engine.advance(1.0)
    assert _states(engine) == ("ok", "ok")


def test_a_watcher_sees_every_state_and_the_old_process_until_the_new_one_is_up() -> None:
    """After a rebuild: ok with the old pid, pending with the old pid, ok with the new one."""
    engine = _engine(GOOD)
    _built(engine)
    watch = engine.watch("server")
    _built(engine)

    seen = [
        (status["updateStatus"], status["runtimeStatus"], status["localResourceInfo"]["pid"] - 5_000_000)
        for status in (document["status"] for document in watch.take(engine.timeline.now))
    ]
    assert seen == [
        ("ok", "ok", 1),
        ("pending", "ok", 1),
        ("in_progress", "ok", 1),
        ("ok", "ok", 1),
        ("ok", "pending", 1),
        ("ok", "ok", 2),
    ]


def test_the_old_process_serves_on_after_a_failed_build(tmp_path: Path) -> None:
    """What runs is still made of the old sources, and Ready."""
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    engine = _engine(GOOD, BAD, root=tmp_path)
    _built(engine)
    old = engine.current_content("server")
    (tmp_path / "a.txt").write_text("new", encoding="utf-8")
    _built(engine)

    assert _states(engine) == ("error", "ok")
    assert _status(engine)["conditions"][1]["status"] == "True"
    assert engine.running_content("server") == old != engine.current_content("server")
    assert _log(engine).endswith('Build Failed: Command "build server" failed: exit status 3')


def test_a_build_is_made_of_the_sources_at_its_start(tmp_path: Path) -> None:
    """A file that changes while it is being built is not in the build."""
    (tmp_path / "a.txt").write_text("before", encoding="utf-8")
    engine = _engine(GOOD, root=tmp_path)
    before = engine.current_content("server")
    engine.trigger("server")
    engine.advance(0.5)
    (tmp_path / "a.txt").write_text("after", encoding="utf-8")
    engine.settle()

    assert engine.running_content("server") == before
    assert [built.content for built in engine.builds("server")] == [before]


def test_a_trigger_during_a_build_queues_another_and_only_the_last_is_served() -> None:
    """Two builds, one process."""
    engine = _engine(GOOD)
    engine.trigger("server")
    engine.advance(0.5)
    engine.trigger("server")
    engine.trigger("server")
    assert _status(engine)["queued"]
    engine.settle()

    assert len(engine.builds("server")) == 2
    assert _log(engine).count("Running cmd: serve server") == 1
    assert "queued" not in _status(engine)


def test_the_process_of_a_good_build_waits_for_a_bad_one_behind_it() -> None:
    """A build that passed is not served when the next one, queued already, fails."""
    engine = _engine(GOOD, BAD)
    engine.trigger("server")
    engine.advance(0.5)
    engine.trigger("server")
    engine.settle()

    assert _states(engine) == ("error", "unknown")
    assert engine.running_content("server") is None


def test_a_process_that_ends_leaves_the_update_as_it_is() -> None:
    """Panic after success: the runtime is in error, the update is ok."""
    engine = _engine(GOOD, serve=(Serve((say("up\n"), sleep(5.0), say("panic\n")), exit=101),))
    _built(engine)
    assert _states(engine) == ("ok", "ok")
    engine.advance(5.0)

    assert _states(engine) == ("ok", "error")
    assert _log(engine).endswith("panic\n")
    assert engine.running_content("server") is None


def test_a_crash_says_nothing() -> None:
    """A process killed from outside: status error, no line."""
    engine = _engine(GOOD)
    _built(engine)
    before = _log(engine)
    engine.crash("server")

    assert (_states(engine), _log(engine)) == (("ok", "error"), before)


def test_a_restart_counts_anew_and_goes_on_in_the_script() -> None:
    """New session, `build:1` again, no process; the next build is the next of the script."""
    engine = _engine(GOOD, BAD)
    _built(engine)
    session = engine.session()["metadata"]["uid"]
    engine.kill()
    assert engine.running_content("server") is None
    engine.restart()
    assert _states(engine) == ("none", "none")
    _built(engine)

    assert engine.session()["metadata"]["uid"] != session
    assert [build["spanID"] for build in _status(engine)["buildHistory"]] == ["build:1"]
    assert _states(engine)[0] == "error"
    assert len(engine.builds("server")) == 2


def test_the_script_can_be_changed_while_it_runs() -> None:
    """`plan` replaces what comes next."""
    engine = _engine(GOOD)
    _built(engine)
    engine.plan("server", BAD, GOOD)
    states = []
    for _ in range(3):
        _built(engine)
        states.append(_states(engine)[0])

    assert states == ["error", "ok", "ok"]


def test_a_changed_file_builds_without_a_trigger() -> None:
    """The notice names the files; nothing is queued by hand."""
    engine = _engine(GOOD)
    engine.rebuild("server", ["a.txt", "b.txt"])
    status = _status(engine)
    assert (status["hasPendingChanges"], "queued" in status) == (True, False)
    engine.settle()

    assert "2 Files Changed: [a.txt b.txt]" in _log(engine)
    assert "hasPendingChanges" not in _status(engine)


def test_only_the_last_two_builds_are_told() -> None:
    """buildHistory: newest first, two."""
    engine = _engine(GOOD)
    for _ in range(3):
        _built(engine)

    assert [build["spanID"] for build in _status(engine)["buildHistory"]] == ["build:3", "build:2"]


def test_builds_run_one_after_the_other_unless_all_are_parallel() -> None:
    """Two that may run side by side do; a third one waits and says for whom."""
    engine = ScriptedEngine(
        Scenario(
            (
                Resource("a", (GOOD,), allow_parallel=True),
                Resource("b", (GOOD,), allow_parallel=True),
                Resource("c", (GOOD,)),
            )
        )
    )
    engine.advance(0.5)

    assert [_status(engine, name)["updateStatus"] for name in "abc"] == ["in_progress", "in_progress", "pending"]
    waiting = _status(engine, "c")["waiting"]
    assert (waiting["reason"], waiting["on"][0]["name"]) == ("waiting-for-local", "a")
    assert engine.settle()


def test_a_dependency_that_never_ran_holds_the_first_build() -> None:
    """What waits for a build that nobody asked for counts as idle."""
    engine = ScriptedEngine(
        Scenario(
            (
                Resource("client", (GOOD,), auto_init=False),
                Resource("server", (GOOD,), (UP,), auto_init=False, resource_deps=("client",)),
            )
        )
    )
    engine.trigger("server")
    assert engine.settle()
    engine.advance(60)
    assert _status(engine)["waiting"]["reason"] == "waiting-for-dep"
    engine.trigger("client")
    engine.settle()

    assert _states(engine) == ("ok", "ok")


def test_unknown_and_disabled_resources_are_refused() -> None:
    """404 for the one, a plain sentence for the other."""
    engine = ScriptedEngine(Scenario((Resource("off", disabled=True), Resource("on"))))
    engine.disable("on")

    for name, status, body in (
        ("nope", 404, 'resource "nope" does not exist'),
        ("off", 200, 'resource "off" is currently disabled'),
        ("on", 200, 'resource "on" is currently disabled'),
    ):
        with pytest.raises(TriggerRefused) as refusal:
            engine.trigger(name)
        assert (refusal.value.status, refusal.value.body) == (status, body)


def test_a_broken_tiltfile_leaves_the_resources_but_not_after_a_restart() -> None:
    """Old resources can still be triggered; a new run has none until the Tiltfile is mended."""
    engine = _engine(GOOD)
    engine.break_tiltfile("Tiltfile:1:1: undefined: xlocal_resource")
    _built(engine)
    assert _states(engine) == ("ok", "ok")
    assert _status(engine, "(Tiltfile)")["updateStatus"] == "error"

    engine.restart()
    assert [document["metadata"]["name"] for document in engine.documents()] == ["(Tiltfile)"]
    engine.break_tiltfile("")
    _built(engine)
    assert _states(engine) == ("ok", "ok")


@pytest.mark.parametrize("scenario", ["step", "time"])
def test_tilt_can_die(scenario: str) -> None:
    """While a certain build runs, or after a certain time; then nothing happens any more."""
    dying = Build((say("half\n"), sleep(0.5), kill_tilt() if scenario == "step" else hang()))
    server = Resource("server", (dying,), auto_init=False)
    engine = ScriptedEngine(Scenario((server,), dies_after=None if scenario == "step" else 0.7))
    engine.trigger("server")
    engine.advance(5.0)

    assert not engine.alive
    assert engine.timeline.next_due is None
    assert _log(engine).endswith("half\n")


def test_a_build_that_hangs_never_settles() -> None:
    """`settle` gives up at its limit and says so."""
    engine = _engine(Build((hang(),)))
    engine.trigger("server")

    assert not engine.settle(limit=60.0)
    assert _states(engine)[0] == "in_progress"


def test_the_log_may_come_later_than_the_status() -> None:
    """With ``log_delay`` the status tells of the end before the log does."""
    server = Resource("server", (Build((say("Finished\n"),)),), auto_init=False)
    engine = ScriptedEngine(Scenario((server,), log_delay=2.0))
    engine.trigger("server")
    engine.advance(1.0)
    assert (_states(engine)[0], _log(engine)) == ("ok", "")
    engine.advance(2.0)

    assert _log(engine).endswith("Finished\n")


def test_a_watcher_may_miss_short_states() -> None:
    """With ``watch_every`` changes that lie close together reach it as one, the last."""
    server = Resource("server", (Build(),), (UP,), auto_init=False)
    engine = ScriptedEngine(Scenario((server,), watch_every=1.0))
    watch = engine.watch("server")
    engine.trigger("server")
    engine.advance(0.5)
    assert [document["status"]["updateStatus"] for document in watch.take(engine.timeline.now)] == ["none"]
    engine.advance(1.0)

    seen = [(one["status"]["updateStatus"], one["status"]["runtimeStatus"]) for one in watch.take(engine.timeline.now)]
    assert seen == [("ok", "ok")]


def test_a_one_shot_is_what_its_last_good_build_made(tmp_path: Path) -> None:
    """A later failure takes nothing away."""
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    engine = _engine(GOOD, BAD, serve=(), root=tmp_path)
    assert engine.running_content("server") is None
    _built(engine)
    good = engine.running_content("server")
    (tmp_path / "a.txt").write_text("new", encoding="utf-8")
    _built(engine)

    assert good == engine.running_content("server") != engine.current_content("server")
    assert _states(engine) == ("error", "not_applicable")
