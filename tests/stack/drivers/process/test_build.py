"""A build's output, its end, and its surroundings."""

from __future__ import annotations

import pytest

from pytest_syncguard.stack.drivers.base import Phase, Runtime, StageFault
from pytest_syncguard.stack.logs import KEPT, StageLogs
from tests.stack.drivers.process.project import FOR_EVER, Project, ended, wait_for, watch


def test_a_build_is_told_from_start_to_end(project: Project) -> None:
    """The output arrives whole and in order, and a stage without serve is done when its build is."""
    seen = project.follow(project.stage(build="for n in range(5): print('line', n)"))

    assert b"".join(b"line %d\n" % n for n in range(5)) == seen.output
    assert seen.steps[-1] == (Phase.PASSED, Runtime.NONE)


def test_a_failing_build_says_with_which_code(project: Project) -> None:
    """A failure names the exit code and the command, and what the build said last is there."""
    stage = project.stage(build="import sys; print('boom', end=''); sys.exit(2)")
    seen = project.follow(stage)

    assert seen.output == b"boom"
    assert Phase.FAILED is seen.last.phase
    assert f"build exited with code 2: {' '.join(stage.build)}" == seen.last.reason


def test_a_build_ended_by_a_signal_names_it(project: Project) -> None:
    """Somebody who kills a build reads of it."""
    seen = project.follow(project.stage(build="import os; os.kill(os.getpid(), 9)"))

    assert Phase.FAILED is seen.last.phase
    assert seen.last.reason.startswith("build was ended by SIGKILL: ")


@pytest.mark.parametrize("command", ["no-such-cargo", "./no-such-cargo"])
def test_a_missing_build_command_is_named_with_its_cure(project: Project, command: str) -> None:
    """A command that is not there is a failure of one line, not a traceback."""
    seen = project.follow(project.stage(build=(command, "build")))

    assert Phase.FAILED is seen.last.phase
    assert f'build command not found: {command} (install it or change build of stage "server")' == seen.last.reason


def test_a_script_that_is_not_executable(project: Project) -> None:
    """It is there, and the cure is another."""
    (project.root / "a b").write_text("#!/bin/sh\n")
    stage = project.stage(build=("./a b",))
    seen = project.follow(stage)
    cure = "run chmod +x './a b', or name the program that runs it"

    assert seen.last.reason == f"build command is not executable: ./a b ({cure})"
    assert [(check.found, check.cure) for check in project.driver.doctor([stage]) if not check.ok] == [
        ("./a b is not executable", cure)
    ]


def test_a_build_command_that_is_no_program_is_named(project: Project) -> None:
    """A script without an interpreter cannot be run, and the system's reason is told."""
    script = project.root / "build tool"
    script.write_text("no interpreter here\n")
    script.chmod(0o755)
    seen = project.follow(project.stage(build=("./build tool",)))

    assert Phase.FAILED is seen.last.phase
    assert seen.last.reason.startswith("build command cannot be run: ./build tool: ")
    assert "Exec format error" in seen.last.reason


def test_a_program_may_have_blanks_in_its_path(project: Project) -> None:
    """A command without arguments is one program, whatever its path."""
    script = project.root / "build tool"
    script.write_text("#!/bin/sh\necho built\n")
    script.chmod(0o755)

    assert project.follow(project.stage(build=("./build tool",))).output == b"built\n"


def test_children_see_a_terminal_and_flush_their_lines(project: Project) -> None:
    """What a program would hold back in a pipe arrives while it still runs, half a line too."""
    attempt = project.trigger(
        project.stage(
            build=f"import sys\nprint('tty', sys.stdout.isatty())\nsys.stdout.write('half')\n"
            f"sys.stdout.flush()\n{FOR_EVER}"
        )
    )
    seen = watch(attempt, lambda seen: seen.output.endswith(b"half"))
    attempt.close()

    assert seen.output == b"tty True\nhalf"
    assert Phase.BUILDING is seen.last.phase


def test_bytes_arrive_as_they_were_written(project: Project) -> None:
    """No line ending is added or changed, no byte is decoded."""
    raw = b"a\r\nb\rc\n\xff\xfe\x00\t\x1b[31mred\x1b[0m"
    seen = project.follow(project.stage(build=f"import os; os.write(1, {raw!r})"))

    assert raw == seen.output


def test_lines_are_not_folded(project: Project) -> None:
    """Tools that ask for the width of the terminal get a wide one, whatever the shell says."""
    seen = project.follow(
        project.stage(build="import os; print(os.get_terminal_size().columns, os.environ.get('COLUMNS'))")
    )

    assert seen.output == b"500 None\n"


def test_a_build_that_asks_a_question_finds_nobody(project: Project) -> None:
    """A prompt fails at once; it does not wait until the time is over."""
    seen = project.follow(project.stage(build="input('Ok to proceed? (y) ')"))

    assert Phase.FAILED is seen.last.phase
    assert b"EOFError" in seen.output


