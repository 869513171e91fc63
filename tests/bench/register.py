"""The register of certificates: a number verified through the gateway, and a decided case issued; empty and full.

Verifying: gateway and service certificates as they are deployed, on a database of their own; the floor, two processes
written by hand over the same rows. Issuing: from what a case yields to the commit of the numbered, sealed certificate
with its event; the floor writes the same rows, with the same signature, in the fewest statements there can be. No relay
runs.
"""

import os
import random
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import orjson

from certificates.issuing.commands import issue_certificates
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.authority import new_root
from deploy.embedded import ports
from deploy.embedded.home import Home
from deploy.migration import migrate
from shared.database import Database
from tests.bench.drafts import Servers, listening
from tests.bench.events import new_database
from tests.bench.floor.issuing import FloorIssuer
from tests.bench.floor.wire import Wire
from tests.bench.imports import CREDIT_CODE, ISSUER, KIND, TYPE_CODE
from tests.bench.load import Call, Figures, side_by_side
from tests.bench.processes import child
from tests.bench.replay import ours as our_processes
from tests.certificates.seals import HEALTH, SECURITY, signer_for
from tests.certificates.world import a_decided_case, a_yield

FEW = 1_000
PORTION = 20_000
CALLERS_ISSUING = 4
LAST_DAY = date(2035, 12, 31)


@dataclass
class Compared:
    """A workload with so many certificates stored: ours and the floor's figures."""

    workload: str
    stored: int
    ours: Figures
    floor: Figures


async def measure(
    home: Home, servers: Servers, *, stored: int, callers: int, seconds: float, slices: int
) -> list[Compared]:
    """Both workloads with few certificates in the register, and with `stored` of them."""
    url = await new_database(servers.postgres)
    await migrate("certificates", url.replace("postgresql://", "postgresql+asyncpg://"))
    found: list[Compared] = []
    for first, count in ((0, FEW), (FEW, stored)):
        if count > first:
            await fill(url, first, count)
            sides = await _verify(home, url, count, callers=callers, seconds=seconds, slices=slices)
            found.append(Compared("verification by number", count, *sides))
            sides = await _issue(url, seconds=seconds, slices=slices)
            found.append(Compared("issue: decided to committed", count, *sides))
    return found


async def fill(url: str, first: int, count: int) -> None:
    """The register holds the certificates from `first` to before `count`, as if issued."""
    conn = await asyncpg.connect(url)
    try:
        for start in range(first, count, PORTION):
            rows = [_row(place) for place in range(start, min(start + PORTION, count))]
            await conn.copy_records_to_table("certificates", records=rows, columns=_COLUMNS)
        await conn.execute("SELECT setval('status_slots', $1)", 2 * count)
        await conn.execute("VACUUM (ANALYZE) certificates")
        await conn.execute("CHECKPOINT")
    finally:
        await conn.close()


_COLUMNS = [
    "id", "number", "version", "kind", "kind_label", "holder", "region", "issuer", "issuer_name", "case", "index",
    "claims", "issued_on", "valid_from", "valid_until", "state", "revision", "seal", "status_list", "status_index",
    "issued_at",
]  # fmt: skip
_LABEL = orjson.dumps({"zh": "居民户口簿（个人页）", "en": "Household register page"}).decode()
_NAME = orjson.dumps({"zh": "公安机关", "en": "Public Security"}).decode()
_CLAIMS = orjson.dumps({"name": "示范", "sex": "female", "household-address": "浙江省义乌市示范路1号"}).decode()
_SEAL = "e" * 1_600
_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _row(place: int) -> tuple[Any, ...]:
    # Lists far from those of new certificates.
    status = 1_000 + place // 131_072, place % 131_072
    return (
        uuid4(), number_of(place), "001", KIND, _LABEL, uuid4(), "330782", ISSUER, _NAME, uuid4(), 0,
        _CLAIMS, _AT.date(), _AT.date(), LAST_DAY, "valid", 1, _SEAL, *status, _AT,
    )  # fmt: skip


def number_of(place: int) -> str:
    return str(CertificateNumber.compose(type_code=TYPE_CODE, issuer=CREDIT_CODE, serial=f"BENCH{place:010d}"))


async def _verify(
    home: Home, url: str, stored: int, *, callers: int, seconds: float, slices: int
) -> tuple[Figures, Figures]:
    chosen = random.Random(stored)
    numbers = [number_of(chosen.randrange(stored)) for _ in range(20_000)]
    async with AsyncExitStack() as stack:
        ours, _ = await stack.enter_async_context(our_processes(home, url))
        floor = await stack.enter_async_context(_floor(url))

        def asking(gateway: str) -> Call:
            asked = iter(range(10**9))
            # A client of everyday use costs more than what is measured, on the same two cores.
            wire = Wire(int(gateway.rpartition(":")[2]))
            stack.callback(wire.close)

            async def verify() -> None:
                body = orjson.dumps({"number": numbers[next(asked) % len(numbers)]})
                if not orjson.loads(await wire.post(b"/v1/verifications", body))["genuine"]:
                    raise RuntimeError("not found")

            return verify

        return await side_by_side(asking(ours), asking(floor), callers=callers, seconds=seconds, slices=slices)


async def _issue(url: str, *, seconds: float, slices: int) -> tuple[Figures, Figures]:
    at = datetime.now(UTC)
    signer = signer_for(new_root(at=at), HEALTH, SECURITY, at=at)
    database = Database(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=CALLERS_ISSUING)
    floor = FloorIssuer(url, signer, connections=CALLERS_ISSUING)
    await floor.open()

    async def ours() -> None:
        decided = a_decided_case(a_yield(party=uuid4(), valid_until=LAST_DAY), case=uuid4())
        async with database.transaction() as conn:
            issued = await issue_certificates(conn, decided, signer=signer, zone="Asia/Shanghai", at=datetime.now(UTC))
        if len(issued) != 1:
            raise RuntimeError("not issued")

    async def theirs() -> None:
        await floor.issue(
            a_decided_case(a_yield(party=uuid4(), valid_until=LAST_DAY), case=uuid4()), serial=secrets.token_hex(16)
        )

    try:
        return await side_by_side(ours, theirs, callers=CALLERS_ISSUING, seconds=seconds, slices=slices)
    finally:
        await database.close()
        await floor.close()


@asynccontextmanager
async def _floor(url: str) -> AsyncGenerator[str]:
    service, gateway = ports.free_ports(2)
    told = {**os.environ, "DATABASE": url, "SERVICE": str(service)}
    async with AsyncExitStack() as stack:
        for role, port in (("service", service), ("gateway", gateway)):
            await stack.enter_async_context(child(["tests.bench.floor.verifying", role, str(port)], told))
            await listening(port)
        yield f"http://{ports.LOOPBACK}:{gateway}"
