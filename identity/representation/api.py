"""Whom I may act for."""

from typing import Annotated

from fastapi import APIRouter

from identity.representation import commands
from identity.service import Current
from shared.auth import Caller, requires
from shared.clock import legal_date
from shared.contracts.representation import REPRESENTATION_TYPE, Representations
from shared.database import Read

router = APIRouter(tags=["representation"])


@router.get("/v1/me/representations")
async def list_representations(
    caller: Annotated[Caller, requires("applicant", kinds=("person",))], service: Current, conn: Read
) -> Representations:
    """Whom I may act for, in which role and until when; signed, so that other services need not ask again."""
    at = service.clock()
    items, statement = await commands.state_representations(
        conn,
        person=caller.party,
        issuer=service.settings.issuer,
        today=legal_date(at, service.settings.zone),
        at=at,
    )
    signed = await service.keyring.sign(statement.model_dump(mode="json"), typ=REPRESENTATION_TYPE)
    return Representations(items=items, statement=signed)
