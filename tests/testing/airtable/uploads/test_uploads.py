"""Attachments: uploaded through pyairtable, handed out again, and never taken for more than bytes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyairtable import Api, Table

from pytest_syncguard.testing.airtable import schema
from pytest_syncguard.testing.airtable.clone import restore
from pytest_syncguard.testing.airtable.service import Service
from tests.testing.airtable.world import ALICE, BASE, FILES, LONGEST, NAME, START, TASKS, World, running

UPLOADS = "http://content.airtable.com"  # where pyairtable sends them
MEGABYTE = 1024 * 1024


def tasks(world: World, token: str = "") -> Table:
    """The table, through a client whose uploads come here, too."""
    api: Api = world.api(token)
    api.session.proxies[UPLOADS] = world.server.url
    return api.table(BASE, TASKS)


def fetch(url: str) -> requests.Response:
    return requests.get(url, timeout=LONGEST)


def file(content: bytes = b"Hello", name: str = "a.txt", kind: str = "text/plain") -> dict[str, Any]:
    return {"contentType": kind, "filename": name, "file": base64.b64encode(content).decode()}


def cell(**items: str) -> Any:
    """What is written into a cell: attachments by ``url`` or ``id``."""
    return [{key: value} for key, value in items.items()]


def test_an_upload_is_answered_as_airtable_does(world: World, record: str) -> None:
    """The record's id and time, and the whole cell by the field's id."""
    answered = tasks(world).upload_attachment(record, "Files", "sample.txt", b"Hello world")

    (attachment,) = answered["fields"][FILES]
    url = f"{world.server.url}/attachments/{attachment['id']}/sample.txt"
    assert (answered["id"], answered["createdTime"]) == (record, f"{START:%Y-%m-%dT%H:%M:%S}.000Z")
    assert attachment == {
        "id": attachment["id"], "url": url, "filename": "sample.txt", "size": 11, "type": "text/plain"
    }  # fmt: skip


def test_what_was_uploaded_is_handed_out_as_a_file(world: World, record: str) -> None:
    """Whoever has the address gets the bytes, and no browser would run them."""
    page = b"<script>alert(1)</script>"
    (attachment,) = tasks(world).upload_attachment(record, FILES, "page.html", page)["fields"][FILES]
    fetched = fetch(attachment["url"])

    assert (fetched.status_code, fetched.content) == (200, page)
    assert fetched.headers["Content-Type"] == "text/html"
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert fetched.headers["Content-Disposition"] == "attachment; filename*=UTF-8''page.html"
    assert "sandbox" in fetched.headers["Content-Security-Policy"]


def test_an_upload_comes_last_in_its_cell(world: World) -> None:
    """What is in the cell stays, whether it was uploaded or told by its url, and ids stay the same."""
    record = world.tasks.create({"Files": cell(url="https://example.com/first.pdf")})
    (first,) = record["fields"]["Files"]
    second = tasks(world).upload_attachment(record["id"], "Files", "second.txt", "2")["fields"][FILES]
    third = tasks(world).upload_attachment(record["id"], "Files", "third.txt", "3")["fields"][FILES]

    assert [each["filename"] for each in third] == ["first.pdf", "second.txt", "third.txt"]
    assert [each["id"] for each in third[:2]] == [each["id"] for each in second]
    assert second[0] == first
    assert world.tasks.get(record["id"])["fields"]["Files"] == third


def test_a_file_is_uploaded_from_its_path(world: World, record: str, tmp_path: Path) -> None:
    """pyairtable reads the file and guesses its type."""
    picture = tmp_path / "dot.png"
    picture.write_bytes(bytes(range(256)))
    (attachment,) = tasks(world).upload_attachment(record, "Files", picture)["fields"][FILES]

    assert (attachment["filename"], attachment["type"], attachment["size"]) == ("dot.png", "image/png", 256)
    assert fetch(attachment["url"]).content == bytes(range(256))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.binary(max_size=200))
def test_any_name_and_any_bytes_come_back(world: World, record: str, name: str, content: bytes) -> None:
    """Names like paths, with any characters, are only names."""
    answered = world.ask("POST", f"{BASE}/{record}/{FILES}/uploadAttachment", json=file(content, name)).json()
    attachment = answered["fields"][FILES][-1]

    assert attachment["filename"] == (name.replace("\0", "") or "attachment")
    assert fetch(attachment["url"]).content == content


@pytest.mark.parametrize("name", [".", "..", "..."])
def test_a_file_that_is_named_as_a_folder_can_be_fetched(world: World, record: str, name: str) -> None:
    """Its name is kept, and its address is one that clients leave alone."""
    (cells,) = tasks(world).upload_attachment(record, FILES, name, b"Hello", "text/plain")["fields"].values()
    (told,) = cells

    assert told["filename"] == name
    assert fetch(told["url"]).content == b"Hello"


def test_attachments_outlive_a_restart_inside_the_data_file(tmp_path: Path) -> None:
    """The content is in the one file; nothing is beside it that is called like an upload."""
    with running(tmp_path / "data") as world:
        record = world.tasks.create({"Name": "a"})["id"]
        tasks(world).upload_attachment(record, "Files", "../../escape.txt", b"inside", "text/plain")
    with running(tmp_path / "data") as world:
        (attachment,) = world.tasks.get(record)["fields"]["Files"]
        assert fetch(attachment["url"]).content == b"inside"
    assert {path.name for path in tmp_path.rglob("*")} <= {"data", "data.lock", "data-wal", "data-shm"}


def test_attachments_that_came_by_url_are_kept_by_their_ids(world: World) -> None:
    """A cell may be written again with ids alone, as pyairtable's ORM does, also into another record."""
    both = cell(url="https://example.com/a") + cell(url="https://example.com/b")
    record = world.tasks.create({"Files": both})
    first, second = record["fields"]["Files"]
    world.tasks.update(record["id"], {"Files": cell(id=second["id"], url="https://example.com/c")})
    other = world.tasks.create({"Files": cell(id=first["id"])})

    assert [each["filename"] for each in world.tasks.get(record["id"])["fields"]["Files"]] == ["b", "c"]
    assert other["fields"]["Files"] == [first]


