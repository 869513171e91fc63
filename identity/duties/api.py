"""Standing duties over HTTP: published to everybody, and a grant on one's own for a department."""

from typing import Annotated

from fastapi import APIRouter

from identity.duties import commands, queries
from identity.duties.schemas import AskDutyGrant, Duties, DutyGrant, DutyView
from identity.service import Current
from shared.auth import Caller, public, requires
from shared.contracts.evidence import GRANT_TYPE
from shared.database import Read

router = APIRouter(tags=["duties"])


@router.get("/v1/duties", dependencies=[public()])
async def list_duties(conn: Read) -> Duties:
    """Which department may read what about whom without a case, and by which law."""
    return Duties(items=[DutyView.of(duty) for duty in await queries.list_duties(conn)])


@router.post("/v1/duty-grants", status_code=201)
async def grant_duty(
    body: AskDutyGrant,
    caller: Annotated[Caller, requires("evidence", kinds=("department",))],
    service: Current,
) -> DutyGrant:
    """A grant on a standing duty of your department, for at most 50 parties and ten minutes. It is on record."""
    at, question = service.clock(), commands.Question(**body.model_dump())
    async with service.database.transaction() as conn:
        asked = await commands.ask_duty_grant(conn, question, by=caller, at=at)
    if asked.refusal:
        raise asked.refusal
    assert asked.grant is not None
    claims = asked.grant.model_dump(mode="json", exclude_none=True)
    return DutyGrant.of(asked.grant, signed=await service.keyring.sign(claims, typ=GRANT_TYPE))
