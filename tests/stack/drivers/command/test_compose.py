"""The compose preset against a `docker` that mimics it: from a service's behaviour to what is seen."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import DriverUnavailable, Phase, Runtime, StageFault
from tests.stack.drivers.command.project import (
    Compose,
    alive,
    compose_settings,
    driver_for,
    eventually,
    watch,
)


def test_service_comes_up(compose: Compose) -> None:
    """Build output, then the new container's log, passed, up; the identity names the container."""
    stage = compose.service("server", build=["#1 building"], lines=[[0.0, "listening on 8080"]])
    compose.driver.open([stage])

    attempt = compose.driver.trigger(stage)
    seen = watch(attempt, lambda s: s.last.runtime is Runtime.UP and b"listening" in s.output)

    assert seen.last.phase is Phase.PASSED
    assert seen.output.startswith(b"#1 building\n")
    assert compose.state()["server"]["id"] in attempt.observe().build
    assert len({look.build for look in seen.looks}) == 1


def test_old_success_never_counts_for_a_failing_build(compose: Compose) -> None:
    """After a good build, a failing one shows its own output only, and FAILED with the reason."""
    stage = compose.service("server", lines=[[0.0, "listening on 8080"]])
    first = compose.driver.trigger(stage)
    watch(first, lambda s: s.last.runtime is Runtime.UP)
    synced = first.observe()
    first.close()
    compose.service("server", build=["error[E0308]: mismatched types"], code=101)

    seen = watch(compose.driver.trigger(stage), lambda s: s.last.phase is Phase.FAILED)

    assert b"listening" not in seen.output
    assert b"error[E0308]" in seen.output
    assert "exit code 1" in seen.last.reason
    assert "failed to solve" in seen.last.reason
    assert seen.last.runtime is Runtime.DOWN
    # The old container still runs; it is not the build that was recorded as synced.
    assert compose.driver.observe([stage])["server"].build != synced.build


def test_old_errors_never_count_for_a_good_build(compose: Compose) -> None:
    """What the predecessor said before and while it was stopped stays out."""
    stage = compose.service("server", lines=[[0.0, "panic: out of cheese"]], ends=[0.1, 2])
    first = compose.driver.trigger(stage)
    watch(first, lambda s: s.last.runtime is Runtime.DOWN)
    first.close()
    compose.service("server", lines=[[0.0, "listening"]])

    attempt = compose.driver.trigger(stage)
    seen = watch(attempt, lambda s: s.last.runtime is Runtime.UP and b"listening" in s.output)

    assert b"panic" not in seen.output
    assert b"panic" not in attempt.tail(100)
    assert attempt.tail(100) == b"listening\n"


def test_late_death_is_seen_with_its_last_words(compose: Compose) -> None:
    """UP, then DOWN, and the line that tells why is read by the time DOWN is told."""
    stage = compose.service("server", lines=[[0.0, "listening"], [1.0, "thread 'main' panicked"]], ends=[1.0, 101])
    attempt = compose.driver.trigger(stage)

    seen = watch(attempt, lambda s: s.last.runtime is Runtime.DOWN)

    assert Runtime.UP in {look.runtime for look in seen.looks}
    assert b"panicked" in seen.output
    assert '"ExitCode":101' in seen.last.reason
    assert not attempt.observe().up


def test_unhealthy_is_down_and_starting_is_not_up(compose: Compose) -> None:
    """A health check counts: starting is not up yet, unhealthy is down."""
    stage = compose.service("server", health="starting")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: "not up yet" in s.last.reason and s.last.runtime is Runtime.STARTING)

    box = compose.state()["server"]
    compose.change(server={**box, "health": "unhealthy"})

    assert "unhealthy" in watch(attempt, lambda s: s.last.runtime is Runtime.DOWN).last.reason


@pytest.mark.parametrize("shape", ["lines", "array"])
def test_both_shapes_of_ps(compose: Compose, shape: str) -> None:
    """One JSON object a line and one array in a line are read alike: up, then down."""
    stage = compose.service("server", lines=[[0.0, "listening"]], ends=[0.8, 1])
    compose.shape(shape)
    attempt = compose.driver.trigger(stage)

    up = watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    identity = compose.state()["server"]["id"]
    assert attempt.observe().build.startswith(f"{up.last.build}:{identity}@20")

    watch(attempt, lambda s: s.last.runtime is Runtime.DOWN)


