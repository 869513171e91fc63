"""Draft through the gateway: a newborn's, four departments; ours beside the floor on the same servers."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import httpx2
import nats
import orjson

from deploy.demo import story
from deploy.demo.api import Api
from deploy.demo.background import PEOPLE, file_background
from deploy.embedded import ports
from deploy.world import World
from shared.jose import SigningKey
from tests.bench.floor.drafts import KINDS, SCHEMA
from tests.bench.load import Call, Figures, side_by_side

ROLES = ("gateway", "identity", "licensing", "certificates", "records")


@dataclass(frozen=True)
class Servers:
    """The PostgreSQL (as its superuser) and the NATS that both sides use."""

    postgres: str
    nats: str
    nats_user: str
    nats_password: str

    @property
    def nats_with_password(self) -> str:
        return self.nats.replace("nats://", f"nats://{self.nats_user}:{self.nats_password}@")


async def measure(
    world: World, servers: Servers, *, seconds: float, slices: int, callers: int
) -> tuple[Figures, Figures]:
    """Ours and the floor's figures, from slices in turn."""
    ours = await _ours(world)
    async with _floor(servers) as (url, headers), httpx2.AsyncClient(timeout=30, trust_env=False) as http:
        body = orjson.dumps({"thing": "newborn", "region": story.YIWU})

        async def floor() -> None:
            (await http.post(f"{url}/v1/one-identification", content=body, headers=headers)).raise_for_status()

        return await side_by_side(ours, floor, callers=callers, seconds=seconds, slices=slices)


async def _ours(world: World) -> Call:
    api = Api(world)
    await file_background(api)
    child = await story.register_birth(api, born_on=story.a_recent_day())
    body = orjson.dumps({"thing": "newborn", "region": story.YIWU, "roles": {"child": child}})
    headers = {**await world.headers("mother"), "content-type": "application/json"}

    async def draft() -> None:
        (await world.http.post("/v1/one-identification", content=body, headers=headers)).raise_for_status()

    return draft


@asynccontextmanager
async def _floor(servers: Servers) -> AsyncGenerator[tuple[str, dict[str, str]]]:
    mother, key = str(uuid4()), SigningKey.generate()
    database = await _prepare_database(servers.postgres, mother)
    await prepare_stream(servers.nats_with_password)
    numbers = dict(zip(ROLES, ports.free_ports(len(ROLES)), strict=True))
    urls = {role: f"http://127.0.0.1:{number}" for role, number in numbers.items()}
    told = {
        "urls": {**urls, "database": database, "nats": servers.nats_with_password, "mother": mother},
        "key": key.pem().decode(),
    }
    environment = {**os.environ, "FLOOR": json.dumps(told)}
    command = [sys.executable, "-m", "tests.bench.floor.drafts"]
    children = [
        await asyncio.create_subprocess_exec(*command, role, str(number), env=environment)
        for role, number in numbers.items()
    ]
    try:
        await asyncio.gather(*(listening(number) for number in numbers.values()))
        now = int(time.time())
        token = key.sign({"sub": mother, "iat": now, "exp": now + 3600}, typ="at+jwt")
        yield urls["gateway"], {"authorization": f"Bearer {token}", "content-type": "application/json"}
    finally:
        for child in children:
            child.terminate()
        for child in children:
            await child.wait()


async def _prepare_database(superuser: str, mother: str) -> str:
    """A database with the same evidence as ours: three people, what each department holds of them."""
    conn = await asyncpg.connect(superuser)
    name = f"floor_{uuid4().hex}"
    await conn.execute(f"CREATE DATABASE {name}")
    await conn.close()
    database = f"{superuser.rsplit('/', 1)[0]}/{name}"
    conn = await asyncpg.connect(database)
    await conn.execute(SCHEMA)
    father, child = str(uuid4()), str(uuid4())
    await conn.executemany(
        "INSERT INTO relations VALUES ($1, $2, $3)", [(father, "spouse", mother), (mother, "mother", child)]
    )
    held = [(party, kind) for party in (mother, father) for kind in KINDS[:3]] + [(child, KINDS[3])]
    claims = json.dumps({**PEOPLE["mother"], "ethnicity": "汉族", "nationality": "中国"})
    await conn.executemany(
        "INSERT INTO evidence VALUES ($1, 'records', $2, $3, $4)",
        [(str(uuid4()), party, kind, claims) for party, kind in held],
    )
    await conn.close()
    return database


async def prepare_stream(url: str) -> None:
    """The floor's own stream, emptied."""
    connection = await nats.connect(url)
    manager = connection.jsm()
    with suppress(nats.js.errors.NotFoundError):
        await manager.delete_stream("FLOOR")
    await manager.add_stream(name="FLOOR", subjects=["floor.>"], allow_atomic=True)
    await connection.close()


async def listening(port: int) -> None:
    """Wait until somebody answers on this port of loopback."""
    for _ in range(1200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError(f"nothing listens on port {port}")
