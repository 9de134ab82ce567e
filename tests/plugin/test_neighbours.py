"""Beside other plugins: all of them loaded, none harmed."""

from __future__ import annotations

import pytest

from pytest_syncguard.verdict import SUCCESS
from tests.plugin.project import BROKEN, ERROR, Project

ALL = ("xdist", "timeout", "randomly", "rerunfailures", "html", "cov", "asyncio", "syncguard")
TESTS = """
    import asyncio
    import pytest

    pytestmark = pytest.mark.requires_synced("server")

    @pytest.mark.asyncio
    async def test_async(synced_stack):
        await asyncio.sleep(0)
        assert synced_stack["server"].verdict.synced

    @pytest.mark.parametrize("n", range(4))
    def test_many(synced_stack, n): pass

    ran = []

    def test_flaky():
        ran.append(1)
        assert len(ran) > 1
"""


@pytest.fixture
def crowd(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project where every plugin is loaded that is installed."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    project.tests(TESTS)
    return project


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_all_at_once(crowd: Project, workers: str) -> None:
    """Random order, reruns, an HTML report, coverage and async tests behind one sync."""
    run = crowd.call(
        "--sync-stack", "--reruns=2", "--html=report.html", "--self-contained-html", "--cov=.", workers, plugins=()
    )

    assert (run.code, run.outcomes()) == (0, {"passed": 6, "rerun": 1})
    loaded = next(line for line in run.lines if line.startswith("plugins:"))
    assert [name for name in ALL if f"{name}-" not in loaded] == []
    assert run.count(SUCCESS) == 1
    assert len(crowd.stack.builds) == 3
    assert "test_many" in (crowd.root / "report.html").read_text()


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_stopped_run_among_them(crowd: Project, workers: str) -> None:
    """One error, in the HTML report, too."""
    crowd.stack.play("server", BROKEN, end="failed")
    run = crowd.call("--sync-stack", "--reruns=2", "--html=report.html", "--cov=.", workers, plugins=())
    html = (crowd.root / "report.html").read_text()

    assert run.code == 10
    assert run.count(ERROR.format(2)) == 1
    assert crowd.stack.builds == ["client", "server"]
    assert "syncguard::stack" in html
    assert "Step 2 FAILED: server rebuild error" in html


def test_switched_off(project: Project) -> None:
    """With -p no:syncguard the options are unknown, and nothing of ours is left."""
    project.write("conftest.py", "")
    assert project.call("-p", "no:syncguard", plugins=()).code == 0

    run = project.call("-p", "no:syncguard", "--sync-stack", plugins=())
    assert run.code == 4
    assert any("unrecognized arguments: --sync-stack" in line for line in run.errors)


def test_strict_markers(project: Project) -> None:
    """Our marker is registered."""
    project.tests("import pytest\n\n@pytest.mark.requires_synced\ndef test_a(): pass\n")

    assert project.run("--strict-markers", "--sync-stack").code == 0