def test_containers_of_run_do_not_count(compose: Compose) -> None:
    """What `docker compose run` left behind is neither the service's failure nor its identity."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    build = attempt.observe().build
    left = {**compose.state()["server"], "id": "feedfeedfeed", "exit": [0.0, 1]}

    compose.change(**{"server~run": left})

    assert attempt.observe().build == build
    assert attempt.observe().up


def test_replicas_must_all_be_up(compose: Compose) -> None:
    """One dead replica among two is a service that is down; both containers are its identity."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    box = compose.state()["server"]

    compose.change(**{"server~2": {**box, "id": "aaaaaaaaaaaa"}})
    both = compose.driver.observe([stage])["server"]
    compose.change(**{"server~2": {**box, "id": "aaaaaaaaaaaa", "exit": [0.0, 1]}})
    one = compose.driver.observe([stage])["server"]

    assert both.up
    assert ":" + ",".join(sorted(["aaaaaaaaaaaa", box["id"]])) + "@20" in both.build
    assert not one.up


def test_one_shot_is_done_when_it_ran_to_its_end(compose: Compose) -> None:
    """A one-shot service is BUILDING until its container has exited 0, then PASSED, all lines read."""
    stage = compose.service("migrate", lines=[[0.0, "begin"], [0.5, "migrated"]], ends=[0.5, 0])._replace(one_shot=True)
    attempt = compose.driver.trigger(stage)

    seen = watch(attempt, lambda s: s.last.phase is Phase.PASSED)

    assert seen.output.endswith(b"begin\nmigrated\n")
    assert {look.runtime for look in seen.looks} == {Runtime.NONE}
    assert attempt.observe().up
    assert compose.driver.observe([stage])["migrate"] == attempt.observe()


def test_one_shot_that_fails(compose: Compose) -> None:
    """A one-shot service that exits with an error is a failed build, its last lines read."""
    stage = compose.service("migrate", lines=[[0.2, "no such table"]], ends=[0.2, 3])._replace(one_shot=True)

    seen = watch(compose.driver.trigger(stage), lambda s: s.last.phase is Phase.FAILED)

    assert b"no such table" in seen.output
    assert '"ExitCode":3' in seen.last.reason


def test_service_that_ends_without_error_is_down(compose: Compose) -> None:
    """A service has to stay: exit code 0 is an end as well."""
    stage = compose.service("server", ends=[0.0, 0])

    seen = watch(compose.driver.trigger(stage), lambda s: s.last.runtime is Runtime.DOWN)

    assert "ran to its end" in seen.last.reason


def test_flood(compose: Compose) -> None:
    """200,000 lines arrive whole, once each and in order, and no look hands out more than its share."""
    stage = compose.service("server", flood=200_000)
    attempt = compose.driver.trigger(stage)

    seen = watch(attempt, lambda s: b"line 199999 of a flood\n" in s.output[-100:])

    lines = seen.output.split(b" Started\n")[1].splitlines()
    assert lines == [b"line %d of a flood" % number for number in range(200_000)]
    assert max(len(look.output) for look in seen.looks) <= 4 << 20


def test_close_ends_a_trigger_that_hangs(compose: Compose) -> None:
    """A hanging trigger and its helper, deaf to SIGTERM, are gone after close."""
    stage = compose.service("server", hang=True)
    attempt = compose.driver.trigger(stage)
    hanging = compose.root / "hanging.json"
    watch(attempt, lambda _: hanging.exists() and bool(hanging.read_text()))
    pids = json.loads(hanging.read_text())

    attempt.close()

    assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_close_ends_the_followed_log(compose: Compose) -> None:
    """Nothing of ours is left running after close; the service is."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    assert psutil.Process().children(recursive=True)

    attempt.close()

    assert not [child.pid for child in psutil.Process().children(recursive=True) if alive(child.pid)]
    assert compose.driver.observe([stage])["server"].up


def test_outage_is_unknown_and_not_drift(compose: Compose) -> None:
    """An engine that cannot be asked: unknown with its own words, and `open` says so in one line."""
    stage = compose.service("server")
    compose.outage()

    seen = compose.driver.observe([stage])["server"]

    assert seen.unknown
    assert not seen.up
    assert "Cannot connect to the Docker daemon" in seen.reason
    with pytest.raises(DriverUnavailable, match="Cannot connect to the Docker daemon") as raised:
        compose.driver.open([stage])
    assert "\n" not in str(raised.value)


def test_outage_while_watching_loses_the_build(compose: Compose) -> None:
    """An engine that dies after the build: runtime unknown first, then the build is lost."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)

    compose.outage()
    seen = watch(attempt, lambda s: s.last.phase is Phase.LOST)

    assert Runtime.UNKNOWN in {look.runtime for look in seen.looks if look.phase is Phase.PASSED}
    assert attempt.observe().unknown


