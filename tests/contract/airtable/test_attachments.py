"""Attachments, through pyairtable: uploaded, and by address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyairtable
import pytest
import requests

from tests.contract.airtable.endpoint import LONGEST, Endpoint, field_ids
from tests.contract.airtable.proof import covers


@pytest.fixture(scope="module")
def files(endpoint: Endpoint) -> pyairtable.Table:
    return endpoint.make({"Name": "singleLineText", "Files": "multipleAttachments"})


@covers("Table.upload_attachment")
def test_a_file_is_uploaded(files: pyairtable.Table) -> None:
    """The answer has the cell by the field's id; the file is found at its address."""
    record = files.create({"Name": "a"})["id"]
    told = files.upload_attachment(record, "Files", "note.txt", b"Hello", "text/plain")
    (attachment,) = told["fields"][field_ids(files)["Files"]]

    assert told["id"] == record
    assert attachment["id"].startswith("att")
    assert (attachment["filename"], attachment["type"], attachment["size"]) == ("note.txt", "text/plain", 5)
    assert requests.get(attachment["url"], timeout=LONGEST).content == b"Hello"


@covers("Table.upload_attachment")
def test_an_upload_comes_behind_what_is_there(files: pyairtable.Table, tmp_path: Path) -> None:
    """Files of the disk are uploaded, too; nothing that was there goes."""
    (tmp_path / "two.txt").write_text("two")
    record = files.create({"Name": "a"})["id"]
    files.upload_attachment(record, "Files", "one.txt", "one", "text/plain")
    files.upload_attachment(record, "Files", tmp_path / "two.txt")

    assert [each["filename"] for each in files.get(record)["fields"]["Files"]] == ["one.txt", "two.txt"]


def test_attachments_by_address(files: pyairtable.Table) -> None:
    """An address and perhaps a name are written; an id comes back, and whoever writes it again keeps the file."""
    written: Any = [{"url": "https://example.com/", "filename": "page.html"}]
    record = files.create({"Name": "a", "Files": written})
    (attachment,) = record["fields"]["Files"]
    kept: Any = [{"id": attachment["id"]}]
    files.update(record["id"], {"Files": kept})

    assert attachment["filename"] == "page.html"
    assert [each["id"] for each in files.get(record["id"])["fields"]["Files"]] == [attachment["id"]]
