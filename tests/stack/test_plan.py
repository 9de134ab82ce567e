"""What is planned, from what was recorded and what is seen: each thing that must hold, broken by itself."""

from __future__ import annotations

import pytest

from pytest_syncguard.ledger import UNFINISHED, Failed, Synced
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.base import Observation
from pytest_syncguard.stack.fingerprint.fingerprinter import Fingerprint
from pytest_syncguard.stack.plan import Facts, plan_stack
from pytest_syncguard.verdict import COULD_NOT_CHECK, Result, Status

STAGES = (
    Stage("client", "client", one_shot=True),
    Stage("server", "server", after=("client",)),
    Stage("ui", "ui", needs=("client",), after=("server",)),
    Stage("docs", "docs", needs=("ui",)),
)
NAMES = [stage.name for stage in STAGES]
WELL = Facts(
    recorded={
        "client": Synced("client", "print of client", "build of client", "tilt", 7),
        "server": Synced("server", "print of server", "build of server", "tilt", 8),
        "ui": Synced("ui", "print of ui", "build of ui", "tilt", 9, needs={"client": 7}),
        "docs": Synced("docs", "print of docs", "build of docs", "tilt", 10, needs={"ui": 9}),
    },
    failed={},
    prints={name: Fingerprint(f"print of {name}", 1) for name in NAMES},
    seen={name: Observation(f"build of {name}", up=True) for name in NAMES},
)
REBUILD = "Step 2 FAILED: server rebuild error"
OTHER = Fingerprint("another print", 1)


def planned(facts: Facts, *wanted: str, force: bool = False) -> dict[str, str]:
    """What is to be rebuilt, in order, and why."""
    return {step.target.name: step.reason for step in plan_stack(STAGES, facts, wanted, force=force).steps}


def judged(facts: Facts, name: str) -> tuple[Status, str]:
    verdicts = {verdict.target.name: verdict for verdict in plan_stack(STAGES, facts).verdicts}
    return verdicts[name].status, verdicts[name].reason


def without(name: str, **failed: Failed) -> Facts:
    """The stage has no success on record, perhaps a failure."""
    recorded = {each: entry for each, entry in WELL.recorded.items() if each != name}
    return WELL._replace(recorded=recorded, failed=failed)


def seeing(name: str, seen: Observation) -> Facts:
    return WELL._replace(seen={**WELL.seen, name: seen})


def differing(*files: str) -> Facts:
    """The sources of the server are others, and these files are named for it."""
    return WELL._replace(prints={**WELL.prints, "server": OTHER}, changed=lambda _: files)


def blind(name: str) -> Facts:
    """All that was recorded still holds, but none of the stage's sources is there."""
    now = Fingerprint(f"print of {name}", 0, blind='sources "sever/**" matches no file')
    return WELL._replace(prints={**WELL.prints, name: now})


def test_nothing_is_planned_when_all_is_well() -> None:
    """Recorded, of these sources, and the one that runs."""
    assert planned(WELL) == {}
    assert {verdict.status for verdict in plan_stack(STAGES, WELL).verdicts} == {Status.SYNCED}
    assert judged(WELL, "client")[1] == "client is built from its sources as they are"  # a one-shot: nothing runs
    assert judged(WELL, "server")[1] == "server runs what its sources say"


@pytest.mark.parametrize(
    ("facts", "status", "said"),
    [
        (WELL._replace(prints={**WELL.prints, "server": OTHER}), Status.STALE, "its sources changed"),
        (
            differing('(settings of stage "server")'),
            Status.STALE,
            "server is stale: its settings changed since the last",
        ),
        (differing("(git)"), Status.STALE, "server is stale: git keeps its sources now and did not at the last sync"),
        (differing("a", "b"), Status.STALE, "server is stale: 2 files changed since the last sync: a, b"),
        (seeing("server", Observation("another build", up=True)), Status.STALE, "another build or process runs"),
        (seeing("server", Observation("build of server", up=False, reason="it died")), Status.STALE, "it died"),
        (seeing("server", Observation("", up=False, reason="no Tilt", unknown=True)), Status.UNKNOWN, "no Tilt"),
        (seeing("server", Observation("build of server", up=True, unknown=True)), Status.UNKNOWN, "could not check"),
        (blind("server"), Status.UNKNOWN, 'sources "sever/**" matches no file: correct sources = [...] of the stage'),
        (without("server"), Status.MISSING, "was never synced here"),
        (without("server", server=Failed("server", "print of server", "oh")), Status.FAILED, "failed: oh"),
        (without("server", server=Failed("server", "older", "oh")), Status.STALE, "its sources changed since"),
        (
            without("server", server=Failed("server", "print of server-other settings", "oh")),
            Status.STALE,
            "the last sync of server failed: oh; its settings changed since",
        ),
        (
            without("server", server=Failed("server", "print of server", f"{REBUILD}; first error: no: run it")),
            Status.FAILED,
            "the last sync of server failed: rebuild error; first error: no: run it",
        ),
        (
            without("server", server=Failed("server", "older", f"{REBUILD}; first error: no")),
            Status.STALE,
            "the last sync of server failed: rebuild error; its sources changed since; first error: no",
        ),
        (
            seeing("server", Observation("another", up=True))._replace(explain=lambda old, new: f"{old}, now {new}"),
            Status.STALE,
            "server is stale: build of server, now another",
        ),
        (without("server", server=Failed("server", "print of server", UNFINISHED)), Status.STALE, UNFINISHED),
    ],
)
def test_one_thing_that_does_not_hold_is_enough(facts: Facts, status: Status, said: str) -> None:
    """The stage is planned, and it alone, for nothing needs it."""
    assert list(planned(facts)) == ["server"]
    assert judged(facts, "server")[0] is status
    assert said in judged(facts, "server")[1]


