"""Records over HTTP: for the departments that file them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from records.filing import queries
from records.filing.commands import Act, correct_record, file_record
from records.filing.errors import RecordNotFound
from records.filing.permissions import may_see
from records.filing.schemas import RecordCorrection, RecordFiling, RecordView
from records.service import Current
from shared.auth import Caller, requires
from shared.database import Read, Transaction
from shared.idempotency import IdempotencyKey, once
from shared.ids import random_id

router = APIRouter(prefix="/v1/records", tags=["records"])

Issuer = Annotated[Caller, requires("records:file", kinds=["department"])]


@router.post("", status_code=201)
async def file_a_record(body: RecordFiling, caller: Issuer, service: Current, key: IdempotencyKey) -> RecordView:
    """File what your department holds about a party. Only the issuer of a kind files it. Publishes `record.filed`."""
    at = service.clock()
    region = await service.regions.region_of(body.party)
    async with service.database.transaction() as conn:
        record = random_id()
        made = await once(conn, caller=caller.sub, operation="file-record", key=key, body=body, resource=record)
        if made is None:
            await file_record(
                conn,
                record=record,
                kind=body.kind,
                party=body.party,
                region=region,
                claims=body.claims,
                valid_from=body.valid_from,
                rules=service.filing_rules,
                by=_act(caller),
                zone=service.settings.zone,
                at=at,
            )
        return await _view(conn, made or record)


@router.get("/{record}")
async def get_record(record: UUID, conn: Read, caller: Issuer) -> RecordView:
    """Dates and history of a record that your department filed. Its claims are read by `POST /v1/evidence/search`."""
    found = await queries.find_record(conn, record)
    if found is None or not may_see(found, department=caller.department):
        raise RecordNotFound
    return RecordView.of(found, await queries.list_history(conn, record))


@router.post("/{record}/corrections", status_code=201)
async def correct_a_record(
    record: UUID, body: RecordCorrection, conn: Transaction, caller: Issuer, service: Current, key: IdempotencyKey
) -> RecordView:
    """File what is right instead. The record stays as it was, in the history; `record.corrected` is published."""
    correction = random_id()
    operation = f"correct-record:{record}"
    made = await once(conn, caller=caller.sub, operation=operation, key=key, body=body, resource=correction)
    if made is None:
        await correct_record(
            conn,
            record,
            correction=correction,
            claims=body.claims,
            valid_from=body.valid_from,
            reason=body.reason,
            rules=service.filing_rules,
            by=_act(caller),
            zone=service.settings.zone,
            at=service.clock(),
        )
    return await _view(conn, made or correction)


async def _view(conn: Read, record: UUID) -> RecordView:
    return RecordView.of(await queries.get_record(conn, record), await queries.list_history(conn, record))


def _act(caller: Caller) -> Act:
    return Act(department=caller.department or "", officer=caller.act)
