"""The token is everything that a department is: where it travels encrypted, it is never shown in clear text."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import pytest

from onevisit_client import BusUnavailable, Platform, Subscription
from onevisit_client.roads import Bus
from tests.client.fake import token

TOKEN = token()


@dataclass
class Eavesdropper:
    """On the way to the bus: it greets as the bus does, without a word of TLS, and listens."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = {"server_id": "x", "version": "2.15.1", "auth_required": True, "headers": True, "max_payload": 1 << 20}
        writer.write(b"INFO " + json.dumps(info).encode() + b"\r\n")
        self.heard.append(await reader.read(65_536))
        writer.close()


@pytest.fixture
async def eavesdropper() -> AsyncGenerator[Eavesdropper]:
    listening = Eavesdropper()
    server = await asyncio.start_server(listening.meet, "127.0.0.1", 0)
    listening.port = server.sockets[0].getsockname()[1]
    yield listening
    server.close()
    await server.wait_closed()


async def given() -> str:
    return TOKEN


def subscription(url: str, topics: Sequence[str] = ("evt.>",)) -> Subscription:
    place = {"url": url, "stream": "EVT", "consumer": "tax_births", "inbox_prefix": "_INBOX_tax"}
    return Subscription.of({"name": "births", "topics": [*topics], "nats": place})


@pytest.mark.parametrize(("platform", "bus"), [("https", "tls"), ("http", "tls"), ("https", "nats")])
async def test_a_bus_that_should_be_encrypted_and_is_not_is_not_shown_the_token(
    eavesdropper: Eavesdropper, platform: str, bus: str
) -> None:
    async with Platform(f"{platform}://localhost:1", given, trust_env=False) as department:
        with pytest.raises(BusUnavailable, match="encrypt"):
            await Bus.open(department, subscription(f"{bus}://127.0.0.1:{eavesdropper.port}"), name="births")
    assert TOKEN.encode() not in b"".join(eavesdropper.heard)


async def test_one_server_that_does_not_encrypt_is_one_too_many(eavesdropper: Eavesdropper) -> None:
    servers = f"tls://127.0.0.1:{eavesdropper.port},nats://127.0.0.1:{eavesdropper.port}"
    async with Platform("https://localhost:1", given, trust_env=False) as department:
        with pytest.raises(BusUnavailable, match="encrypt"):
            await Bus.open(department, subscription(servers), name="births")
    assert eavesdropper.heard == []
