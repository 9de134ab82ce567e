"""The marker requires_synced: checks where the test runs, builds nothing."""

from __future__ import annotations

import pytest

from tests.plugin.project import CONFTEST, PLUGINS, WITHOUT_XDIST, Project

TWO = """
    import pytest

    @pytest.mark.requires_synced("server", "ui")
    def test_marked(): open("ran", "w").close()

    def test_other(): pass
"""
WAYS = pytest.mark.parametrize(
    ("plugins", "args"), [(PLUGINS, ["-n0"]), (PLUGINS, ["-n2"]), (WITHOUT_XDIST, [])], ids=["n0", "n2", "no-xdist"]
)


def marked(args: str, body: str = "pass") -> str:
    return f"import pytest\n\n@pytest.mark.requires_synced({args})\ndef test_marked(): {body}\n"


@WAYS
def test_synced_runs(project: Project, plugins: tuple[str, ...], args: list[str]) -> None:
    """After a sync, in this run or an earlier one, the test runs."""
    project.tests(TWO)
    assert project.run("--sync-stack", *args, plugins=plugins).outcomes() == {"passed": 2}

    assert project.run(*args, plugins=plugins).outcomes() == {"passed": 2}


@WAYS
def test_stale_is_an_error_that_says_why(project: Project, plugins: tuple[str, ...], args: list[str]) -> None:
    """What changed, and what to run; nothing is built, nothing else is stopped."""
    project.run("--sync-stack")
    for name in ("a", "b", "source"):
        project.write(f"server/{name}.txt", "edited")
    project.tests(TWO)
    run = project.run(*args, plugins=plugins)

    assert (run.code, run.outcomes()) == (1, {"passed": 1, "error": 1})
    assert (
        "server is stale: 3 files changed since the last sync: server/a.txt, server/b.txt, server/source.txt; "
        "run pytest --sync-stack" in run.text
    )
    assert len(project.stack.builds) == 3
    assert not (project.root / "ran").exists()


def test_all_reasons_are_told(project: Project) -> None:
    """Each target that is not in sync has its own."""
    project.tests(TWO)
    run = project.run()

    assert run.having("server was never synced here; ui was never synced here; run pytest --sync-stack")


def test_skip_instead_of_error(project: Project) -> None:
    """With the policy "skip" the reason is the same."""
    project.tests(TWO)
    run = project.run("-rs", "-o", "syncguard_unsynced=skip")

    assert (run.code, run.outcomes()) == (0, {"passed": 1, "skipped": 1})
    assert run.having("server was never synced here; ui was never synced here; run pytest --sync-stack")
    assert run.having("SKIPPED [1] test_it.py:4: server was never")


def test_an_outage_has_its_own_words(project: Project) -> None:
    """Unknown is not stale: another cure."""
    project.run("--sync-stack")
    project.stack.fall_silent()
    project.tests(marked('"server"'))
    run = project.run()

    assert run.outcomes() == {"error": 1}
    assert run.having("could not check server: the fake stack does not answer; run syncguard doctor")


def test_an_outage_of_several_is_told_once(project: Project) -> None:
    """It is one fact about the engine."""
    project.run("--sync-stack")
    project.stack.fall_silent()
    project.tests(marked('"server", "ui"'))

    assert project.run().having("could not check: the fake stack does not answer; run syncguard doctor")


@pytest.mark.parametrize("args", ["", '"stack"', '"client", "server", "ui"', '"stack:ui", "server"'])
def test_ways_to_name_targets(project: Project, args: str) -> None:
    """No name is the whole stack; a kind is all of it; full names and short ones."""
    project.tests(marked(args))
    run = project.run()
    assert run.outcomes() == {"error": 1}
    assert run.having("ui was never synced here")

    assert project.run("--sync-stack").outcomes() == {"passed": 1}


