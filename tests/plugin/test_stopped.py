"""A run that the gate stops: one error, told once, with its own exit code, and not one test."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, ERROR, PLUGINS, WITHOUT_XDIST, Project, Run

MANY = "import pytest\n\n@pytest.mark.parametrize('n', range(5))\ndef test_it(n): open('ran', 'a').write('x')\n"
WAYS = pytest.mark.parametrize(
    ("plugins", "args"), [(PLUGINS, ["-n0"]), (PLUGINS, ["-n2"]), (WITHOUT_XDIST, [])], ids=["n0", "n2", "no-xdist"]
)


def untold(run: Run, code: int) -> None:
    """One error and nothing else was counted, and no internal error was met."""
    assert run.code == code
    assert run.last == "1 error"
    assert not run.having("INTERNALERROR")
    assert not run.having("Traceback")
    assert len(run.having("ERROR syncguard::stack - ")) == 1
    assert len(run.having("ERROR collecting syncguard")) == 1


@WAYS
def test_out_of_sync_ends_with_10(project: Project, plugins: tuple[str, ...], args: list[str]) -> None:
    """The block says step, required, found, evidence, log, next command, and is closed by the exact line."""
    project.tests(MANY)
    project.stack.play("server", BROKEN, end="failed")
    run = project.run("--sync-stack", "--junitxml=report.xml", *args, plugins=plugins)
    block = run.lines[run.lines.index("Step 2 FAILED: server rebuild error") :]
    block = block[: block.index(ERROR.format(2)) + 1]

    untold(run, 10)
    assert run.having("ERROR syncguard::stack - Step 2 FAILED: server rebuild error")
    assert block[1] == "    building server"
    assert any("error[E0432]: unresolved import `serde`" in line for line in block)
    assert block[-3].startswith("  full log: logs/sync-error-")
    assert block[-2] == "  next: syncguard logs server"
    assert SUCCESS not in run.lines
    assert not (project.root / "ran").exists()
    assert project.stack.builds == ["client", "server"]
    suite = ET.parse(project.root / "report.xml").getroot()[0]
    assert (suite.get("errors"), suite.get("tests")) == ("1", "1")
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties["syncguard"] == ERROR.format(2)
    assert properties["syncguard.stack:server"] == "failed"
    assert "unresolved import" in "".join(suite.itertext())


CARGO = """
   Compiling kernel v0.1.0
error[E0308]: mismatched types
 --> src/main.rs:2:25
  |
error: could not compile `kernel` (bin "kernel") due to 1 previous error
"""
TSC = """

> shop-ui@1.0.0 build
> tsc -p .

