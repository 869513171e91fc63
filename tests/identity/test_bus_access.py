"""What a department may do on the bus, tried with plain nats-py against a real server: its own consumers, no more."""

import asyncio

from nats.aio.msg import Msg
from sqlalchemy import text

from identity.bus.queries import give_account
from identity.bus.rules import ACCOUNTS
from shared.jose import SigningKey
from tests.identity.administration.desk import OFFICER, Desk
from tests.identity.guarded import (
    ACKNOWLEDGE,
    BODY,
    LOOK,
    OURS,
    PULL,
    THEIRS,
    TOPIC,
    Guarded,
    assert_not_let_in,
    visiting,
)

FOREIGN_SUBSCRIPTIONS = [
    ">",
    "*",
    "*.>",
    "evt.>",
    TOPIC,
    "int.>",
    "to.>",
    "to.hospital.>",
    "$SYS.>",
    "$SYS.REQ.USER.AUTH",
    "$SYS.ACCOUNT.*.CONNECT",
    "$JS.>",
    "$JS.API.CONSUMER.MSG.NEXT.EVT.*",
    "$JS.ACK.EVT.>",
    "$JS.EVENT.ADVISORY.>",
    "_R_.>",
    "_INBOX.>",
    "_INBOX_medical-insurance.>",
    "_INBOX_medical-insurance.x",
    "_INBOX_hospital",
    "_INBOX_hospital_.>",
]
OF_THE_STREAM = ["INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE"]
OF_THE_STREAM += ["LEADER.STEPDOWN", "PEER.REMOVE"]
OF_A_CONSUMER = ["CREATE", "DURABLE.CREATE", "DELETE", "PAUSE", "UNPIN", "LEADER.STEPDOWN", "RESET"]
FOREIGN_REQUESTS = [
    TOPIC,
    "evt.certificate.issued.forged.33.07.82",
    "int.data.accessed",
    "to.hospital.evidence.used-revoked",
    "anything",
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    *(f"$JS.API.STREAM.{what}.EVT" for what in OF_THE_STREAM),
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.DIRECT.GET.EVT",
    f"$JS.API.DIRECT.GET.EVT.{TOPIC}",
    "$JS.API.CONSUMER.NAMES.EVT",
    "$JS.API.CONSUMER.LIST.EVT",
    *(f"$JS.API.CONSUMER.{what}.EVT.{OURS}" for what in OF_A_CONSUMER),
    f"$JS.API.CONSUMER.CREATE.EVT.{OURS}.{TOPIC}",
    "$JS.API.CONSUMER.CREATE.EVT.hospital_another",
    f"$JS.API.CONSUMER.DELETE.EVT.{THEIRS}",
    f"{PULL}{THEIRS}",
    f"{LOOK}{THEIRS}",
    f"{PULL}hospital_not-subscribed",
    f"{PULL}licensing-cases",
    f"{ACKNOWLEDGE}{THEIRS}.1.1.1.1.1",
    f"{ACKNOWLEDGE}{OURS}",
    "$JS.FC.EVT.x.y",
    "$SYS.REQ.SERVER.PING",
    "$SYS.REQ.SERVER.PING.CONNZ",
    "$SYS.REQ.SERVER.PING.JSZ",
    "$SYS.REQ.USER.INFO",
    "$SYS.REQ.ACCOUNT.PLATFORM.CONNZ",
    "$SYS.REQ.USER.AUTH",
    "_INBOX.somebody",
    "_INBOX_hospital.x",
    "_INBOX_medical-insurance.x",
]
TRACED_TO = [
    TOPIC,
    "$JS.API.STREAM.DELETE.EVT",
    f"{PULL}{THEIRS}",
    f"{LOOK}{THEIRS}",
    f"{ACKNOWLEDGE}{THEIRS}.1.1.1.1.1",
    "_INBOX_medical-insurance.x",
    "_INBOX_hospital.x",
    "$SYS.REQ.SERVER.PING",
]


