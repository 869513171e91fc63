"""A register from before go-live, loaded through the gateway: rows a second, and what the processes hold meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import orjson

from certificates.issuing.rules import CertificateNumber
from deploy.embedded.home import Home
from deploy.world import World
from tests.bench.drafts import Servers
from tests.bench.processes import Memory, by_program, cpu_by_program

ISSUER, KIND, TYPE_CODE = "public-security", "household-register-page", "11330000MB9X00031A001"
CREDIT_CODE = "11330000MB9X00031A"
COUNTIES = [f"33{city:02}{county:02}" for city in range(1, 12) for county in range(2, 10)]
PARTIES = 200_000
IN_ONE_WRITE = 200
PROCESSES = ("gateway", "certificates", "identity")
BEGUN = date(1990, 1, 1)


@dataclass
class Loading:
    """What an upload took. `cpu`: processor time of each program of the platform, in seconds. Memory in MiB: before it,
    the most at any time, and after it.
    """

    rows: int
    seconds: float
    cpu: dict[str, float]
    report: dict[str, Any]
    memory: dict[str, tuple[float, float, float]]

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


async def measure(home: Home, servers: Servers, *, rows: int) -> tuple[Loading, Loading]:
    """The whole register once, then a tenth of it again, which is there already."""
    parties = await people(servers, min(rows, PARTIES))
    name = uuid4()
    first = await _load(home, name, parties, rows)
    again = await _load(home, name, parties, rows // 10)
    return first, again


async def people(servers: Servers, count: int) -> list[UUID]:
    """So many people are known to identity, in all counties of a province."""
    known = [uuid4() for _ in range(count)]
    at = datetime.now(UTC)
    rows = [
        (party, "person", COUNTIES[place % len(COUNTIES)], b"", 1, at, "bench") for place, party in enumerate(known)
    ]
    conn = await asyncpg.connect(f"{servers.postgres.rsplit('/', 1)[0]}/identity")
    try:
        columns = ["id", "kind", "region", "wrapped_key", "version", "registered_at", "registered_by"]
        await conn.copy_records_to_table("parties", records=rows, columns=columns)
    finally:
        await conn.close()
    return known


async def _load(home: Home, name: UUID, parties: list[UUID], rows: int) -> Loading:
    supervisor = home.running().supervisor
    memory = Memory(by_program(supervisor, PROCESSES))
    memory.look()
    before = cpu_by_program(supervisor)
    watching = asyncio.create_task(_watch(memory))
    try:
        begun = time.perf_counter()
        report = await upload(home, name, lines(parties, rows))
        seconds = time.perf_counter() - begun
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    memory.look()
    cpu = {name: spent - before.get(name, 0.0) for name, spent in cpu_by_program(supervisor).items()}
    return Loading(rows, seconds, cpu, report, memory.extremes())


async def upload(home: Home, name: UUID, content: AsyncIterator[bytes]) -> dict[str, Any]:
    """Send these lines to the import of this name; answers its report."""
    async with World.open(home.directory) as world, httpx2.AsyncClient(timeout=None, trust_env=False) as http:
        headers = await world.headers(ISSUER) | {"content-type": "application/x-ndjson"}
        params = {"type": "certificate", "import": str(name)}
        answer = await http.post(f"{world.gateway}/v1/imports", params=params, headers=headers, content=content)
        answer.raise_for_status()
        report: dict[str, Any] = answer.json()
        return report


async def lines(parties: list[UUID], rows: int) -> AsyncIterator[bytes]:
    """The register: every five-hundredth number disagrees with itself, every thousandth row has a fault."""
    for start in range(0, rows, IN_ONE_WRITE):
        yield b"".join(_line(row, parties) for row in range(start, min(start + IN_ONE_WRITE, rows)))


def _line(row: int, parties: list[UUID]) -> bytes:
    number = number_of(row)
    if row % 500 == 250:
        number = number[:-1] + ("0" if number[-1] != "0" else "1")
    claims = {
        "name": "示范",
        "sex": "female",
        "birth-date": "1888-08-08",
        "household-number": f"{row:012d}",
        "household-address": f"浙江省义乌市示范路{row % 999}号",
        "household-type": "family" if row % 1000 != 500 else "none",
    }
    issued = BEGUN + timedelta(days=row % 12_000)
    said: dict[str, Any] = {
        "key": f"HJ-{row:09d}",
        "kind": KIND,
        "party": parties[row % len(parties)],
        "number": number,
        "claims": claims,
        "issued_on": issued,
    }
    if row % 2:
        said["valid_until"] = issued + timedelta(days=20_000)
    return orjson.dumps(said) + b"\n"


def number_of(row: int) -> str:
    """The number that this row's certificate was given."""
    return str(CertificateNumber.compose(type_code=TYPE_CODE, issuer=CREDIT_CODE, serial=f"HJ{row:010d}"))


async def _watch(memory: Memory) -> None:
    while True:
        await asyncio.sleep(0.5)
        memory.look()
