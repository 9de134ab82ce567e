"""``syncguard sync``: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect

from tests.cli.project import COMMAND, ERROR, SETTINGS, SUCCESS, Project

OUT = "correct it or take it out of plugins"


def test_says_little_when_all_is_well(project: Project) -> None:
    """In a pipe a line when a stage begins and one when it ends; the last line is the one that scripts read."""
    done = project.run("sync")

    assert done.code == 0
    assert done.err == ""
    assert done.lines[0] == "stack: 2 of 2 to bring in sync"
    assert [line.partition(" in ")[0] for line in done.lines[1:-1]] == [
        "  1. client: rebuild (client was never synced here)",
        "  1. client: synced",
        "  2. server: rebuild (server was never synced here)",
        "  2. server: synced",
    ]
    assert done.lines[-1] == SUCCESS


def test_says_one_line_when_there_was_nothing_to_do(project: Project) -> None:
    """A stack in sync is not built again."""
    project.run("sync")
    done = project.run("sync")

    assert (done.code, done.lines) == (0, [SUCCESS])
    assert (project.root / "shelf/builds").read_text() == "2"


def test_builds_only_what_an_edit_touches(project: Project) -> None:
    """A stage that nothing of changed, and that needs nothing that did, is left alone."""
    project.run("sync")
    project.write("server/source", "2")
    done = project.run("sync")

    assert done.code == 0
    assert done.lines[0] == "stack: 1 of 2 to bring in sync"
    assert (project.root / "shelf/builds").read_text() == "3"


def test_force_builds_everything_again(project: Project) -> None:
    """--force leaves nothing as it is."""
    project.run("sync")
    done = project.run("sync", "--force")

    assert (done.code, done.lines[-1]) == (0, SUCCESS)
    assert (project.root / "shelf/builds").read_text() == "4"


def test_names_bring_what_they_need_and_no_more(project: Project) -> None:
    """A named stage is synced with the stages that it needs."""
    done = project.run("sync", "client")

    assert done.code == 0
    assert (project.root / "shelf/builds").read_text() == "1"
    assert project.run("status", "client").code == 0
    assert project.run("status", "stack:server").code == 2


def test_what_was_not_asked_for_is_told_above_the_last_line(project: Project) -> None:
    """SUCCESS speaks of what was named: whoever reads it hears what was not looked at."""
    part = project.run("sync", "client")
    whole = project.run("sync", "server")
    project.write("client/source", "2")
    project.write("shelf/client.log", "error: no\n")

    assert part.lines[-2:] == ["asked for: client; not looked at: server", SUCCESS]
    assert (whole.lines[-1], "asked for" in whole.out) == (SUCCESS, False)
    assert project.run("sync", "stack:client").lines[-2:] == [
        "asked for: client; not looked at: server",
        ERROR.format(1),
    ]
    assert project.run("sync", "client", "--json").json["not_asked"] == ["stack:server"]
    assert project.run("sync", "--json").json["not_asked"] == []


def test_what_needs_a_failed_stage_is_told_in_the_words_of_status(project: Project) -> None:
    """Whatever it was before: nothing is recorded of the other any more."""
    project.run("sync")
    project.write("client/source", "2")
    project.write("shelf/client.end", "failed")
    failed, status = project.run("sync", "--json").json, project.run("status", "--json").json

    said = "server is stale: client, which it needs, is not synced"
    assert [each["targets"][1]["reason"] for each in (failed, status)] == [said, said]


def test_a_failure_names_step_error_log_and_what_to_run_next(project: Project) -> None:
    """The block stands before the last line, which names the step; the full log is kept."""
    project.write("shelf/server.log", "building server\nerror: cannot find crate `serde`\nserver is ready\n")
    project.write("shelf/server.end", "failed")
    done = project.run("sync")

    assert done.code == 2
    assert done.err == ""
    assert done.lines[-1] == ERROR.format(2)
    assert "Step 2 FAILED: server rebuild error" in done.lines
    assert any("error: cannot find crate `serde`" in line for line in done.lines)
    assert "  next: syncguard logs server" in done.lines
    kept = next(line.removeprefix("  full log: ") for line in done.lines if line.startswith("  full log: "))
    assert Path(kept).parent == Path("logs")  # from where the user is
    assert "error: cannot find crate" in Path(kept).read_text()


def test_status_tells_the_error_of_a_failed_sync(project: Project) -> None:
    """Its first line, without opening a log."""
    project.write("shelf/server.log", "building server\nerror: cannot find crate `serde`\n" + "error: more\n" * 9)
    project.write("shelf/server.end", "failed")
    project.run("sync")
    said = "the last sync of server failed: rebuild error; first error: error: cannot find crate `serde`"

    assert f"server  failed    {said}" in project.run("status").lines
    assert f"  2. server: rebuild ({said})" in project.run("plan").lines


def test_the_first_error_of_a_traceback_is_its_exception(project: Project) -> None:
    """In each place where one line of it is told."""
    traceback = 'Traceback (most recent call last):\n  File "a.py", line 3, in b\n    c()\nValueError: no port\n'
    project.write("shelf/server.log", f"building server\n{traceback}")
    project.write("shelf/server.end", "failed")
    sync, status = project.run("sync", "--json").json, project.run("status", "--json").json
    plan = project.run("plan").lines

    assert (
        plan[-1]
        == "  2. server: rebuild (the last sync of server failed: rebuild error; first error: ValueError: no port)"
    )
    assert sync["steps"][-1]["first_error"] == "ValueError: no port"
    assert [each["targets"][1]["first_error"] for each in (sync, status)] == ["ValueError: no port"] * 2
    assert [sync["targets"][1]["evidence"][0][key] for key in ("text", "line")] == ["ValueError: no port", 5]
    assert sync["targets"][0]["first_error"] == ""


def test_a_step_that_never_began_has_no_log(project: Project) -> None:
    """Its reason says what to do: an older sync's log would tell of something else, doctor no more."""
    project.run("sync")
    project.write("shelf/server.end", "refused")
    done = project.run("sync", "server", "--force")

    assert done.code == 2
    assert "Step 2 FAILED: server: it was taken off the shelf: put it back" in done.lines
    assert not [line for line in done.lines if "next:" in line or "full log" in line]
    assert not (project.root / "logs").exists()


