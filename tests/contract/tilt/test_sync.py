"""The scenarios of a sync, each against the scripted Tilt and, where one is on the PATH, the real one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Remedy
from pytest_syncguard.testing.tilt import Build, RealTilt, RunningTilt, Scenario, ScriptedTilt, Serve, hang, say, sleep
from pytest_syncguard.verdict import (
    COULD_NOT_CHECK,
    ERROR,
    OUT_OF_SYNC,
    SUCCESS,
    RemedyApplied,
    Result,
    Status,
    StepFinished,
    StepStarted,
)
from tests import engines
from tests.stack.lab import GOOD, NAMES, STAGES, UP, Lab, four, git, make_project, one_shot, resource, stage

MakeLab = Callable[..., Lab]
REPOSITORY = Path(__file__).resolve().parents[3]
SYNC = """
import sys
from pathlib import Path
from types import SimpleNamespace
from tests.stack.lab import Lab
lab = Lab(Path(sys.argv[1]), SimpleNamespace(port=int(sys.argv[2])))
sys.exit(not lab.sync().synced)
"""
BROKEN = Build((say("error[E0308]: mismatched types\n"), say("error: could not compile\n")), exit=101)


@pytest.fixture(params=["scripted", "real"])
def make_lab(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeLab]:
    """Start a Tilt that plays a scenario, in a project with a folder for each resource."""
    binary = engines.find("tilt")
    if request.param == "real":
        engines.need("tilt")
    started: list[RunningTilt] = []

    def make(scenario: Scenario | None = None, **more: object) -> Lab:
        scenario = scenario or four()
        root = make_project(tmp_path / "project", [each.name for each in scenario.resources])
        tilt = ScriptedTilt(scenario, root) if request.param == "scripted" else RealTilt(scenario, root, binary or "")
        started.append(tilt)
        tilt.start()
        for name in ("PATH", "TILT_HOST", "TILT_PORT", "TILT_DEV_DIR"):
            if name in tilt.env:
                monkeypatch.setenv(name, tilt.env[name])
        return Lab(root, tilt, **more)  # type: ignore[arg-type]

    yield make
    for tilt in started:
        tilt.close()


def reason(result: Result) -> str:
    """Why the run would stop."""
    assert not result.synced
    return result.unsynced[0].reason


def said(result: Result) -> str:
    """Everything that the block would show."""
    return "\n".join([reason(result), *map(str, result.unsynced[0].evidence)])


def test_all_good_syncs_everything_once(make_lab: MakeLab) -> None:
    """Four healthy stages are rebuilt in order; the second sync has nothing to do."""
    lab = make_lab()

    assert lab.sync().summary == SUCCESS
    assert lab.rebuilt() == list(NAMES)
    assert all(lab.truth().values())
    assert lab.sync().summary == SUCCESS
    assert lab.rebuilt() == []


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_failing_stage_stops_the_sync_and_is_named(make_lab: MakeLab, number: int) -> None:
    """Whichever stage fails: the ones before it are synced, none after it is triggered, its step is named."""
    name = NAMES[number - 1]
    bad = replace(four()[name], builds=(GOOD, BROKEN))
    lab = make_lab(four(**{name: bad}))

    result = lab.sync()

    assert reason(result) == f"Step {number} FAILED: {name} rebuild error"
    assert "error[E0308]: mismatched types" in said(result)
    assert result.summary == ERROR.format(number=number)
    assert result.exit_code == OUT_OF_SYNC
    assert lab.rebuilt() == list(NAMES[:number])
    log = next((lab.root / "logs").glob("sync-error-*.log"))
    assert "could not compile" in log.read_text()
    assert lab.planned()[:1] == [name]


def test_success_in_history_does_not_hide_a_failure(make_lab: MakeLab) -> None:
    """Trap 1: after one good build its success line stays in Tilt's log for ever."""
    lab = make_lab(four(server=resource("server", GOOD, GOOD, BROKEN)))
    assert lab.sync().synced
    lab.edit("server")

    result = lab.sync()

    assert reason(result) == "Step 2 FAILED: server rebuild error"
    assert not lab.truth()["server"]