def test_markers_of_classes_and_modules_count(project: Project) -> None:
    """And add up."""
    project.tests("""
        import pytest

        pytestmark = pytest.mark.requires_synced("client")

        @pytest.mark.requires_synced("server")
        class TestIt:
            @pytest.mark.requires_synced("ui")
            def test_all(self): pass

        def test_one(): pass
    """)
    run = project.run("--tb=line")

    assert run.outcomes() == {"error": 2}
    assert run.having("client was never synced here; server was never synced here; ui was never synced here")


def test_needed_stages_count(project: Project) -> None:
    """A stage is not in sync when one that it needs is not."""
    project.run("--sync-stack")
    project.write("client/source.txt", "edited")
    project.tests(marked('"ui"'))
    run = project.run()

    assert run.outcomes() == {"error": 1}
    assert (
        "ui is stale: client, which it needs, is stale: 1 file changed since the last sync: client/source.txt; "
        "run pytest --sync-stack" in run.text
    )


def test_an_edit_in_the_middle_of_a_run_is_noticed(project: Project) -> None:
    """By the very next marked test."""
    project.tests("""
        import pytest
        from pathlib import Path

        @pytest.mark.requires_synced("server")
        def test_a(): Path("server/source.txt").write_text("edited")

        @pytest.mark.requires_synced("server")
        def test_b(): pass
    """)
    run = project.run("--sync-stack")

    assert (run.code, run.outcomes()) == (1, {"passed": 1, "error": 1})
    assert run.having("server is stale: 1 file changed since the last sync: server/source.txt")


def test_a_service_that_died_in_the_middle_of_a_run_is_noticed(project: Project) -> None:
    """The driver is asked each time, too."""
    project.tests("""
        import pytest
        from pathlib import Path
        from pytest_syncguard.testing.fake import FakeStack

        @pytest.mark.requires_synced("server")
        def test_a(): FakeStack(Path.cwd()).stop("server")

        @pytest.mark.requires_synced("server")
        def test_b(): pass
    """)
    run = project.run("--sync-stack")

    assert run.outcomes() == {"passed": 1, "error": 1}
    assert run.having("server is stale: it does not run")


WRONG = [
    ('"servr"', 'requires_synced: no target "servr": did you mean "server"?'),
    ('name="server"', "requires_synced(name='server'): required names of targets, each a string"),
    ('"client", "stack:u"', 'requires_synced: no target "stack:u": did you mean "'),
    ('"state"', 'requires_synced: no target "state": '),
    ("3", "requires_synced(3): required names of targets, each a string"),
    ('["server"]', "requires_synced(['server']): required names of targets, each a string"),
]


@pytest.mark.parametrize(("args", "said"), WRONG)
def test_wrong_names_stop_the_run(project: Project, args: str, said: str) -> None:
    """Before anything runs, with exit code 4, and the name of the test."""
    project.tests(marked(args) + "\ndef test_other(): pass\n")
    run = project.run("--sync-stack")

    assert run.code == 4
    assert run.errors[0].startswith(f"ERROR: test_it.py::test_marked: {said}")
    assert project.stack.builds == []


@pytest.mark.parametrize(("args", "said"), WRONG[:2])
def test_wrong_names_in_a_worker(project: Project, args: str, said: str) -> None:
    """A worker cannot stop the run: the test has the error."""
    project.tests(marked(args) + "\ndef test_other(): pass\n")
    run = project.run("-n2")

    assert (run.code, run.outcomes()) == (1, {"passed": 1, "error": 1})
    assert run.having(f"test_it.py::test_marked: {said}")
    assert not run.having("INTERNALERROR")


MISSPELT = """
    import pytest

    @pytest.mark.{}("server")
    def test_marked(): open("ran", "w").close()

    def test_other(): pass
"""
UNSAID = ("-W", "ignore::pytest.PytestUnknownMarkWarning")  # what pytest itself thinks of them
SLIPS = [
    "require_synced",
    "requires_sync",
    "require_sync",
    "requires_sycned",
    "Requires_Synced",
    "RequiresSynced",
    "requiresynced",
]


