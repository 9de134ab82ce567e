"""The user's command lines, filled in for a stage, and what their answers mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.settings.model import Settings, Stage
from pytest_syncguard.stack.drivers.command.child import CannotStart, Outcome, Request, Run, ending, run
from pytest_syncguard.stack.drivers.command.templates import fill, names_in

SEPARATOR = ","  # between the names of several replicas
LIMIT = 15.0  # seconds that an engine has to answer a question

# What clients print when the engine behind them does not answer, or when they lack the part that asks it.
_UNREACHABLE = re.compile(
    r"connection (?:to the server .* was )?refused|(?:cannot|can't|could not|couldn't|unable to) connect"
    r"|failed to connect|is the docker daemon running|error during connect|no such host|name resolution"
    r"|no route to host|unreachable"
    r"|timed? ?out|deadline exceeded|permission denied|access denied|connection reset|broken pipe"
    r"|command not found|unknown command|is not a docker command|host is down",
    re.IGNORECASE,
)
NO_WORD = "it printed nothing: where that means that nothing runs, let it print a word or end with 0"
_NOT_THERE = re.compile(r"not ?found|no such|does ?n.t exist|does not exist|not running|no resources", re.IGNORECASE)
_NO_PLUGIN = re.compile(r"is not a docker command|unknown (?:shorthand )?flag|unknown command: docker compose")


class State(Enum):
    """What the engine says of a resource."""

    UP = auto()
    STARTING = auto()
    DONE = auto()
    FAILED = auto()
    GONE = auto()
    STRANGER = auto()  # the engine has no such resource at all
    UNREACHABLE = auto()

    @property
    def ended(self) -> bool:
        return self in {State.DONE, State.FAILED, State.GONE, State.STRANGER}


@dataclass(frozen=True, slots=True)
class Report:
    """One answer to ``status``; ``identity`` names what runs, as far as the answer names it.

    ``started`` is when that was started, once it has been asked for: it may have kept its name over a restart.
    """

    state: State
    identity: str = ""
    reason: str = ""
    started: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names one by one: several replicas have one each."""
        return tuple(filter(None, self.identity.split(SEPARATOR)))

    def kept_a_name_of(self, before: Report) -> bool:
        return not set(self.names).isdisjoint(before.names)

    def ran_already(self, before: Report) -> bool:
        """Whether some of what it names is what an earlier answer named: in doubt it is."""
        if not self.kept_a_name_of(before):
            return False
        if not (self.started and before.started):
            return True
        if len(self.names) == len(before.names) == 1:
            return self.started == before.started
        return not set(self.started.split()).isdisjoint(before.started.split())