def test_failure_in_history_does_not_hide_a_success(make_lab: MakeLab) -> None:
    """Trap 1, the other way round: an old error says nothing of the new build."""
    lab = make_lab(four(server=resource("server", GOOD, BROKEN, GOOD)))
    assert not lab.sync().synced

    assert lab.sync().synced
    assert all(lab.truth().values())


def test_the_old_process_that_keeps_serving_is_no_success(make_lab: MakeLab) -> None:
    """Trap 2: a failed rebuild leaves the old process up and Ready; the stage stays out of sync."""
    lab = make_lab(four(server=resource("server", GOOD, GOOD, Build((say("oh\n"),), exit=1))))
    assert lab.sync().synced
    lab.edit("server")

    assert not lab.sync().synced
    assert "server" in lab.planned()


def test_a_last_line_without_a_newline_is_read(make_lab: MakeLab) -> None:
    """Trap 3: what Tilt writes last has no newline at its end."""
    lab = make_lab(four(server=resource("server", GOOD, Build((say("all is well\nlistening, fatal: no"),), exit=1))))

    result = lab.sync()

    assert reason(result) == "Step 2 FAILED: server rebuild error"
    assert "fatal: no" in said(result)


def test_panic_after_success_within_settle_fails(make_lab: MakeLab) -> None:
    """Trap 4: a process prints its sign of success, then panics."""
    panics = Serve((say("listening\n"), sleep(0.3), say("thread 'main' panicked at src/main.rs:1\n")), exit=101)
    stages = tuple(each._replace(settle=1.5) if each.name == "server" else each for each in STAGES)
    lab = make_lab(four(server=resource("server", serve=(UP, panics))), stages=stages)

    result = lab.sync()

    assert reason(result) == "Step 2 FAILED: server rebuild error"
    assert "panicked" in said(result)


def test_panic_after_its_stage_was_done_fails_the_sync_and_names_the_step(make_lab: MakeLab) -> None:
    """A finished stage stays watched until the whole sync ends."""
    panics = Serve((say("listening\n"), sleep(2.5), say("thread 'main' panicked at src/main.rs:1\n")), exit=101)
    slow = Build((sleep(4), say("Finished\n")))
    lab = make_lab(
        four(server=resource("server", serve=(UP, panics)), internal=resource("internal", GOOD, slow)),
    )

    result = lab.sync()

    assert reason(result) == "Step 2 FAILED: server error after it was synced"
    assert result.summary == ERROR.format(number=2)


def test_the_old_runtime_status_is_not_taken_for_the_new_one(make_lab: MakeLab) -> None:
    """Trap 5: right after a good build, runtime status ok still tells of the old process."""
    silent = Serve((sleep(1.0), say("listening\n")))
    lab = make_lab(four(server=resource("server", serve=(UP, silent))))

    assert lab.sync().synced
    assert lab.truth()["server"]


def test_a_build_that_ran_already_when_triggered_is_not_ours(make_lab: MakeLab) -> None:
    """Trap 6: its sources may be older than the trigger; the one that Tilt queues behind it counts."""
    slow = Build((sleep(1.0), say("Finished\n")))
    lab = make_lab(four(client=one_shot("client", GOOD, slow)))
    lab.tilt.trigger("client")
    lab.tilt.wait_until("client", lambda status: bool(status.get("currentBuild")))
    lab.edit("client")

    assert lab.sync().synced
    assert lab.truth()["client"]
    assert len(lab.tilt.builds("client")) == 3


def test_innocent_words_are_no_errors(make_lab: MakeLab) -> None:
    """Trap 7: thiserror, 0 errors and error_handler.rs contain "error" and are no errors."""
    lines = "Compiling thiserror v1.0.40\nsrc/error_handler.rs ok\n0 errors, 0 failed\nFinished\n"
    lab = make_lab(four(client=one_shot("client", Build((say(lines),)))))

    assert lab.sync().synced


def test_an_error_in_two_pieces_is_an_error(make_lab: MakeLab) -> None:
    """Tilt hands on what a build has written so far, be it half a line; and its rest as a line of its own."""
    steps = (say("x.c:3: err"), sleep(0.8), say("or: expected ';'\n"), say("note\n", repeat=500), say("Finished\n"))
    lab = make_lab(Scenario((one_shot("client", GOOD, Build(steps)),)), stages=STAGES[:1])

    result = lab.sync()

    assert reason(result) == "Step 1 FAILED: client rebuild error"
    assert "x.c:3: error: expected ';'" in said(result)
    assert lab.planned() == ["client"]


