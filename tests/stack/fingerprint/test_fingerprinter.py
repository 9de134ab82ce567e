"""The interface: settings, several stages, the background, the memory, manifests, and a git that fails."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from pytest_syncguard.settings.model import Remedy, Stage
from pytest_syncguard.stack.fingerprint import content
from pytest_syncguard.stack.fingerprint.errors import FingerprintError
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprinter
from pytest_syncguard.stack.fingerprint.manifest import changed
from tests.stack.fingerprint.project import Project, git, look, stage
from tests.stack.fingerprint.test_config import script

OTHER: dict[str, object] = {
    "name": "other",
    "resource": "other",
    "needs": ("client",),
    "sources": ("src",),
    "writes": ("src/package-lock.json",),
    "success": ("done",),
    "errors": ("bad",),
    "ignore": ("fine",),
    "patterns": "strict",
    "one_shot": True,
    "remedies": (Remedy("E1", ("npm", "install")),),
    "build": ("make",),
    "serve": ("./serve",),
    "ready": "tcp://127.0.0.1:1",
    "cwd": "src",
    "env": (("A", "1"),),
}
UNCOUNTED: dict[str, object] = {"after": ("client",), "outputs": ("dist/**",), "timeout": 1.0, "settle": 0.0}


def test_each_setting_of_a_stage_is_known_here() -> None:
    """A new field of `Stage` must be put in one of the two tables above."""
    assert set(Stage._fields) == OTHER.keys() | UNCOUNTED.keys()


@pytest.mark.parametrize("field", [*OTHER, *UNCOUNTED])
def test_settings_that_bear_on_the_build_count(project: Project, field: str) -> None:
    """Everything but how long to wait and in which order makes another fingerprint."""
    before = look(project.root, stage("**"), None).digest
    altered = stage("**")._replace(**{field: {**OTHER, **UNCOUNTED}[field]})  # type: ignore[arg-type]

    assert (look(project.root, altered, None).digest != before) == (field in OTHER)


def test_stages_are_told_apart(project: Project) -> None:
    """One take for all: a change concerns the stages that cover it, and a stage without sources always."""
    stages = [stage("src", name="a"), stage("lib", name="b"), stage(name="all"), stage("src", name="c")]
    fingerprinter = Fingerprinter(project.root, project.cache)
    before = fingerprinter.take(stages)
    project.write("src/a.py", "a = 2\n")
    after = fingerprinter.take(stages)
    fingerprinter.close()

    assert [before[name] == after[name] for name in ("a", "b", "all", "c")] == [False, True, False, False]
    assert [after[name].files for name in ("a", "b", "all", "c")] == [1, 1, 2, 1]


def test_a_start_is_collected_once(project: Project) -> None:
    """What `start` began is what the next `take` returns; the one after looks afresh."""
    fingerprinter = Fingerprinter(project.root, project.cache)
    plain = fingerprinter.take([stage()])
    fingerprinter.start([stage()])
    started = fingerprinter.take([stage()])
    project.write("src/new.py")
    fresh = fingerprinter.take([stage()])
    fingerprinter.start([stage()])
    others = fingerprinter.take([stage("src")])
    fingerprinter.close()

    assert plain == started
    assert fresh["server"].files == 3
    assert others["server"].files == 2


def test_the_memory_is_used(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same index, a second process reads it no more."""
    before = look(project.root, stage(), project.cache)
    monkeypatch.setattr("pytest_syncguard.stack.fingerprint.index.read", None)

    assert look(project.root, stage(), project.cache) == before


@pytest.mark.parametrize("damage", ["", "x", "{}", None])
def test_a_damaged_memory_is_no_fault(project: Project, damage: str | None) -> None:
    """A memory that is torn, altered or a folder is worked out again."""
    before = look(project.root, stage(), project.cache)
    file = project.cache / "fingerprint.json"
    text = file.read_text()
    file.unlink()
    if damage is None:
        file.mkdir()
    else:
        file.write_text(damage or text.replace('"files": 2', '"files": 3').replace(", 2, [", ", 3, ["))

    assert look(project.root, stage(), project.cache) == before


