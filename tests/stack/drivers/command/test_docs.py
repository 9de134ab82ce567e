"""docs/drivers.md says what is so."""

from __future__ import annotations

import re
import tomllib

import pytest

from pytest_syncguard.settings.load import DRIVERS, parse_settings
from pytest_syncguard.settings.model import Stage
from pytest_syncguard.stack.drivers.command.child import Outcome
from pytest_syncguard.stack.drivers.command.engine import Engine, State
from pytest_syncguard.stack.drivers.command.templates import PLACEHOLDERS
from tests.stack.drivers.command.project import DOCS, compose_settings, recipe, settings_for

TEXT = DOCS.read_text()
UID, OLD = "server-6d4cf56db6-x2x7p", "server-7f9b8c5d4-qq8zt"


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
def test_every_example_is_valid(block: str) -> None:
    """Each TOML example is accepted as it stands."""
    assert parse_settings(tomllib.loads(block), DOCS.parent, None, {}, drivers=(*DRIVERS, "nomad")).stack.stages


@pytest.mark.parametrize("key", ["trigger", "logs", "status", "down"])
def test_commands_of_the_compose_preset(key: str) -> None:
    """The table shows the preset's commands, word for word."""
    assert f"| `{key}` | `{' '.join(getattr(compose_settings(), key))}` |" in TEXT


def test_every_placeholder_is_explained() -> None:
    """The table of placeholders has all of them and no other."""
    table = TEXT.split("| placeholder |", 1)[1].split("\n\n", 1)[0]

    assert tuple(re.findall(r"^\| `\{(\w+)\}`", table, re.MULTILINE)) == PLACEHOLDERS


@pytest.mark.parametrize(
    ("printed", "state", "identity"),
    [
        (f"{UID}   true   <none>   <none>\n", State.UP, UID),
        (f"{UID}   true,true   <none>   <none>\n{OLD}   true   <none>   2026-01-01T00:00:00Z\n", State.UP, UID),
        (f"{UID}   false   ContainerCreating   <none>\n", State.STARTING, UID),
        (f"{UID}   <none>   <none>   <none>\n", State.STARTING, UID),
        (f"{UID}   false   CrashLoopBackOff   <none>\n", State.FAILED, UID),
        (f"{UID}   false   ErrImagePull   <none>\n", State.FAILED, UID),
        ("", State.GONE, ""),
    ],
)
def test_skaffold_recipe_reads_pods(printed: str, state: State, identity: str) -> None:
    """The expressions of the recipe on what `kubectl get pods` prints with its columns."""
    engine = Engine(settings_for(DOCS.parent, recipe("skaffold")))

    report = engine.read(Stage("server", "server"), Outcome(0, printed))

    assert (report.state, report.identity) == (state, identity)


def test_skaffold_recipe_knows_an_outage() -> None:
    """kubectl's words for a cluster that does not answer."""
    engine = Engine(settings_for(DOCS.parent, recipe("skaffold")))
    said = "The connection to the server localhost:8080 was refused - did you specify the right host or port?"

    assert engine.read(Stage("server", "server"), Outcome(1, "", said)).state is State.UNREACHABLE