def test_an_error_in_two_pieces_is_cured_by_its_remedy(make_lab: MakeLab) -> None:
    """What is cured is the error on the whole line."""
    pieces = Build((say("error TS26"), sleep(0.8), say("88: Cannot find type\n")), exit=2)
    lab = make_lab(Scenario((one_shot("client", GOOD, pieces, GOOD),)), stages=CURABLE)

    assert lab.sync().synced
    assert (lab.root / "cured").exists()


def test_a_sign_of_success_in_two_pieces_counts(make_lab: MakeLab) -> None:
    """Of a build and of a process."""
    build = Build((say("Fini"), sleep(0.4), say("shed\n")))
    process = Serve((say("server is listen"), sleep(0.4), say("ing on 8080\n")))
    lab = make_lab(four(client=one_shot("client", GOOD, build), server=resource("server", serve=(UP, process))))

    assert lab.sync().synced
    assert lab.planned() == []


def test_innocent_words_in_two_pieces_are_no_errors(make_lab: MakeLab) -> None:
    """Whichever piece looks like one, and however long the other is waited for."""
    steps = (say("0 "), sleep(1.3), say("errors\nsrc/"), sleep(0.5), say("error"), sleep(1.5), say("_handler.rs ok\n"))
    build = Build((*steps, say("Finished\n")))
    lab = make_lab(Scenario((one_shot("client", GOOD, build),)), stages=STAGES[:1])

    assert lab.sync().synced
    assert lab.planned() == []


def test_a_process_that_tilt_lost_sight_of_is_up(make_lab: MakeLab) -> None:
    """Tilt may miss that its process is up: the command that is the process tells it, then and in later plans."""
    unnoticed = Serve((say("listening\n"),), unnoticed=True)
    lab = make_lab(Scenario((resource("server", serve=(UP, unnoticed)),)), stages=(stage("server"),))

    assert lab.sync().synced
    assert lab.truth()["server"]
    assert lab.planned() == []

    lab.tilt.crash("server")
    lab.tilt.wait_until("server", lambda status: status["runtimeStatus"] == "error")
    assert lab.planned() == ["server"]


def test_a_broken_tiltfile_is_told(make_lab: MakeLab) -> None:
    """Trap 8: after a syntax error Tilt goes on with the resources of the old Tiltfile."""
    lab = make_lab()
    lab.tilt.break_tiltfile()
    lab.tilt.wait_until("(Tiltfile)", lambda status: status["updateStatus"] == "error")

    result = lab.sync()

    assert "the Tiltfile is broken" in reason(result)
    assert lab.rebuilt() == []


def test_a_resource_that_was_never_built_is_built(make_lab: MakeLab) -> None:
    """Trap 9: a manual resource without a first build has neither history nor statuses."""
    lab = make_lab(four(server=resource("server", auto_init=False)))

    assert lab.planned() == list(NAMES)
    assert lab.sync().synced
    assert all(lab.truth().values())


def test_a_one_shot_is_done_without_running(make_lab: MakeLab) -> None:
    """Trap 10: a resource that serves nothing never becomes running; its good build is its success."""
    scenario = Scenario((one_shot("client"),))
    lab = make_lab(scenario, stages=(stage("client")._replace(one_shot=False),))

    assert lab.sync().synced
    assert lab.planned() == []


def test_a_build_that_hangs_times_out(make_lab: MakeLab) -> None:
    """Time over is a failure that says so."""
    stages = tuple(each._replace(timeout=1.5) if each.name == "client" else each for each in STAGES)
    lab = make_lab(four(client=one_shot("client", GOOD, Build((say("working\n"), hang())))), stages=stages)

    result = lab.sync()

    assert reason(result) == "Step 1 FAILED: client timeout - build did not complete"