def test_attachments_of_a_restored_base_are_kept_by_their_ids(world: World) -> None:
    """A cell that came with a document is written again with the id that it came with."""
    document = world.server.call(lambda service: service.store.bases.get(BASE).document())
    known: dict[str, Any] = {"id": "att" + "1" * 14, "url": "https://example.com/a", "filename": "a.pdf", "size": 5}
    record: dict[str, Any] = {
        "id": "rec" + "1" * 14,
        "createdTime": "2026-01-01T00:00:00.000Z",
        "fields": {"Files": [known]},
    }
    document["tables"][0]["records"] = [record]
    world.server.call(lambda service: restore(service, document))
    world.tasks.update(record["id"], {"Files": cell(id=known["id"], url="https://example.com/b.pdf")})

    kept, new = world.tasks.get(record["id"])["fields"]["Files"]
    assert (kept["id"], kept["filename"], kept["size"]) == (known["id"], "a.pdf", 5)
    assert new["filename"] == "b.pdf"


def test_attachments_by_url_are_never_fetched(world: World) -> None:
    """There is nothing to hand out for them."""
    (attachment,) = world.tasks.create({"Files": cell(url=f"{world.server.url}/secret")})["fields"]["Files"]

    assert fetch(attachment["url"]).status_code == 404


@pytest.mark.parametrize("name", ["other.txt", "..%2Fa.txt", "", "%00"])
def test_another_name_is_another_file(world: World, record: str, name: str) -> None:
    """Only the address that was told leads to an attachment."""
    (attachment,) = tasks(world).upload_attachment(record, "Files", "a.txt", b"a")["fields"][FILES]

    assert fetch(attachment["url"].removesuffix("a.txt") + name).status_code == 404


