"""Services on the bus: each says what it says and nothing in another's name, whoever may have got into it."""

import asyncio
from collections.abc import AsyncGenerator

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.api import DiscardPolicy

from deploy import services
from deploy.provisioning.bus import SAYS, BusAccess
from gateway.merging.rules import ENTITIES
from shared.contracts.event_types import event_types
from shared.messaging.jetstream import STREAM, SUBJECTS
from shared.messaging.topics import covers
from tests.support.accounts import GuardedBus

ACCESSED = "data.accessed.v1"


@pytest.mark.parametrize("name", sorted(event_types()))
def test_each_event_is_said_by_one_service_and_by_which_the_feed_knows_too(name: str) -> None:
    contract = event_types()[name].contract
    owners = [service for service, says in SAYS.items() if any(covers(each, contract.filter()) for each in says)]
    assert len(owners) == (0 if name == ACCESSED else 1)
    if owners and contract.entity in ENTITIES and not contract.internal:
        assert owners == [ENTITIES[contract.entity]]


def test_what_is_read_is_said_by_whoever_holds_it() -> None:
    access = BusAccess(dict.fromkeys(services.WITH_DATABASE, "hush"), "hush", "hush", "A")
    for user in access.configuration()["accounts"]["PLATFORM"]["users"][:-1]:  # type: ignore[index]
        assert event_types()[ACCESSED].contract.filter() in user["permissions"]["publish"]


@pytest.fixture
async def records(nats_with_accounts: GuardedBus) -> AsyncGenerator[Client]:
    """As whoever has the password of records."""
    operator = await nats_with_accounts.connect()
    await operator.jetstream().add_stream(name=STREAM, subjects=list(SUBJECTS))
    async with asyncio.timeout(20):
        connection = await nats_with_accounts.connect("records")
        yield connection
    await connection.close()
    await operator.close()


async def is_stored(connection: Client, topic: str) -> bool:
    try:
        await connection.jetstream(timeout=1).publish(topic, b"{}")
    except (nats.errors.Error, TimeoutError):
        return False
    return True


async def test_a_service_says_its_own(records: Client) -> None:
    for topic in ("evt.record.filed.birth.33.07.82", "int.data.accessed.case.33.07.82", "to.tax.evidence.used-revoked"):
        assert await is_stored(records, topic)


@pytest.mark.parametrize(
    "topic",
    [
        "evt.certificate.revoked.birth-certificate.33.07.82",
        "evt.case.decided.newborn.33.07.82",
        "evt.party.registered.person.33.07.82",
        "int.evidence.used.case.33.07.82",
        "to.tax.correction-ticket.opened",
        "evt.anything",
    ],
)
async def test_a_service_says_nothing_in_anothers_name(records: Client, topic: str) -> None:
    assert not await is_stored(records, topic)
    assert (await records.jetstream().stream_info(STREAM)).state.messages == 0


async def test_a_service_cannot_have_the_stream_forget(records: Client) -> None:
    for number in range(3):
        assert await is_stored(records, f"evt.record.filed.birth.33.07.8{number}")
    info = await records.jetstream().stream_info(STREAM)
    narrow = info.config.evolve(max_msgs=1, discard=DiscardPolicy.OLD)
    with pytest.raises((nats.errors.Error, TimeoutError)):
        await records.jetstream(timeout=1).update_stream(narrow)
    assert (await records.jetstream().stream_info(STREAM)).state.messages == 3
