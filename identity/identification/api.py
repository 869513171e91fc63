"""Identifications over HTTP, for app backends."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks

from identity.identification import commands
from identity.identification.errors import IdentificationNotFound
from identity.identification.schemas import Prove, Proved, Started, StartIdentification
from identity.parties.rules import person_number
from identity.service import Current, IdentityService
from identity.tokens.commands import identification_claims
from identity.tokens.rules import IDENTIFICATION_TYPE
from shared.auth import Caller, requires
from shared.clock import legal_date
from shared.database import Transaction

IDENTIFY = "identify"
router = APIRouter(tags=["identification"])


@router.post("/v1/identifications", status_code=201)
async def start_identification(
    body: StartIdentification,
    caller: Annotated[Caller, requires(IDENTIFY, kinds=("app",))],
    service: Current,
    conn: Transaction,
    after: BackgroundTasks,
) -> Started:
    """Present an identity number. Known and unknown numbers are answered alike."""
    at, settings = service.clock(), service.settings
    number = person_number(body.id_number, today=legal_date(at, settings.zone), max_age_years=settings.max_age_years)
    start = await commands.start_identification(
        conn, service.vault, number=number, method=body.method, device=body.device, by=caller, at=at
    )
    after.add_task(_deliver, service, start)
    return Started(id=start.id, method=body.method, challenge=start.challenge, expires_at=start.expires_at)


@router.post("/v1/identifications/{identification:uuid}/proof")
async def prove_identification(
    identification: UUID,
    body: Prove,
    caller: Annotated[Caller, requires(IDENTIFY, kinds=("app",))],
    service: Current,
) -> Proved:
    """Prove it: at most five tries within five minutes. The token is good once, for two minutes."""
    at = service.clock()
    async with service.database.transaction() as conn:
        outcome = await commands.prove_identification(
            conn, service.vault, identification=identification, response=body.response, by=caller, at=at
        )
    if outcome.refusal or outcome.party is None:
        raise outcome.refusal or IdentificationNotFound
    claims = identification_claims(
        issuer=service.settings.issuer,
        client_id=caller.client_id,
        party=outcome.party,
        assurance=outcome.assurance,
        at=at,
    )
    token = await service.keyring.sign(claims, typ=IDENTIFICATION_TYPE)
    return Proved(identification_token=token, assurance=outcome.assurance)


async def _deliver(service: IdentityService, start: commands.Start) -> None:
    # After the answer has left, so that its time does not tell whether there was somebody to send to.
    if start.party is None or start.code is None:
        return
    async with service.database.read() as conn:
        phone = await commands.find_phone_of(conn, service.vault, start.party)
    await service.code_sender.send(identification=start.id, phone=phone, code=start.code)