def test_an_outage_is_not_a_failure_of_the_stack(project: Project) -> None:
    """What could not be checked ends with 1, not with 2."""
    project.write("shelf/closed", "")
    done = project.run("sync")

    assert done.code == 1
    assert done.lines[-1] == ERROR.format(1)
    assert any("shelf 9 does not answer" in line for line in done.lines)


def test_json_is_one_document_and_nothing_else(project: Project) -> None:
    """--json prints verdicts and steps, well or not."""
    good = project.run("sync", "--json")
    project.write("server/source", "2")
    project.write("shelf/server.log", "error: no\n")
    bad = project.run("sync", "--json")

    assert (good.code, good.err, bad.code, bad.err) == (0, "", 2, "")
    assert good.json["summary"] == SUCCESS
    assert [(step["number"], step["target"], step["verdict"]) for step in good.json["steps"]] == [
        (1, "stack:client", "synced"),
        (2, "stack:server", "synced"),
    ]
    assert (bad.json["synced"], bad.json["exit_code"], bad.json["summary"]) == (False, 2, ERROR.format(2))
    assert [target["verdict"] for target in bad.json["targets"]] == ["synced", "failed"]


def test_report_is_the_same_document_in_a_file(project: Project) -> None:
    """--report writes what --json prints."""
    done = project.run("sync", "--json", "--report", "out/result.json")

    assert json.loads((project.root / "out/result.json").read_text()) == done.json


def test_where_the_report_went_is_told(project: Project) -> None:
    """A folder is made for it, and one that nobody meant is seen; the last line stays the last."""
    done = project.run("sync", "--report", "owt/result.json")

    assert done.lines[-2:] == ["report: owt/result.json", SUCCESS]
    assert (project.root / "owt/result.json").exists()


def test_a_report_of_an_older_sync_does_not_stay(project: Project) -> None:
    """A command that ends before it has a result leaves no file that says it was good."""
    assert project.run("sync", "--report", "result.json").code == 0
    project.write("syncguard.toml", "[stack]\ndrivr = 'shelf'\n")
    done = project.run("sync", "--report", "result.json")

    assert done.code == 1
    assert not (project.root / "result.json").exists()


