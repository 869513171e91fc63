"""What one department can do with nothing but haste: others come in all the same, and the disk does not fill."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
import pytest
from nats.errors import Error

from deploy.embedded.nats import LOG_BYTES, LOGS_KEPT
from deploy.provisioning.bus import MAX_CONNECTIONS
from identity.bus.callout import MAX_IN_HAND
from tests.identity.guarded import OURS, THEIRS, Guarded, visiting

# Far more than are answered one after the other while the bus waits for the first.
STORM = 1_200
LINE = b"PUB evt.certificate.issued.forged.33.07.82 0\r\n\r\n"


@asynccontextmanager
async def storm(url: str, token: str, *, logins: int) -> AsyncGenerator[None]:
    """So many connections show this token, all at the same moment, and none waits for its answer."""
    host, _, port = url.removeprefix("nats://").partition(":")
    opened = await asyncio.gather(*(asyncio.open_connection(host, int(port)) for _ in range(logins)))
    login = b"CONNECT " + orjson.dumps({"auth_token": token, "verbose": False}) + b"\r\nPING\r\n"
    for _, writer in opened:
        writer.write(login)
    try:
        yield
    finally:
        for _, writer in opened:
            writer.close()


async def test_a_storm_of_one_departments_logins_keeps_nobody_else_out(guarded: Guarded) -> None:
    token = await guarded.token("hospital")
    async with storm(guarded.bus.url, token, logins=STORM), guarded.visit("medical-insurance") as other:
        assert (await other.client.jetstream().consumer_info("EVT", THEIRS)).name == THEIRS


async def test_as_many_logins_as_a_department_has_systems_come_in_at_once(guarded: Guarded) -> None:
    """As they do when the bus was away: none is turned away for the haste of the others."""
    token = await guarded.token("hospital")
    async with asyncio.TaskGroup() as group:
        for _ in range(MAX_IN_HAND // 2):
            group.create_task(_look(guarded, token))


async def _look(guarded: Guarded, token: str) -> None:
    async with guarded.visit("hospital", token=token) as hospital:
        assert (await hospital.client.jetstream().consumer_info("EVT", OURS)).name == OURS


async def test_a_department_has_so_many_connections_and_no_more(guarded: Guarded) -> None:
    """Ten thousand would leave none for the relays of the services."""
    token = await guarded.token("hospital")
    async with AsyncExitStack() as stack:
        for _ in range(MAX_CONNECTIONS // 50):
            visits = [visiting(guarded.bus.url, token=token) for _ in range(50)]
            await asyncio.gather(*map(stack.enter_async_context, visits))
        with pytest.raises(Error, match="maximum account active connections exceeded"):
            await stack.enter_async_context(visiting(guarded.bus.url, token=token))
        async with guarded.visit("medical-insurance") as other:
            assert (await other.client.jetstream().consumer_info("EVT", THEIRS)).name == THEIRS


async def test_what_is_refused_does_not_fill_the_disk(guarded: Guarded) -> None:
    """The server writes a line for each refusal."""
    log = guarded.bus.server.log
    written = 0
    async with guarded.visit("hospital") as hospital:
        while written < 2 * LOGS_KEPT * LOG_BYTES:
            await hospital.client._transport.drain()  # type: ignore[union-attr]
            hospital.client._transport.write(LINE * 20_000)  # type: ignore[union-attr]
            await hospital.client.flush(timeout=60)
            written += 20_000 * 190
    kept = sum(path.stat().st_size for path in log.parent.glob(f"{log.name}*"))
    assert kept <= (LOGS_KEPT + 1) * LOG_BYTES
