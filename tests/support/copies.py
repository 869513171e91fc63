"""Copies of template databases, each for one test alone, made one ahead while tests run: it takes as long as a test."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import asyncpg

from deploy.provisioning.postgres import grant_rows, in_database, plain
from tests.support.roles import OWNER, SERVICE, as_owner, as_service

Prepare = Callable[[str], Awaitable[object]]
Copy = Callable[[str, Prepare], Awaitable[str]]
T = TypeVar("T")

# A file of tests asks for one template or two.
MOST_SPARES = 3


class Copies:
    """Works in a thread with a loop of its own, because each test has another loop and none runs between them."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="copies", daemon=True)
        self._known: set[str] = set()
        self._spares: dict[str, asyncio.Task[str]] = {}
        self._dropping: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def lent(self) -> Generator[Copy]:
        """Copies that are dropped afterwards, while the next test runs."""
        made: list[str] = []

        async def copy(template: str, prepare: Prepare) -> str:
            name = await self._there(self._take(template, prepare))
            made.append(name)
            return as_service(in_database(self._server, name))

        try:
            yield copy
        finally:
            for name in made:
                self._loop.call_soon_threadsafe(self._drop_later, name)

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _open(self) -> None:
        unbounded = {"statement_timeout": "0", "lock_timeout": "0"}
        self._conn = await asyncpg.connect(plain(self._server), server_settings=unbounded)
        self._free = asyncio.Lock()

    async def _close(self) -> None:
        for template in list(self._spares):
            await self._give_up(template)
        await asyncio.gather(*self._dropping)
        await self._conn.close()

    async def _take(self, template: str, prepare: Prepare) -> str:
        if template not in self._known:
            async with self._connection() as conn:
                await self._ensure(conn, template, prepare)
            self._known.add(template)
        spare = self._spares.pop(template, None)
        name = await (spare or self._make(template))
        self._spares[template] = self._loop.create_task(self._make(template))
        if len(self._spares) > MOST_SPARES:
            self._keep(self._loop.create_task(self._give_up(next(iter(self._spares)))))
        return name

    async def _make(self, template: str) -> str:
        name = f"test_{uuid4().hex}"
        async with self._connection() as conn:
            await conn.execute(f'CREATE DATABASE "{name}" OWNER "{OWNER}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def _drop_later(self, name: str) -> None:
        self._keep(self._loop.create_task(self._drop(name)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)

    async def _give_up(self, template: str) -> None:
        spare = self._spares.pop(template, None)
        if spare is not None:
            await self._drop(await spare)

    async def _drop(self, name: str) -> None:
        async with self._connection() as conn:
            await conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[asyncpg.Connection]:
        async with self._free:
            yield self._conn

    async def _ensure(self, conn: asyncpg.Connection, name: str, prepare: Prepare) -> None:
        """One worker builds it under an advisory lock; the others find it whole or not at all."""
        await conn.execute("SELECT pg_advisory_lock(hashtext($1))", name)
        try:
            if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                return
            building = f"building_{uuid4().hex}"
            await conn.execute(f'CREATE DATABASE "{building}" OWNER "{OWNER}"')
            await grant_rows(self._server, building, owner=OWNER, role=SERVICE)
            await prepare(as_owner(in_database(self._server, building)))
            await conn.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
        finally:
            await conn.execute("SELECT pg_advisory_unlock(hashtext($1))", name)