@pytest.mark.parametrize("name", SLIPS)
def test_a_misspelt_marker_stops_the_run(project: Project, name: str) -> None:
    """The test would run unguarded."""
    project.tests(MISSPELT.format(name))
    run = project.run(*UNSAID)

    assert run.code == 4
    assert run.errors[0] == (
        f'ERROR: test_it.py::test_marked: no marker "{name}" is registered: did you mean "requires_synced"? '
        'if it is yours, add it to the ini option "markers"'
    )
    assert not (project.root / "ran").exists()


def test_a_misspelt_marker_in_a_worker(project: Project) -> None:
    """The test has the error."""
    project.tests(MISSPELT.format("require_synced"))
    run = project.run("-n2", *UNSAID)

    assert (run.code, run.outcomes()["error"]) == (1, 1)
    assert run.having('no marker "require_synced" is registered: did you mean "requires_synced"?')
    assert not (project.root / "ran").exists()


def test_a_misspelt_marker_of_a_class(project: Project) -> None:
    """It counts for all tests of it, beside a right one, too."""
    project.tests("""
        import pytest

        @pytest.mark.requires_sync("server")
        class TestIt:
            @pytest.mark.requires_synced("client")
            def test_a(self): pass
    """)

    assert project.run(*UNSAID).errors[0].startswith('ERROR: test_it.py::TestIt::test_a: no marker "requires_sync" is')


@pytest.mark.parametrize("name", ["requires_async", "requires_server", "requires_docker", "requires_sync_db", "synced"])
def test_other_markers_are_their_owners(project: Project, name: str) -> None:
    """Though nobody registered them."""
    project.tests(MISSPELT.format(name))

    assert project.run(*UNSAID).outcomes() == {"passed": 2}


def test_a_registered_marker_is_its_owners(project: Project) -> None:
    """However near it is to ours."""
    project.tests(MISSPELT.format("requires_sync"))
    project.write("pytest.ini", "[pytest]\nmarkers =\n    requires_sync(name): needs the clocks in sync\n")

    assert project.run(*UNSAID).outcomes() == {"passed": 2}


def test_without_settings_no_marker_is_misspelt(empty: Project) -> None:
    """Who has this plugin installed and no stack cannot have meant ours."""
    empty.tests(MISSPELT.format("requires_sync"))

    assert empty.run(*UNSAID).outcomes() == {"passed": 2}


def test_every_wrong_name_is_told(project: Project) -> None:
    """All at once."""
    project.tests(marked('"servr"'), "test_a.py")
    project.tests(marked('"uii", "clint"'), "test_b.py")

    assert [line.partition(": did")[0] for line in project.run().errors if line] == [
        'ERROR: test_a.py::test_marked: requires_synced: no target "servr"',
        'ERROR: test_b.py::test_marked: requires_synced: no target "uii"',
        'ERROR: test_b.py::test_marked: requires_synced: no target "clint"',
    ]


LATE = {
    "last of all hooks that change the tests": """
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(MARK)
""",
    "around the hooks that change the tests": """
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    yield
    for item in items:
        item.add_marker(MARK)
""",
    "when all are collected": """
def pytest_collection_finish(session):
    for item in session.items:
        item.add_marker(MARK)
""",
    "before the setup": """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.add_marker(MARK)
""",
    "after the setup": """
@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item):
    item.add_marker(MARK)
""",
    "in a fixture": """
@pytest.fixture(autouse=True)
def marking(request):
    request.node.add_marker(MARK)
""",
    "in a fixture of the module": """
@pytest.fixture(autouse=True, scope="module")
def marking(request):
    request.node.add_marker(MARK)
""",
}
LATELY = pytest.mark.parametrize("way", LATE.values(), ids=LATE)


