"""A request is one transaction, committed before the answer leaves; constraints speak as refusals."""

from collections.abc import AsyncGenerator

import httpx2
import pytest
from fastapi import APIRouter
from pydantic import SecretStr
from sqlalchemy import Column, Integer, Table, insert, select, text
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth import public
from shared.database import Database, Transaction, is_passing, new_metadata, translate
from shared.errors import Conflict
from shared.jose import SigningKey, StaticKeys
from shared.web import Service, create_service
from tests.shared.test_web import SETTINGS
from tests.support.databases import DatabaseFor

metadata = new_metadata()
marks = Table("marks", metadata, Column("number", Integer, primary_key=True))
router = APIRouter(dependencies=[public()])


class AlreadyMarked(Conflict):
    code = "already-marked"


@router.post("/marks/{number}")
async def mark(number: int, conn: Transaction) -> int:
    with translate({"pk_marks": AlreadyMarked}):
        await conn.execute(insert(marks).values(number=number))
    return number


@router.post("/failures/{number}")
async def fail(number: int, conn: Transaction) -> None:
    await conn.execute(insert(marks).values(number=number))
    raise Conflict


@router.post("/waits")
async def wait(conn: Transaction) -> None:
    await conn.execute(text("SET LOCAL lock_timeout = '10ms'"))
    await conn.execute(text("LOCK TABLE marks"))


@router.post("/mistakes")
async def mistake(conn: Transaction) -> None:
    await conn.execute(text("SELECT no_such_column FROM marks"))


@pytest.fixture
async def database(database_for: DatabaseFor) -> AsyncGenerator[Database]:
    database = Database(await database_for(metadata))
    yield database
    await database.close()


async def numbers(database: Database) -> list[int]:
    async with database.read() as conn:
        return list((await conn.execute(select(marks.c.number))).scalars())


class Witness:
    """Looks into the database at the moment when the answer's first byte is sent."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self.app = app
        self.database = database
        self.seen: list[int] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.seen = await numbers(self.database)
            await send(message)

        await self.app(scope, receive, watched)


@pytest.fixture
async def witness(database: Database) -> AsyncGenerator[Witness]:
    settings = SETTINGS.model_copy(update={"database_url": SecretStr(database.url)})
    service = Service("marks", settings, keys=StaticKeys(SigningKey.generate().public_jwk()))
    yield Witness(create_service(service, routers=[router]), database)
    await service.close()


def client(witness: Witness) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=witness, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://marks")


async def test_the_commit_precedes_the_answer(witness: Witness) -> None:
    async with client(witness) as http:
        assert (await http.post("/marks/1")).status_code == 200
    assert witness.seen == [1]


async def test_a_refusal_leaves_no_row(witness: Witness, database: Database) -> None:
    async with client(witness) as http:
        assert (await http.post("/failures/1")).status_code == 409
    assert await numbers(database) == []


async def test_a_constraint_speaks_as_the_refusal_it_stands_for(witness: Witness) -> None:
    async with client(witness) as http:
        await http.post("/marks/1")
        response = await http.post("/marks/1")
    assert (response.status_code, response.json()["code"]) == (409, "already-marked")


async def test_what_another_moment_heals_is_answered_as_such(witness: Witness, database: Database) -> None:
    async with database.transaction() as conn, client(witness) as http:
        await conn.execute(insert(marks).values(number=1))
        response = await http.post("/waits")
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")
    assert response.headers["retry-after"] == "1"


async def test_a_mistake_of_ours_is_no_matter_of_trying_again(witness: Witness) -> None:
    async with client(witness) as http:
        assert (await http.post("/mistakes")).status_code == 500


async def test_a_connection_that_breaks_is_a_matter_of_trying_again() -> None:
    assert is_passing(ConnectionRefusedError())
    assert is_passing(PoolExhausted())
    assert not is_passing(FileNotFoundError())
