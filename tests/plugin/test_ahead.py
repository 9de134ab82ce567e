"""The look at the sources begins while pytest starts: what this run itself writes before its first test is seen."""

from __future__ import annotations

import pytest

from tests.plugin.project import CONFTEST, Project
from tests.stack.fingerprint.project import git

WRITE = """
import time
from pathlib import Path

def write():
    Path("{}").write_text(str(time.time_ns()))
"""
# When a conftest, or a test module, writes a source.
MOMENTS = {
    "import": "write()",
    "configure": "def pytest_configure(): write()",
    "sessionstart": "def pytest_sessionstart(): write()",
    "collection": "def pytest_collection(): write()",
    "modifyitems": "def pytest_collection_modifyitems(): write()",
    "a fork": """
import os
def pytest_collection_modifyitems():
    child, _ = os.forkpty()
    if not child:
        write()
        os._exit(0)
    os.waitpid(child, 0)
""",
    "a spawned process": """
import multiprocessing, pathlib
def pytest_collection_modifyitems():
    source = pathlib.Path("client/source.txt")
    child = multiprocessing.get_context("spawn").Process(target=source.write_text, args=(str(time.time_ns()),))
    child.start()
    child.join()
""",
    "a child process": """
import subprocess, sys
def pytest_collection_modifyitems():
    subprocess.run([sys.executable, "-c", "import time; open('client/source.txt', 'w').write(str(time.time_ns()))"])
""",
}
# Another process writes, once the look has begun; it was started before anybody listened.
MEANWHILE = """
import subprocess, sys
code = "import time; time.sleep(1); open('client/source.txt', 'w').write(str(time.time_ns()))"
child = subprocess.Popen([sys.executable, "-c", code])
def pytest_collection_modifyitems():
    child.wait()
    time.sleep(1)
"""
REBUILT = ["client", "ui"]  # what belongs to that source, and what needs it


@pytest.fixture
def generating(project: Project) -> Project:
    """A project in git, with a test."""
    project.tests()
    git(project.root, "init", "-q")
    return project


def builds_of_two_runs(project: Project, *args: str) -> tuple[list[str], list[str]]:
    """What each of two runs builds; both must be good."""
    built: list[list[str]] = []
    for _ in range(2):
        before = len(project.stack.builds)
        run = project.call("--sync-stack", *args)
        assert run.code == 0, run.text
        built.append(project.stack.builds[before:])
    return built[0], built[1]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_source_that_a_conftest_writes_is_seen(generating: Project, moment: str) -> None:
    """In each run anew: each run rebuilds what belongs to it."""
    generating.write("conftest.py", CONFTEST + WRITE.format("client/source.txt") + MOMENTS[moment])
    assert builds_of_two_runs(generating) == (["client", "server", "ui"], REBUILT)


def test_a_source_that_a_test_module_writes_is_seen(generating: Project) -> None:
    """At its top level, as a module does that generates what it tests."""
    generating.tests(WRITE.format("client/source.txt") + "write()\ndef test_one(): pass\n")
    assert builds_of_two_runs(generating) == (["client", "server", "ui"], REBUILT)


def test_a_look_is_too_old_after_a_second(generating: Project) -> None:
    """Whoever writes: after a long collection it begins anew."""
    generating.write("conftest.py", CONFTEST + WRITE.format("client/source.txt") + MEANWHILE)
    assert builds_of_two_runs(generating) == (["client", "server", "ui"], REBUILT)


def test_a_source_that_workers_write_while_they_collect_is_seen(generating: Project) -> None:
    """They write after the controller has synced: no test runs before it has synced again."""
    late = "import time; time.sleep(1.5)\n" + WRITE.format("client/source.txt")
    generating.tests(f"{late}write()\ndef test_one(): pass\ndef test_two(): pass\n")
    first, second = builds_of_two_runs(generating, "-n2")
    assert first == ["client", "server", "ui", *REBUILT]
    assert second[-2:] == REBUILT


def test_a_failure_after_the_workers_collected_is_told_once_and_no_test_runs(generating: Project) -> None:
    """As one before the first test."""
    breaks = "FakeStack(Path.cwd()).play('client', 'error: broken\\n')"
    generating.write(
        "break.py", f"from pathlib import Path\nfrom pytest_syncguard.testing.fake import FakeStack\n{breaks}\n"
    )
    late = "import time; time.sleep(1.5)\n" + WRITE.format("client/source.txt")
    generating.tests(
        f"{late}import runpy\nrunpy.run_path('break.py')\nwrite()\ndef test_one(): open('ran', 'w').close()\n"
    )
    run = generating.call("--sync-stack", "-n2")
    assert run.code == 10, run.text
    assert len(run.having("ERROR: The sync and deploy process failed")) == 1
    assert not (generating.root / "ran").exists()


@pytest.mark.parametrize("path", ["../beside.txt", "__pycache__/mine.txt", ".syncguard/mine.txt"])
def test_what_is_nobodys_source_costs_no_second_look(
    generating: Project, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written outside the project, or where Python, pytest and syncguard keep what is theirs."""
    (generating.root / path).parent.mkdir(exist_ok=True)
    generating.write("conftest.py", CONFTEST + WRITE.format(path) + MOMENTS["modifyitems"])
    looks: list[object] = []
    monkeypatch.setattr("pytest_syncguard.session.SyncRun.look_around", lambda run: looks.append(run))
    generating.run("--sync-stack")
    assert len(looks) == 1  # the one at the start


def test_asking_for_the_machines_name_costs_no_second_look(
    generating: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As plugins do that tell the platform in their header."""
    generating.write("conftest.py", CONFTEST + "import subprocess\nsubprocess.run(['uname', '-p'])\n")
    looks: list[object] = []
    monkeypatch.setattr("pytest_syncguard.session.SyncRun.look_around", lambda run: looks.append(run))
    generating.run("--sync-stack")
    assert len(looks) == 1


def test_nothing_is_begun_where_nothing_is_synced(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a run that only collects, nor for one that only stops things."""
    project.tests()
    begun: list[object] = []
    monkeypatch.setattr("pytest_syncguard.stack.fingerprint.ahead.begin", begun.append)
    project.run("--sync-stack", "--collect-only")
    project.run("--sync-down")
    assert begun == []


BEGUN = "import sys\nassert ('pytest_syncguard.stack.fingerprint.ahead' in sys.modules) is {}\n"


def test_git_looks_while_conftests_are_imported(generating: Project) -> None:
    """They may take long; the options are known before."""
    generating.write("conftest.py", CONFTEST + BEGUN.format(True))
    assert generating.call("--sync-stack").code == 0


def test_a_worker_does_not_look(generating: Project) -> None:
    """Though it reads the option, too, where that stands in the ini file."""
    generating.write("pytest.ini", "[pytest]\naddopts = --sync-stack\n")
    told = "'PYTEST_XDIST_WORKER' not in __import__('os').environ"
    generating.write("conftest.py", CONFTEST + BEGUN.format(f"({told})"))
    run = generating.call("-n2")
    assert run.code == 0, run.text
