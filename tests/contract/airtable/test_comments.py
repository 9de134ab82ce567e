"""Comments on records, through pyairtable."""

from __future__ import annotations

import pyairtable

from tests.contract.airtable.endpoint import Endpoint
from tests.contract.airtable.proof import covers


@covers("Table.add_comment", "Table.comments")
def test_a_comment_is_read_as_it_was_written(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """With who wrote it, and when; it was never changed."""
    record = table.create({"Name": "a"})["id"]
    written = table.add_comment(record, "Hello")
    (read,) = table.comments(record)

    assert (read.id, read.text, read.created_time) == (written.id, "Hello", written.created_time)
    assert read.author.id == endpoint.api().whoami()["id"]
    assert read.last_updated_time is None


@covers("Table.comments")
def test_the_newest_comment_comes_first(table: pyairtable.Table) -> None:
    """Comments are listed from the newest to the oldest."""
    record = table.create({"Name": "a"})["id"]
    for text in ("one", "two", "three"):
        table.add_comment(record, text)

    assert [comment.text for comment in table.comments(record)] == ["three", "two", "one"]


def test_a_comment_is_changed_and_deleted(table: pyairtable.Table) -> None:
    """Changing it notes the time; deleting it leaves the others."""
    record = table.create({"Name": "a"})["id"]
    kept, gone = (table.add_comment(record, text) for text in ("kept", "gone"))
    kept.text = "changed"
    kept.save()
    gone.delete()
    (read,) = table.comments(record)

    assert (read.id, read.text) == (kept.id, "changed")
    assert read.last_updated_time is not None


def test_somebody_is_mentioned(endpoint: Endpoint, table: pyairtable.Table) -> None:
    """``@[usr...]`` in the text mentions a collaborator, who is told in full."""
    who = endpoint.api().whoami()["id"]
    record = table.create({"Name": "a"})["id"]
    table.add_comment(record, f"Look, @[{who}]!")
    (read,) = table.comments(record)

    assert read.text == f"Look, @[{who}]!"
    assert [(each.id, each.type) for each in read.mentioned.values()] == [(who, "user")]


def test_an_answer_to_a_comment(table: pyairtable.Table) -> None:
    """A reply names the comment that it belongs to."""
    record = table.create({"Name": "a"})["id"]
    first = table.add_comment(record, "one")
    reply = table.add_comment(record, "two", parent_comment_id=first.id)

    assert reply.parent_comment_id == first.id


def test_comments_are_counted(table: pyairtable.Table) -> None:
    """pyairtable's count_comments adds their number to the records that it lists."""
    record = table.create({"Name": "a"})["id"]
    table.add_comment(record, "one")

    assert [each["commentCount"] for each in table.all(count_comments=True)] == [1]
