"""Comments, through pyairtable and as they go over the wire."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_syncguard.testing.airtable.service import OWNER
from pytest_syncguard.testing.airtable.store.store import Store
from tests.testing.airtable.world import ALICE, BASE, PEOPLE, START, TASKS, World, running

NOBODYS = "com" + "0" * 14


def path(record: str, comment: str = "") -> str:
    return f"{BASE}/{TASKS}/{record}/comments" + (f"/{comment}" if comment else "")


def test_a_comment_is_answered_as_airtable_does(world: World, record: str) -> None:
    """A new comment says who wrote what and when, and that it was never changed."""
    said = world.ask("POST", path(record), json={"text": "Hello"}).json()

    author = {"id": OWNER.id, "email": OWNER.email, "name": OWNER.name}
    when = "2026-03-01T09:00:00.000Z"
    assert said.pop("id").startswith("com")
    assert said == {"author": author, "createdTime": when, "lastUpdatedTime": None, "text": "Hello"}


def test_pyairtable_lists_the_newest_first(world: World, record: str) -> None:
    """Table.comments gives what Table.add_comment wrote, newest first."""
    for text in ("one", "two", "three"):
        world.tasks.add_comment(record, text)

    assert [comment.text for comment in world.tasks.comments(record)] == ["three", "two", "one"]


def test_more_comments_than_a_page_are_all_listed(world: World, record: str) -> None:
    """pyairtable goes from page to page until it has every comment."""
    for number in range(103):
        world.tasks.add_comment(record, str(number))

    assert [comment.text for comment in world.tasks.comments(record)] == [
        str(number) for number in reversed(range(103))
    ]


def test_a_page_is_as_long_as_was_asked_for(world: World, record: str) -> None:
    """pageSize bounds a page; its offset leads on, past comments that were made or deleted in between."""
    written = [world.tasks.add_comment(record, text) for text in "abcde"]
    first = world.ask("GET", path(record), params={"pageSize": 2}).json()
    written[3].delete()
    world.tasks.add_comment(record, "later")
    second = world.ask("GET", path(record), params={"pageSize": 2, "offset": first["offset"]}).json()
    last = world.ask("GET", path(record), params={"pageSize": 2, "offset": second["offset"]}).json()

    pages = [[comment["text"] for comment in page["comments"]] for page in (first, second, last)]
    assert pages == [["e", "d"], ["c", "b"], ["a"]]
    assert last["offset"] is None


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"pageSize": 0}, "INVALID_REQUEST_UNKNOWN"),
        ({"pageSize": 101}, "INVALID_REQUEST_UNKNOWN"),
        ({"pageSize": "many"}, "INVALID_REQUEST_UNKNOWN"),
        ({"offset": "behind"}, "INVALID_OFFSET_VALUE"),
        ({"offset": "9" * 30}, "INVALID_OFFSET_VALUE"),
    ],
)
def test_a_page_that_there_is_not_is_refused(world: World, record: str, query: dict[str, Any], error: str) -> None:
    """A page size out of bounds and an offset that nobody was given are told apart."""
    assert world.refused("GET", path(record), params=query) == (422, error)


def test_saving_a_comment_changes_its_text(world: World, record: str) -> None:
    """Comment.save writes the text and the time of the change, and nothing else."""
    comment = world.tasks.add_comment(record, "first")
    world.pass_by(minutes=5)
    comment.text = "second"
    comment.save()

    (kept,) = world.tasks.comments(record)
    assert (kept.id, kept.text, kept.created_time) == (comment.id, "second", START)
    assert kept.last_updated_time == comment.last_updated_time == START + timedelta(minutes=5)


def test_deleting_a_comment_takes_it_off_its_record(world: World, record: str) -> None:
    """Comment.delete leaves the others."""
    kept, gone = (world.tasks.add_comment(record, text) for text in ("kept", "gone"))
    gone.delete()

    assert [comment.id for comment in world.tasks.comments(record)] == [kept.id]
    assert world.refused("DELETE", path(record, gone.id)) == (404, "NOT_FOUND")


def test_users_are_mentioned_by_id_and_by_email(world: World, record: str) -> None:
    """Both ways lead to the id in the text, and to one who is mentioned; whom nobody knows is only text."""
    world.token(ALICE)
    comment = world.tasks.add_comment(record, f"@[{ALICE.id}] and @[{OWNER.email}], @[usrNobody00000000] too")

    assert comment.text == f"@[{ALICE.id}] and @[{OWNER.id}], @[usrNobody00000000] too"
    told = {user.id: (user.type, user.display_name, user.email) for user in comment.mentioned.values()}
    assert told == {user.id: ("user", user.name, user.email) for user in (ALICE, OWNER)}


def test_a_comment_is_as_long_as_people_write(world: World, record: str) -> None:
    """10,000 characters, whatever they are; one more is refused."""
    longest = "@[" * 5_000

    assert world.ask("POST", path(record), json={"text": longest}).json()["text"] == longest
    assert world.refused("POST", path(record), json={"text": longest + "."}) == (422, "INVALID_REQUEST_UNKNOWN")


def test_who_is_no_longer_mentioned_is_no_longer_told(world: World, record: str) -> None:
    """A new text decides anew whom it mentions."""
    comment = world.tasks.add_comment(record, f"@[{OWNER.id}]")
    comment.text = "nobody"
    comment.save()

    assert comment.mentioned == {}
    assert "mentioned" not in world.ask("GET", path(record)).json()["comments"][0]


def test_a_reply_names_its_parent(world: World, record: str) -> None:
    """parentCommentId is kept; a parent on another record is none."""
    other = world.tasks.create({"Name": "b"})["id"]
    parent = world.tasks.add_comment(record, "question")
    reply = world.tasks.add_comment(record, "answer", parent_comment_id=parent.id)

    assert reply.parent_comment_id == parent.id
    assert world.tasks.comments(record)[0].parent_comment_id == parent.id
    wrong = {"text": "answer", "parentCommentId": parent.id}
    assert world.refused("POST", path(other), json=wrong) == (422, "INVALID_REQUEST_UNKNOWN")


def test_only_the_author_changes_and_deletes_a_comment(world: World, record: str) -> None:
    """Others read it, and are refused all else."""
    comment = world.tasks.add_comment(record, "mine")
    alice = world.token(ALICE)

    (seen,) = world.api(alice).table(BASE, TASKS).comments(record)
    assert (seen.id, seen.author.id) == (comment.id, OWNER.id)
    refused = (403, "INVALID_PERMISSIONS")
    assert world.refused("PATCH", path(record, comment.id), token=alice, json={"text": "no"}) == refused
    assert world.refused("DELETE", path(record, comment.id), token=alice) == refused
    assert world.tasks.comments(record)[0].text == "mine"


@pytest.mark.parametrize(
    ("method", "scope"), [("GET", "read"), ("POST", "write"), ("PATCH", "write"), ("DELETE", "write")]
)
def test_comments_need_their_scopes(world: World, record: str, method: str, scope: str) -> None:
    """A token without the scope is refused, whatever else it may do."""
    token = world.token(without=f"data.recordComments:{scope}")
    where = path(record, NOBODYS) if method in ("PATCH", "DELETE") else path(record)

    assert world.refused(method, where, token=token, json={"text": "a"}) == (403, "INVALID_PERMISSIONS")


def test_an_unknown_comment_is_not_found(world: World, record: str) -> None:
    """Nor is one on another record."""
    other = world.tasks.create({"Name": "b"})["id"]
    comment = world.tasks.add_comment(record, "a").id
    nowhere = [path(record, NOBODYS), path(other, comment)]

    found = {world.refused(method, where, json={"text": "a"}) for where in nowhere for method in ("PATCH", "DELETE")}
    assert found == {(404, "NOT_FOUND")}


def test_an_unknown_record_looks_like_one_that_may_not_be_seen(world: World, record: str) -> None:
    """Also if it is in another table."""
    comment = world.tasks.add_comment(record, "a").id
    nowhere = [path("rec" + "0" * 14), f"{BASE}/{PEOPLE}/{record}/comments"]

    refused = {world.refused(method, where, json={"text": "a"}) for where in nowhere for method in ("GET", "POST")}
    refused |= {world.refused(method, f"{nowhere[1]}/{comment}", json={"text": "a"}) for method in ("PATCH", "DELETE")}
    assert refused == {(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")}


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": 3}, {"text": None}, {"text": ["a"]}])
def test_a_comment_has_a_text(world: World, record: str, body: dict[str, Any]) -> None:
    """Neither a new comment nor a changed one goes without."""
    comment = world.tasks.add_comment(record, "a").id

    refused = (422, "INVALID_REQUEST_UNKNOWN")
    assert world.refused("POST", path(record), json=body) == refused
    assert world.refused("PATCH", path(record, comment), json=body) == refused


def test_records_tell_how_many_comments_they_have(world: World) -> None:
    """recordMetadata counts for all records of a page; without it there is no count."""
    records = world.tasks.batch_create([{"Name": name} for name in "abc"])
    for record, count in zip(records, (2, 0, 1), strict=True):
        for _ in range(count):
            world.tasks.add_comment(record["id"], "hello")

    counted = {each["fields"]["Name"]: each.get("commentCount") for each in world.tasks.all(count_comments=True)}
    assert counted == {"a": 2, "b": 0, "c": 1}
    assert all("commentCount" not in each for each in world.tasks.all())


def test_comments_go_when_their_record_goes(tmp_path: Path) -> None:
    """Nothing of them is left in the data, while those on other records stay."""
    with running(tmp_path / "data") as world:
        gone, kept = (world.tasks.create({"Name": name})["id"] for name in "ab")
        world.tasks.add_comment(gone, "gone")
        world.tasks.add_comment(kept, "kept")
        world.tasks.delete(gone)
        with pytest.raises(requests.HTTPError, match="MODEL_NOT_FOUND"):
            world.tasks.comments(gone)

    store = Store(tmp_path / "data")
    assert store.comments.counts([gone, kept]) == {gone: 0, kept: 1}
    store.close()


def test_comments_outlive_a_restart(tmp_path: Path) -> None:
    """What was answered is there when the server comes back with the same file."""
    with running(tmp_path / "data") as world:
        record = world.tasks.create({"Name": "a"})["id"]
        comment = world.tasks.add_comment(record, "still here")
    with running(tmp_path / "data") as world:
        assert [each.id for each in world.tasks.comments(record)] == [comment.id]


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, 5), st.lists(st.sampled_from(["add", "delete", "turn"]), max_size=30))
def test_paging_never_repeats_nor_misses_a_comment(data: st.DataObject, size: int, acts: list[str]) -> None:
    """However comments come and go between two pages, those that stay are listed once, newest first."""
    store = Store()
    living: list[str] = []
    stay: list[str] = []
    listed: list[str] = []
    after: int | None = None
    for number, act in enumerate(["add", "add", "add", *acts]):
        if act == "add":
            living.append(f"com{number:014}")
            store.comments.save("rec", {"id": living[-1]})
            continue
        if act == "delete" and living:
            store.comments.remove(living.pop(data.draw(st.integers(0, len(living) - 1))))
            continue
        if not listed:
            stay = list(living)
        if listed and after is None:
            break
        page, after = store.comments.page("rec", size, after)
        listed += [comment["id"] for comment in page]
    while after is not None:
        page, after = store.comments.page("rec", size, after)
        listed += [comment["id"] for comment in page]

    assert len(listed) == len(set(listed))
    assert listed == sorted(listed, reverse=True)
    if listed:
        assert {each for each in stay if each in living} <= set(listed) <= set(stay)
    store.close()
