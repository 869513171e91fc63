"""How long it takes to seal a register again after a key was replaced: `python -m tests.bench.resealing --count N`.

On a PostgreSQL of its own, as durable as the platform's. Says the rate, and what of it was CPU of this process.
"""

import argparse
import asyncio
import json
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg

from certificates.issuing.rules import CertificateNumber
from certificates.resealing.commands import Progress, reseal_all, wanted_of
from certificates.sealing.commands import sealed
from certificates.sealing.keys import KeyDesk, init, rotate
from certificates.sealing.ports import SoftwareSigner
from certificates.sealing.schemas import StatusEntry
from deploy.embedded import ports
from deploy.embedded.postgres import Postgres, database_url
from deploy.migration import migrate
from deploy.provisioning.postgres import owner_of, plain, provision
from shared.clock import now
from shared.database import Database
from tests.certificates.seals import HEALTH, TYPE_CODE, a_document

SERVICE, PASSWORD = "certificates", "bench-on-loopback"
AT_ONCE = 5_000
PER_LIST = 131_072


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.resealing", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="certificates in the register")
    count = parser.parse_args().count
    with TemporaryDirectory() as directory:
        asyncio.run(_measure(Path(directory), count))


async def _measure(directory: Path, count: int) -> None:
    desk = KeyDesk.of(directory / "seals")
    init(desk, [HEALTH], at=now())
    (port,) = ports.free_ports(1)
    server = Postgres(directory / "cluster", port=port, password=PASSWORD, log=directory / "postgres.log")
    server.start()
    try:
        await provision(server.url(), [SERVICE], passwords=dict.fromkeys([SERVICE, owner_of(SERVICE)], PASSWORD))
        await migrate(SERVICE, database_url(owner_of(SERVICE), PASSWORD, port=port, database=SERVICE))
        url = database_url(SERVICE, PASSWORD, port=port, database=SERVICE)
        await _fill(url, _signer(desk), count)
        rotate(desk, [HEALTH.code], at=now())
        await _reseal(url, _signer(desk))
    finally:
        server.stop()


async def _reseal(url: str, signer: SoftwareSigner) -> None:
    database = Database(url, pool_size=2)
    begun, cpu, end = time.perf_counter(), time.process_time(), Progress(total=0)
    async for progress in reseal_all(database, wanted_of(signer, []), signer=signer, clock=now):
        end = progress
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    await database.close()
    print(  # noqa: T201 - what it is for
        f"{end.done} sealed again in {seconds:.1f} s, {end.done / seconds:.0f}/s; "
        f"{cpu / end.done * 1000:.2f} ms of CPU each besides PostgreSQL's"
    )


async def _fill(url: str, signer: SoftwareSigner, count: int) -> None:
    conn = await asyncpg.connect(plain(url))
    for begun in range(0, count, AT_ONCE):
        rows = [_row(signer, place) for place in range(begun, min(count, begun + AT_ONCE))]
        records = [list(row.values()) for row in rows]
        await conn.copy_records_to_table("certificates", records=records, columns=list(rows[0]))
    await conn.close()


def _row(signer: SoftwareSigner, place: int) -> dict[str, Any]:
    serial, at = uuid4().hex.upper(), now()
    number = str(CertificateNumber.compose(type_code=TYPE_CODE, issuer=HEALTH.uscc, serial=serial))
    entry = StatusEntry(list=place // PER_LIST, index=place % PER_LIST)
    document = a_document(certificate=uuid4(), number=number, holder=uuid4(), sealed_at=at, status=entry)
    return {
        "id": document.certificate,
        "number": number,
        "version": document.version,
        "kind": document.kind,
        "kind_label": document.kind_label.model_dump_json(),
        "holder": document.holder,
        "region": document.region,
        "issuer": HEALTH.code,
        "issuer_name": HEALTH.name.model_dump_json(),
        "case": uuid4(),
        "index": 0,
        "claims": json.dumps(dict(document.claims)),
        "issued_on": date(2026, 11, 22),
        "valid_from": date(2026, 11, 22),
        "state": "valid",
        "revision": 1,
        "seal": sealed(document, signer),
        "status_list": entry.list,
        "status_index": entry.index,
        "issued_at": at,
    }


def _signer(desk: KeyDesk) -> SoftwareSigner:
    return SoftwareSigner.from_directory(desk.directory.path, private=True)


if __name__ == "__main__":
    main()