@pytest.mark.parametrize("keep", [0, 40, 10_000])
def test_a_damaged_list_of_trusted_files_is_no_fault(
    project: Project, monkeypatch: pytest.MonkeyPatch, keep: int
) -> None:
    """It is not believed when torn, and when whole not beyond what it says: an edit is seen after a commit."""
    monkeypatch.setattr(content, "FRESH_NS", -(10**15))
    before = project.fingerprint()
    (marks,) = project.cache.glob("trusted-*")
    marks.write_bytes(marks.read_bytes()[:keep])
    project.write("other/c.py")
    project.commit()
    committed = project.fingerprint("src", "lib")
    project.write("src/a.py", "a = 22\n")

    assert committed.files == before.files == 2
    assert project.fingerprint("src", "lib").digest != committed.digest


def test_a_memory_that_cannot_be_written_is_no_fault(project: Project, tmp_path: Path) -> None:
    """A read-only or impossible cache folder costs time and nothing else."""
    (tmp_path / "file").write_text("")

    assert look(project.root, stage(), tmp_path / "file" / "cache") == look(project.root, stage(), None)


def test_the_memory_holds_no_settings(project: Project) -> None:
    """A secret in a stage's environment is in no file."""
    secret = stage()._replace(env=(("TOKEN", "hush"),))
    fingerprinter = Fingerprinter(project.root, project.cache)
    fingerprinter.take([secret])
    listed = fingerprinter.manifest(secret)
    fingerprinter.close()

    assert "hush" not in json.dumps((project.cache / "fingerprint.json").read_text())
    assert b"hush" not in listed
    assert changed(listed, listed) == []


def manifest(project: Project, wanted: Stage) -> bytes:
    fingerprinter = Fingerprinter(project.root, project.cache)
    try:
        return fingerprinter.manifest(wanted)
    finally:
        fingerprinter.close()


def test_a_manifest_tells_which_files_changed(project: Project) -> None:
    """Edited, new, deleted and committed files by name, those of other stages not."""
    project.write("src/gone.py")
    project.write("src/same.py")
    project.commit()
    before = manifest(project, stage("src"))
    project.write("src/a.py", "a = 2\n")
    project.write(b"src/n\n\xff.py")
    (project.root / "src/gone.py").unlink()
    project.write("lib/b.py", "b = 2\n")
    project.commit()
    (project.root / "src/same.py").chmod(0o755)

    listed = changed(before, manifest(project, stage("src")))
    assert listed == ["src/a.py", "src/gone.py", "src/n\\n\\\\xff.py", "src/same.py"]


def test_a_manifest_tells_of_settings(project: Project) -> None:
    """When no file changed but the settings did, they are what is named."""
    altered = stage("src")._replace(build=("make",))

    assert changed(manifest(project, stage("src")), manifest(project, altered)) == ['(settings of stage "server")']


def test_files_that_count_no_more_are_no_change_of_files(project: Project) -> None:
    """Nor are those that count since: the setting is what changed; a file that did so as well is named."""
    wide, narrow = manifest(project, stage()), manifest(project, stage("src"))
    project.write("src/a.py", "a = 2\n")
    edited = manifest(project, stage("src"))

    settings = ['(settings of stage "server")']
    assert (changed(wide, narrow), changed(narrow, wide)) == (settings, settings)
    assert changed(wide, edited) == ["src/a.py"]


def test_a_folder_that_becomes_a_repository_names_no_file(plain: Project) -> None:
    """Git's ids are others than those without it, so whether a file changed cannot be told."""
    before = manifest(plain, stage("src"))
    plain.git("init", "-q")
    after = manifest(plain, stage("src"))

    assert (changed(before, after), changed(after, before)) == (["(git)"], ["(git)"])


def test_a_manifest_is_of_the_last_take(project: Project) -> None:
    """The list belongs to the digest that was taken, not to what came after it."""
    fingerprinter = Fingerprinter(project.root, project.cache)
    fingerprinter.take([stage()])
    project.write("src/a.py", "a = 2\n")
    taken = fingerprinter.manifest(stage())
    fingerprinter.take([stage()])
    later = fingerprinter.manifest(stage())
    fingerprinter.close()

    assert changed(taken, later) == ["src/a.py"]


