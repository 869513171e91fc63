"""Identity keeping the door of a real bus: departments with subscriptions, and whoever tries to get in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import nats
import nats.errors
import orjson
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerInfo

from deploy.provisioning.bus import nats_user
from identity.bus.login import Login
from tests.identity.world import World
from tests.support.accounts import GuardedBus

TOPIC = "evt.party.registered.person.33.07.82"
BODY = b'{"specversion":"1.0","id":"one"}'
PULL = "$JS.API.CONSUMER.MSG.NEXT.EVT."
LOOK = "$JS.API.CONSUMER.INFO.EVT."
ACKNOWLEDGE = "$JS.ACK.EVT."
OURS, THEIRS = "hospital_births", "medical-insurance_births-too"


@dataclass
class Visitor:
    """A department's connection, by a public client library, and what the bus refused it."""

    client: Client
    refused: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def settle(self) -> None:
        """The bus has read what was sent and its refusals have arrived."""
        await self.client.flush()
        await self.client.flush()


@dataclass
class Guarded:
    """The service, the bus, and the connection of who looks after the bus."""

    world: World
    bus: GuardedBus
    operator: Client
    door: AsyncExitStack

    async def open(self) -> None:
        """The door is kept, and whoever may comes in."""
        await self.door.enter_async_context(self.world.service.door.running())
        await self.await_open()

    async def await_open(self) -> None:
        """Somebody has come in."""
        async with asyncio.timeout(20):
            while True:
                with suppress(nats.errors.Error):
                    async with self.visit("hospital"):
                        return

    @asynccontextmanager
    async def identity_away(self) -> AsyncGenerator[None]:
        """Nobody answers the bus meanwhile; afterwards identity does again."""
        await self.door.aclose()
        yield
        await self.open()

    @property
    def login(self) -> Login:
        """How identity logs in."""
        return Login(self.bus.url, nats_user("identity"), self.bus.access.services["identity"])

    async def token(self, client: str, **form: str) -> str:
        """An access token of the token endpoint."""
        return (await self.world.bearer(client, **form))["authorization"].removeprefix("Bearer ")

    async def subscribe(self, department: str, name: str) -> None:
        """The department follows the topic, by the public API."""
        body = {"name": name, "topics": [TOPIC]}
        answer = await self.world.http.post("/v1/subscriptions", json=body, headers=await self.world.bearer(department))
        assert answer.status_code == 201, answer.text

    @asynccontextmanager
    async def visit(self, department: str, **options: Any) -> AsyncGenerator[Visitor]:
        """A connection with the department's own token."""
        given = {"token": await self.token(department), "inbox_prefix": f"_INBOX_{department}", **options}
        async with visiting(self.bus.url, **given) as visitor:
            yield visitor

    async def publish(self, count: int) -> None:
        """So many events are on the bus."""
        for _ in range(count):
            await self.operator.jetstream().publish(TOPIC, BODY)

    async def consumer(self, name: str) -> ConsumerInfo:
        found: ConsumerInfo = await self.operator.jetstream().consumer_info("EVT", name)
        return found

    async def state(self, *, without: str) -> dict[str, object]:
        """Everything that the bus holds, but for how far one consumer has come."""
        stream = await self.operator.jetstream().stream_info("EVT")
        others = [each for each in await self.operator.jetstream().consumers_info("EVT") if each.name != without]
        return {
            "stream": (stream.created, stream.config, stream.state.messages, stream.state.last_seq),
            "consumers": stream.state.consumer_count,
            "others": {
                each.name: (each.created, each.config, each.delivered, each.ack_floor, each.num_pending)
                for each in others
            },
        }


@asynccontextmanager
async def visiting(url: str, **options: Any) -> AsyncGenerator[Visitor]:
    """Somebody's connection, which does not come back by itself."""
    visitor = Visitor(Client())

    async def note(error: Exception) -> None:
        visitor.refused.append(str(error))

    async def leave() -> None:
        visitor.gone.set()

    # Longer than the bus waits for identity's answer.
    await visitor.client.connect(
        url, error_cb=note, closed_cb=leave, connect_timeout=10, allow_reconnect=False, **options
    )
    try:
        yield visitor
    finally:
        with suppress(nats.errors.Error):
            await visitor.client.close()


async def assert_not_let_in(url: str, **options: Any) -> None:
    """The bus says no, and nothing more than no."""
    with pytest.raises(nats.errors.Error, match=r"^nats: 'Authorization Violation'$"):
        async with visiting(url, **options):
            pass


async def said_to(url: str, token: str) -> bytes:
    """What the bus says in the end to who shows this token. It greets (PING) before, while nobody answers it; the
    client library takes that for a yes.
    """
    host, _, port = url.removeprefix("nats://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        await reader.readline()
        login = orjson.dumps({"auth_token": token, "verbose": False})
        writer.write(b"CONNECT " + login + b"\r\nPING\r\n")
        async with asyncio.timeout(15):
            while (said := await reader.readline()) == b"PING\r\n":
                continue
        return said.strip()
    finally:
        writer.close()
        await writer.wait_closed()
