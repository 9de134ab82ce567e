"""Links change at both ends, and end with their records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyairtable
import pytest

from pytest_syncguard.testing.airtable.server import AirtableServer


@pytest.mark.parametrize(("name", "target"), [("Next", "Things"), ("Liked", "Plugins")])
def test_links_without_an_inverse_end_with_their_record(things: pyairtable.Table, name: str, target: str) -> None:
    """What is left of the cell can be written again."""
    others = pyairtable.Table(None, things.base, target)
    gone, kept = (others.create({})["id"] for _ in range(2))
    thing = things.create({"Name": "a", name: [gone, kept]})
    others.delete(gone)
    cells = things.get(thing["id"])["fields"]

    assert cells[name] == [kept]
    assert things.update(thing["id"], {name: cells[name]})["fields"][name] == [kept]


def test_a_link_changes_records_at_both_ends(
    server: AirtableServer, things: pyairtable.Table, plugins: pyairtable.Table
) -> None:
    """lastModifiedTime of the record that is linked to moves as well: by a new link, a link less, a deletion."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    minutes = iter(range(1, 9))

    def later() -> str:
        now = noon + timedelta(minutes=next(minutes))
        server.service.now = lambda: now
        return now.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    later()
    thing = things.create({"Name": "a"})["id"]
    touched = []
    expected = [later()]
    plugin = plugins.create({"Agents": [thing]})["id"]
    touched.append(things.get(thing)["fields"])
    expected.append(later())
    plugins.update(plugin, {"Agents": []})
    touched.append(things.get(thing)["fields"])
    later()
    plugins.update(plugin, {"Agents": [thing]})
    expected.append(later())
    plugins.delete(plugin)
    touched.append(things.get(thing)["fields"])

    assert [cells["Touched"] for cells in touched] == expected
    assert len({cells["Renamed"] for cells in touched}) == 1
