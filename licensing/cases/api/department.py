"""The department's side: its worklist, the file of a case, and every act on it."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases import commands, queries
from licensing.cases.api.surroundings import Current, Handler, Officer
from licensing.cases.model import Actor, Case, State
from licensing.cases.schemas import (
    Assignment,
    CaseLine,
    CaseView,
    CorrectionNotice,
    Decision,
    ExtensionRequest,
    Refusal,
    SuspensionRequest,
)
from licensing.grants import make_grant
from shared.database import Read, Transaction
from shared.idempotency import IdempotencyKey, OptionalIdempotencyKey, once
from shared.jose import SigningKey
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor
from shared.schemas import Code

router = APIRouter(prefix="/v1/cases", tags=["cases"])

# While one of these lasts, its department may read the evidence of a case.
READABLE = frozenset({State.RECEIVED, State.CORRECTION_REQUESTED, State.ACCEPTED, State.SUSPENDED})


@router.get("")
async def list_cases(
    conn: Read,
    _: Handler,
    by: Officer,
    state: State | None = None,
    item: Code | None = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[CaseLine]:
    """The worklist of the department in its region, oldest first."""
    rows = await queries.list_page(conn, by=by, state=state, item=item, after=decode_cursor(after), limit=limit)
    return Page[CaseLine].of(
        rows, limit=limit, show=CaseLine.of, key=lambda case: encode_cursor(case.opened_at, case.id)
    )


@router.get("/{case}")
async def get_case(conn: Transaction, _: Handler, by: Officer, service: Current, case: UUID) -> CaseView:
    """The file of a case: fields with their sources, answers, suggested claims, and a grant to read its evidence."""
    at = service.clock()
    file = await commands.open_file(conn, case, by=by, at=at)
    return CaseView.of_file(file, grant=_grant(file.case, service.grant_key, by=by, at=at))


def _grant(case: Case, key: SigningKey, *, by: Actor, at: datetime) -> str | None:
    if case.state not in READABLE:
        return None
    return make_grant(
        key,
        reader=case.department,
        purpose="case",
        ref=case.id,
        items=[case.item],
        region=case.region,
        parties=case.planned.grant_parties,
        kinds=case.planned.grant_kinds,
        at=at,
        officer=by.id,
    )


@router.post("/{case}/assignment")
async def assign_case(
    conn: Transaction, _: Handler, by: Officer, service: Current, case: UUID, body: Assignment
) -> CaseLine:
    """Name the officer who is to work on the case."""
    return CaseLine.of(await commands.assign(conn, case, by=by, officer=body.officer, at=service.clock()))


@router.post("/{case}/acceptance")
async def accept_case(
    conn: Transaction,
    caller: Handler,
    by: Officer,
    service: Current,
    case: UUID,
    key: OptionalIdempotencyKey = None,
) -> CaseLine:
    """The application is complete: both clocks start. The same officer's repeat under one key changes nothing."""
    if key is not None:
        operation = f"accept_case:{case}:{by.id}"
        if await once(conn, caller=caller.sub, operation=operation, key=key, body=None, resource=case) is not None:
            return CaseLine.of(await commands.look(conn, case, by=by))
    return CaseLine.of(await commands.accept(conn, case, by=by, at=service.clock(), zone=service.office.zone))


@router.post("/{case}/correction-notice")
async def request_correction_of_case(
    conn: Transaction, _: Handler, by: Officer, service: Current, case: UUID, body: CorrectionNotice
) -> CaseLine:
    """Tell the applicant, once, all that is missing or wrong, and by which day."""
    noticed = await commands.request_correction(
        conn,
        case,
        by=by,
        requirements=body.requirements,
        due_on=body.due_on,
        at=service.clock(),
        zone=service.office.zone,
    )
    return CaseLine.of(noticed)


@router.post("/{case}/refusal")
async def refuse_case(
    conn: Transaction, _: Handler, by: Officer, service: Current, case: UUID, body: Refusal
) -> CaseLine:
    """Do not accept the application, with written reasons and the remedies against it."""
    refused = await commands.refuse(
        conn, case, by=by, reasons=body.reasons, remedies=body.remedies, at=service.clock(), office=service.office
    )
    return CaseLine.of(refused)


@router.post("/{case}/suspension")
async def suspend_case(
    conn: Transaction, _: Handler, by: Officer, service: Current, case: UUID, body: SuspensionRequest
) -> CaseLine:
    """Stop both clocks, for what the law does not count."""
    suspended = await commands.suspend(
        conn,
        case,
        by=by,
        ground=body.ground,
        legal_basis=body.legal_basis,
        expected_days=body.expected_days,
        at=service.clock(),
        zone=service.office.zone,
    )
    return CaseLine.of(suspended)


@router.post("/{case}/resumption")
async def resume_case(conn: Transaction, _: Handler, by: Officer, service: Current, case: UUID) -> CaseLine:
    """Let both clocks run again, moved by the working days they stood still."""
    return CaseLine.of(await commands.resume(conn, case, by=by, at=service.clock(), zone=service.office.zone))


@router.post("/{case}/extension")
async def extend_case(
    conn: Transaction, _: Handler, by: Officer, service: Current, case: UUID, body: ExtensionRequest
) -> CaseLine:
    """Move the legal limit, once, with the approval of the agency's head."""
    extended = await commands.extend(
        conn,
        case,
        by=by,
        days=body.days,
        reason=body.reason,
        approved_by=body.approved_by,
        at=service.clock(),
        zone=service.office.zone,
    )
    return CaseLine.of(extended)


@router.post("/{case}/decision")
async def decide_case(
    conn: Transaction,
    caller: Handler,
    by: Officer,
    service: Current,
    case: UUID,
    body: Decision,
    key: IdempotencyKey,
) -> CaseLine:
    """Grant or deny. What is granted is frozen, and issued or filed from exactly that."""
    operation = f"decide_case:{case}"
    made = await once(conn, caller=caller.sub, operation=operation, key=key, body=body, resource=case)
    decided = await (_decide(conn, service, case, body, by=by) if made is None else commands.look(conn, case, by=by))
    return CaseLine.of(decided)


async def _decide(conn: AsyncConnection, service: Current, case: UUID, body: Decision, *, by: Actor) -> Case:
    return await commands.decide(
        conn,
        case,
        by=by,
        outcome=body.outcome,
        claims={stated.index: stated.claims for stated in body.claims},
        reasons=body.reasons,
        remedies=body.remedies,
        at=service.clock(),
        office=service.office,
    )
