"""Reply injection: whoever may ask names where the answer goes, and the answer is a publication by the server.

A pull whose reply subject is `$JS.API.STREAM.DELETE.EVT` would delete the stream, one that names `evt.…` would forge an
event, with the server's own rights. The split into accounts stops it: an answer goes back into the account of who
asked, where such a subject means nothing. The controls at the end take the split away, and the same attack succeeds.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError

from deploy.embedded import ports
from deploy.embedded.nats import Nats
from deploy.provisioning.bus import OPERATOR, PLATFORM, BusAccess
from identity.bus.rules import BusUser, user_claims
from shared.clock import now
from tests.identity.guarded import ACKNOWLEDGE, BODY, LOOK, OURS, PULL, THEIRS, TOPIC, Guarded
from tests.identity.world import OFFICERS

EVENTS = 60
# With an empty consumer the answer is a status without a body: for the API of JetStream, a valid request.
PULLS = [b'{"batch":1,"no_wait":true}', b'{"batch":2,"expires":50000000}', b"1", b""]
TARGETS = [
    "$JS.API.STREAM.DELETE.EVT",
    "$JS.API.STREAM.PURGE.EVT",
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.STREAM.UPDATE.EVT",
    "$JS.API.STREAM.MSG.DELETE.EVT",
    "$JS.API.STREAM.LEADER.STEPDOWN.EVT",
    f"$JS.API.CONSUMER.DELETE.EVT.{THEIRS}",
    f"$JS.API.CONSUMER.DELETE.EVT.{OURS}",
    f"$JS.API.CONSUMER.PAUSE.EVT.{THEIRS}",
    f"$JS.API.CONSUMER.CREATE.EVT.{THEIRS}",
    f"$JS.API.CONSUMER.DURABLE.CREATE.EVT.{THEIRS}",
    f"{PULL}{THEIRS}",
    f"{LOOK}{THEIRS}",
    f"{ACKNOWLEDGE}{THEIRS}.1.1.1.1.1",
    TOPIC,
    "evt.certificate.issued.forged.33.07.82",
    "int.data.accessed",
    "to.medical-insurance.evidence.used-revoked",
    "$SYS.REQ.USER.AUTH",
    "$SYS.REQ.SERVER.PING",
    "_INBOX_medical-insurance.>",
    "_INBOX_medical-insurance.*",
    "_INBOX_medical-insurance.*.*",
    "_INBOX.>",
    "_R_.a.b",
]


async def _attack(attacker: Client) -> None:
    """Everything that may be asked, with every answer sent to every target."""
    for target in TARGETS:
        for body in PULLS:
            await attacker.publish(f"{PULL}{OURS}", body, reply=target)
        for body in (b"+NXT 1", b'+NXT {"batch":2,"no_wait":true}', b"+ACK", b"+WPI"):
            await attacker.publish(f"{ACKNOWLEDGE}{OURS}.1.1.1.1.1", body, reply=target)
        await attacker.publish(f"{LOOK}{OURS}", b"", reply=target)
    await attacker.flush()


@pytest.mark.parametrize("waiting", [0, 400], ids=["with an empty consumer", "with events to deliver"])
async def test_no_answer_does_anything_wherever_it_is_sent(guarded: Guarded, waiting: int) -> None:
    await guarded.publish(waiting)
    before = await guarded.state(without=OURS)
    async with guarded.visit("medical-insurance") as victim, guarded.visit("hospital") as hospital:
        inbox = await victim.client.subscribe(victim.client.new_inbox())
        # What the victim's client library itself listens to for answers.
        await victim.client.jetstream().consumer_info("EVT", THEIRS)
        await _attack(hospital.client)
        await asyncio.sleep(0.5)
        assert await guarded.state(without=OURS) == before
        assert inbox.pending_msgs == 0
        assert victim.refused == []
    assert (await guarded.consumer(OURS)).name == OURS
    with pytest.raises(NotFoundError):
        await guarded.operator.jetstream().stream_info("MINE")


async def test_whoever_waits_for_answers_is_not_kept_from_them(guarded: Guarded) -> None:
    """In one account, an answer sent to `_INBOX_<other>.>` makes the server forget whom the other's are for."""
    await guarded.publish(EVENTS)
    async with guarded.visit("medical-insurance") as victim, guarded.visit("hospital") as hospital:

        async def attack() -> None:
            while True:
                await _attack(hospital.client)
                await asyncio.sleep(0.01)

        attacking = asyncio.create_task(attack())
        inbox = victim.client.new_inbox()
        answers = await victim.client.subscribe(inbox)
        for number in range(EVENTS):
            await victim.client.publish(f"{PULL}{THEIRS}", b'{"batch":1,"expires":5000000000}', reply=inbox)
            event = await answers.next_msg(timeout=5)
            assert event.data == BODY, number
            await victim.client.request(event.reply, b"+ACK", timeout=5)
        attacking.cancel()
    info = await guarded.consumer(THEIRS)
    assert (info.num_pending, info.num_ack_pending) == (0, 0)


class Unsplit(BusAccess):
    """The control: the same department with the same permissions, but in the account of the stream."""

    def configuration(self) -> dict[str, object]:
        hospital = BusUser("hospital", "hospital", OFFICERS["hospital"])
        signed: dict[str, Any] = user_claims(hospital, account=PLATFORM, nkey="", consumers=[OURS], at=now())["nats"]
        permissions = {"publish": signed["pub"], "subscribe": signed["sub"]}
        users = [
            {"user": OPERATOR, "password": self.operator_password},
            {"user": "hospital", "password": "hospital", "permissions": permissions},
        ]
        return {"accounts": {PLATFORM: {"jetstream": "enabled", "users": users}}}


@pytest.fixture
async def unsplit(tmp_path: Path) -> AsyncGenerator[tuple[JetStreamContext, Client]]:
    """Who looks after a bus without the split, and the hospital on it."""
    port, monitoring_port = ports.free_ports(2)
    access = Unsplit({}, system_password="", operator_password="operator", issuer="")
    server = Nats(tmp_path, port=port, monitoring_port=monitoring_port, log=tmp_path / "nats.log", access=access)
    server.start()
    operator = await nats.connect(server.url, user=OPERATOR, password="operator")
    hospital = await nats.connect(server.url, user="hospital", password="hospital")
    await operator.jetstream().add_stream(StreamConfig(name="EVT", subjects=["evt.>"]))
    await operator.jetstream().add_consumer("EVT", ConsumerConfig(durable_name=OURS, ack_policy=AckPolicy.EXPLICIT))
    yield operator.jetstream(), hospital
    await hospital.close()
    await operator.close()
    server.stop()


async def test_control_without_the_split_a_pull_deletes_the_stream(unsplit: tuple[JetStreamContext, Client]) -> None:
    operator, hospital = unsplit
    await hospital.publish(f"{PULL}{OURS}", PULLS[0], reply="$JS.API.STREAM.DELETE.EVT")
    await hospital.flush()
    await asyncio.sleep(0.3)
    with pytest.raises(NotFoundError):
        await operator.stream_info("EVT")


async def test_control_without_the_split_a_pull_forges_an_event(unsplit: tuple[JetStreamContext, Client]) -> None:
    operator, hospital = unsplit
    await hospital.publish(f"{PULL}{OURS}", PULLS[0], reply="evt.certificate.issued.forged.33.07.82")
    await hospital.flush()
    await asyncio.sleep(0.3)
    assert (await operator.stream_info("EVT")).state.messages == 1
