"""Numbers on certificates over HTTP, for the service that issues and prints them."""

from uuid import UUID

from fastapi import APIRouter

from identity.printing import commands
from identity.service import Current
from shared.auth import requires
from shared.contracts.numbers import PRINT_SCOPE, NumberSeal, NumberSealsOf, PrintedNumber, PrintNumber
from shared.database import Read, Transaction
from shared.representation import open_representation

router = APIRouter(
    prefix="/internal/numbers", tags=["printing"], dependencies=[requires(PRINT_SCOPE, kinds=("service",))]
)


@router.post("/seals")
async def find_number_seals(body: NumberSealsOf, service: Current, conn: Read) -> dict[UUID, NumberSeal]:
    """What certificates of these parties can be sealed over; who has no number is left out."""
    return await commands.seals_of(conn, service.vault, body.parties)


@router.post("/printing")
async def print_number(body: PrintNumber, service: Current, conn: Transaction) -> PrintedNumber:
    """A holder's number, for a page that the holder asks for, or who represents them."""
    at = service.clock()
    holder = await service.verifier.verify(body.token)
    parties = {holder.party}
    if body.representation is not None:
        keys, issuer = service.identity_keys, service.settings.issuer
        stated = await open_representation(body.representation, of=holder.party, keys=keys, issuer=issuer, at=at)
        parties.update(stated.may_act_for)
    return await commands.print_number(conn, service.vault, body, for_=frozenset(parties), at=at)
