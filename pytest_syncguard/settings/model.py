"""Settings as the rest of the house sees them: frozen, validated, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from pytest_syncguard.settings.find import STATE

PatternSet = Literal["default", "strict"]


class Remedy(NamedTuple):
    """A known cure: when an error line matches, run this once and trigger again."""

    match: str
    run: tuple[str, ...]
    cwd: str = "."
    wait: float = 0.0


class Stage(NamedTuple):
    """One step of the stack's sync. Durations are seconds; patterns are regular expressions."""

    name: str
    resource: str
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    success: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    patterns: PatternSet = "default"
    timeout: float = 300.0
    settle: float = 1.0
    one_shot: bool = False
    remedies: tuple[Remedy, ...] = ()
    build: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    ready: str = ""
    cwd: str = "."
    env: tuple[tuple[str, str], ...] = ()


TILT_PORT = 10350  # where Tilt answers unless it is told another port


class TiltSettings(NamedTuple):
    """Which Tilt to speak to; ``overridden`` says why it is not the one that the settings name."""

    host: str = "localhost"
    port: int = TILT_PORT
    up: bool = False
    overridden: str = ""

    @property
    def address(self) -> str:
        """Where it answers, for people."""
        return f"{self.host}:{self.port}{f' ({self.overridden})' if self.overridden else ''}"

    def command(self, name: str, *words: str) -> str:
        """The command line of ``tilt`` that reaches this Tilt, for people; quoted where a shell needs it."""
        import shlex

        port = () if self.port == TILT_PORT else ("--port", str(self.port))
        return shlex.join(("tilt", name, *port, *words))


class StopLadder(NamedTuple):
    """How long to wait after each signal before the next, in seconds."""

    sigint: float = 5.0
    sigterm: float = 5.0
    sigkill: float = 5.0


class ProcessSettings(NamedTuple):
    """How the process driver ends what it started."""

    stop: StopLadder = StopLadder()


class CommandSettings(NamedTuple):
    """Argv templates of the command driver, and regular expressions over what ``status`` prints.

    ``{resource}``, ``{since}`` (RFC 3339, UTC) and ``{epoch}`` (the same in seconds) of the start of what runs
    (of a one-shot stage: of the trigger), ``{identity}`` and, in ``tail``, ``{tail}`` (a number of lines) are
    filled in. ``failed`` is looked for first, then ``done`` (it ran to its end without an error), then ``up``.
    The first group of ``identity`` names what runs, so that a later run can tell whether it is still the same;
    where a restart keeps that name, ``started`` prints what the restart changes. ``unknown`` says that the engine
    has no such resource.
    ``appends``: nothing ever empties what ``logs`` prints, so that old lines are known by their text alone.
    ``poll`` is in seconds.
    """

    trigger: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    follow: bool = False
    appends: bool = False
    tail: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    up: str = ""
    done: str = ""
    failed: str = ""
    unknown: str = ""
    identity: str = ""
    started: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    poll: float = 1.0


class StackSettings(NamedTuple):
    """The stack: a driver and its stages, in the order in which they are synced.

    ``options`` is the table ``[stack.DRIVER]`` of a driver that a plugin brings in, as it is written.
    """

    driver: str = "process"
    ui: str = ""
    stages: tuple[Stage, ...] = ()
    tilt: TiltSettings = TiltSettings()
    process: ProcessSettings = ProcessSettings()
    command: CommandSettings = CommandSettings()
    options: Mapping[str, object] = {}


class RegistrySettings(NamedTuple):
    """The registry: folders of plugin marketplaces, relative to the project's root."""

    marketplaces: tuple[str, ...] = (".",)


class Settings(NamedTuple):
    """Everything that a project says about itself, and where it says it."""

    root: Path
    source: Path | None = None
    preset: str = ""
    plugins: tuple[str, ...] = ()
    stack: StackSettings = StackSettings()
    registry: RegistrySettings = RegistrySettings()

    @property
    def state(self) -> Path:
        """Where ledger, lock, process files and logs of the stages lie."""
        return self.root / STATE

    @property
    def failure_logs(self) -> Path:
        """Where the full log of a failed step is kept."""
        return self.root / "logs"
