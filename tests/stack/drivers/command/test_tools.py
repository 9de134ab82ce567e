"""Other tools behind the same driver: systemd by the recipe of the manual, and one that can only be polled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import CommandSettings, Stage
from pytest_syncguard.stack.drivers.base import Phase, Runtime
from pytest_syncguard.stack.drivers.command import CommandDriver
from tests.stack.drivers.command.project import driver_for, recipe, tool, watch

SYSTEMCTL = """
import json, os, pathlib, secrets, sys, time
unit, verb = sys.argv[-1], sys.argv[1]
path = pathlib.Path(f"{unit}.json")
state = json.loads(path.read_text()) if path.exists() else {}
if verb == "restart":
    plan = json.loads(pathlib.Path("plan.json").read_text())
    journal = pathlib.Path("journal.json")
    lines = json.loads(journal.read_text()) if journal.exists() else []
    new = secrets.token_hex(16)
    lines += [[time.time(), state.get("id", ""), "error: shutting down"]]
    lines += [[time.time(), new, line] for line in plan["lines"]]
    journal.write_text(json.dumps(lines))
    path.write_text(json.dumps({"id": new, "active": plan["active"], "sub": plan["sub"]}))
    if plan["active"] == "failed":
        sys.exit(f"Job for {unit}.service failed.")
else:
    assert sys.argv[1:3] == ["show", "--property=LoadState,ActiveState,SubState,InvocationID"], sys.argv
    found = unit in ("web", "job")
    print("LoadState=" + ("loaded" if found else "not-found"))
    print("ActiveState=" + state.get("active", "inactive"))
    print("SubState=" + state.get("sub", "dead"))
    print("InvocationID=" + state.get("id", ""))
"""

JOURNALCTL = """
import json, pathlib, sys, time
options = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
shown = 0
while True:
    lines = json.loads(pathlib.Path("journal.json").read_text())
    due = [
        text for at, id, text in lines
        if id == options["_SYSTEMD_INVOCATION_ID"]
    ]
    sys.stdout.write("".join(line + "\\n" for line in due[shown:]))
    sys.stdout.flush()
    shown = len(due)
    if "--follow" not in sys.argv:
        break
    time.sleep(0.02)
"""

SYSTEMD = recipe("systemd")._replace(poll=0.05)
WEB = Stage(name="web", resource="web")


@pytest.fixture
def systemd(tmp_path: Path, bin_folder: Path) -> CommandDriver:
    tool(bin_folder, "systemctl", SYSTEMCTL)
    tool(bin_folder, "journalctl", JOURNALCTL)
    return driver_for(tmp_path, SYSTEMD)


def plan(root: Path, *lines: str, active: str = "active", sub: str = "running") -> None:
    (root / "plan.json").write_text(json.dumps({"lines": lines, "active": active, "sub": sub}))


def test_unit_restarts(tmp_path: Path, systemd: CommandDriver) -> None:
    """The new invocation's lines alone: the predecessor's words at its end are not this build's."""
    plan(tmp_path, "listening")
    systemd.open([WEB])
    first = systemd.trigger(WEB)
    watch(first, lambda s: s.last.runtime is Runtime.UP and b"listening" in s.output)
    old = first.observe()
    first.close()

    plan(tmp_path, "listening again")
    second = systemd.trigger(WEB)
    seen = watch(second, lambda s: s.last.runtime is Runtime.UP and b"again" in s.output)

    assert seen.output == second.tail(100) == b"listening again\n"
    assert second.observe().up
    assert second.observe().build != old.build
    systemd.close()


def test_unit_that_fails(tmp_path: Path, systemd: CommandDriver) -> None:
    """A restart that fails is a failed build, with systemctl's own words."""
    plan(tmp_path, active="failed")

    seen = watch(systemd.trigger(WEB), lambda s: s.last.phase is Phase.FAILED)

    assert seen.last.reason.endswith("Job for web.service failed.")
    systemd.close()


def test_one_shot_unit_is_done_when_its_start_has_ended(tmp_path: Path, systemd: CommandDriver) -> None:
    """With its own words and no others; it stays synced until the next one."""
    plan(tmp_path, "bundled", sub="exited")
    stage = Stage(name="job", resource="job", one_shot=True)
    systemd.open([stage])
    attempt = systemd.trigger(stage)

    seen = watch(attempt, lambda s: s.last.phase is Phase.PASSED)
    kept = attempt.observe()
    attempt.close()

    assert seen.output == b"bundled\n"
    assert kept.up
    assert systemd.observe([stage])["job"] == kept
    again = systemd.trigger(stage)
    watch(again, lambda s: s.last.phase is Phase.PASSED)
    assert systemd.observe([stage])["job"].build != kept.build
    systemd.close()


def test_unit_that_does_not_exist(systemd: CommandDriver) -> None:
    """`unknown` over the status names the stage that the engine does not know."""
    with pytest.raises(SyncguardError, match="the engine knows no nope: LoadState=not-found"):
        systemd.open([WEB, Stage(name="third", resource="nope")])


OLDTOOL = """
import pathlib, sys
log, plan, status = (pathlib.Path(name) for name in ("tool.log", "tool.plan", "tool.status"))
if sys.argv[1] == "build":
    words = plan.read_text()
    log.open("a").write(words)
    status.write_text("running" if "ready" in words else "broken")
elif sys.argv[1] == "log":
    sys.stdout.write("".join(log.read_text().splitlines(True)[-8:]) if log.exists() else "")
else:
    print(status.read_text() if status.exists() else "")
"""
POLLED = CommandSettings(
    trigger=("oldtool", "build"),
    logs=("oldtool", "log"),
    appends=True,
    status=("oldtool", "status"),
    up="running",
    failed="broken",
    poll=0.02,
)
APP = Stage(name="app", resource="app")


