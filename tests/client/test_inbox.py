"""The inbox in a file: in order, once, and whole after anything."""

import json
import sqlite3
import stat
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onevisit_client import AlreadyApplied, Event, Head, SqliteInbox, link
from onevisit_client.chain import GENESIS
from tests.client.fake import BIRTHS, DEATHS, FakePlatform

SOURCE = "/certificates"
NOW = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncGenerator[SqliteInbox]:
    async with SqliteInbox(tmp_path / "deep" / "inbox.sqlite") as inbox:
        yield inbox


@pytest.fixture
def events() -> list[Event]:
    """Four births of one entity, then a death of it."""
    fake = FakePlatform()
    first = fake.record()
    more = [fake.record(subject=first.subject) for _ in range(3)]
    return [Event.parse(each.to_json()) for each in [first, *more, fake.record(DEATHS, subject=first.subject)]]


async def apply(inbox: SqliteInbox, event: Event) -> None:
    async with inbox.applying(event):
        pass


async def test_nobody_else_may_read_what_is_held(inbox: SqliteInbox, events: list[Event], tmp_path: Path) -> None:
    await apply(inbox, events[0])
    files = [*(tmp_path / "deep").iterdir()]
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_nothing_is_held_at_first(inbox: SqliteInbox) -> None:
    assert await inbox.head(SOURCE, BIRTHS) == Head(0, GENESIS)
    assert await inbox.heads() == {}
    assert await inbox.recorded(SOURCE, BIRTHS, 1) is None


async def test_the_head_moves_with_each_event(inbox: SqliteInbox, events: list[Event]) -> None:
    value = GENESIS
    for event in events[:3]:
        await apply(inbox, event)
        value = link(value, event.id, event.data)
        assert await inbox.head(SOURCE, BIRTHS) == Head(event.sequence, value)
        assert await inbox.recorded(SOURCE, BIRTHS, event.sequence) == (event.id, value)
    assert await inbox.heads() == {(SOURCE, BIRTHS): Head(3, value)}


@pytest.mark.parametrize("chosen", [0, 1, 3])
async def test_only_the_next_event_of_a_topic_is_taken(inbox: SqliteInbox, events: list[Event], chosen: int) -> None:
    for event in events[:2]:
        await apply(inbox, event)
    with pytest.raises(AlreadyApplied):
        await apply(inbox, events[chosen])
    with pytest.raises(AlreadyApplied):
        await inbox.set_aside(events[chosen], reason="x")
    assert (await inbox.head(SOURCE, BIRTHS)).sequence == 2
    assert await inbox.waiting() == []


async def test_an_effect_that_raises_leaves_nothing(inbox: SqliteInbox, events: list[Event]) -> None:
    async def fail() -> None:
        async with inbox.applying(events[0]) as transaction:
            transaction.execute("CREATE TABLE effects (id TEXT)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await inbox.head(SOURCE, BIRTHS)).sequence == 0
    async with inbox.applying(events[0]) as transaction:
        transaction.execute("CREATE TABLE effects (id TEXT)")
    assert (await inbox.head(SOURCE, BIRTHS)).sequence == 1


async def test_another_process_sees_what_was_noted(inbox: SqliteInbox, events: list[Event], tmp_path: Path) -> None:
    await apply(inbox, events[0])
    async with SqliteInbox(tmp_path / "deep" / "inbox.sqlite") as other:
        assert (await other.head(SOURCE, BIRTHS)).sequence == 1
        await apply(other, events[1])
    with pytest.raises(AlreadyApplied):
        await apply(inbox, events[1])


async def test_what_is_set_aside_is_held_and_waits_in_order(inbox: SqliteInbox, events: list[Event]) -> None:
    later = NOW + timedelta(seconds=5)
    await inbox.set_aside(events[0], reason="broken", retry_at=later)
    for event in events[1:]:
        await inbox.set_aside(event)
    assert (await inbox.head(SOURCE, BIRTHS)).sequence == 4
    assert await inbox.is_blocked(SOURCE, events[0].subject)
    assert not await inbox.is_blocked(SOURCE, "another")
    assert [each.event.id for each in await inbox.waiting()] == [event.id for event in events]
    assert await inbox.due(at=NOW, limit=10) == []
    (first,) = await inbox.due(at=later, limit=10)
    assert (first.event, first.attempts, first.reason, first.retry_at) == (events[0], 1, "broken", later)
    assert json.loads(first.event.to_json()) == events[0].raw


async def test_what_stood_behind_is_due_when_the_first_is_done(inbox: SqliteInbox, events: list[Event]) -> None:
    await inbox.set_aside(events[0], reason="broken", retry_at=NOW)
    await inbox.set_aside(events[1])
    await inbox.set_aside(events[2])
    for expected in events[:3]:
        (first,) = await inbox.due(at=NOW, limit=10)
        assert first.event == expected
        await apply(inbox, expected)
    assert await inbox.waiting() == []
    assert not await inbox.is_blocked(SOURCE, events[0].subject)
    with pytest.raises(AlreadyApplied):
        await apply(inbox, events[0])


async def test_each_failure_counts_until_it_is_parked(inbox: SqliteInbox, events: list[Event]) -> None:
    await inbox.set_aside(events[0], reason="once", retry_at=NOW)
    await inbox.set_aside(events[0], reason="twice", retry_at=NOW)
    await inbox.set_aside(events[0], reason="too often")
    (parked,) = await inbox.parked()
    assert (parked.attempts, parked.reason, parked.parked) == (3, "too often", True)
    assert await inbox.due(at=NOW + timedelta(days=365), limit=10) == []
    assert await inbox.redrive(subject="another") == 0
    assert await inbox.redrive(subject=events[0].subject) == 1
    (due,) = await inbox.due(at=NOW, limit=10)
    assert due.event == events[0]


async def test_skipping_lets_go_of_one_event(inbox: SqliteInbox, events: list[Event]) -> None:
    await inbox.set_aside(events[0], reason="hopeless")
    await inbox.set_aside(events[1])
    assert not await inbox.skip("another")
    assert await inbox.skip(events[0].id)
    (due,) = await inbox.due(at=NOW, limit=10)
    assert due.event == events[1]
    assert (await inbox.head(SOURCE, BIRTHS)).sequence == 2


async def test_cursors_are_kept_by_name(inbox: SqliteInbox) -> None:
    assert await inbox.cursor("a") is None
    await inbox.save_cursor("a", "1")
    await inbox.save_cursor("a", "2")
    await inbox.save_cursor("b", "3")
    assert (await inbox.cursor("a"), await inbox.cursor("b")) == ("2", "3")


@pytest.mark.parametrize(("waits", "level"), [(False, 1), (True, 2)], ids=["NORMAL", "FULL"])
async def test_a_commit_waits_for_the_disk_where_that_is_wanted(tmp_path: Path, waits: bool, level: int) -> None:
    async with SqliteInbox(tmp_path / "i.sqlite", wait_for_disk=waits) as inbox:
        event = Event.parse(FakePlatform().record().to_json())
        async with inbox.applying(event) as transaction:
            assert transaction.execute("PRAGMA synchronous").fetchone() == (level,)
            assert transaction.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_closed_inbox_says_so(tmp_path: Path) -> None:
    inbox = SqliteInbox(tmp_path / "i.sqlite")
    inbox.close()
    with pytest.raises(sqlite3.ProgrammingError):
        await inbox.heads()