def test_unknown_resource_is_named(compose: Compose) -> None:
    """Two services are known, the third is not: the fault names the stage and says so."""
    stages = [compose.service("client"), compose.service("server")]
    third = stages[0]._replace(name="ui", resource="uii")

    with pytest.raises(StageFault, match="no such service: uii") as raised:
        compose.driver.open([*stages, third])

    assert raised.value.stage == "ui"
    assert not compose.driver.observe([third])["ui"].up


def test_identity_changes_when_somebody_else_recreates(compose: Compose) -> None:
    """The same container is the same build, in a later run too; another container is not."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    kept = attempt.observe()
    later = driver_for(compose.root, compose_settings())
    assert later.observe([stage])["server"] == kept

    box = compose.state()["server"]
    compose.change(server={**box, "id": "bbbbbbbbbbbb"})

    assert later.observe([stage])["server"].build != kept.build
    seen = watch(attempt, lambda s: s.last.runtime is Runtime.DOWN)
    assert "took the place" in seen.last.reason


def test_a_restart_by_hand_is_another_start(compose: Compose) -> None:
    """`docker compose restart` keeps the container and its id; what runs then is not what was synced."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    kept = attempt.observe()
    later = driver_for(compose.root, compose_settings())
    box = compose.state()["server"]

    compose.change(server={**box, "at": box["at"] + 0.001})

    assert later.observe([stage])["server"].up
    assert later.observe([stage])["server"].build != kept.build


@pytest.mark.parametrize(
    ("started", "reason"),
    [
        (("true",), "`started` of server ended with exit code 0: it printed nothing"),
        (("false",), "`started` of server ended with exit code 1"),
        (("no-such-docker", "inspect"), "no-such-docker was not found"),
    ],
)
def test_a_start_that_cannot_be_told_is_not_up(compose: Compose, started: tuple[str, ...], reason: str) -> None:
    """What could not be told from a restart never counts as synced."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)

    seen = driver_for(compose.root, compose_settings(started=started)).observe([stage])["server"]

    assert not seen.up
    assert reason in seen.reason


def test_never_triggered_has_no_build(compose: Compose) -> None:
    """A service that others started is up and has no build of ours; one that does not exist is not up."""
    stage = compose.service("server")
    assert compose.driver.observe([stage])["server"].build == ""
    assert not compose.driver.observe([stage])["server"].up


def test_down_stops_what_was_triggered_and_nothing_else(compose: Compose) -> None:
    """Only stages that this driver started are stopped, and not what others put in their place."""
    ours, theirs, replaced = (compose.service(name) for name in ("server", "database", "ui"))
    for stage in (ours, replaced):
        attempt = compose.driver.trigger(stage)
        watch(attempt, lambda s: s.last.runtime is Runtime.UP)
        attempt.observe()
        attempt.close()
    box = compose.state()["server"]
    compose.change(database={**box, "id": "dddddddddddd"}, ui={**box, "id": "eeeeeeeeeeee"})

    said = compose.driver.down([ours, theirs, replaced])

    assert [line.partition(":")[0] for line in said] == ["server"]
    assert compose.state()["server"]["exit"]
    assert not compose.state()["database"]["exit"]
    assert not compose.state()["ui"]["exit"]
    assert compose.driver.down([ours]) == []


def test_down_of_a_stage_that_left_the_settings(compose: Compose) -> None:
    """Without stages all that is recorded is stopped, by the identity that was noted and no other."""
    for stage in (compose.service("server"), compose.service("ui")._replace(name="front")):
        attempt = compose.driver.trigger(stage)
        watch(attempt, lambda s: s.last.runtime is Runtime.UP)
        attempt.observe()
        attempt.close()
    compose.change(server={**compose.state()["server"], "id": "eeeeeeeeeeee"})

    said = compose.driver.down(())

    assert [line.partition(":")[0] for line in said] == ["front"]
    assert compose.state()["ui"]["exit"]
    assert not compose.state()["server"]["exit"]


def test_down_leaves_what_a_failed_sync_found_there(compose: Compose) -> None:
    """A trigger that failed brought nothing up: what others run stays, with the command that stops it."""
    stage = compose.service("server")
    box = {"id": "dddddddddddd", "at": time.time(), "lines": [], "flood": 0, "exit": None, "health": ""}
    (compose.root / "state.json").write_text(json.dumps({"server": box}))
    compose.service("server", build=["SyntaxError"], code=1)
    watch(compose.driver.trigger(stage), lambda s: s.last.phase is Phase.FAILED)
    driver = driver_for(compose.root, compose_settings())

    said = driver.down([stage])

    (line,) = said
    assert line.startswith("server: left server (dddddddddddd) running, for its sync failed before it was known")
    assert line.endswith("stop it with `docker compose stop server`")
    assert not compose.state()["server"]["exit"]


def test_down_stops_what_a_failed_sync_started(compose: Compose) -> None:
    """What came up and was never synced is ours, and so is the older one that a failed build left running."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    attempt.close()
    assert [line.partition(" with")[0] for line in compose.driver.down([stage])] == ["server: stopped server"]

    watch(compose.driver.trigger(stage), lambda s: s.last.runtime is Runtime.UP)
    compose.service("server", build=["SyntaxError"], code=1)
    for _ in range(2):
        watch(compose.driver.trigger(stage), lambda s: s.last.phase is Phase.FAILED)

    assert [line.partition(" with")[0] for line in compose.driver.down([stage])] == ["server: stopped server"]