@pytest.fixture
def polled(tmp_path: Path, bin_folder: Path) -> CommandDriver:
    tool(bin_folder, "oldtool", OLDTOOL)
    return driver_for(tmp_path, POLLED)


def test_polled_log_leaves_out_what_was_there(tmp_path: Path, polled: CommandDriver) -> None:
    """Only what came after the trigger is told, each line once, though the tool cuts its log to 8 lines."""
    (tmp_path / "tool.log").write_text("old 1\nold 2\nready\nerror: old\n")
    (tmp_path / "tool.plan").write_text("new 1\nnew 2\nnew 3\nready\n")
    attempt = polled.trigger(APP)

    seen = watch(attempt, lambda s: s.last.runtime is Runtime.UP and b"ready" in s.output)
    with (tmp_path / "tool.log").open("a") as log:
        log.write("late 1\nlate 2\n")
    late = watch(attempt, lambda s: b"late 2" in s.output)

    assert seen.output == b"new 1\nnew 2\nnew 3\nready\n"
    assert late.output == b"late 1\nlate 2\n"
    assert attempt.tail(3) == b"ready\nlate 1\nlate 2\n"
    polled.close()


def test_polled_success_in_history_then_failure(tmp_path: Path, polled: CommandDriver) -> None:
    """An old success line is not told again; the new failure is, before the service counts as down."""
    (tmp_path / "tool.plan").write_text("ready\n")
    first = polled.trigger(APP)
    watch(first, lambda s: s.last.runtime is Runtime.UP)
    first.close()
    (tmp_path / "tool.plan").write_text("error: no cheese\n")

    seen = watch(polled.trigger(APP), lambda s: s.last.runtime is Runtime.DOWN)

    assert seen.output == b"error: no cheese\n"
    assert "broken" in seen.last.reason
    polled.close()


def test_polled_log_that_fails_says_so(tmp_path: Path, polled: CommandDriver, bin_folder: Path) -> None:
    """A log command that fails is named in the reason, and half a log is never taken."""
    (tmp_path / "tool.plan").write_text("ready\n")
    tool(bin_folder, "oldtool", OLDTOOL.replace("sys.stdout.write(", 'print("half"); sys.exit("no tape"); ('))

    attempt = polled.trigger(APP)
    seen = watch(attempt, lambda s: "no tape" in s.last.reason)

    assert b"half" not in seen.output
    polled.close()


def test_unreadable_history_fails_the_trigger(tmp_path: Path, polled: CommandDriver, bin_folder: Path) -> None:
    """When an outage hides what is old, nothing is built: what is new could not be told from it."""
    tool(bin_folder, "oldtool", 'import sys; sys.exit("connection refused")')

    seen = watch(polled.trigger(APP), lambda s: s.last.phase is Phase.FAILED)

    assert "connection refused" in seen.last.reason
    assert not (tmp_path / ".syncguard/command/app.log").exists()
    polled.close()


def test_trigger_that_leaves_a_service_behind(tmp_path: Path, bin_folder: Path) -> None:
    """A service that inherits the trigger's output outlives close, and may go on writing to it."""
    import os
    import signal

    tool(
        bin_folder,
        "starter",
        "import subprocess, sys\n"
        "code = 'import time\\nwhile True: print(1, flush=True); time.sleep(0.01)'\n"
        "child = subprocess.Popen([sys.executable, '-SEc', code], start_new_session=True)\n"
        "open('pid', 'w').write(str(child.pid))",
    )
    settings = CommandSettings(trigger=("starter",), status=("cat", "pid"), up=r"\d+", poll=0.02)
    driver = driver_for(tmp_path, settings)
    attempt = driver.trigger(APP)
    watch(attempt, lambda s: s.last.runtime is Runtime.UP)
    pid = int((tmp_path / "pid").read_text())
    attempt.close()
    log = tmp_path / ".syncguard/command/app.log"

    size = log.stat().st_size
    try:
        from tests.stack.drivers.command.project import eventually

        assert eventually(lambda: log.stat().st_size > size)
    finally:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trigger": ()}, r"stack\.command\.trigger is missing"),
        ({"logs": ("journalctl", "-f")}, r"stack\.command\.logs is followed and names none of"),
        ({"logs": ("cat", "log"), "follow": False}, r"stack\.command\.logs names none of .* or appends = true"),
        ({"tail": ("journalctl", "-n{tail}")}, r"stack\.command\.tail names none of"),
        ({"up": ""}, r"stack\.command\.status and \.up are needed to see that web is up"),
    ],
)
def test_settings_that_do_not_fit(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    """Settings by which old text would count, or nothing could be seen, are refused in one line."""
    command = SYSTEMD._replace(**changes)  # type: ignore[arg-type]

    with pytest.raises(SyncguardError, match=message) as raised:
        driver_for(tmp_path, command).open([WEB])

    assert "\n" not in str(raised.value)
    assert not driver_for(tmp_path, command).doctor([WEB._replace(resource="web")])[0].ok


def test_bad_expression_is_named(tmp_path: Path) -> None:
    """A bad expression is told with its key, what is wrong, and where."""
    with pytest.raises(SyncguardError, match=r"stack\.command\.failed .*unterminated.* at position 3"):
        driver_for(tmp_path, SYSTEMD._replace(failed="(a|(b"))


def test_read_only_project(tmp_path: Path) -> None:
    """A state folder that cannot be made: one line that names it."""
    (tmp_path / ".syncguard").write_text("a file where the folder should be")

    with pytest.raises(SyncguardError, match=r"\.syncguard.*cannot be written"):
        driver_for(tmp_path, SYSTEMD).trigger(WEB)
