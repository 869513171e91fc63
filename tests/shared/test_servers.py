"""Of several servers of a database the one that takes writes is found; where there is none, that is said at once."""

import socket

import asyncpg
import pytest
from sqlalchemy import Column, Integer, Table, make_url, text

from deploy.embedded import ports
from deploy.provisioning.postgres import as_role, in_database
from shared.database import Database, is_passing, new_metadata
from shared.servers import SILENCE_SECONDS, NoServer, Servers
from tests.support.databases import DatabaseFor
from tests.support.roles import as_owner

metadata = new_metadata()
marks = Table("marks", metadata, Column("number", Integer, primary_key=True))


def of_several(url: str, *addresses: str) -> str:
    """The same database on these servers."""
    return make_url(url).set(host=None, port=None, query={"host": addresses}).render_as_string(hide_password=False)


def address(url: str) -> str:
    """Where the server of this database listens."""
    return f"{make_url(url).host}:{make_url(url).port}"


def nobody() -> str:
    """An address at which nobody listens."""
    return f"{ports.LOOPBACK}:{ports.free_ports(1)[0]}"


async def test_a_server_that_is_away_is_passed_over(database_for: DatabaseFor) -> None:
    url = await database_for(metadata)
    database = Database(of_several(url, nobody(), address(url)))
    async with database.transaction() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM marks"))).scalar_one() == 0
    await database.close()


async def test_a_server_that_takes_no_writes_is_passed_over(database_for: DatabaseFor) -> None:
    """As a standby would: it says so when one connects."""
    url = await database_for(metadata)
    owner = await Servers(as_owner(url)).connect()
    await owner.execute(f'ALTER DATABASE "{make_url(url).database}" SET default_transaction_read_only = on')
    await owner.close()
    with pytest.raises(NoServer):
        await Servers(of_several(url, address(url), address(url))).connect()


async def test_that_no_server_takes_writes_is_no_mistake_of_ours() -> None:
    database = Database(f"postgresql+asyncpg://somebody:secret@/nothing?host={nobody()}&host={nobody()}")
    with pytest.raises(NoServer) as refusal:
        async with database.transaction():
            pass
    assert is_passing(refusal.value)
    assert "secret" not in str(refusal.value)
    await database.close()


async def test_a_wrong_password_is_said_to_be_one(database_for: DatabaseFor) -> None:
    url = await database_for(metadata)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await Servers(as_role(url, "service", "guessed")).connect()


async def test_the_silence_of_a_machine_that_is_gone_is_noticed(database_for: DatabaseFor) -> None:
    conn = await Servers(await database_for(metadata)).connect()
    line = conn._transport.get_extra_info("socket")
    assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == SILENCE_SECONDS * 1000
    await conn.close()


def test_another_database_or_role_is_on_the_same_servers() -> None:
    url = "postgresql+asyncpg://postgres:secret@/postgres?host=a:1&host=b:2"
    assert in_database(url, "records") == "postgresql+asyncpg://postgres:secret@/records?host=a%3A1&host=b%3A2"
    assert make_url(as_role(url, "records", "other")).query["host"] == ("a:1", "b:2")
