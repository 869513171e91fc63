"""The applicant's side of a case: its notices, answering the one that asks, and rating it when it is over."""

from uuid import UUID

from fastapi import APIRouter

from licensing.cases import commands
from licensing.cases.api.surroundings import Applicant, Current
from licensing.cases.model import Actor
from licensing.cases.schemas import CaseState, Correction, Notices, Rating
from shared.database import Read, Transaction

router = APIRouter(prefix="/v1/cases", tags=["applications"])


@router.get("/{case}/notices")
async def list_case_notices(conn: Read, caller: Applicant, case: UUID) -> Notices:
    """What you were told in writing: what is missing, why not, why later, and what you can do about it."""
    return Notices.of(*await commands.list_notices(conn, case, by=Actor("applicant", caller.party)))


@router.post("/{case}/correction")
async def correct_case(
    conn: Transaction, caller: Applicant, service: Current, case: UUID, body: Correction
) -> CaseState:
    """Answer a correction notice, all of it, by the day that it names."""
    corrected = await commands.correct(
        conn,
        case,
        by=Actor("applicant", caller.party),
        answers=body.answers,
        at=service.clock(),
        zone=service.office.zone,
    )
    return CaseState.of(corrected)


@router.post("/{case}/rating")
async def rate_case(conn: Transaction, caller: Applicant, service: Current, case: UUID, body: Rating) -> CaseState:
    """Say how it was, once, after the case is concluded. Voluntary (GB/T 39734)."""
    by = Actor("applicant", caller.party)
    rated = await commands.rate(conn, case, by=by, grade=body.grade, comment=body.comment, at=service.clock())
    return CaseState.of(rated)
