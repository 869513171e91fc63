"""A NATS that is too old, does not know us or may drop what it has is found out, and no service half works with it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import orjson
import pytest
from nats.js.api import ConsumerConfig, DiscardPolicy, StreamConfig

from deploy.checks.bus import check_bus
from deploy.checks.finding import Finding
from deploy.checks.store import judge_store
from deploy.embedded import ports
from deploy.embedded.nats import Nats
from deploy.provisioning.bus import BusAccess
from identity.bus.nkeys import AccountKey
from records.settings import RecordsSettings
from shared.messaging.jetstream import JetStream
from tests.gateway.serving import dead_url
from tests.support.services import URLS

PASSWORD = "p" * 32


async def look(url: str, *, user: str | None = None, password: str | None = None) -> dict[str, Finding]:
    told = {**URLS, "issuer": "https://onevisit.example", "nats_url": url, "nats_user": user, "nats_password": password}
    return {each.what: each for each in await check_bus("records", RecordsSettings.model_validate(told))}


@asynccontextmanager
async def server_of(version: str, *, port: int = 0) -> AsyncGenerator[str]:
    """Says that it is of this version, and takes whoever comes."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = {"server_id": "x", "version": version, "max_payload": 1048576, "headers": True}
        writer.write(b"INFO " + orjson.dumps(info) + b"\r\n")
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", port)
    async with server:
        yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("version", "stops"), [("2.9.10", True), ("2.11.9", True), ("3.0.0", False), ("2.12.0", False)]
)
async def test_an_old_one_stops_the_service(version: str, stops: bool) -> None:
    async with server_of(version) as url:
        finding = (await look(url))["NATS"]
        assert (finding.says, finding.stops) == (f"{version} is too old" if stops else version, stops)
        assert not stops or finding.mend == "use 2.12 or later"


async def test_while_it_runs_an_old_one_is_not_worked_with_and_readiness_says_why() -> None:
    async with server_of("2.9.10") as url:
        bus = JetStream(url, name="records")
        running = asyncio.create_task(bus.run())
        async with asyncio.timeout(20):
            while bus.trouble is None:  # noqa: ASYNC110 - the connection's own task changes it
                await asyncio.sleep(0.05)
        assert bus.trouble == "NATS 2.9.10 is too old, 2.12 or later is needed"
        assert not bus.was_reached
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_once_it_was_replaced_by_a_newer_one_nothing_is_in_the_way(tmp_path: Path) -> None:
    port, monitoring = ports.free_ports(2)
    bus = JetStream(f"nats://127.0.0.1:{port}", name="records")
    running = asyncio.create_task(bus.run())
    async with server_of("2.9.10", port=port), asyncio.timeout(20):
        while bus.trouble is None or "too old" not in bus.trouble:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    server = Nats(tmp_path, port=port, monitoring_port=monitoring, log=tmp_path / "nats.log")
    server.start()
    try:
        async with asyncio.timeout(60):
            await bus.connected()
        assert bus.was_reached
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        server.stop()


@pytest.mark.parametrize("scheme", ["nats", "tls"])
async def test_one_that_is_away_is_to_be_looked_at_and_stops_nothing(scheme: str) -> None:
    """Events wait in PostgreSQL."""
    (finding,) = (await look(dead_url().replace("http", scheme))).values()
    assert (finding.says, finding.stops) == ("cannot be reached", False)


async def test_one_that_does_not_know_us_stops_the_service(tmp_path: Path) -> None:
    port, monitoring = ports.free_ports(2)
    access = BusAccess(
        services={"records": PASSWORD},
        system_password=PASSWORD,
        operator_password=PASSWORD,
        issuer=AccountKey.generate().public,
    )
    server = Nats(tmp_path, port=port, monitoring_port=monitoring, log=tmp_path / "nats.log", access=access)
    server.start()
    try:
        refused = await look(server.url, user="nats-records", password="wrong")
        assert (refused["NATS"].says, refused["NATS"].stops) == ("refuses the password of nats-records", True)
        known = await look(server.url, user="nats-records", password=PASSWORD)
        assert known["stream"].is_in_order
        assert known["users of NATS"].is_in_order
    finally:
        server.stop()


async def test_one_that_lets_in_whoever_comes_stops_the_service(nats_server: str) -> None:
    finding = (await look(nats_server))["users of NATS"]
    assert (finding.says, finding.stops) == ("whoever comes", True)


async def test_its_clock_is_compared_with_ours(nats_server: str) -> None:
    client = await nats.connect(nats_server)
    await client.jetstream().add_stream(StreamConfig(name="EVT", subjects=["evt.>"]))
    await client.close()
    assert (await look(nats_server))["clock of NATS"].says == "0.0 s apart from ours"


async def test_a_consumer_that_gives_an_event_up_stops_the_service(nats_server: str) -> None:
    client = await nats.connect(nats_server)
    await client.jetstream().add_stream(StreamConfig(name="EVT", subjects=["evt.>"]))
    for name, most in (("records-five", 5), ("records-ever", -1)):
        await client.jetstream().add_consumer("EVT", ConsumerConfig(durable_name=name, max_deliver=most))
    await client.close()
    found = await look(nats_server)
    assert found["attempts of records-ever"].is_in_order
    assert found["attempts of records-five"].stops
    assert found["attempts of records-five"].says == "5, then the event is dropped"


SAID = {"config": {"sync_always": True, "max_storage": 1000}, "storage": 800}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (SAID, set()),
        (SAID | {"storage": 801}, {"store of NATS"}),
        (SAID | {"config": {"sync_interval": 120000000000}}, {"sync_interval"}),
        ({}, {"sync_interval"}),
    ],
)
def test_what_a_store_says_of_itself_is_judged(said: dict[str, Any], wrong: set[str]) -> None:
    findings = list(judge_store(said))
    assert {each.what for each in findings if not each.is_in_order} == wrong
    assert {each.what for each in findings if each.stops} == wrong - {"store of NATS"}


async def test_a_stream_that_may_drop_what_nobody_has_read_is_found_out(nats_server: str) -> None:
    client = await nats.connect(nats_server)
    await client.jetstream().add_stream(StreamConfig(name="EVT", subjects=["evt.>"], discard=DiscardPolicy.OLD))
    await client.close()
    finding = (await look(nats_server))["stream"]
    assert finding.mend == "remove the stream; it is made anew and fed from PostgreSQL"
    assert finding.stops


async def test_a_consumer_that_is_far_behind_is_found_out(nats_server: str) -> None:
    bus = JetStream(nats_server, name="records")
    running = asyncio.create_task(bus.run())
    await bus.connected()
    await bus.ensure_stream()
    client = await nats.connect(nats_server)
    await client.jetstream().pull_subscribe("evt.>", durable="records-uses", stream="EVT")
    assert (await look(nats_server))["consumer records-uses"].says == "0 events behind"
    await asyncio.gather(*(client.jetstream().publish("evt.a.b", b"{}") for _ in range(1001)))
    assert (await look(nats_server))["consumer records-uses"].mend is not None
    await client.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
