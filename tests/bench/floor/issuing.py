"""The floor of issuing: the rows and the signature that a certificate costs, in two statements and one commit."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import orjson

from certificates.issuing.rules import status_entry
from certificates.sealing.ports import SoftwareSigner
from shared.contracts.yields import CaseYield
from tests.certificates.seals import HEALTH

_WRITE = """
WITH certificate AS (
    INSERT INTO certificates (id, number, version, kind, kind_label, holder, region, issuer, issuer_name, "case", index,
        claims, issued_on, valid_from, valid_until, state, revision, seal, status_list, status_index, issued_at)
    VALUES ($1, $2, '001', $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, 'valid', 1, $14, $15, $16, $17)
    ON CONFLICT ("case", index) DO NOTHING RETURNING id
), operation AS (
    INSERT INTO operations (certificate, revision, operation, department, at)
    SELECT id, 1, 'issuing', $7, $17 FROM certificate
), used AS (
    INSERT INTO seal_uses (id, holder, key, form, certificate, at)
    SELECT $18, $7, $19, 'certificate', id, $17 FROM certificate
), timer AS (
    INSERT INTO timers (id, kind, subject, due_at) SELECT $18, 'certificate-expiry', id, $20 FROM certificate
)
INSERT INTO outbox (event_id, type, topic, subject, version, occurred_at, data)
SELECT $18, 'certificate.issued.v1', $21, id, 1, $17, $22 FROM certificate
"""


class FloorIssuer:
    """A pool, a key, and text put together by hand."""

    def __init__(self, url: str, signer: SoftwareSigner, *, connections: int) -> None:
        self._url = url
        self._signer = signer
        self._connections = connections
        self._seal = signer.certificate_of(HEALTH.code)

    async def open(self) -> None:
        """Connect."""
        self._pool = await asyncpg.create_pool(self._url, min_size=self._connections, max_size=self._connections)

    async def close(self) -> None:
        """Let go."""
        await self._pool.close()

    async def issue(self, decided: CaseYield, *, serial: str) -> None:
        """What `issue_certificates` does, for one certificate that replaces none."""
        async with self._pool.acquire() as conn:
            slot = await conn.fetchval("SELECT nextval('status_slots')")
            await conn.execute(_WRITE, *self._row(decided, serial, slot))

    def _row(self, decided: CaseYield, serial: str, slot: int) -> tuple[Any, ...]:
        item, at, certificate, place = decided.yields[0], datetime.now(UTC), uuid4(), status_entry(slot)
        number = f"1.2.156.3005.2.{item.type_code}.{decided.issuer_uscc}.{serial.upper()}.001.0"
        label, name = item.label.model_dump(), decided.department_name.model_dump()
        said = {"certificate": certificate, "number": number, "kind": item.kind, "kind_label": label}
        said |= {"holder": item.party, "issuer": {"department": decided.department, "name": name}}
        said |= {"claims": item.claims, "valid_from": item.valid_from, "valid_until": item.valid_until, "sealed_at": at}
        message = b"eyJhbGciOiJFUzI1NiJ9." + urlsafe_b64encode(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
        seal = message + b"." + urlsafe_b64encode(self._signer.sign(self._seal, message))
        event = orjson.dumps({"certificate": certificate, "kind": item.kind, "party": item.party, "case": decided.case})
        topic = f"evt.certificate.issued.{item.kind}.33.07.82"
        assert item.valid_until is not None
        due = datetime.combine(item.valid_until, datetime.min.time(), tzinfo=UTC) + timedelta(days=1)
        return (
            certificate, number, item.kind, orjson.dumps(label).decode(), item.party, item.region, decided.department,
            orjson.dumps(name).decode(), decided.case, orjson.dumps(item.claims).decode(), at.date(), item.valid_from,
            item.valid_until, seal.decode(), place.list, place.index, at, uuid4(), "key", due, topic,
            event.decode(),
        )  # fmt: skip