class Engine:
    """Everything that is asked of the engine goes through here."""

    def __init__(self, settings: Settings) -> None:
        self.root = settings.root
        self.command = settings.stack.command
        self._up = _compiled("up", self.command.up)
        self._done = _compiled("done", self.command.done)
        self._failed = _compiled("failed", self.command.failed)
        self._unknown = _compiled("unknown", self.command.unknown)
        self._identity = _compiled("identity", self.command.identity)

    @property
    def names_what_runs(self) -> bool:
        """Whether an identity is a name, and not only the text by which `up` was recognised."""
        return self._identity is not None

    def watches(self, stage: Stage) -> bool:
        """Whether there is something to ask about the stage once its trigger has passed."""
        return bool(self.command.status) and (not stage.one_shot or self._done is not None)

    def request(
        self, argv: Sequence[str], stage: Stage, *, at: float = 0.0, identity: str = "", tail: int = 0
    ) -> Request:
        filled = fill(argv, resource=stage.resource, at=at, identity=identity, tail=tail)
        return Request(tuple(filled), self.root / stage.cwd, dict(stage.env))

    def requests(
        self, argv: Sequence[str], stage: Stage, *, at: float = 0.0, identity: str = "", tail: int = 0
    ) -> list[Request]:
        """One request, or one for each of several replicas where the template names a single one."""
        names = identity.split(SEPARATOR) if "identity" in names_in(argv) else [identity]
        return [self.request(argv, stage, at=at, identity=name, tail=tail) for name in names]

    def ask(self, stage: Stage) -> Run:
        """Start to ask for the status. Raises `CannotStart`."""
        return Run(self.request(self.command.status, stage), LIMIT)

    def report(self, stage: Stage) -> Report:
        """Ask for the status and wait for the answer."""
        try:
            return self.read(stage, run(self.request(self.command.status, stage), LIMIT))
        except CannotStart as error:
            return Report(State.UNREACHABLE, reason=str(error))

    def ask_start(self, stage: Stage, report: Report) -> Run:
        """Start to ask when that was started which the report names. Raises `CannotStart`."""
        return Run(self._start_request(stage, report), LIMIT)

    def since_when(self, stage: Stage, report: Report) -> Report:
        """The report with the start of what it names, where the settings say how to ask for that."""
        if not (self.command.started and report.identity and report.state in {State.UP, State.DONE}):
            return report
        try:
            return self.with_start(stage, report, run(self._start_request(stage, report), LIMIT))
        except CannotStart as error:
            return Report(State.UNREACHABLE, reason=str(error))

    def with_start(self, stage: Stage, report: Report, outcome: Outcome) -> Report:
        """The report with the answer to `started`; without one, nothing that it names counts as up or done."""
        if unreachable(outcome):
            reason = outcome.last_line or f"`started` of {stage.resource} gave no answer"
            return Report(State.UNREACHABLE, reason=reason)
        if outcome.code == 0 and outcome.output.strip():
            return replace(report, started=" ".join(sorted(outcome.output.split())))
        if report.state not in {State.UP, State.DONE}:
            return report
        why = f"`started` of {stage.resource} {ending(outcome.code)}: {outcome.last_line or 'it printed nothing'}"
        return Report(State.GONE, report.identity, why)

    def _start_request(self, stage: Stage, report: Report) -> Request:
        template = self.command.started
        argv = [each for word in template for each in (report.names if word == "{identity}" else [word])]
        return self.request(argv, stage, identity=report.identity)

    def read(self, stage: Stage, outcome: Outcome) -> Report:
        """What an answer means. Doubt is never up: only a match of `up`, and none of the others, is."""
        text, resource = outcome.output, stage.resource
        if self._unknown and (found := self._unknown.search(f"{text}\n{outcome.errors}")):
            return Report(State.STRANGER, reason=f"the engine knows no {resource}: {_line(text, outcome, found)}")
        if why := self._no_answer(stage, outcome):
            return Report(State.UNREACHABLE, reason=why)
        identity = self._name(text)
        if self._failed and (found := self._failed.search(text)):
            return Report(State.FAILED, identity, f"{resource} is down: status shows {_excerpt(found)}")
        if self._done and (found := self._done.search(text)):
            return Report(State.DONE, identity, f"{resource} ran to its end: status shows {_excerpt(found)}")
        if text.strip() in {"", "[]", "null"}:
            why = f" ({outcome.last_line})" if outcome.last_line and outcome.code else ""
            return Report(State.GONE, reason=f"{resource} does not run: status shows nothing of it{why}")
        if outcome.code == 0 and self._up and (found := self._up.search(text)):
            return Report(State.UP, identity if self._identity else found[0])
        if outcome.code != 0:
            return Report(State.GONE, identity, f"`status` of {resource} {ending(outcome.code)}: {outcome.last_line}")
        return Report(State.STARTING, identity, f"{resource} is not up yet")

    def _no_answer(self, stage: Stage, outcome: Outcome) -> str:
        """Why an answer is none; empty where it is one."""
        if outcome.code is None:
            return f"`status` of {stage.resource} gave no answer within {LIMIT:.0f} s"
        if outcome.code == 0:
            return ""
        if self.command.status[:2] == ("docker", "compose") and _NO_PLUGIN.search(outcome.errors):
            return "docker has no command compose: install the docker compose plugin"
        if unreachable(outcome):
            return outcome.last_line
        if outcome.output.strip() or _NOT_THERE.search(outcome.errors):
            return ""
        asked, why = self.request(self.command.status, stage), outcome.last_line or NO_WORD
        return f"`status` of {stage.resource}, {asked}, {ending(outcome.code)}: {why}"

    def _name(self, text: str) -> str:
        """The names of all that runs: a service may have several replicas."""
        if self._identity is None:
            return ""
        found = {match[1] if match.re.groups else match[0] for match in self._identity.finditer(text)}
        return SEPARATOR.join(sorted(name for name in found if name))


def unreachable(outcome: Outcome) -> bool:
    """Whether a command failed because the engine behind it did not answer."""
    said = f"{outcome.errors}\n{outcome.output}"
    return outcome.code is None or (outcome.code != 0 and _UNREACHABLE.search(said) is not None)


def _compiled(key: str, pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except re.error as error:
        where = f" at position {error.pos}" if error.pos is not None else ""
        raise SyncguardError(
            f"stack.command.{key} is not a regular expression: {error.msg}{where} in {pattern!r}"
        ) from error


def _excerpt(found: re.Match[str]) -> str:
    """What matched, for people: the first group where the expression has one."""
    return (found[1] if found.lastindex else found[0]).strip()[-80:]


def _line(text: str, outcome: Outcome, found: re.Match[str]) -> str:
    whole = f"{text}\n{outcome.errors}"
    begin = whole.rfind("\n", 0, found.start()) + 1
    return whole[begin:].split("\n", 1)[0].strip()
