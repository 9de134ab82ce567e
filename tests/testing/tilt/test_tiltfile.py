"""The same scenario as a Tiltfile, and the commands that it runs."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from pytest_syncguard.testing.tilt import Build, Journal, Resource, Scenario, Serve, content_of, say, to_tiltfile

SERVER = Resource(
    "the server",
    (Build((say("one\n"), say(b"\xff", repeat=3))), Build((say("two\n"),), exit=7)),
    (Serve((say("up\n"),)), Serve((say("down\n"),), exit=4)),
    cmd='echo "Finished"',
    input=("*.txt",),
    deps=("a.txt",),
)


def _replay(folder: Path, what: str, project: Path) -> subprocess.CompletedProcess[bytes]:
    """What Tilt does for ``sh -c TEXT`` when the stub comes first on its PATH."""
    env = {**os.environ, "TILT_REPLAY": what}
    return subprocess.run([folder / "sh" / "sh", "-c", "TEXT"], cwd=project, env=env, capture_output=True, timeout=30)


def test_a_tiltfile_echoes_the_words_of_the_scenario(tmp_path: Path) -> None:
    """Each resource is a local_resource whose command is exactly the scenario's text."""
    off = Resource("off", disabled=True, auto=True, builds=())
    tiltfile = to_tiltfile(Scenario((SERVER, off)), tmp_path / "tilt", tmp_path)

    text = tiltfile.read_text(encoding="utf-8")
    assert 'local_resource("the server", cmd=["sh", "-c", "echo \\"Finished\\""]' in text
    assert 'serve_cmd=["sh", "-c", "serve the server"]' in text
    assert 'local_resource("off", trigger_mode=TRIGGER_MODE_AUTO' in text
    assert text.endswith('config.set_enabled_resources(["the server"])\n')


def test_a_tiltfile_that_does_not_load(tmp_path: Path) -> None:
    """It fails with the scenario's words."""
    tiltfile = to_tiltfile(Scenario((SERVER,), tiltfile_error="no"), tmp_path, tmp_path)

    assert tiltfile.read_text(encoding="utf-8") == 'fail("no")\n'


def test_builds_are_played_one_after_the_other(tmp_path: Path) -> None:
    """Output and exit code of each; the last one repeats; the journal knows what was built and what passed."""
    folder, source = tmp_path / "tilt", tmp_path / "a.txt"
    to_tiltfile(Scenario((SERVER,)), folder, tmp_path)
    played = []
    for text in ("x", "y", "z"):
        source.write_text(text, encoding="utf-8")
        played.append(_replay(folder, "build the server", tmp_path))

    journal = Journal(folder / "journal")
    assert [(one.stdout, one.returncode) for one in played] == [
        (b"one\n\xff\xff\xff", 0),
        (b"two\n", 7),
        (b"two\n", 7),
    ]
    assert len({built.content for built in journal.builds("the server")}) == 3
    assert journal.builds("the server")[-1].content == content_of(tmp_path, ["*.txt"])
    assert journal.passed("the server") == journal.builds("the server")[0].content


def test_processes_stay_up_or_end_as_the_scenario_says(tmp_path: Path) -> None:
    """The first stays until it is ended, the second ends by itself."""
    to_tiltfile(Scenario((SERVER,)), tmp_path, tmp_path)
    env = {**os.environ, "TILT_REPLAY": "serve the server"}
    with subprocess.Popen([tmp_path / "sh" / "sh"], cwd=tmp_path, env=env, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        said = first.stdout.readline()
        first.terminate()
    second = _replay(tmp_path, "serve the server", tmp_path)

    assert (said, first.returncode) == (b"up\n", -signal.SIGTERM)
    assert (second.stdout, second.returncode) == (b"down\n", 4)
    assert Journal(tmp_path / "journal").processes("the server")[0].pid == first.pid


def test_the_stub_is_a_shell_for_everybody_else(tmp_path: Path) -> None:
    """Without a replay asked for, ``sh`` does what ``sh`` does."""
    to_tiltfile(Scenario((SERVER,)), tmp_path, tmp_path)
    said = subprocess.run([tmp_path / "sh" / "sh", "-c", "echo $((1 + 2))"], capture_output=True, text=True)

    assert said.stdout == "3\n"
