"""Parties over HTTP: for departments, and regions for our own services."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.parties import commands, queries
from identity.parties.errors import NumberNotValid, PartyNotFound
from identity.parties.permissions import INTERNAL, NUMBER, REGISTER, RESOLVE
from identity.parties.rules import IdentityNumber, any_number
from identity.parties.schemas import (
    AssignNumber,
    Party,
    RegionsOf,
    RegisterParty,
    Resolved,
    ResolvedParties,
    ResolveParties,
)
from identity.service import Current, IdentityService
from shared.auth import Caller, requires
from shared.clock import legal_date
from shared.database import Read, Transaction
from shared.idempotency import IdempotencyKey, once
from shared.ids import random_id

router = APIRouter(tags=["parties"])


@router.post("/v1/parties", status_code=201)
async def register_party(
    body: RegisterParty,
    key: IdempotencyKey,
    caller: Annotated[Caller, requires(REGISTER, kinds=("department",))],
    service: Current,
    conn: Transaction,
) -> Party:
    """Register a newborn by its mother, before it has a number."""
    at = service.clock()
    today = legal_date(at, service.settings.zone)
    child = random_id()
    earlier = await once(conn, caller=caller.sub, operation="register_party", key=key, body=body, resource=child)
    if earlier is None:
        await commands.register_newborn(
            conn,
            service.vault,
            child=child,
            mother=body.relation.of,
            born_on=body.born_on or today,
            today=today,
            by=caller,
            at=at,
        )
    return await _shown(conn, earlier or child)


@router.post("/v1/parties/resolve")
async def resolve_parties(
    body: ResolveParties,
    caller: Annotated[Caller, requires(RESOLVE, kinds=("department",))],
    service: Current,
) -> ResolvedParties:
    """The parties of people whom the department knows by number; at most 10 unknown numbers a minute.

    With the scope `evidence:import`, for loading what was held before go-live, at most 500.
    """
    at = service.clock()
    numbers = _numbers(body, service)
    grant = await service.grants.open(body.grant, at=at) if body.purpose == "case" else None
    async with service.database.transaction() as conn:
        found = await commands.resolve_parties(
            conn, service.vault, numbers=numbers, grant=grant, named=body.duty, by=caller, at=at
        )
    if found.refusal:
        raise found.refusal
    return ResolvedParties(items=[Resolved(party=party) for party in found.parties])


@router.post("/v1/parties/{party:uuid}/number")
async def assign_number(
    party: UUID,
    body: AssignNumber,
    caller: Annotated[Caller, requires(NUMBER, kinds=("department",))],
    service: Current,
    conn: Transaction,
) -> Party:
    """The assigning authority gives a party its number. The same number again changes nothing."""
    at = service.clock()
    await commands.assign_number(
        conn,
        service.vault,
        party=party,
        text=body.id_number,
        today=legal_date(at, service.settings.zone),
        max_age_years=service.settings.max_age_years,
        by=caller,
        at=at,
    )
    return await _shown(conn, party)


@router.post("/internal/parties/regions", dependencies=[requires(INTERNAL, kinds=("service",))])
async def find_regions(body: RegionsOf, conn: Read) -> dict[UUID, str]:
    """Where each of these parties lives or is registered; unknown ones are left out."""
    return await queries.regions_of(conn, body.parties)


def _numbers(body: ResolveParties, service: IdentityService) -> list[IdentityNumber]:
    today = legal_date(service.clock(), service.settings.zone)
    numbers = []
    for position, known in enumerate(body.parties):
        try:
            numbers.append(any_number(known.id_number, today=today, max_age_years=service.settings.max_age_years))
        except NumberNotValid as refusal:
            raise refusal.at(f"/parties/{position}/id_number") from None
    return numbers


async def _shown(conn: AsyncConnection, party: UUID) -> Party:
    row = await queries.find_party(conn, party)
    if row is None:
        raise PartyNotFound
    return Party(id=row.id, kind=row.kind, region=row.region, numbered=row.numbered)