def late(project: Project, mark: str, way: str) -> None:
    project.write("conftest.py", f"import pytest\n{CONFTEST}\n{way.replace('MARK', f'pytest.mark.{mark}')}")
    project.tests("def test_marked(): open('ran', 'w').close()\n")


@LATELY
@pytest.mark.parametrize("args", [[], ["-n1"]], ids=["", "n1"])
def test_a_marker_that_comes_late_counts(project: Project, way: str, args: list[str]) -> None:
    """Whoever gave it to the test, and whenever before it was called."""
    late(project, 'requires_synced("server")', way)
    run = project.run(*args)

    assert run.outcomes() == {"error": 1}
    assert run.having("server was never synced here; run pytest --sync-stack")
    assert not (project.root / "ran").exists()
    assert project.run("--sync-stack", *args).outcomes() == {"passed": 1}


@LATELY
@pytest.mark.parametrize("mark", ['requires_synced("servr")', 'require_synced("server")'])
def test_a_wrong_marker_that_comes_late_is_an_error(project: Project, way: str, mark: str) -> None:
    """Of the run while the tests are collected, of the test thereafter."""
    late(project, mark, way)
    run = project.run(*UNSAID)

    assert run.code == (4 if "collection_modify" in way else 1)
    assert any("did you mean" in line for line in [*run.lines, *run.errors])
    assert not (project.root / "ran").exists()


def test_a_marker_that_comes_late_beside_another_adds_up(project: Project) -> None:
    """What was checked before the fixtures is not checked again after them."""
    project.tests("""
        import pytest

        @pytest.fixture
        def marking(request):
            request.node.add_marker(pytest.mark.requires_synced("ui"))

        @pytest.mark.requires_synced("client")
        def test_a(marking): pass
    """)
    assert project.run("--sync-stage", "client", "-o", "syncguard_unsynced=skip", "-rs").having(
        "] test_it.py:8: ui was"
    )

    assert project.run("--sync-stack").outcomes() == {"passed": 1}


def test_tests_that_are_not_selected_ask_for_nothing(project: Project) -> None:
    """A deselected test's marker is not looked at."""
    project.tests(marked('"servr"') + "\ndef test_other(): pass\n")

    assert project.run("-k", "other").outcomes() == {"passed": 1, "deselected": 1}


def test_skipped_tests_are_not_checked(project: Project) -> None:
    """Why a test is skipped is its author's word."""
    project.tests("""
        import pytest

        @pytest.mark.skip(reason="not today")
        @pytest.mark.requires_synced("server")
        def test_a(): pass
    """)
    run = project.run("-rs")

    assert run.outcomes() == {"skipped": 1}
    assert run.having("not today")


@pytest.mark.parametrize("args", [["-n0"], ["-n2"]])
def test_faults_of_the_settings_are_told_without_the_tests_name(project: Project, args: list[str]) -> None:
    """A hundred marked tests and a broken file: its faults once, without xdist; in each test with it."""
    project.tests("""
        import pytest

        @pytest.mark.parametrize("n", range(20))
        @pytest.mark.requires_synced("server")
        def test_a(n): pass
    """)
    project.write("syncguard.toml", "[stack]\ndrivr = 1\n[[stack.stage]]\nname = 3\n")
    run = project.run(*args)
    told = [line for line in [*run.errors, *run.lines] if line.startswith(("ERROR: syncguard.toml", "syncguard.toml"))]

    assert not run.having("INTERNALERROR")
    assert run.code == (4 if args == ["-n0"] else 1)
    assert len(set(told)) == 2
    assert len(told) == (2 if args == ["-n0"] else 40)


def test_both_marker_and_fixture(project: Project) -> None:
    """The marker checks before the fixture could build: a test says which of the two it wants."""
    project.tests("""
        import pytest

        @pytest.mark.requires_synced("server")
        def test_a(synced_stack): pass
    """)

    assert project.run().outcomes() == {"error": 1}
    assert project.run("--sync-stack").outcomes() == {"passed": 1}
