"""Small scenarios, what is done in each, and what a Tilt said: made comparable between runs and Tilts."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_syncguard.testing.tilt import Build, Resource, RunningTilt, Scenario, Serve, Step, hang, say, sleep

Json = dict[str, Any]
Script = Callable[["Talk"], None]

_SHORT = 0.5  # seconds: long enough for the real Tilt to show each state
_LONG = 2.0  # long enough for this side to see it and do something


@dataclass(frozen=True)
class Case:
    """A scenario and what somebody does in it; ``watched`` is the resource that is looked at."""

    scenario: Scenario
    script: Script
    watched: str = "server"


@dataclass
class Said:
    """All that a Tilt said in one case, without what differs from run to run.

    ``answers``: each command with exit code, stdout and stderr. ``history``: the whole log at the end, line
    by line. ``followed``: what a follower got of each span. ``seen``: the states in the order in which a
    watcher saw them. ``document``: the resource at the end.
    """

    answers: list[list[Any]] = field(default_factory=list)
    history: list[list[str]] = field(default_factory=list)
    followed: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    document: Json = field(default_factory=dict)

    def to_dict(self) -> Json:
        return asdict(self)


class Talk:
    """What a case's script may do with a Tilt; everything said is kept."""

    def __init__(self, tilt: RunningTilt) -> None:
        self.tilt = tilt
        self.said = Said()

    def ask(self, *arguments: str) -> None:
        """Run a command and keep its answer."""
        answer = self.tilt.run(*arguments)
        shown = [self._plain(text) for text in (answer.stdout, answer.stderr)]
        self.said.answers.append([" ".join(arguments), answer.returncode, *shown])

    def build(self, name: str) -> None:
        """Trigger and wait until the build, and the process that it brings up, are done."""
        before = self._newest(name)
        self.ask("trigger", name)
        self.tilt.wait_until(name, lambda _: self._newest(name) != before, "be built")
        self.tilt.wait_idle()

    def building(self, name: str) -> None:
        """Wait until a build of it runs."""
        self.tilt.wait_until(name, lambda status: "currentBuild" in status)

    def logged(self, name: str, text: str) -> None:
        """Wait until its log has a line that is this text."""
        end = time.monotonic() + 30
        while text not in self.tilt.run("logs", name).stdout.splitlines():
            assert time.monotonic() < end, f"{name} never said {text}"
            time.sleep(0.02)

    def runtime(self, name: str, status: str) -> None:
        self.tilt.wait_until(name, lambda found: found["runtimeStatus"] == status)

    def _newest(self, name: str) -> str:
        history: list[Json] = self.tilt.resource(name)["status"].get("buildHistory", [])
        return str(history[0]["spanID"]) if history else ""

    def _plain(self, text: str) -> str:
        text = re.sub(r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d Tilt analytics disabled: .*\n", "", text)
        text = re.sub(r"(?s)\nUsage:\n.*", "\nUsage: …", text)  # flags and their defaults: not ours
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
        return text.replace(str(self.tilt.port), "PORT")


def run(case: Case, tilt: RunningTilt, pause: float) -> Said:
    """Do what the case says, while one follower and one watcher look on, and tell what was said.

    ``pause`` in seconds: how long the last lines may take to reach the follower.
    """
    talk = Talk(tilt)
    with (
        _listening(tilt, "logs", "-f", "--json") as log,
        _listening(tilt, "get", "uiresource", case.watched, "-w", "-o", "json") as changes,
    ):
        while not (log.stat().st_size and changes.stat().st_size):  # both have printed what was before
            time.sleep(0.02)
        case.script(talk)
        if tilt.pid is not None:
            tilt.wait_idle()
            time.sleep(pause)
            spans = _Numbers()
            talk.said.history = [_line(spans, line) for line in _lines(tilt.run("logs", "--json").stdout)]
            talk.said.history = [line for line in talk.said.history if line[0] not in {"", "(Tiltfile)"}]
            talk.said.document = _document(tilt.resource(case.watched))
    talk.said.followed = _by_span(_lines(log.read_text(encoding="utf-8")))
    talk.said.seen = _states(changes.read_text(encoding="utf-8"))
    return talk.said


@contextmanager
def _listening(tilt: RunningTilt, *arguments: str) -> Iterator[Path]:
    """A command that goes on until the block ends, and the file that it writes to."""
    out = tilt.project / f"{arguments[0]}.out"
    with out.open("wb") as file:
        command = [str(tilt.bin / "tilt"), *arguments]
        child = subprocess.Popen(command, env=tilt.env, stdout=file, stderr=subprocess.DEVNULL)
        try:
            yield out
        finally:
            child.terminate()
            child.wait(10)


class _Numbers:
    """Spans, renumbered in the order in which they are seen."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def __call__(self, span: str) -> str:
        kind, colon, number = span.rpartition(":")
        if not number.isdigit():
            return span
        same = sum(name.startswith(f"{kind}{colon}") for name in self._names)
        return self._names.setdefault(span, f"{kind}{colon}{same + 1}")


def _lines(text: str) -> list[Json]:
    return [json.loads(line) for line in text.splitlines()]


def _line(spans: _Numbers, line: Json) -> list[str]:
    event = f" ({line['buildEvent']})" if line["buildEvent"] else ""
    return [line["resource"], f"{spans(line['spanID'])} {line['source']}{event}", line["message"]]


def _by_span(lines: list[Json]) -> dict[str, str]:
    """What each span said, and `·` where a piece ends: pieces of a line may come apart differently."""
    spans = _Numbers()
    texts: dict[str, str] = {}
    for line in lines:
        if line["spanID"] and not line["spanID"].startswith("tiltfile"):
            name = spans(line["spanID"])
            texts[name] = texts.get(name, "") + line["message"]
    return texts


def _states(text: str) -> list[str]:
    """Every state that a watcher saw, told shortly; builds and processes numbered in order."""
    spans, pids = _Numbers(), list[int]()
    states: list[str] = []
    for document in _documents(text):
        status = document["status"]
        pid = status["localResourceInfo"].get("pid")
        if pid and pid not in pids:
            pids.append(pid)
        history = [
            f"{spans(build['spanID'])}{' failed' if 'error' in build else ''}"
            for build in reversed(status.get("buildHistory", []))
        ]
        current = spans(status["currentBuild"]["spanID"]) if "currentBuild" in status else "-"
        conditions = [f"{one['type']}={one['status']}/{one.get('reason', '')}" for one in status["conditions"]]
        state = (
            f"{status['updateStatus']} {status['runtimeStatus']} queued={'queued' in status}"
            f" current={current} history={','.join(history)}"
            f" process={pids.index(pid) + 1 if pid else '-'} {' '.join(conditions)}"
        )
        if states[-1:] != [state]:
            states.append(state)
    return states


def _documents(text: str) -> Iterator[Json]:
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = decoder.raw_decode(text, at)
        yield document


def _document(document: Json) -> Json:
    """The document with its times, uids, pids and counters masked."""
    text = json.dumps(document)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID", text)
    masked: Json = json.loads(text)
    masked["metadata"]["resourceVersion"] = "VERSION"
    if "pid" in masked["status"]["localResourceInfo"]:
        masked["status"]["localResourceInfo"]["pid"] = "PID"
    return masked


def hurried(scenario: Scenario, factor: float) -> Scenario:
    """The same scenario with shorter sleeps: what is said stays the same."""

    def steps(script: Build | Serve) -> tuple[Step, ...]:
        return tuple(replace(step, sleep=step.sleep * factor) for step in script.steps)

    return replace(
        scenario,
        resources=tuple(
            replace(
                resource,
                builds=tuple(replace(build, steps=steps(build)) for build in resource.builds),
                serve=tuple(replace(serve, steps=steps(serve)) for serve in resource.serve),
            )
            for resource in scenario.resources
        ),
    )


# --- the cases

_GOOD = Build((say("compiling\n"), sleep(_SHORT), say("Finished\n")))
_SLOW = Build((say("compiling\n"), sleep(_LONG), say("Finished\n")))
_BAD = Build((say("hi\n"), sleep(_SHORT), say("error: no newline")), exit=3)
_UP = Serve((say("listening\n"),))
_PANIC = Serve((say("listening\n"), sleep(1.0), say("thread 'main' panicked\n")), exit=101)
_PIECES = Build((say("x.c:3: err"), sleep(_SHORT), say("or: expected\n0 "), sleep(_SHORT), say("errors\nFinished\n")))
_PIECEMEAL = Serve((say("server is listen"), sleep(_SHORT), say("ing on 8080\n")))


def _server(*builds: Build, serve: tuple[Serve, ...] = (_UP,), **more: Any) -> Scenario:
    return Scenario((Resource("server", builds, serve, **{"auto_init": False, **more}),))


def _twice(talk: Talk) -> None:
    talk.build("server")
    talk.build("server")


def _spoken(talk: Talk) -> None:
    talk.build("server")
    talk.logged("server", "server is listening on 8080")


def _during(talk: Talk) -> None:
    talk.ask("trigger", "server")
    talk.building("server")
    talk.ask("trigger", "server")
    talk.tilt.wait_until("server", lambda status: len(status.get("buildHistory", [])) == 2)
    talk.tilt.wait_idle()


def _panic(talk: Talk) -> None:
    talk.ask("trigger", "server")
    talk.runtime("server", "error")


def _crash(talk: Talk) -> None:
    talk.build("server")
    talk.tilt.crash("server")
    talk.runtime("server", "error")


def _refusals(talk: Talk) -> None:
    talk.ask("trigger", "nope")
    talk.ask("trigger", "off")
    talk.ask("trigger")
    talk.ask("trigger", "server", "off")
    talk.ask("logs", "nope")
    talk.ask("logs", "--nope")
    talk.ask("logs", "--tail", "many")
    talk.ask("get", "uiresource", "nope", "-o", "json")
    talk.ask("get", "uiresource", "nope", "-w", "-o", "json")
    talk.ask("get", "nonsense", "-o", "json")
    talk.ask("nonsense")


def _no_tilt(talk: Talk) -> None:
    for end in (talk.tilt.stop, talk.tilt.kill):
        end()
        talk.ask("trigger", "server")
        talk.ask("logs", "-f", "--json", "--tail", "0", "server")
        talk.ask("get", "uiresource", "server", "-o", "json")
        talk.ask("get", "session", "-o", "json")
        if end == talk.tilt.stop:
            talk.tilt.start()


def _history(talk: Talk) -> None:
    _twice(talk)
    talk.ask("logs", "server")
    talk.ask("logs", "--tail", "2", "server")
    talk.ask("logs", "--tail", "0", "server")
    talk.ask("logs", "server", "off")


def _file_change(talk: Talk) -> None:
    talk.build("server")
    talk.tilt.rebuild("server", "server.txt")
    talk.building("server")


def _killed(talk: Talk) -> None:
    talk.ask("trigger", "server")
    talk.building("server")
    talk.logged("server", "compiling")
    time.sleep(_SHORT)  # what followers have not got by then is lost with Tilt
    talk.tilt.kill()


def _held(talk: Talk) -> None:
    talk.ask("trigger", "server")
    talk.tilt.wait_until("server", lambda status: "waiting" in status)
    talk.build("client")
    talk.runtime("server", "ok")


def _queue(talk: Talk) -> None:
    talk.ask("trigger", "client")
    talk.building("client")
    talk.ask("trigger", "server")
    talk.tilt.wait_until("server", lambda status: "waiting" in status)
    talk.runtime("server", "ok")


_CLIENT = Resource("client", (_SLOW,), auto_init=False)
_BYTES = say(b"\x1b[31mred\x1b[0m <&> \xff \xe2\x82 caf\xc3\xa9\r50%\r100%\nx\x00y\x7f \xe2\x80\xa8\n")

CASES: dict[str, Case] = {
    "good build": Case(_server(_GOOD), lambda talk: talk.build("server")),
    "rebuild of a served process": Case(_server(_GOOD), _twice),
    "failing build": Case(_server(_BAD), lambda talk: talk.build("server")),
    "failure after success": Case(_server(_GOOD, _BAD), _twice),
    "success after failure": Case(_server(_BAD, _GOOD), _twice),
    "panic after success": Case(_server(_GOOD, serve=(_PANIC,)), _panic),
    "exit 0 of a server": Case(_server(_GOOD, serve=(Serve((say("up\n"), sleep(1.0)), exit=0),)), _panic),
    "crash": Case(_server(_GOOD), _crash),
    "trigger during a build": Case(_server(_SLOW), _during),
    "one-shot": Case(_server(_GOOD, serve=()), _twice),
    "no newline at the end": Case(_server(Build((say("a"), sleep(_SHORT), say("b"))), serve=()), _twice),
    "a line in pieces": Case(_server(_PIECES, serve=(_PIECEMEAL,)), _spoken),
    "only a served process": Case(_server(), lambda talk: talk.build("server")),
    "initial build": Case(_server(_GOOD, auto_init=True), lambda talk: None),
    "command echo": Case(
        _server(_GOOD, cmd="echo Finished; echo \"error: <b> & 'x'\"", serve_cmd="./server --port 1"),
        lambda talk: talk.build("server"),
    ),
    "command echo of a failure": Case(_server(_BAD, cmd='echo "Finished" \\ <x>'), _twice),
    "bytes": Case(_server(Build((_BYTES,)), serve=()), lambda talk: talk.build("server")),
    "refusals": Case(Scenario((*_server(_GOOD).resources, Resource("off", disabled=True))), _refusals, watched="off"),
    "no Tilt": Case(_server(_GOOD), _no_tilt),
    "Tilt killed": Case(_server(Build((say("compiling\n"), hang()))), _killed),
    "log history": Case(Scenario((*_server(_GOOD).resources, Resource("off", disabled=True))), _history),
    "file change": Case(_server(_GOOD, _SLOW, auto=True, deps=("server.txt",)), _file_change),
    "waits for a dependency": Case(Scenario((_CLIENT, *_server(_GOOD, resource_deps=("client",)).resources)), _held),
    "waits for another build": Case(Scenario((_CLIENT, *_server(_GOOD).resources)), _queue),
}
