"""``syncguard judge``: users try their patterns on saved logs."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.project import COMMAND, Project

HEALTHY = "   Compiling thiserror v1.0.40\n0 errors\nserver is ready\n"
NOT_ASKED = "no error found (its success was not asked for: name the stage with --stage)"
BROKEN = "   Compiling server v0.1.0\nerror[E0432]: unresolved import `serde`\n"


def test_a_healthy_log(empty: Project) -> None:
    """The built-in set does not cry wolf; without a stage no sign of success is asked for."""
    empty.write("good.log", HEALTHY)
    done = empty.run("judge", "good.log")

    assert (done.code, done.lines, done.err) == (0, [f"good.log: healthy: {NOT_ASKED}"], "")


def test_silence_is_not_told_as_success(empty: Project) -> None:
    """Of an empty log, too, it is said that nobody asked for its success, in the document as well."""
    empty.write("empty.log", "")
    done = empty.run("judge", "empty.log")

    assert (done.code, done.lines) == (0, [f"empty.log: healthy: {NOT_ASKED}"])
    assert empty.run("judge", "--json", "empty.log").json["files"][0]["text"] == NOT_ASKED


def test_a_broken_log_by_line_and_pattern(empty: Project) -> None:
    """File and line in the form that editors open, the text, and which pattern it was."""
    empty.write("bad.log", BROKEN)
    done = empty.run("judge", "bad.log")

    assert done.code == 2
    assert done.lines[0].startswith("bad.log:2: broken: error[E0432]: unresolved import `serde` (pattern ")


def test_strict_patterns_take_the_seed_to_the_letter(empty: Project) -> None:
    """--patterns strict finds the bare word anywhere."""
    empty.write("good.log", HEALTHY)
    done = empty.run("judge", "--patterns", "strict", "good.log")

    assert (done.code, done.lines) == (2, ["good.log:1: broken:    Compiling thiserror v1.0.40 (pattern error)"])


def test_a_stage_brings_its_own_signs(project: Project) -> None:
    """With --stage its success must be there, and its own errors count."""
    settings = (project.root / "syncguard.toml").read_text()
    project.write("syncguard.toml", settings + 'errors = ["^GIVING UP"]\nignore = ["tolerated"]\n')
    project.write("good.log", HEALTHY)
    project.write("silent.log", "building\n")
    project.write("own.log", "server is ready\nGIVING UP\n")
    project.write("calm.log", "error: tolerated\nserver is ready\n")
    done = project.run("judge", "--stage", "server", "good.log", "silent.log", "own.log", "calm.log")

    assert done.code == 2
    assert done.lines == [
        "good.log:3: healthy: server is ready (pattern server is ready)",
        "silent.log: broken: no sign of success in 1 lines",
        "own.log:2: broken: GIVING UP (pattern ^GIVING UP)",
        "calm.log:2: healthy: server is ready (pattern server is ready)",
    ]


def test_stdin_is_a_file_called_dash(empty: Project) -> None:
    """A pipe can be judged as well."""
    done = subprocess.run([*COMMAND, "judge", "-"], input=BROKEN.encode(), capture_output=True, timeout=60)

    assert done.returncode == 2
    assert done.stdout.startswith(b"-:2: broken: ")


@pytest.mark.parametrize("name", ["nothing.log", "."])
def test_a_file_that_cannot_be_read(empty: Project, name: str) -> None:
    """One line, exit code 1; the other files are judged all the same."""
    empty.write("good.log", HEALTHY)
    done = empty.run("judge", name, "good.log")

    assert (done.code, done.lines) == (1, [f"good.log: healthy: {NOT_ASKED}"])
    assert done.err.startswith(f"syncguard: error: cannot read {name}: ")
    assert done.err.count("\n") == 1


def test_broken_outweighs_unread(empty: Project) -> None:
    """What is known to be wrong outweighs what could not be checked."""
    empty.write("bad.log", BROKEN)

    assert empty.run("judge", "nothing.log", "bad.log").code == 2


def test_judge_as_json(empty: Project) -> None:
    """Each file with verdict, line, text and pattern."""
    empty.write("bad.log", BROKEN)
    done = empty.run("judge", "--json", "bad.log", "nothing.log")

    bad, unread = done.json["files"]
    assert (bad["file"], bad["verdict"], bad["line"], bad["lines"]) == ("bad.log", "broken", 2, 2)
    assert bad["pattern"]
    assert (unread["file"], unread["verdict"]) == ("nothing.log", "unread")
    assert done.json["exit_code"] == done.code == 2


def test_an_unknown_stage(project: Project) -> None:
    """The nearest right name."""
    project.write("good.log", HEALTHY)

    assert 'did you mean "server"?' in project.run("judge", "--stage", "sever", "good.log").err


def test_odd_names_and_bytes_are_harmless(empty: Project) -> None:
    """Neither the name of a file nor what stands in it reaches a terminal raw."""
    (empty.root / "\x1b[31m.log").write_bytes(b"error: \x1b[2J\xff no\n")
    done = empty.run("judge", "\x1b[31m.log")

    assert done.code == 2
    assert "\x1b" not in done.out