@pytest.mark.parametrize(
    ("field", "error"),
    [("Name", "INVALID_VALUE_FOR_COLUMN"), (NAME, "INVALID_VALUE_FOR_COLUMN"), ("No", "UNKNOWN_FIELD_NAME")],
)
def test_only_fields_of_attachments_take_uploads(world: World, record: str, field: str, error: str) -> None:
    """A field of another type is told apart from one that is not there, and nothing is kept."""
    assert world.refused("POST", f"{BASE}/{record}/{field}/uploadAttachment", json=file()) == (422, error)
    assert world.tasks.get(record)["fields"] == {"Name": "a"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"file": "not base 64!"},
        {"file": "SGVsbG8"},
        {"file": "é"},
        {"file": 5},
        {"file": None},
        {"filename": ""},
        {"filename": None},
        {"contentType": "text"},
        {"contentType": "text/plain\r\nX-Evil: 1"},
        {"contentType": None},
    ],
)
def test_what_is_no_file_is_refused(world: World, record: str, wrong: dict[str, Any]) -> None:
    """Each part of the body is checked."""
    refused = world.refused("POST", f"{BASE}/{record}/{FILES}/uploadAttachment", json=file() | wrong)

    assert refused == (422, "INVALID_REQUEST_UNKNOWN")


def test_five_megabytes_are_taken_and_more_are_not(world: World, record: str) -> None:
    """The bound is on the file, not on its base 64, which pyairtable breaks into lines."""
    whole = bytes(5 * MEGABYTE)
    (attachment,) = tasks(world).upload_attachment(record, FILES, "big.bin", whole, "application/zip")["fields"][FILES]

    assert attachment["size"] == len(fetch(attachment["url"]).content) == 5 * MEGABYTE
    with pytest.raises(requests.HTTPError, match="413"):
        tasks(world).upload_attachment(record, FILES, "big.bin", whole + b"a", "application/zip")


def test_uploads_need_a_record_and_the_right_to_write(world: World, record: str) -> None:
    """An unknown record looks like one that may not be seen; without the scope nothing is written."""
    token = world.token(ALICE, without="data.records:write")

    path = "{}/{}/Files/uploadAttachment"
    nowhere = world.refused("POST", path.format(BASE, "rec" + "0" * 14), json=file())
    assert nowhere == (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")
    assert world.refused("POST", path.format(BASE, record), token=token, json=file()) == (403, "INVALID_PERMISSIONS")
    unknown = requests.post(f"{world.server.url}/v0/{path.format(BASE, record)}", json=file(), timeout=LONGEST)
    assert unknown.status_code == 401


def test_uploads_go_with_the_last_cell_that_holds_them(world: World, record: str) -> None:
    """Whether cells or records go; the file that nobody has any more takes no room, and no address leads to it."""
    (one,) = tasks(world).upload_attachment(record, FILES, "a.txt", b"one")["fields"][FILES]
    other = world.tasks.create({"Files": cell(id=one["id"])})
    world.tasks.update(record, {"Files": None})
    assert fetch(one["url"]).content == b"one"

    world.tasks.delete(other["id"])
    assert fetch(one["url"]).status_code == 404
    assert world.refused("PATCH", f"{BASE}/Tasks/{record}", json={"fields": {"Files": cell(id=one["id"])}})[0] == 422

    (two,) = tasks(world).upload_attachment(record, FILES, "a.txt", b"two")["fields"][FILES]
    world.tasks.update(record, {"Files": cell(url="https://example.com/a")})
    assert fetch(two["url"]).status_code == 404


def test_attachments_of_another_base_cannot_be_named(world: World, record: str) -> None:
    """What a token may not see it cannot have by its id, either."""
    (secret,) = tasks(world).upload_attachment(record, FILES, "secret.txt", b"secret")["fields"][FILES]
    table = schema.Table("tblZ0000000000000", "Z", FILES, (schema.Field(FILES, "Files", "multipleAttachments"),))
    elsewhere = schema.Base("app" + "Z" * 14, "Elsewhere", (table,))

    def add(service: Service) -> str:
        service.store.bases.save(elsewhere)
        return service.tokens.add(ALICE, bases=[elsewhere.id])

    body = {"fields": {"Files": cell(id=secret["id"])}}
    token = world.server.call(add)
    refused = world.refused("POST", f"{elsewhere.id}/Z", token=token, json=body)
    assert refused == (422, "INVALID_ATTACHMENT_OBJECT")
