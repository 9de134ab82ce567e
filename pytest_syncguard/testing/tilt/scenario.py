r"""What the scripted Tilt, or a real one, shall play: resources, and what each of their builds does.

A scenario is plain data. It is written in Python, TOML or JSON::

    [[resource]]
    name = "server"
    cmd = "cargo build"                       # what Tilt echoes as "Running cmd: …"
    input = ["src/**"]                        # read when a build starts: what that build is made of
    builds = [
        { steps = [{ print = "Finished\n" }] },
        { steps = [{ print = "error: no" }, { sleep = 0.2 }], exit = 101 },   # the last one repeats
    ]
    serve = { steps = [{ print = "Listening\n" }] }   # no `exit`: stays up
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

__all__ = [
    "Build",
    "Resource",
    "Scenario",
    "ScenarioError",
    "Serve",
    "Step",
    "hang",
    "kill_tilt",
    "say",
    "sleep",
]

_FOREVER = 10_000_000.0
_T = TypeVar("_T")


class ScenarioError(ValueError):
    """A scenario that cannot be played: names the key and what was found."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a build or a served process does; exactly one of the fields is set.

    ``print`` is written as it stands: end it with a newline, or do not. ``print_hex`` is the same for bytes
    that are no text. ``repeat`` writes either so many times. ``sleep`` is in seconds. ``kill_tilt`` ends
    Tilt itself with SIGKILL.
    """

    print: str = ""
    print_hex: str = ""
    repeat: int = 1
    sleep: float = 0.0
    kill_tilt: bool = False

    @property
    def data(self) -> bytes:
        """The bytes that one repetition writes."""
        return bytes.fromhex(self.print_hex) if self.print_hex else self.print.encode()


def say(text: str | bytes, repeat: int = 1) -> Step:
    """Write the text, ``repeat`` times. Nothing is added: a line needs its own newline."""
    if isinstance(text, bytes):
        return Step(print_hex=text.hex(), repeat=repeat)
    return Step(print=text, repeat=repeat)


def sleep(seconds: float) -> Step:
    """Do nothing for so many seconds."""
    return Step(sleep=seconds)


def hang() -> Step:
    """Never end."""
    return Step(sleep=_FOREVER)


def kill_tilt() -> Step:
    """Tilt dies here, as by SIGKILL."""
    return Step(kill_tilt=True)


@dataclass(frozen=True, slots=True)
class Build:
    """One run of a resource's command: what it does, and its exit code."""

    steps: tuple[Step, ...] = ()
    exit: int = 0


@dataclass(frozen=True, slots=True)
class Serve:
    """The process that a good build brings up. ``exit`` None: it stays up; a number: it ends with that.

    ``unnoticed``, for the scripted Tilt only: it loses the news that this process is up, as a real one with much to do
    may; its status stays pending, with the pid of the process before. Its command alone tells the truth.
    """

    steps: tuple[Step, ...] = ()
    exit: int | None = None
    unnoticed: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A local_resource.

    ``cmd`` and ``serve_cmd`` are only echoed (default: ``build NAME`` and ``serve NAME``); no builds at all
    means that there is no command, only a served process. Each build takes the next of ``builds``, the last
    one again and again; each process likewise the next of ``serve``, none meaning one-shot. ``input`` are
    globs, relative to the project: their content when a build starts is what that build is made of.
    ``deps`` are the files that Tilt watches.
    """

    name: str
    builds: tuple[Build, ...] = (Build(),)
    serve: tuple[Serve, ...] = ()
    cmd: str = ""
    serve_cmd: str = ""
    auto: bool = False
    auto_init: bool = True
    disabled: bool = False
    allow_parallel: bool = False
    resource_deps: tuple[str, ...] = ()
    deps: tuple[str, ...] = ()
    input: tuple[str, ...] = ()

    @property
    def build_text(self) -> str:
        return self.cmd or f"build {self.name}"

    @property
    def serve_text(self) -> str:
        return self.serve_cmd or f"serve {self.name}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole Tiltfile and what will happen to it.

    ``tiltfile_error``: the Tiltfile does not load, so there are no resources. ``dies_after``: Tilt is killed
    so many seconds after it started. The rest is only for the scripted Tilt: ``latency``, how long it takes
    to notice and to start things; ``log_delay``, how much later than its status its log arrives;
    ``watch_every``, what happens within so many seconds reaches a watcher as one change, all in seconds; and
    ``wants_token``: as the real one does since 2026, it obeys only those who show its token.
    """

    resources: tuple[Resource, ...] = ()
    tiltfile_error: str = ""
    dies_after: float | None = None
    latency: float = 0.01
    log_delay: float = 0.0
    watch_every: float = 0.0
    wants_token: bool = False

    def __getitem__(self, name: str) -> Resource:
        for resource in self.resources:
            if resource.name == name:
                return resource
        raise KeyError(name)

    @classmethod
    def load(cls, path: Path) -> Scenario:
        """A scenario from a ``.toml`` or ``.json`` file."""
        import tomllib

        text = path.read_text(encoding="utf-8")
        try:
            data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        except ValueError as fault:
            raise ScenarioError(f"{path.name} is no valid {path.suffix[1:].upper()}: {fault}") from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scenario:
        """A scenario from plain data, with ``resource`` (or ``resources``) as a list of tables."""
        values = dict(data)
        resources = [*values.pop("resource", ()), *values.pop("resources", ())]
        return _make(cls, {**values, "resources": tuple(map(_resource, resources))}, "scenario")

    def to_dict(self) -> dict[str, Any]:
        """Plain data from which `from_dict` makes the same scenario again."""
        return asdict(self)


def script_from_dict(data: Mapping[str, Any]) -> Build:
    """One build from plain data."""
    return _make(Build, {**data, "steps": _steps(data)}, "build")


def _resource(data: Mapping[str, Any]) -> Resource:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    if "builds" in values:
        values["builds"] = tuple(map(script_from_dict, values["builds"]))
    serve = values.get("serve", ())
    serves: Sequence[Mapping[str, Any]] = (serve,) if isinstance(serve, Mapping) else serve
    values["serve"] = tuple(_make(Serve, {**one, "steps": _steps(one)}, "serve") for one in serves)
    return _make(Resource, values, f"resource {data.get('name', '?')}")


def _steps(data: Mapping[str, Any]) -> tuple[Step, ...]:
    return tuple(_make(Step, dict(step), "step") for step in data.get("steps", ()))


def _make(kind: type[_T], values: Mapping[str, Any], where: str) -> _T:
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ScenarioError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(known)}")
    try:
        return kind(**values)
    except TypeError as fault:
        raise ScenarioError(f"{where}: {fault}") from None
