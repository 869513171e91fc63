"""The fixtures that every other test stands on."""

import asyncpg
import nats
import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from deploy.embedded.nats import Nats
from deploy.provisioning.postgres import plain
from tests.support.databases import DatabaseFor
from tests.support.roles import as_owner
from tests.support.tokens import Issuer

METADATA = MetaData()
Table("things", METADATA, Column("id", Integer, primary_key=True))


async def test_a_database_of_its_own_holds_the_tables_of_the_metadata(database_for: DatabaseFor) -> None:
    conn = await asyncpg.connect(plain(await database_for(METADATA)))
    await conn.execute("INSERT INTO things VALUES (1)")
    assert await conn.fetchval("SELECT count(*) FROM things") == 1
    await conn.close()


async def test_two_databases_share_no_row(database_for: DatabaseFor) -> None:
    first = await asyncpg.connect(plain(await database_for(METADATA)))
    second = await asyncpg.connect(plain(await database_for(METADATA)))
    await first.execute("INSERT INTO things VALUES (1)")
    assert await second.fetchval("SELECT count(*) FROM things") == 0
    await first.close()
    await second.close()


async def test_the_services_role_may_not_change_tables(database_for: DatabaseFor) -> None:
    url = await database_for(METADATA)
    conn = await asyncpg.connect(plain(url))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute("DROP TABLE things")
    await conn.close()
    owner = await asyncpg.connect(plain(as_owner(url)))
    await owner.execute("DROP TABLE things")
    await owner.close()


@pytest.mark.parametrize("_", [1, 2])
async def test_every_test_finds_a_bus_without_streams(nats_server: str, _: int) -> None:
    client = await nats.connect(nats_server)
    jetstream = client.jetstream()
    assert await jetstream.streams_info() == []
    await jetstream.add_stream(name="EVT", subjects=["evt.>"])
    await jetstream.publish("evt.something", b"{}")
    await client.close()


async def test_a_private_bus_can_lose_its_store(nats_private: Nats) -> None:
    client = await nats.connect(nats_private.url)
    await client.jetstream().add_stream(name="EVT", subjects=["evt.>"])
    await client.close()
    nats_private.kill()
    nats_private.wipe()
    nats_private.start()
    client = await nats.connect(nats_private.url)
    assert await client.jetstream().streams_info() == []
    await client.close()


async def test_a_token_of_the_test_issuer_names_its_caller(issuer: Issuer) -> None:
    token = issuer.department("public-security")["authorization"].removeprefix("Bearer ")
    caller = await issuer.verifier().verify(token)
    assert (caller.kind, caller.department, caller.region) == ("department", "public-security", "330782")
