"""From verdicts to what a run does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from pytest_syncguard import gate
from pytest_syncguard.errors import SyncguardError
from pytest_syncguard.verdict import (
    COULD_NOT_CHECK,
    IN_SYNC,
    OUT_OF_SYNC,
    Event,
    GuardFinished,
    Interrupted,
    Plan,
    Planned,
    Result,
    Status,
    Step,
    StepFinished,
    StepStarted,
    Target,
    Verdict,
)


class Toy:
    """A guard whose targets are what they are told to be, and become synced when applied."""

    def __init__(self, kind: str, broken: Sequence[str] = (), blind: bool = False, **targets: Status) -> None:
        self.kind = kind
        self.targets = targets
        self.broken, self.blind = broken, blind
        self.applied: list[str] = []
        self.closed = False

    def names(self) -> Sequence[str]:
        return list(self.targets)

    def verdicts(self, wanted: Sequence[Target]) -> tuple[Verdict, ...]:
        names = [target.name for target in wanted] or list(self.targets)
        return tuple(Verdict(Target(self.kind, name), self.targets[name], f"{name} is it") for name in names)

    def plan(self, wanted: Sequence[Target], *, force: bool = False) -> Plan:
        if self.blind:
            raise SyncguardError("cannot look: open your eyes")
        verdicts = self.verdicts(wanted)
        steps = (Step(each.target, "make", each.reason, 1) for each in verdicts if force or not each.synced)
        return Plan(self.kind, verdicts, tuple(steps))

    def apply(self, plan: Plan) -> Iterator[Event]:
        try:
            yield Planned(plan=plan)
            for step in plan.steps:
                yield StepStarted(step=step)
                name = step.target.name
                self.applied.append(name)
                self.targets[name] = Status.FAILED if name in self.broken else Status.SYNCED
                verdict = self.verdicts([step.target])[0]
                yield StepFinished(step=step, verdict=verdict, seconds=0)
                if name in self.broken:
                    break
            yield GuardFinished(guard=self.kind, verdicts=self.verdicts([each.target for each in plan.verdicts]))
        finally:
            self.closed = True


@pytest.fixture
def stack() -> Toy:
    return Toy("stack", client=Status.SYNCED, server=Status.STALE)


@pytest.fixture
def state() -> Toy:
    return Toy("state", sessions=Status.MISSING)


def test_a_sync_brings_everything_in_sync(stack: Toy, state: Toy) -> None:
    """Guard after guard, only what is not; every event is heard."""
    heard: list[Event] = []
    result = gate.sync([stack, state], listeners=[heard.append])

    assert (result.synced, result.exit_code) == (True, IN_SYNC)
    assert (stack.applied, state.applied) == (["server"], ["sessions"])
    assert [type(event) for event in heard] == [Planned, StepStarted, StepFinished, GuardFinished] * 2
    assert [event.step.target.name for event in result.finished] == ["server", "sessions"]


def test_force_does_all(stack: Toy) -> None:
    """What is in sync, too."""
    gate.sync([stack], force=True)

    assert stack.applied == ["client", "server"]


def test_only_the_guards_that_are_asked_for_are_asked(stack: Toy, state: Toy) -> None:
    """A target of one kind leaves the others alone; a kind alone is all of it."""
    gate.sync([stack, state], [Target("state")])
    assert (stack.applied, state.applied) == ([], ["sessions"])

    gate.sync([stack, state], [Target("stack", "client")])
    assert stack.applied == []


def test_what_was_not_asked_for_is_known(stack: Toy, state: Toy) -> None:
    """Success speaks of what was named: the rest was not looked at."""
    part = gate.sync([stack, state], [Target("stack", "client")])
    assert [str(target) for target in part.not_asked] == ["stack:server", "state:sessions"]
    kind = gate.sync([stack, state], [Target("stack")])
    assert [str(target) for target in kind.not_asked] == ["state:sessions"]

    assert gate.sync([stack, state]).not_asked == gate.sync([state], [Target("state", "sessions")]).not_asked == ()


def test_the_first_guard_that_fails_ends_it(state: Toy) -> None:
    """What comes after it is not begun."""
    stack = Toy("stack", broken=["server"], server=Status.STALE)
    result = gate.sync([stack, state])

    assert (result.synced, result.exit_code, state.applied) == (False, OUT_OF_SYNC, [])


def test_a_guard_that_cannot_look_is_unknown(state: Toy) -> None:
    """An outage is no drift, and no crash."""
    blind = Toy("stack", blind=True, server=Status.SYNCED)
    for result in (gate.sync([blind, state]), gate.check([blind])):
        assert result.exit_code == COULD_NOT_CHECK
        assert result.verdicts == (Verdict(Target("stack"), Status.UNKNOWN, "cannot look: open your eyes"),)


def test_a_listener_that_ends_the_sync_closes_the_guard_at_once(stack: Toy) -> None:
    """Ctrl-C comes where a line is written: builds are stopped before anybody sees the exception."""

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        gate.sync([stack], listeners=[interrupt])

    assert caught.value.__traceback__ is not None  # which still holds the frames
    assert stack.closed


def test_an_interrupted_sync_tells_what_was_under_way(stack: Toy) -> None:
    """Once what it started was let go of; a listener that fails then changes nothing."""
    heard: list[tuple[object, bool]] = []

    def interrupt(event: Event) -> None:
        heard.append((event, stack.closed))
        if isinstance(event, StepStarted):
            raise KeyboardInterrupt
        if isinstance(event, Interrupted):
            raise OSError("nobody reads")

    with pytest.raises(KeyboardInterrupt):
        gate.sync([stack], listeners=[interrupt])

    step = Step(Target("stack", "server"), "make", "server is it", 1)
    assert heard[1:] == [(StepStarted(step), False), (Interrupted((step,)), True)]


def test_a_check_changes_nothing(stack: Toy, state: Toy) -> None:
    """Verdicts of what is asked for, and nothing applied."""
    result = gate.check([stack, state], [Target("stack", "server")])

    assert [str(verdict.target) for verdict in result.verdicts] == ["stack:server"]
    assert (result.exit_code, stack.applied) == (OUT_OF_SYNC, [])


def test_a_plan_changes_nothing(stack: Toy, state: Toy) -> None:
    """One for each guard."""
    assert [[step.target.name for step in plan.steps] for plan in gate.plan([stack, state])] == [
        ["server"],
        ["sessions"],
    ]
    assert stack.applied == []


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("server", Target("stack", "server")),
        ("stack:server", Target("stack", "server")),
        ("stack", Target("stack")),
        ("state", Target("state")),
        ("state:sessions", Target("state", "sessions")),
    ],
)
def test_names(stack: Toy, state: Toy, name: str, target: Target) -> None:
    """Full ones, short ones, kinds."""
    assert gate.resolve([stack, state], [name]) == [target]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("servr", 'no target "servr": did you mean "server"?'),
        ("stack:servr", 'no target "stack:servr": did you mean "stack:server"?'),
        ("state:session", 'no target "state:session": did you mean "state:sessions"?'),
        ("registry", 'no target "registry": known are client, server, state:sessions'),
        ("stack:", 'no target "stack:": did you mean "stack:server"?'),
        ("", 'no target "": known are client, server, state:sessions'),
        (
            "servr server nope servr",
            'no target "servr": did you mean "server"?\nno target "nope": known are client, server, state:sessions',
        ),
    ],
)
def test_wrong_names(stack: Toy, state: Toy, name: str, said: str) -> None:
    """The nearest right one, or all; for each of the wrong ones, once."""
    with pytest.raises(SyncguardError) as caught:
        gate.resolve([stack, state], name.split(" "))

    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([], IN_SYNC),
        ([Status.SYNCED], IN_SYNC),
        ([Status.UNKNOWN, Status.SYNCED], COULD_NOT_CHECK),
        ([Status.UNKNOWN, Status.STALE], OUT_OF_SYNC),
        ([Status.MISSING], OUT_OF_SYNC),
        ([Status.CONFLICT], OUT_OF_SYNC),
        ([Status.FAILED], OUT_OF_SYNC),
    ],
)
def test_exit_codes(statuses: list[Status], code: int) -> None:
    """What is known to be wrong outweighs what is unknown; pytest's codes are 10 and 11."""
    result = Result(tuple(Verdict(Target("stack", str(n)), status, "") for n, status in enumerate(statuses)))

    assert (result.exit_code, result.pytest_exit_code) == (code, {0: 0, 1: 11, 2: 10}[code])


class Mute(Toy):
    """A guard that ends without its last word, after a step that failed."""

    def apply(self, plan: Plan) -> Iterator[Event]:
        for event in super().apply(plan):
            if not isinstance(event, GuardFinished):
                yield event


class TwoTongued(Toy):
    """A guard whose last word contradicts its steps."""

    def apply(self, plan: Plan) -> Iterator[Event]:
        for event in super().apply(plan):
            if isinstance(event, GuardFinished):
                good = tuple(Verdict(each.target, Status.SYNCED, "fine") for each in event.verdicts)
                event = GuardFinished(guard=event.guard, verdicts=good)
            yield event


@pytest.mark.parametrize("guard", [Mute, TwoTongued])
def test_no_word_and_two_words_are_no_success(guard: type[Toy]) -> None:
    """Whatever a guard was asked for and did not judge, or judged in two ways, stops the run."""
    result = gate.sync([guard("db", broken=["main"], main=Status.STALE)])

    assert not result.synced
    assert result.exit_code in (COULD_NOT_CHECK, OUT_OF_SYNC)