@pytest.mark.parametrize("blocked", ["client", "server"])
def test_a_build_that_hangs_is_named_to_whoever_waits_for_it(make_lab: MakeLab, blocked: str) -> None:
    """Tilt builds one after the other: who is queued behind an older build learns which it is, and since when."""
    stages = tuple(each._replace(timeout=1.5) for each in STAGES)
    lab = make_lab(four(client=one_shot("client", GOOD, Build((say("working\n"), hang())), GOOD)), stages=stages)
    assert not lab.sync("client").synced
    older = lab.tilt.resource("client")["status"]["currentBuild"]

    result = lab.sync(blocked)

    since = datetime.fromisoformat(older["startTime"]).astimezone().strftime("%H:%M:%S")
    number = NAMES.index(blocked) + 1
    assert reason(result) == f"Step {number} FAILED: {blocked} timeout - build did not complete"
    assert f"queued: behind {older['spanID']} of client, which has run since {since}; stop that in Tilt" in said(result)


def test_a_good_exit_without_a_sign_is_doubt(make_lab: MakeLab) -> None:
    """No explicit success: failure, with the last lines."""
    lab = make_lab(four(client=one_shot("client", GOOD, Build((say("did something\n"),)))))

    result = lab.sync()

    assert reason(result) == "Step 1 FAILED: client: Uncertain if step completed - stopping for safety"
    assert "did something" in said(result)


def test_the_echo_of_a_command_is_no_sign(make_lab: MakeLab) -> None:
    """Tilt echoes each command before it runs it: a sign of success in there says nothing."""
    silent = Build((say("did something\n"),))
    lab = make_lab(four(client=one_shot("client", GOOD, silent, cmd="make && echo Finished")))

    assert not lab.sync().synced


TS2688 = Build((say("error TS2688: Cannot find type definition file for 'node'.\nnpm error code 2\n"),), exit=2)
REMEDY = Remedy("TS2688|Cannot find type definition file", ("touch", "cured"), wait=0.1)
CURABLE = (stage("client", remedies=(REMEDY,)),)


def test_a_known_error_is_cured_once(make_lab: MakeLab) -> None:
    """TS2688, cured by its remedy: the stage is triggered again and synced."""
    lab = make_lab(Scenario((one_shot("client", GOOD, TS2688, GOOD),)), stages=CURABLE)

    assert lab.sync().synced
    assert (lab.root / "cured").exists()
    assert sum(isinstance(event, RemedyApplied) for event in lab.events) == 1


def test_an_error_that_stays_after_its_remedy_is_a_failure(make_lab: MakeLab) -> None:
    """TS2688 that comes back: one try, then failure."""
    lab = make_lab(Scenario((one_shot("client", GOOD, TS2688),)), stages=CURABLE)

    result = lab.sync()

    assert reason(result) == "Step 1 FAILED: client rebuild error"
    assert len(lab.tilt.builds("client")) == 3


def test_a_missing_script_stops_at_once(make_lab: MakeLab) -> None:
    """npm's missing script has no cure, whatever the remedies match."""
    missing = Build((say('npm error Missing script: "build"\n'),), exit=1)
    remedy = REMEDY._replace(match="npm error")
    lab = make_lab(Scenario((one_shot("client", GOOD, missing),)), stages=(stage("client", remedies=(remedy,)),))

    assert reason(lab.sync()) == "Step 1 FAILED: client rebuild error"
    assert not (lab.root / "cured").exists()


def test_no_tilt_is_an_outage_and_not_drift(make_lab: MakeLab) -> None:
    """Nothing answers: unknown, with the cure."""
    lab = make_lab()
    lab.tilt.close()

    result = lab.sync()

    assert result.exit_code == COULD_NOT_CHECK
    assert "start it with tilt up" in reason(result)
    assert {verdict.status for verdict in lab.plan().verdicts} == {Status.UNKNOWN}


def test_an_unknown_resource_is_named_with_those_there_are(make_lab: MakeLab) -> None:
    """A stage whose resource Tilt does not have."""
    lab = make_lab(stages=(*STAGES[:1], stage("server", resource="sevrer")))

    result = lab.sync()

    assert 'Tilt has no resource "sevrer" (it has: client, internal, server, ui)' in reason(result)
    assert result.exit_code == OUT_OF_SYNC


def test_a_disabled_resource_is_named(make_lab: MakeLab) -> None:
    """A resource that is switched off cannot be synced."""
    lab = make_lab()
    lab.tilt.disable("server")

    assert 'resource "server" is disabled in Tilt' in reason(lab.sync())


