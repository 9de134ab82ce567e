"""Whatever is created, changed, merged and deleted: the same records are left as in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyairtable
import pytest
import requests
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from pytest_syncguard.testing.airtable.server import AirtableServer
from tests.testing.airtable.records.bases import BASE

NAMES = ["", "a", "b", "ä'\"\\", "line\nline", "{Name}", "null", "a%2Fb"]
TYPED = ("Name", "Number", "Done")
cells = st.fixed_dictionaries(
    {},
    optional={
        "Name": st.none() | st.sampled_from(NAMES),
        "Number": st.none() | st.integers(-5, 5),
        "Done": st.none() | st.booleans(),
    },
)


def held(fields: dict[str, Any]) -> dict[str, Any]:
    """What is left of cells that were written: empty ones are none."""
    return {name: value for name, value in fields.items() if value is not False and value not in ("", None)}


SERVER = AirtableServer()


@pytest.fixture(scope="module", autouse=True)
def _serving() -> Iterator[None]:
    with SERVER:
        yield


class Records(RuleBasedStateMachine):
    """Compares all records with the model after each step; links are kept in the model on both sides."""

    things = Bundle("things")
    plugins = Bundle("plugins")

    def __init__(self) -> None:
        super().__init__()
        self.server = SERVER
        self.server.renew()
        self.server.call(lambda service: service.store.bases.save(BASE))
        api = pyairtable.Api(self.server.token, endpoint_url=self.server.url)
        self.table, self.others = api.table(BASE.id, "Things"), api.table(BASE.id, "Plugins")
        self.model: dict[str, dict[str, Any]] = {}
        self.linked: dict[str, list[str]] = {}  # of each thing to plugins
        self.back: dict[str, list[str]] = {}
        self.ahead: dict[str, dict[str, list[str]]] = {}  # links that have no inverse

    @initialize(target=plugins)
    def two_plugins(self) -> Any:
        made = self.others.batch_create([{"Title": "one"}, {"Title": "two"}, {"Title": "one, two"}])
        self.back = {each["id"]: [] for each in made}
        return multiple(*self.back)

    @rule(target=things, wanted=st.lists(cells, min_size=1, max_size=12))
    def create(self, wanted: list[dict[str, Any]]) -> Any:
        made = self.table.batch_create(wanted)
        self.model |= {each["id"]: held(fields) for each, fields in zip(made, wanted, strict=True)}
        return multiple(*[each["id"] for each in made])

    @rule(thing=things, fields=cells, replace=st.booleans())
    def update(self, thing: str, fields: dict[str, Any], replace: bool) -> None:
        with self.refused_if(thing not in self.model):
            self.table.update(thing, fields, replace=replace)
            kept = {} if replace else self.model[thing]
            self.model[thing] = held(kept | fields)
            if replace:
                self.link_to(thing, [])
                self.ahead.pop(thing, None)

    @rule(wanted=st.lists(st.tuples(st.sampled_from(NAMES[1:]), cells), min_size=1, max_size=4), replace=st.booleans())
    def upsert(self, wanted: list[tuple[str, dict[str, Any]]], replace: bool) -> None:
        """The model merges one record after the other; two matches spoil the request as a whole."""
        model, linked = {key: dict(each) for key, each in self.model.items()}, dict(self.linked)
        made = 0
        for name, fields in wanted:
            found = [key for key, each in model.items() if each.get("Name") == name]
            if len(found) > 1:
                break
            key = found[0] if found else f"new {(made := made + 1)}"
            model[key] = held(({} if replace else model.get(key, {})) | fields | {"Name": name})
            if replace and found:
                linked[key] = []
        else:
            records = [{"fields": fields | {"Name": name}} for name, fields in wanted]
            done = self.table.batch_upsert(records, ["Name"], replace=replace)
            assert len(done["createdRecords"]) == made
            named = {f"new {number + 1}": key for number, key in enumerate(done["createdRecords"])}
            for key, others in linked.items():
                if key in self.model and others != self.linked.get(key, []):
                    self.link_to(key, others)
            if replace:
                self.ahead = {key: cells for key, cells in self.ahead.items() if key not in done["updatedRecords"]}
            self.model = {named.get(key, key): each for key, each in model.items()}
            return
        with self.refused_if(True):
            records = [{"fields": fields | {"Name": name}} for name, fields in wanted]
            self.table.batch_upsert(records, ["Name"], replace=replace)

    @rule(thing=things, wanted=st.lists(plugins, max_size=3))
    def link(self, thing: str, wanted: list[str]) -> None:
        with self.refused_if(thing not in self.model or not set(wanted) <= set(self.back)):
            self.table.update(thing, {"Plugin": wanted})
            self.link_to(thing, list(dict.fromkeys(wanted)))

    @rule(thing=things, following=st.lists(things, max_size=3, unique=True), liked=st.lists(plugins, max_size=2))
    def link_ahead(self, thing: str, following: list[str], liked: list[str]) -> None:
        """To other things, and to plugins that do not know of it."""
        cells: dict[str, Any] = {"Next": following, "Liked": list(dict.fromkeys(liked))}
        known = self.model.keys() | self.back.keys()
        with self.refused_if(not {thing, *following, *liked} <= known):
            self.table.update(thing, cells)
            self.ahead[thing] = cells

    def forget(self, record: str) -> None:
        self.ahead.pop(record, None)
        for cells in self.ahead.values():
            for name, others in cells.items():
                cells[name] = [each for each in others if each != record]

    @rule(plugin=plugins, wanted=st.lists(things, max_size=3))
    def link_back(self, plugin: str, wanted: list[str]) -> None:
        with self.refused_if(plugin not in self.back or not set(wanted) <= set(self.model)):
            self.others.update(plugin, {"Agents": wanted})
            wanted = list(dict.fromkeys(wanted))
            for thing in set(self.back[plugin]) - set(wanted):
                self.linked[thing].remove(plugin)
            for thing in wanted:
                if thing not in self.back[plugin]:
                    self.linked.setdefault(thing, []).append(plugin)
            self.back[plugin] = wanted

    def link_to(self, thing: str, wanted: list[str]) -> None:
        had = self.linked.get(thing, [])
        for plugin in set(had) - set(wanted):
            self.back[plugin].remove(thing)
        for plugin in wanted:
            if plugin not in had:
                self.back[plugin].append(thing)
        self.linked[thing] = wanted

    @rule(thing=consumes(things))
    def delete(self, thing: str) -> None:
        with self.refused_if(thing not in self.model):
            self.table.delete(thing)
            self.link_to(thing, [])
            del self.model[thing], self.linked[thing]
            self.forget(thing)

    @rule(plugin=consumes(plugins))
    def delete_plugin(self, plugin: str) -> None:
        self.others.delete(plugin)
        for thing in self.back.pop(plugin):
            self.linked[thing].remove(plugin)
        self.forget(plugin)

    @contextmanager
    def refused_if(self, wrong: bool) -> Iterator[None]:
        """What cannot be done is refused, and only that; nothing of it is done, as the next comparison shows."""
        status = 200
        try:
            yield
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
        assert status in ((403, 422) if wrong else (200,))

    @invariant()
    def same_records(self) -> None:
        found = {each["id"]: each["fields"] for each in self.table.all(page_size=3)}
        assert list(found) == list(self.model)
        for key, expected in self.model.items():
            assert {name: found[key][name] for name in TYPED if name in found[key]} == expected
            assert found[key].get("Plugin", []) == self.linked.get(key, [])
            for name, others in self.ahead.get(key, {}).items():
                assert found[key].get(name, []) == others

    @invariant()
    def links_agree_with_their_inverse_and_with_what_is_computed(self) -> None:
        for each in self.others.all():
            agents = self.back[each["id"]]
            assert each["fields"].get("Agents", []) == agents
            assert each["fields"]["How many"] == len(agents)
            numbers = [self.model[key]["Number"] for key in agents if "Number" in self.model[key]]
            assert each["fields"].get("Stars", []) == numbers
            assert each["fields"]["Sum"] == sum(numbers)

    @invariant()
    def filters_agree_with_python(self) -> None:
        found = {each["id"] for each in self.table.all(formula="OR({Number} > 1, {Name} = 'a')")}
        expected = {key for key, each in self.model.items() if each.get("Number", 0) > 1 or each.get("Name") == "a"}
        assert found == expected

    @invariant()
    def sorts_agree_with_python(self) -> None:
        found = [each["fields"].get("Number") for each in self.table.all(sort=["-Number"])]
        numbers = [each.get("Number") for each in self.model.values()]
        expected = sorted((each for each in numbers if each is not None), reverse=True)
        assert found == [*expected, *[None] * (len(numbers) - len(expected))]


TestRecords = Records.TestCase
TestRecords.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