src/a.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.
"""
CALLS = "".join(f'  File "server/mod{n}.py", line {n}, in run\n    call{n}()\n' for n in range(20))
MISSING = "ModuleNotFoundError: No module named 'flask'"
PYTHON = f"a\nb\nloading\nbooting\nTraceback (most recent call last):\n{CALLS}{MISSING}\nbye\n"


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        (CARGO, [CARGO.splitlines()[1], f"@{CARGO.splitlines()[2]}", *CARGO.splitlines()[3:]]),
        (TSC, [*filter(None, TSC.splitlines()[:5]), f"@{TSC.splitlines()[5]}"]),
        (
            PYTHON,
            [
                *PYTHON.splitlines()[1:18],
                "…",
                f"@{MISSING}",
            ],
        ),
        ("error: at once\nand more\n", ["@error: at once", "and more"]),
    ],
    ids=["cargo", "tsc", "python", "first-line"],
)
def test_the_block_shows_the_error_and_what_stands_around_it(project: Project, log: str, shown: list[str]) -> None:
    """Three lines before it, the line with its place, what follows, and the last error of a long text."""
    project.stack.play("server", log, end="failed")
    lines = project.run("--sync-stack").lines
    block = lines[lines.index("Step 2 FAILED: server rebuild error") + 1 :]
    block = block[: next(number for number, line in enumerate(block) if line.startswith("  full log: "))]

    assert [re.sub(r"\.syncguard/logs/server\.\S+\.log:\d+: ", "@", line) for line in block] == [
        f"    {line}" for line in shown
    ]
    assert sum(line.startswith("@") for line in shown) == 1
    assert len(block) <= 20


@WAYS
def test_could_not_check_ends_with_11(project: Project, plugins: tuple[str, ...], args: list[str]) -> None:
    """An outage is not drift: another code, other words."""
    project.tests(MANY)
    project.stack.fall_silent()
    run = project.run("--sync-stack", *args, plugins=plugins)

    untold(run, 11)
    assert "  client: unknown" in run.lines
    assert "  next: syncguard doctor" in run.lines
    assert run.count(ERROR.format(1)) == 1
    assert not (project.root / "ran").exists()


def test_quietly(project: Project) -> None:
    """With -qq no line while all is well but the one that scripts read; a failure is told in full."""
    run = project.run("--sync-stack", "-qq")
    assert (run.code, run.lines[0]) == (0, SUCCESS)

    project.stack.play("server", BROKEN, end="failed")
    project.write("server/source.txt", "edited")
    run = project.run("--sync-stack", "-qq")

    assert run.code == 10
    assert run.lines[0].startswith("  2. server: failed in ")
    assert run.count(ERROR.format(2)) == 1


def test_without_header(project: Project) -> None:
    """--no-header takes off our line of it, too, and nothing else."""
    run = project.run("--sync-stack", "--no-header")

    assert not run.having("driver fake")
    assert run.count(SUCCESS) == 1


@pytest.mark.parametrize("args", [["--tb=no"], ["--no-summary"], ["--tb=line"], ["-qq"], ["-v", "--tb=short"]])
def test_no_option_hides_the_failure(project: Project, args: list[str]) -> None:
    """Whatever pytest is told not to show: the block is there, once."""
    project.stack.play("server", BROKEN, end="failed")
    run = project.run("--sync-stack", *args)

    assert (run.code, run.count(ERROR.format(2))) == (10, 1)
    assert run.count("  next: syncguard logs server") == 1


def test_without_a_terminal_plugin(project: Project) -> None:
    """With -p no:terminal the outcome goes to stderr."""
    run = project.run("--sync-stack", "-p", "no:terminal")
    assert (run.code, run.lines, run.errors) == (0, [], [SUCCESS])

    project.stack.play("server", BROKEN, end="failed")
    project.write("server/source.txt", "edited")
    run = project.run("--sync-stack", "-p", "no:terminal")

    assert (run.code, run.lines, run.errors[-1]) == (10, [], ERROR.format(2))
    assert "Step 2 FAILED: server rebuild error" in run.errors


def test_stops_at_the_first_failure_that_maxfail_counts(project: Project) -> None:
    """--maxfail and -x do not double the error or change its code."""
    project.stack.play("client", BROKEN, end="failed")

    untold(project.run("--sync-stack", "-x"), 10)
    untold(project.run("--sync-stack", "--maxfail=1", "-n2"), 10)


def test_a_success_without_its_sign_is_a_failure(project: Project) -> None:
    """Doubt stops the run, in the words that scripts look for."""
    project.write(
        "syncguard.toml", (project.root / "syncguard.toml").read_text().replace("settle = 0", "one_shot = true", 1)
    )
    project.stack.play("client", "nothing that says so\n")
    run = project.run("--sync-stack")

    untold(run, 10)
    assert run.having("Uncertain if step completed - stopping for safety")


def test_the_way_back(project: Project) -> None:
    """Once the fault is gone the same command runs the tests."""
    project.stack.play("server", BROKEN, end="failed")
    assert project.run("--sync-stack").code == 10
    project.stack.play("server", "server is ready\n")
    run = project.run("--sync-stack")

    assert (run.code, run.outcomes()) == (0, {"passed": 1})
    assert project.stack.builds == ["client", "server", "server", "ui"]
