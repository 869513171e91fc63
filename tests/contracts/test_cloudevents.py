"""What we publish is what CloudEvents 1.0 says: the public library reads every event, on the bus and in the feed."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import jsonschema_rs
import nats
import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from nats.aio.msg import Msg

from shared.contracts.event_types import envelope_schema, event_types
from shared.database import Database, new_metadata
from shared.messaging import install, outbox
from shared.messaging.feed import list_events
from shared.messaging.outbox import Recorded
from shared.messaging.publishing import envelope_of
from shared.telemetry import traceparent
from tests.contracts.published import sample_of
from tests.shared.messaging.parts import all_published, relaying, until
from tests.support.databases import DatabaseFor

AT = datetime(2026, 3, 11, 2, 0, 0, 123456, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TYPES = event_types()
# CloudEvents 1.0, section "naming conventions": lower case letters and digits, at most twenty of them.
NAME = re.compile(r"[a-z0-9]{1,20}")
EXTENSIONS = {"topic", "position", "sequence", "entityversion", "traceparent"}


async def record_all(database: Database) -> dict[str, UUID]:
    """One event of every type in the outbox; answers their ids by type."""
    token = traceparent.set(TRACE)
    batch = [
        Recorded(
            event=each.contract.model_validate(sample_of(name)),
            subject=uuid4(),
            version=7,
            region="330782",
            kind="memo",
            at=AT,
            department="tax" if each.contract.addressed else None,
        )
        for name, each in TYPES.items()
    ]
    try:
        async with database.transaction() as conn:
            return dict(zip(TYPES, await outbox.record_many(conn, batch), strict=True))
    finally:
        traceparent.reset(token)


async def messages(url: str) -> list[Msg]:
    client = await nats.connect(url)
    try:
        subscription = await client.jetstream().pull_subscribe("", stream="EVT", durable="reader")
        return await subscription.fetch(len(TYPES), timeout=10)
    finally:
        await client.close()


@pytest.fixture
async def database(database_for: DatabaseFor) -> AsyncGenerator[Database]:
    metadata = new_metadata()
    install(metadata)
    database = Database(await database_for(metadata))
    yield database
    await database.close()


def check(event: CloudEvent, id: UUID) -> None:  # noqa: A002 - the envelope's own word
    each = TYPES[event.get_type()]
    assert all(NAME.fullmatch(name) for name in event.get_attributes())
    assert {name for name in event.get_attributes() if event.get_extension(name)} >= EXTENSIONS
    assert all(isinstance(event.get_extension(name), str) for name in EXTENSIONS)
    assert (event.get_id(), event.get_source()) == (str(id), "/records")
    assert (event.get_time(), event.get_dataschema()) == (AT, each.urn)
    assert (event.get_extension("entityversion"), event.get_extension("sequence")) == ("7", "1")
    data = event.get_data()
    assert each.contract.model_validate(data) == each.contract.model_validate(sample_of(each.name))
    jsonschema_rs.Draft202012Validator(each.schema(), validate_formats=True).validate(data)


async def test_every_event_on_the_bus_and_in_the_feed_is_a_cloudevent(database: Database, nats_server: str) -> None:
    ids = await record_all(database)
    async with relaying(database, nats_server):
        await until(lambda: all_published(database))
    await check_bus(nats_server, ids)
    await check_feed(database, ids)


async def check_bus(url: str, ids: dict[str, UUID]) -> None:
    received = await messages(url)
    assert len(received) == len(TYPES)
    for message in received:
        assert (message.headers or {})["content-type"] == JSONFormat.CONTENT_TYPE
        event = JSONFormat().read(CloudEvent, message.data)
        assert isinstance(event, CloudEvent)
        assert event.get_extension("topic") == message.subject
        check(event, ids[event.get_type()])


async def check_feed(database: Database, ids: dict[str, UUID]) -> None:
    envelopes = jsonschema_rs.Draft202012Validator(envelope_schema(), validate_formats=True)
    async with database.read() as conn:
        page = await list_events(conn, filters=["evt.>", "int.>", "to.>"], after=0, limit=100)
    assert [row.type for row in page.rows] == [*TYPES]
    for row in page.rows:
        body = envelope_of(row, service="records").to_json()
        envelopes.validate(orjson.loads(body))
        assert orjson.loads(body).keys() == envelope_schema()["properties"].keys()
        event = JSONFormat().read(None, body)
        assert isinstance(event, CloudEvent)
        check(event, ids[event.get_type()])