async def test_a_department_pulls_and_acknowledges_its_own_consumer_with_plain_nats_py(guarded: Guarded) -> None:
    await guarded.publish(3)
    async with guarded.visit("hospital") as hospital:
        subscription = await hospital.client.jetstream().pull_subscribe_bind(OURS, "EVT")
        messages = await subscription.fetch(3, timeout=5)
        assert [(each.subject, each.data) for each in messages] == [(TOPIC, BODY)] * 3
        for message in messages[:2]:
            await message.ack_sync()
        seen = await subscription.consumer_info()
        assert (seen.num_ack_pending, seen.num_pending) == (1, 0)
        assert seen.ack_floor is not None
        assert seen.ack_floor.stream_seq == 2
        await messages[2].nak()
        [again] = await subscription.fetch(1, timeout=5)
        assert again.metadata.num_delivered == 2
        await again.ack_sync()
        assert hospital.refused == []
    assert (await guarded.consumer(OURS)).num_ack_pending == 0
    assert (await guarded.consumer(THEIRS)).num_pending == 3


async def test_its_answers_are_its_own_every_time(guarded: Guarded) -> None:
    """The server's own API for accounts without JetStream would answer beside ours, and sometimes before."""
    async with guarded.visit("hospital") as hospital:
        for _ in range(50):
            assert (await hospital.client.jetstream().consumer_info("EVT", OURS)).name == OURS


async def test_a_subscription_of_later_is_there_at_the_next_connection(guarded: Guarded) -> None:
    await guarded.subscribe("hospital", "births-again")
    async with guarded.visit("hospital") as hospital:
        assert (await hospital.client.jetstream().consumer_info("EVT", "hospital_births-again")).num_pending == 0


async def test_it_hears_nothing_but_its_own_inbox(guarded: Guarded) -> None:
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    async with guarded.visit("hospital") as hospital:
        for subject in FOREIGN_SUBSCRIPTIONS:
            hospital.refused.clear()
            await hospital.client.subscribe(subject, cb=hear)
            await hospital.client.subscribe(subject, queue="identity", cb=hear)
            await hospital.settle()
            assert len(hospital.refused) == 2, subject
            assert all("permissions violation for subscription" in each for each in hospital.refused), subject
        await guarded.publish(1)
        async with guarded.visit("medical-insurance") as other:
            await other.client.jetstream().consumer_info("EVT", THEIRS)
        await hospital.settle()
        await asyncio.sleep(0.1)
    assert heard == []


async def test_it_asks_for_nothing_but_its_own_consumers(guarded: Guarded) -> None:
    await guarded.publish(2)
    before = await guarded.state(without="")
    async with guarded.visit("hospital") as hospital:
        for subject in FOREIGN_REQUESTS:
            hospital.refused.clear()
            for body in (b"", b"{}", b'{"name":"EVT"}', b"+ACK"):
                await hospital.client.publish(subject, body, reply=hospital.client.new_inbox())
            await hospital.settle()
            assert len(hospital.refused) == 4, subject
            assert all("permissions violation for publish" in each for each in hospital.refused), subject
    assert await guarded.state(without="") == before


async def test_it_has_nothing_traced_to_where_it_may_not_speak(guarded: Guarded) -> None:
    """Of a message's way the server tells the subject that a header of the message names: it publishes there itself."""
    before = await guarded.state(without=OURS)
    async with guarded.visit("hospital") as hospital:
        for target in TRACED_TO:
            for only in ({}, {"Nats-Trace-Only": "true"}):
                hospital.refused.clear()
                headers = {"Nats-Trace-Dest": target, **only}
                await hospital.client.publish(f"{LOOK}{OURS}", reply=hospital.client.new_inbox(), headers=headers)
                await hospital.settle()
                assert ["permissions violation for publish" in each for each in hospital.refused] == [True], target
    assert await guarded.state(without=OURS) == before