def test_a_manifest_survives_a_commit_in_between(project: Project) -> None:
    """When the index of the last take is gone, the files are looked at again."""
    fingerprinter = Fingerprinter(project.root, project.cache)
    fingerprinter.take([stage()])
    before = fingerprinter.manifest(stage())
    project.write("src/a.py", "a = 2\n")
    project.commit()
    after = fingerprinter.manifest(stage())
    fingerprinter.close()

    assert changed(before, after) == ["src/a.py"]


def test_a_damaged_manifest_is_one_line(project: Project) -> None:
    """What the ledger kept and cannot be read says what to do."""
    with pytest.raises(FingerprintError, match=r"damaged .*; sync again"):
        changed(b"nonsense", manifest(project, stage()))


@pytest.fixture
def fake_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of the PATH for a git of the test's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_a_git_that_hangs_is_an_error(project: Project, fake_git: Path) -> None:
    """No answer within the limit: the command is killed and named."""
    script(fake_git / "git", "exec sleep 600")
    fingerprinter = Fingerprinter(project.root, limit=0.2)
    with pytest.raises(FingerprintError, match=r"^git rev-parse gave no answer within 0.2 s in .*project;"):
        fingerprinter.take([stage()])
    fingerprinter.close()


def test_closing_ends_what_runs(project: Project, fake_git: Path, tmp_path: Path) -> None:
    """A look that nobody waits for any more is broken off, with its processes."""
    script(fake_git / "git", f"echo $$ >> {tmp_path}/pids\nexec sleep 600")
    fingerprinter = Fingerprinter(project.root)
    fingerprinter.start([stage()])
    while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
        time.sleep(0.01)
    fingerprinter.close()

    for pid in (tmp_path / "pids").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("fatal: bad config line 1", "git rev-parse failed in .*: fatal: bad config line 1; see what `git status`"),
        (
            "fatal: detected dubious ownership in repository at 'x'\n\tgit config --global --add safe.directory x",
            "fatal: detected dubious ownership .*; run `git config --global --add safe.directory x`$",
        ),
        ("fatal: not a git repository: ../broken", "fatal: not a git repository: ../broken"),
    ],
)  # fmt: skip
def test_a_git_that_fails_is_an_error(project: Project, fake_git: Path, said: str, expected: str) -> None:
    """A failure is told with git's own reason and cure, and never taken for `no repository`."""
    (fake_git / "said").write_text(said)
    script(fake_git / "git", f"cat {fake_git}/said >&2\nexit 128")
    with pytest.raises(FingerprintError, match=expected):
        look(project.root, stage(), None)


def test_a_folder_that_git_could_not_list_is_an_error(project: Project, fake_git: Path) -> None:
    """Git itself only warns of it and goes on without the files."""
    real = shutil.which("git", path=os.environ["PATH"].partition(":")[2])
    script(
        fake_git / "git",
        'case "$*" in *--others*) echo "warning: could not open directory \'src/x/\': Permission denied" >&2;;'
        f' *) exec {real} "$@";; esac',
    )
    with pytest.raises(FingerprintError, match=r"could not open directory 'src/x/': Permission denied;"):
        look(project.root, stage(), None)


@pytest.mark.parametrize(
    "content", [b"DIRC", b"DIRC\0\0\0\2\0\0\0\5short", b"JUNK" * 20, b"DIRC\0\0\0\x09" + b"\0" * 40]
)
def test_a_damaged_index_is_an_error(project: Project, content: bytes) -> None:
    """Nothing is guessed from an index that cannot be read."""
    project.write(".git/index", content)
    with pytest.raises(FingerprintError, match=r"index|git status"):
        look(project.root, stage(), None)


def test_a_broken_submodule_is_an_error(project: Project) -> None:
    """A ``.git`` file that leads nowhere is named, not passed over."""
    git(project.root, "init", "-q", "sub")
    git(project.root / "sub", "commit", "-q", "--allow-empty", "-m", "x")
    project.git("add", "sub")
    (project.root / "sub/.git").rename(project.root / "sub/git")
    (project.root / "sub/.git").write_text("gitdir: ../nowhere\n")
    with pytest.raises(FingerprintError, match=r"failed in .*/sub: fatal: not a git repository: "):
        look(project.root, stage(), None)
