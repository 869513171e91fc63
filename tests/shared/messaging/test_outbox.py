from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.database import Database
from shared.messaging import outbox
from shared.messaging.envelope import EventContract, topic_of
from shared.messaging.outbox import EventTooLarge, Recorded
from shared.telemetry import traceparent
from tests.shared.messaging.events import AT, NoteReturned, NoteTaken, take_note

SUBJECT = UUID("019a0000-0000-7000-8000-0000000000aa")


async def test_an_event_is_recorded_with_the_change(database: Database) -> None:
    async with database.transaction() as conn:
        await take_note(conn, SUBJECT, version=3)
    async with database.read() as conn:
        row = (await conn.execute(text("SELECT * FROM outbox"))).one()
    assert (row.topic, row.version, row.data) == ("evt.note.taken.memo.33.07.82", 3, '{"number":3,"text":""}')


async def test_an_event_goes_with_a_change_that_is_rolled_back(database: Database) -> None:
    async with database.engine.begin() as conn:
        await take_note(conn, SUBJECT)
        await conn.rollback()
    async with database.read() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 0


async def test_an_event_too_large_for_the_bus_is_refused_before_it_is_recorded(database: Database) -> None:
    async with database.transaction() as conn:
        await take_note(conn, SUBJECT, text="x" * 130_000)
        with pytest.raises(EventTooLarge, match="at most 131072"):
            await take_note(conn, SUBJECT, text="x" * 131_072)


async def test_a_batch_keeps_its_order_and_its_trace(database: Database) -> None:
    traceparent.set("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    batch = [
        Recorded(event=NoteTaken(number=n), subject=uuid4(), version=1, region="330782", kind="memo", at=AT)
        for n in range(100)
    ]
    async with database.transaction() as conn:
        ids = await outbox.record_many(conn, batch)
        rows = (await conn.execute(text("SELECT event_id, traceparent FROM outbox ORDER BY id"))).all()
    assert [row.event_id for row in rows] == ids
    assert {row.traceparent for row in rows} == {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def test_topics_name_entity_event_kind_and_region_or_one_department() -> None:
    assert topic_of(NoteTaken, kind="memo", region="330782") == "evt.note.taken.memo.33.07.82"
    assert topic_of(NoteReturned, kind="memo", region="330782", department="tax") == "to.tax.note.returned"
    assert NoteReturned.filter() == "to.*.note.returned"


def test_an_event_of_one_department_is_told_to_nobody_else_and_no_other_event_to_one_department() -> None:
    with pytest.raises(ValueError, match="is addressed"):
        topic_of(NoteReturned, kind="memo", region="330782")
    with pytest.raises(ValueError, match="is not addressed"):
        topic_of(NoteTaken, kind="memo", region="330782", department="tax")


@pytest.mark.parametrize("kind", ["a.b", "*", ">", "A", "", "a b"])
def test_a_kind_that_would_change_the_topic_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="codes"):
        topic_of(NoteTaken, kind=kind, region="330782")


def test_an_event_carries_no_floats() -> None:
    with pytest.raises(TypeError, match="no floats"):

        class Weighed(EventContract):
            type: ClassVar[str] = "child.weighed.v1"
            kilograms: float | None = None


def test_a_type_says_entity_event_and_version() -> None:
    with pytest.raises(TypeError, match=r"is not <entity>\.<event>\.v<n>"):

        class Odd(EventContract):
            type: ClassVar[str] = "odd"
