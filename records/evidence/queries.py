"""Records as evidence: what is in force, in one statement for a whole batch of wants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from records.filing.model import Origin, Record
from records.filing.queries import list_in_force
from shared.clock import legal_date
from shared.contracts.evidence import Evidence
from shared.evidence.reader import Held, Source

# As of certificates: only what is in force is shown at all.
VALID = "valid"


def records_source(zone: str) -> Source:
    """The records of this service. Days are counted in `zone`."""

    async def find(conn: AsyncConnection, parties: list[UUID], kinds: list[str], at: datetime) -> list[Held]:
        rows = await list_in_force(conn, parties, kinds, day=legal_date(at, zone))
        return [Held(_evidence(row), region=row.region) for row in rows]

    return Source(type="record", find=find)


def _evidence(record: Record) -> Evidence:
    return Evidence(
        id=record.id,
        type="record",
        kind=record.kind,
        party=record.party,
        issuer=record.issuer,
        as_of=record.as_of,
        valid_until=record.valid_until,
        state=VALID,
        claims=record.claims,
        origin=Origin(record.origin).value,
    )
