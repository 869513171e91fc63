"""Certificates as evidence: what is in force, in one statement for a whole batch of wants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.model import Certificate
from certificates.issuing.queries import list_in_force
from shared.clock import legal_date
from shared.contracts.evidence import Evidence
from shared.evidence.reader import Held, Source


def certificates_source(zone: str) -> Source:
    """The certificates of this service. Days are counted in `zone`."""

    async def find(conn: AsyncConnection, parties: list[UUID], kinds: list[str], at: datetime) -> list[Held]:
        rows = await list_in_force(conn, parties, kinds, day=legal_date(at, zone))
        return [Held(_evidence(row), region=row.region) for row in rows]

    return Source(type="certificate", find=find)


def _evidence(certificate: Certificate) -> Evidence:
    return Evidence(
        id=certificate.id,
        type="certificate",
        kind=certificate.kind,
        party=certificate.holder,
        issuer=certificate.issuer,
        as_of=certificate.issued_on,
        valid_until=certificate.valid_until,
        state=certificate.state,
        claims=certificate.claims,
        number=certificate.number,
        origin=certificate.origin.value,
    )