def test_a_step_that_a_sync_would_refuse_is_no_rebuild() -> None:
    """Its reason says why, and the cure."""
    refused = seeing("server", Observation("", up=False, fault="Tilt has none: make one"))
    steps = [
        step for facts in (refused, blind("server"), without("server")) for step in plan_stack(STAGES, facts).steps
    ]

    assert [(step.target.name, step.action) for step in steps] == [
        ("server", "blocked"),
        ("server", "blocked"),
        ("server", "rebuild"),
    ]


def test_what_needs_a_stage_is_rebuilt_with_it() -> None:
    """And what needs that one in turn; what merely comes after it is not."""
    facts = WELL._replace(prints={**WELL.prints, "client": OTHER})

    assert list(planned(facts)) == ["client", "ui", "docs"]
    assert planned(facts)["docs"] == "ui is rebuilt, which it needs"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            WELL._replace(prints={**WELL.prints, "client": OTHER}),
            "client, which it needs, is stale: its sources changed since the last sync",
        ),
        (
            seeing("client", Observation("", up=False, fault="Tilt has none: make one")),
            "client, which it needs, cannot be synced: Tilt has none: make one",
        ),
    ],
)
def test_what_is_stale_for_anothers_sake_says_its_own_name(facts: Facts, said: str) -> None:
    """And what is wrong with the other: whoever asked for the one alone hears of no other."""
    assert judged(facts, "ui") == (Status.STALE, f"ui is stale: {said}")


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (seeing("client", Observation("", up=False, reason="no Tilt: start it", unknown=True)), "no Tilt: start it"),
        (blind("client"), 'sources "sever/**" matches no file: correct sources = [...] of the stage'),
    ],
)
def test_what_needs_a_stage_that_cannot_be_checked_is_unknown_itself(facts: Facts, cause: str) -> None:
    """And blocked: that it must be rebuilt is known of neither. What is wrong with it by itself stays known."""
    plan = plan_stack(STAGES, facts)
    edited = facts._replace(prints={**facts.prints, "ui": OTHER})

    assert [(step.target.name, step.action, step.reason) for step in plan.steps][1:] == [
        ("ui", "blocked", "client, which it needs, is blocked"),
        ("docs", "blocked", "ui, which it needs, is blocked"),
    ]
    assert judged(facts, "ui") == (
        Status.UNKNOWN,
        f"could not check ui: client, which it needs, could not be checked: {cause}",
    )
    assert Result(plan.verdicts).exit_code == COULD_NOT_CHECK
    assert judged(edited, "ui") == (Status.STALE, "ui is stale: its sources changed since the last sync")
    assert [step.action for step in plan_stack(STAGES, edited).steps] == ["blocked"] * 3


@pytest.mark.parametrize(
    ("client", "said"),
    [
        (
            Synced("client", "print of client", "build of client", "tilt", 11),
            "ui is stale: client was rebuilt since, which it needs",
        ),
        (None, "ui is stale: client, which it needs, is not synced"),
    ],
)
def test_what_was_built_on_an_older_success_is_stale(client: Synced | None, said: str) -> None:
    """The client was synced again since, or is recorded no more: the UI bundles one that is not today's."""
    recorded = {name: entry for name, entry in WELL.recorded.items() if name != "client"}
    facts = WELL._replace(recorded={**recorded, **({"client": client} if client else {})})

    assert "ui" in planned(facts)
    assert judged(facts, "ui") == (Status.STALE, said)


def test_a_stage_is_wanted_with_all_that_it_needs_and_nothing_else() -> None:
    """Whatever is wrong with the rest."""
    broken = WELL._replace(prints=dict.fromkeys(NAMES, OTHER))

    assert list(planned(broken, "docs")) == ["client", "ui", "docs"]
    assert list(planned(broken, "server")) == ["server"]
    assert [verdict.target.name for verdict in plan_stack(STAGES, broken, ["ui"]).verdicts] == ["client", "ui"]


def test_force_rebuilds_what_is_wanted_and_what_it_needs() -> None:
    """In order, each with its own number."""
    assert planned(WELL, "ui", force=True) == {"client": "forced", "ui": "forced"}
    assert [step.number for step in plan_stack(STAGES, WELL, ["ui"], force=True).steps] == [1, 3]