def test_a_warning_is_prefixed_as_everywhere(project: Project) -> None:
    """``sync`` says it in the words of ``plan`` and ``status``."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('"client/**"', '"client/**", "cleint/**"'))
    warning = 'warning: stage "client": sources "cleint/**" matches no file'

    assert [project.run(name).lines[0] for name in ("plan", "status", "sync", "sync")] == [warning] * 4


def test_the_document_has_the_warnings_of_the_plan(project: Project) -> None:
    """Whether something was built or not, each once; the report of a run has them, too."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings.replace('"client/**"', '"client/**", "cleint/**"'))
    first, second = (project.run("sync", "--json", "--report", "out.json").json for _ in range(2))

    assert project.run("plan", "--json").json["warnings"] == ['stage "client": sources "cleint/**" matches no file']
    assert first["warnings"] == second["warnings"] == project.run("plan", "--json").json["warnings"]
    assert json.loads((project.root / "out.json").read_text())["warnings"] == second["warnings"]


def test_a_report_that_cannot_be_written_is_told_in_one_line(project: Project) -> None:
    """What was done is printed all the same; exit code and last line agree that something went wrong."""
    project.write("out", "a file, no folder")
    done = project.run("sync", "--report", "out/result.json")

    assert (done.code, done.lines[-1]) == (1, ERROR.format(0))
    assert done.err.startswith("syncguard: error: cannot write the report ")
    assert done.err.count("\n") == 1


def test_a_report_that_cannot_be_written_is_one_document_still(project: Project) -> None:
    """With --json the result and the fault stand in the same one."""
    project.write("out", "a file, no folder")
    done = project.run("sync", "--json", "--report", "out/result.json")

    assert (done.code, done.json["exit_code"], done.json["synced"]) == (1, 1, True)
    assert done.json["summary"] == ERROR.format(0)
    assert done.json["errors"][0].startswith("cannot write the report ")
    assert done.err == f"syncguard: error: {done.json['errors'][0]}\n"


def test_an_unknown_name_gets_the_nearest_right_one(project: Project) -> None:
    """A typing mistake builds nothing."""
    done = project.run("sync", "sever")

    assert (done.code, done.out) == (1, "")
    assert done.err == 'syncguard: error: no target "sever": did you mean "server"?\n'
    assert not (project.root / "shelf/builds").exists()


def test_a_fault_with_json_is_a_document_too(project: Project) -> None:
    """A program that reads stdout finds a document whatever happens; the line on stderr stays."""
    done = project.run("sync", "sever", "--json")

    assert done.json == {"schema": 1, "exit_code": 1, "errors": ['no target "sever": did you mean "server"?']}
    assert done.err.startswith("syncguard: error: no target")


def test_plugins_hear_of_steps_and_of_the_result(project: Project) -> None:
    """Hooks outside of pytest are called as within."""
    project.run("sync")

    told = (project.root / "told").read_text().splitlines()
    assert told == ["finished stack:client synced", "finished stack:server synced", "reported SUCCESS"]


def test_a_plugin_that_fails_to_hear_is_told_once_each(project: Project) -> None:
    """The sync goes on to its end; the exit code is not that of all is well."""
    bodies = ("stage_finished(event): {}[1]", "report(result): raise OSError('no')")
    hooks = "\n".join(f"def pytest_syncguard_{body}" for body in bodies)
    project.write("deaf.py", hooks)
    project.write("syncguard.toml", SETTINGS.replace('["shelf_plugin"]', '["shelf_plugin", "deaf"]'))
    done = project.call("sync")

    assert (done.code, done.lines[-1]) == (1, ERROR.format(0))
    assert done.err.splitlines() == [
        *2 * ["syncguard: error: pytest_syncguard_stage_finished fails: KeyError: 1 (deaf.py:1): " + OUT],
        "syncguard: error: pytest_syncguard_report fails: OSError: no (deaf.py:2): " + OUT,
    ]


def test_a_guard_of_a_team_is_synced_like_ours(project: Project) -> None:
    """A guard from a plugin plans, applies and reports with the stack's."""
    (project.root / "migrations").mkdir()
    planned = project.run("plan", "migrations")
    done = project.run("sync")

    assert (planned.code, planned.lines[-1]) == (2, "  1. main: migrate (1 is not applied)")
    assert (done.code, done.lines[-1]) == (0, SUCCESS)
    assert (project.root / "migrated").exists()
    assert project.run("status", "migrations:main").lines == ["migrations:main  synced    all are applied"]


def test_a_process_of_its_own_ends_with_the_same_codes(project: Project) -> None:
    """Exit codes and the last line of stdout hold for a real process, without a terminal."""
    good = project.call("sync")
    project.write("client/source", "2")
    project.write("shelf/client.log", "panic: no\n")
    bad = project.call("sync")

    assert (good.code, good.lines[-1], good.err) == (0, SUCCESS, "")
    assert (bad.code, bad.lines[-1], bad.err) == (2, ERROR.format(1), "")


def test_a_terminal_shows_live_lines_and_ends_with_the_same_line(project: Project) -> None:
    """On a terminal lines are drawn over; what stays is what a pipe gets."""
    child = pexpect.spawn(COMMAND[0], [*COMMAND[1:], "sync"], cwd=str(project.root), encoding="utf-8", timeout=60)
    child.expect(pexpect.EOF)
    child.close()

    shown = (child.before or "").split("\r\n")
    assert child.exitstatus == 0
    assert shown[-2:] == [SUCCESS, ""]
    assert any(line.endswith("  2. server: synced in 0.0 s") or "  2. server: synced in " in line for line in shown)


def test_text_of_a_log_is_harmless_to_a_terminal(project: Project) -> None:
    """What a build wrote cannot steer the terminal of whoever reads the failure."""
    project.write("shelf/client.log", "error: \x1b]0;owned\x07 no\n")
    done = project.run("sync")

    assert any("error:" in line for line in done.lines)
    assert "\x1b" not in done.out
    assert "\x07" not in done.out
