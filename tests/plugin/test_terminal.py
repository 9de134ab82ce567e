"""On a terminal: one live line a stage, drawn over; what stays is what a pipe would get."""

from __future__ import annotations

import os
import re
import sys

import pexpect
import pytest

from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, ERROR, PLUGINS, Project

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m ::set-output name=a::b\n"
    "::stop-commands::x\r::add-mask::y\n"
    "##[error]mask <script>alert(1)</script> \u202egnorw\u200f \x9b31m\x00\x07\n"
    "error: it ends here\n"
)


def spawn(project: Project, *args: str, term: str = "xterm") -> pexpect.spawn[str]:
    """A run on a terminal of its own."""
    plugins = [word for plugin in PLUGINS for word in ("-p", plugin)]
    own = ["-p", "no:cacheprovider", "-p", "no:terminalprogress"]  # pytest 9.0 tells the terminal how far it is
    argv = ["-m", "pytest", *own, *plugins, *args]
    env = {**os.environ, "TERM": term}
    return pexpect.spawn(
        sys.executable, argv, cwd=str(project.root), env=env, dimensions=(40, 120), encoding="utf-8", timeout=60
    )


def on_terminal(project: Project, *args: str, term: str = "xterm") -> tuple[int, str]:
    """Such a run, to its end: exit code, and all that was written."""
    child = spawn(project, *args, term=term)
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus or 0, str(child.before)


def shown(written: str) -> list[str]:
    """The lines that stay, as a terminal would show them: only what we use is understood."""
    rows: list[str] = [""]
    for part in re.split(r"(\x1b\[[0-9;]*[A-Za-z]|\r?\n)", written):
        if part.endswith("\n"):
            rows.append("")
        elif re.fullmatch(r"\x1b\[[0-9]+F", part):
            for _ in range(int(part[2:-1])):
                rows.pop()
            rows[-1] = ""
        elif not part.startswith("\x1b["):
            rows[-1] += part
    return rows


@pytest.mark.parametrize("asked", [["--sync-stack"], [], ["--sync-stack", "-n2"]], ids=["option", "fixture", "n2"])
def test_live_lines_are_drawn_over(project: Project, asked: list[str]) -> None:
    """While a stage builds, one line tells what it does and for how long; in the end only its result stays."""
    project.tests("def test_a(synced_stack): pass\n")
    project.stack.play("server", "server is ready\n", seconds=0.5)
    code, written = on_terminal(project, *asked)
    rows = shown(written)

    assert code == 0
    assert re.search(r"  2\. server: building \[\d s\]", written)
    assert not any("building [" in row for row in rows)
    assert [row.split(" in ")[0] for row in rows if row.startswith("  ")] == [
        "  1. client: synced",
        "  2. server: synced",
        "  3. ui: synced",
    ]
    assert rows.count(SUCCESS) == 1
    assert any("[100%]" in row for row in rows)


def test_ctrl_c_takes_the_live_line_off(project: Project) -> None:
    """What was drawn over is not left behind."""
    project.stack.play("server", "still at it\n", end="hang")
    child = spawn(project, "--sync-stack")
    child.expect_exact("2. server: building")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()

    assert child.exitstatus == 2
    assert "\x1b[1F\x1b[J" in str(child.before).partition("interrupted: the rebuild of server was given up")[0]
    assert "KeyboardInterrupt" not in str(child.before)


@pytest.mark.parametrize(("args", "term"), [(["-q"], "xterm"), ([], "dumb")])
def test_no_live_lines(project: Project, args: list[str], term: str) -> None:
    """With -q, and on a terminal that cannot draw over."""
    project.stack.play("server", "server is ready\n", seconds=0.3)
    code, written = on_terminal(project, "--sync-stack", *args, term=term)

    assert code == 0
    assert "building [" not in written
    assert written.replace("\r", "").split("\n").count(SUCCESS) == 1


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        ([], ["stack: 1 of 3 to bring in sync", "  2. server: rebuild (", "  2. server: synced in "]),
        (["-q"], ["stack: 1 of 3 to bring in sync", "  2. server: rebuild (", "  2. server: synced in "]),
        (["-qq"], []),
    ],
)
def test_what_a_pipe_gets(project: Project, args: list[str], lines: list[str]) -> None:
    """With -q plain lines, with -qq only what is out of the ordinary; the line for scripts always."""
    project.run("--sync-stack")
    project.write("server/source.txt", "edited")
    run = project.run("--sync-stack", *args)
    told = [line for line in run.lines if line.startswith(("stack: ", "  2."))]

    assert [line[: len(start)] for line, start in zip(told, lines, strict=True)] == lines
    assert run.count(SUCCESS) == 1


def test_hostile_text_does_nothing_to_a_terminal(project: Project) -> None:
    """What a log says is text: it sets no title, clears nothing, turns no writing direction."""
    project.stack.play("server", HOSTILE, end="failed", seconds=0.3)
    code, written = on_terminal(project, "--sync-stack", "--color=no")

    assert code == 10
    for evil in ("\x1b]", "\x1b[2J", "\x1b[31m", "\x9b", "\x00", "\x07", "\u202e", "\u200f"):
        assert evil not in written
    assert ERROR.format(2) in written.replace("\r", "").split("\n")


def test_hostile_text_in_the_reports(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """JUnit stays XML, GitHub sees one annotation and no command of the log, the summary holds no HTML."""
    import xml.etree.ElementTree as ET

    summary = project.root / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    project.stack.play("server", HOSTILE, end="failed")
    run = project.run("--sync-stack", "--junitxml=report.xml", "-v")

    commands = [line for line in run.lines if line.lstrip().startswith("::") or "##[" in line]
    told = "Step 2 FAILED: server rebuild error: ## [error]mask <script>alert(1)</script> gnorw 31m"
    assert commands == [f"::error title=server%3A failed::{told}"]
    assert "error: it ends here" in "".join(ET.parse(project.root / "report.xml").getroot().itertext())
    assert "| stack:server | failed | Step 2 FAILED: server rebuild error |" in summary.read_text()


@pytest.mark.parametrize("args", [["-n0"], ["-n2"]])
def test_github_hears_of_a_fixture_once(project: Project, monkeypatch: pytest.MonkeyPatch, args: list[str]) -> None:
    """On a line of its own, from the controller."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project.stack.play("server", BROKEN, end="failed")
    project.tests("import pytest\n\n@pytest.mark.parametrize('n', range(4))\ndef test_a(synced_stack, n): pass\n")
    run = project.run(*args)

    told = "Step 2 FAILED: server rebuild error: error[E0432]: unresolved import `serde`"
    assert run.count(f"::error title=server%3A failed::{told}") == 1