def test_log_has_build_and_service(compose: Compose) -> None:
    """The saved log is the last trigger's output and what the engine still has."""
    stage = compose.service("server", build=["#1 building"], lines=[[0.0, "listening"]])
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)

    text = compose.driver.log(stage)

    assert text.startswith(b"#1 building\n")
    assert text.endswith(b"listening\n")


def test_doctor(compose: Compose) -> None:
    """Healthy: all well. In an outage: what was found, and a cure."""
    stage = compose.service("server")
    assert all(check.ok for check in compose.driver.doctor([stage]))

    compose.outage()
    wrong = [check for check in compose.driver.doctor([stage]) if not check.ok]

    assert [check.name for check in wrong] == ["status of server"]
    assert "Cannot connect" in wrong[0].found
    assert wrong[0].cure


def test_doctor_finds_what_a_removed_stage_left_running(compose: Compose) -> None:
    """A stage that left the settings and is up still: named with the cure, until it was stopped."""
    stage = compose.service("server")
    watch(compose.driver.trigger(stage), lambda s: s.last.runtime is Runtime.UP)

    def wrong() -> list[str]:
        return [check.found for check in compose.driver.doctor([]) if not check.ok]

    identity = compose.state()["server"]["id"]
    assert wrong() == [f'stage "server", which the settings no longer have, still runs ({identity})']
    compose.driver.down(())
    assert wrong() == []


def test_look_does_not_wait(compose: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    """No look sleeps or waits for a child, whatever the commands do."""
    stage = compose.service("server", hang=True)
    attempt = compose.driver.trigger(stage)

    def waited(*_: object, **__: object) -> None:
        raise AssertionError("a look waited")

    monkeypatch.setattr("subprocess.Popen.wait", waited)
    monkeypatch.setattr(time, "sleep", waited)
    for _ in range(100):
        assert attempt.look().phase in {Phase.QUEUED, Phase.BUILDING}
    monkeypatch.undo()


def test_missing_docker_fails_in_one_line(tmp_path: Path) -> None:
    """No docker: the trigger fails in one line that names it; observing is unknown."""
    gone = ("no-such-docker", *compose_settings().trigger[1:])
    settings = compose_settings(trigger=gone, status=("no-such-docker", "ps", "{resource}"))
    driver, stage = driver_for(tmp_path, settings), Stage("server", "server")

    look = driver.trigger(stage).look()

    assert look.phase is Phase.FAILED
    assert "no-such-docker was not found" in look.reason
    assert "\n" not in look.reason
    assert driver.observe([stage])["server"].unknown
    with pytest.raises(DriverUnavailable, match="no-such-docker"):
        driver.open([stage])


def test_killed_run_leaves_nothing_that_builds_on(compose: Compose) -> None:
    """The next trigger first ends the trigger that a killed run has left behind."""
    stage = compose.service("server", hang=True)
    left = compose.driver.trigger(stage)
    hanging = compose.root / "hanging.json"
    watch(left, lambda _: hanging.exists() and bool(hanging.read_text()))
    pids = json.loads(hanging.read_text())
    compose.service("server")

    attempt = driver_for(compose.root, compose_settings()).trigger(stage)

    assert eventually(lambda: not any(alive(pid) for pid in pids))
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    attempt.close()


def test_what_somebody_else_put_there_is_never_kept_as_ours(compose: Compose) -> None:
    """A container that was replaced between the last look and `observe` does not get our build's name."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    box = compose.state()["server"]
    compose.change(server={**box, "id": "bbbbbbbbbbbb"})

    seen = attempt.observe()

    assert not seen.up
    assert "took the place" in seen.reason


def test_down_in_an_outage_says_so(compose: Compose) -> None:
    """Nothing is reported as stopped, or passed over in silence, when the engine cannot be asked."""
    stage = compose.service("server")
    attempt = compose.driver.trigger(stage)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    compose.outage()

    with pytest.raises(DriverUnavailable, match="server cannot be stopped: Cannot connect"):
        compose.driver.down([stage])