def test_a_build_passes_only_when_all_its_output_was_read(project: Project) -> None:
    """Ten looks' worth of output: the end of the build is told with the last of it, not before."""
    size = 10 << 20
    attempt = project.trigger(
        project.stage(build=f"import sys; sys.stdout.write('x' * {size}); print('\\nerror: last')")
    )
    wait_for(lambda: project.record().stand.final, "the build's end")
    seen = watch(attempt, ended)
    attempt.close()

    assert [phase for phase, _ in seen.steps] == [Phase.QUEUED, Phase.PASSED]
    assert size + len(b"\nerror: last\n") == len(seen.output)
    assert seen.output[-12:] == b"error: last\n"


def test_the_last_lines_can_be_read_again(project: Project) -> None:
    """The tail is read afresh, as many lines as were asked for."""
    attempt = project.trigger(project.stage(build="for n in range(500): print(n)"))
    watch(attempt, ended)

    assert attempt.tail(3).split() == [b"497", b"498", b"499"]
    attempt.close()


def test_the_log_of_the_last_build_is_kept(project: Project) -> None:
    """The log of the newest build can be had later; that of none is empty."""
    stage = project.stage(build="print('kept')")

    assert project.driver.log(stage) == b""
    project.follow(stage)
    assert project.new_driver().log(stage) == b"kept\n"


def test_old_logs_do_not_pile_up(project: Project) -> None:
    """The logs of a few builds are kept, the newest among them."""
    stage = project.stage(build="print('built')")
    for _ in range(8):
        project.follow(stage)
    logs = sorted(project.store.logs.glob("server.2*.log"))

    assert len(logs) == 6
    assert project.record().log in map(str, logs)


def test_the_logs_of_syncs_and_of_builds_leave_each_other_alone(project: Project) -> None:
    """Neither lists or drops the other's, however many there are."""
    syncs = StageLogs(project.settings)
    (project.settings.state / "logs").mkdir(parents=True)
    for _ in range(3):
        project.follow(project.stage(build="print('built')"))
    assert syncs.all("server") == []
    for _ in range(KEPT + 5):
        syncs.new("server").touch()
    project.follow(project.stage(build="print('built')"))

    assert len(syncs.all("server")) == KEPT
    assert len(list(project.store.logs.glob("server.2*.log"))) == 4


def test_the_log_of_what_runs_is_kept(project: Project) -> None:
    """However many builds fail after it, the served process goes on writing to a log that is there."""
    stage = project.stage(serve=FOR_EVER)
    log = project.serve(stage).log
    for _ in range(8):
        project.follow(project.stage(build="raise SystemExit(1)"))

    assert log in map(str, project.store.logs.iterdir())


def test_a_build_runs_in_its_folder_with_its_environment(project: Project) -> None:
    """cwd counts from the root, env is added; what is true for this test run only is not handed on."""
    (project.root / "client").mkdir()
    stage = project.stage(
        build="import os; print(os.path.basename(os.getcwd()), os.environ['MODE'], os.environ['PATH'] != '', "
        "'PYTEST_CURRENT_TEST' in os.environ)",
        cwd="client",
        env=(("MODE", "fast"),),
    )

    assert project.follow(stage).output == b"client fast True False\n"


@pytest.mark.parametrize(
    ("cwd", "complaint"),
    [
        ("..", 'cwd of stage "server" leads out of the project: ..'),
        ("nowhere", 'cwd of stage "server" is not a folder: nowhere: create it or change cwd'),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(project: Project, cwd: str, complaint: str) -> None:
    """A stage never runs outside the project, nor in a folder that is not there."""
    stage = project.stage(build="print()", cwd=cwd)

    with pytest.raises(StageFault, match=complaint) as fault:
        project.driver.open([stage])
    assert fault.value.stage == "server"


def test_environment_values_stay_off_the_disk(project: Project) -> None:
    """What a stage is told in env is in no file and in no argv of ours."""
    project.follow(project.stage(build="print('built')", env=(("TOKEN", "very-hidden-value"),)))
    files = [path for path in project.settings.state.rglob("*") if path.is_file()]

    assert files
    assert not [path for path in files if b"very-hidden-value" in path.read_bytes()]


def test_a_build_done_is_up_until_the_next_begins(project: Project) -> None:
    """A one-shot stage counts by its passed build, and no longer once another build has begun."""
    good = project.stage(build="print('built')")
    bad = project.stage(build="raise SystemExit(1)")

    assert project.observe(good).reason == "the process driver has not built it yet"
    project.follow(good)
    first = project.observe(good)
    assert first.up
    project.follow(bad)
    assert not project.observe(good).up
    project.follow(good)
    assert project.observe(good).build != first.build


def test_nothing_is_built_for_a_stage_without_build(project: Project) -> None:
    """A stage may only serve."""
    stage = project.stage(serve=FOR_EVER)

    assert project.serve(stage).build
    assert project.observe(stage).up