async def test_without_a_subscription_it_may_do_nothing(guarded: Guarded) -> None:
    answer = await guarded.world.http.delete("/v1/subscriptions/births", headers=await guarded.world.bearer("hospital"))
    assert answer.status_code == 204
    async with guarded.visit("hospital") as hospital:
        for subject in (f"{PULL}{OURS}", f"{LOOK}{OURS}", "anything"):
            await hospital.client.publish(subject)
        await hospital.settle()
        assert len(hospital.refused) == 3


async def test_services_cannot_touch_the_stream_itself_nor_listen_in(guarded: Guarded) -> None:
    """A static user has what relays and subscribers need; only identity hears who wants in."""
    licensing, refused = await guarded.bus.connect("licensing"), list[str]()

    async def note(error: Exception) -> None:
        refused.append(str(error))

    licensing._error_cb = note
    before = await guarded.state(without="")
    for subject in ("$JS.API.STREAM.DELETE.EVT", "$JS.API.STREAM.PURGE.EVT", "$SYS.REQ.SERVER.PING"):
        await licensing.publish(subject, reply=licensing.new_inbox())
    for subject in (">", "evt.>", "$SYS.REQ.USER.AUTH"):
        await licensing.subscribe(subject)
    await licensing.flush()
    await licensing.flush()
    assert len(refused) == 6
    await licensing.close()
    assert await guarded.state(without="") == before


async def accounts(guarded: Guarded) -> dict[str, int | None]:
    """Which account is whose, of those that have one."""
    rows = await guarded.world.rows("SELECT code, bus_account FROM departments WHERE bus_account IS NOT NULL")
    return {row.code: row.bus_account for row in rows}


async def test_a_department_that_is_registered_meanwhile_comes_in_beside_those_that_are_there(guarded: Guarded) -> None:
    key = SigningKey.generate()
    async with guarded.visit("hospital") as hospital:
        desk = Desk(guarded.world)
        await desk.tax("events")
        await desk.add_key("tax", key)
        token = (await desk.ask("tax", key, officer=str(OFFICER))).json()["access_token"]
        async with visiting(guarded.bus.url, token=token, inbox_prefix="_INBOX_tax") as tax:
            assert tax.client.is_connected
            assert not hospital.gone.is_set()
    known = await accounts(guarded)
    assert {"hospital", "tax"} <= known.keys()
    assert len({*known.values()}) == len(known)


async def test_a_department_has_the_same_account_however_often_it_comes(guarded: Guarded) -> None:
    before = await accounts(guarded)
    for _ in range(2):
        async with guarded.visit("hospital"):
            pass
    assert before.items() <= (await accounts(guarded)).items()


async def test_two_that_come_at_once_for_the_first_time_get_two_accounts(guarded: Guarded) -> None:
    async def come(department: str) -> None:
        async with guarded.visit(department):
            pass

    await asyncio.gather(*map(come, ["medical-insurance"] * 3))
    given = asyncio.gather(*(first_account(guarded, each) for each in ("public-security", "public-security")))
    assert len({*await given}) == 1
    known = await accounts(guarded)
    assert len({*known.values()}) == len(known) >= 3


async def first_account(guarded: Guarded, department: str) -> int:
    async with guarded.world.service.database.transaction() as conn:
        return await give_account(conn, department)


async def test_when_all_accounts_are_taken_nobody_gets_anothers(guarded: Guarded) -> None:
    async with guarded.world.service.database.transaction() as conn:
        await conn.execute(
            text("UPDATE departments SET bus_account = :last WHERE code = 'public-security'"), {"last": ACCOUNTS}
        )
    token = await guarded.token("medical-insurance")
    await assert_not_let_in(guarded.bus.url, token=token)
    async with guarded.visit("hospital"):
        assert len({*(await accounts(guarded)).values()}) == len(await accounts(guarded))