def test_tilt_killed_while_building_is_an_outage(make_lab: MakeLab) -> None:
    """The build is lost; nothing is synced, and the verdict does not blame the sources."""
    lab = make_lab(four(server=resource("server", GOOD, Build((say("working\n"), sleep(30))))))
    killer = threading.Timer(2.0, lab.tilt.kill)
    killer.start()

    result = lab.sync()
    killer.join()

    assert result.exit_code == COULD_NOT_CHECK
    assert reason(result).startswith(("Step 1 UNKNOWN", "Step 2 UNKNOWN"))


def test_a_restarted_tilt_is_synced_again(make_lab: MakeLab) -> None:
    """Another session: what ran before does not run any more."""
    lab = make_lab()
    assert lab.sync().synced

    lab.tilt.restart()

    assert lab.planned() == list(NAMES)
    assert lab.sync().synced
    assert all(lab.truth().values())


def test_a_build_started_by_a_file_change_during_the_sync(make_lab: MakeLab) -> None:
    """The edit makes Tilt build by itself: whatever happens in between, in the end the truth is synced."""
    slow = Build((sleep(0.8), say("Finished\n")))
    ui = resource("ui", GOOD, slow, auto=True, deps=("ui/source.txt",))
    lab = make_lab(four(ui=ui))
    watcher = threading.Thread(target=_edit_when_building, args=(lab, "ui"))
    watcher.start()

    result = lab.sync()
    watcher.join()

    assert result.synced
    assert all(lab.truth().values())


def _edit_when_building(lab: Lab, name: str) -> None:
    before = len(lab.tilt.builds(name))
    for _ in range(400):
        if len(lab.tilt.builds(name)) > before:
            break
        time.sleep(0.02)
    lab.edit(name, "edited while it was built\n")
    lab.tilt.rebuild(name, "ui/source.txt")


def test_two_hundred_thousand_lines_hide_nothing(make_lab: MakeLab) -> None:
    """A flood of lines is read through; the failure behind it is found."""
    flood = Build(
        (say("Compiling thiserror v1.0.40 (error_handler.rs)\n", repeat=200_000), say("fatal: lost\n")), exit=1
    )
    lab = make_lab(Scenario((one_shot("client", GOOD, flood),)), stages=(stage("client", timeout=60.0),))

    result = lab.sync()

    assert reason(result) == "Step 1 FAILED: client rebuild error"
    assert "fatal: lost" in said(result)


def test_colours_and_bad_bytes_do_not_disturb(make_lab: MakeLab) -> None:
    """The sign is found through colours, carriage returns and bytes that are no text."""
    odd = Build(
        (
            say(b"\xff\xfe\x00 bytes\n"),
            say("\x1b[31mred\x1b[0m\rprogress 10%\r"),
            say("\x1b[1mFin\x1b[32mished\x1b[0m\n"),
        )
    )
    lab = make_lab(four(client=one_shot("client", GOOD, odd)))

    assert lab.sync().synced


def test_two_syncs_at_once_build_once(make_lab: MakeLab) -> None:
    """One syncs, the other waits, saying for whom, and then finds it synced."""
    lab = make_lab(four(client=one_shot("client", GOOD, Build((sleep(0.5), say("Finished\n"))))))
    other = Lab(lab.root, lab.tilt)
    results: list[Result] = []
    threads = [threading.Thread(target=lambda each=each: results.append(each.sync())) for each in (lab, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [result.synced for result in results] == [True, True]
    assert sorted([lab.rebuilt(), other.rebuilt()]) == [[], list(NAMES)]
    assert {len(lab.tilt.builds(name)) for name in NAMES} == {2}


def test_only_what_changed_is_rebuilt_with_what_needs_it(make_lab: MakeLab) -> None:
    """The server alone; the client with the UI, which needs it."""
    lab = make_lab()
    assert lab.sync().synced

    lab.edit("server")
    assert lab.planned() == ["server"]
    lab.edit("client")
    assert lab.planned() == ["client", "server", "ui"]

    assert lab.sync().synced
    assert lab.rebuilt() == ["client", "server", "ui"]
    assert all(lab.truth().values())


def test_committing_an_edit_rebuilds_nothing(make_lab: MakeLab) -> None:
    """The content counts, not where git keeps it."""
    lab = make_lab()
    lab.edit("server")
    assert lab.sync().synced

    git(lab.root, "commit", "--quiet", "--all", "--message", "edit")

    assert lab.planned() == []


def test_a_service_killed_after_a_sync_is_noticed(make_lab: MakeLab) -> None:
    """The ledger says synced; the driver says that nothing runs."""
    lab = make_lab()
    assert lab.sync().synced

    lab.tilt.crash("server")
    lab.tilt.wait_until("server", lambda status: status["runtimeStatus"] == "error")

    assert lab.planned() == ["server"]
    assert lab.sync().synced
    assert all(lab.truth().values())


def test_somebody_elses_rebuild_is_noticed(make_lab: MakeLab) -> None:
    """Another build runs than the one that was synced, of whatever sources: synced again."""
    lab = make_lab()
    assert lab.sync().synced
    lab.tilt.trigger("server")
    lab.tilt.wait_idle()

    assert lab.planned() == ["server"]
    assert lab.plan().steps[0].reason.startswith("server is stale: Tilt built it again at ")


def test_force_rebuilds_what_is_synced(make_lab: MakeLab) -> None:
    """--sync-force."""
    lab = make_lab()
    assert lab.sync().synced

    assert lab.sync("server", force=True).synced
    assert lab.rebuilt() == ["server"]


def test_independent_stages_side_by_side(make_lab: MakeLab) -> None:
    """--sync-jobs 2: server and internal overlap, the UI comes after both."""
    slow = Build((sleep(1.0), say("Finished\n")))
    lab = make_lab(
        four(
            server=resource("server", GOOD, slow, allow_parallel=True),
            internal=resource("internal", GOOD, slow, allow_parallel=True),
        )
    )

    assert lab.sync(jobs=2).synced

    steps = (event for event in lab.events if isinstance(event, StepStarted | StepFinished))
    order = [(type(event).__name__, event.step.target.name) for event in steps]
    assert order.index(("StepStarted", "internal")) < order.index(("StepFinished", "server"))
    assert order.index(("StepStarted", "ui")) > order.index(("StepFinished", "internal"))
    assert all(lab.truth().values())


def test_a_tilt_of_another_checkout_is_not_ours(make_lab: MakeLab, tmp_path: Path) -> None:
    """A second work tree, the same port: what that Tilt builds are other sources, so nothing is known of ours."""
    lab = make_lab()
    assert lab.sync().synced
    other = Lab(make_project(tmp_path / "second work tree"), lab.tilt)

    assert {verdict.status for verdict in other.plan().verdicts} == {Status.UNKNOWN}
    result = other.sync()
    assert result.exit_code == COULD_NOT_CHECK
    assert "which is not of this project" in reason(result)
    assert lab.planned() == []


def test_a_changed_tiltfile_makes_stages_stale(make_lab: MakeLab) -> None:
    """The Tiltfile says how things are built: what was built by an older one is not in sync."""
    lab = make_lab()
    assert lab.sync().synced

    lab.tilt.break_tiltfile()
    lab.tilt.wait_until("(Tiltfile)", lambda status: status["updateStatus"] == "error")

    assert lab.planned() == list(NAMES)
    assert "the Tiltfile is broken" in lab.plan().verdicts[0].reason


def test_the_state_folder_hides_itself_from_git(make_lab: MakeLab) -> None:
    """Nobody has to be told not to commit it."""
    lab = make_lab()
    (lab.root / ".gitignore").unlink()
    assert lab.sync().synced

    shown = subprocess.run(["git", "status", "--porcelain"], cwd=lab.root, capture_output=True, text=True, check=True)

    assert ".syncguard" not in shown.stdout


def test_a_sync_under_way_is_called_so(make_lab: MakeLab) -> None:
    """Who looks meanwhile learns who is syncing, not that something went wrong."""
    lab = make_lab(four(client=one_shot("client", GOOD, Build((sleep(1.5), say("Finished\n"))))))
    syncing = subprocess.Popen([sys.executable, "-c", SYNC, str(lab.root), str(lab.tilt.port)], cwd=REPOSITORY)
    said = ""
    for _ in range(300):
        said = lab.plan().verdicts[0].reason
        if "being rebuilt" in said:
            break
        time.sleep(0.02)
    assert syncing.wait(60) == 0

    assert said.startswith(f"client is stale: it is being rebuilt by pid {syncing.pid} (")
    assert lab.planned() == []
