"""A draft becomes an application: confirmed, complete, still true; its cases opened in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from secrets import randbelow
from uuid import UUID

from pydantic import BaseModel, JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.applications import queries
from licensing.applications.commands.desk import Desk
from licensing.applications.commands.drafting import Reading, read_at, read_evidence, sheet_of, stated, usable
from licensing.applications.errors import (
    ApplicationNotFound,
    DraftAlreadySubmitted,
    DraftChanged,
    DraftStale,
    MaterialNotFound,
)
from licensing.applications.model import Application, Confirmed, Draft, Opened, Sheet, Ticket
from licensing.applications.permissions import may_see
from licensing.applications.rules.answers import check_complete, committed
from licensing.applications.rules.drafting import held_plan, plan_of
from licensing.applications.rules.evidence import reread
from licensing.applications.rules.opening import Ground, planned_cases, tickets
from licensing.applications.rules.progress import application_number
from licensing.cases import commands as cases
from licensing.cases import queries as case_queries
from licensing.cases.model import ApplicationFacts
from licensing.catalogue.releases import Release
from licensing.planning.model import Plan
from shared.auth import Caller
from shared.clock import legal_date
from shared.contracts.events import ApplicationSubmitted
from shared.contracts.notices import CorrectionTicketOpened
from shared.idempotency import find_resource, once
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.outbox import Recorded

OPERATION = "submit_application"
_SERIALS = 10**12

Show = Callable[[Sheet], JsonValue]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One key, one act: the same key with the same body has the same outcome."""

    key: str
    body: BaseModel | None


async def submit(
    desk: Desk, confirmed: Confirmed, attempt: Attempt, *, caller: Caller, at: datetime, show: Show
) -> Opened:
    """The draft is an application: numbered, its cases opened together (Z-REG Art 5), disputes told to their source.

    Refuses a draft that is not usable, answers that were not asked or are missing, and evidence that has changed since
    the draft (`draft-stale`, with the new draft as `show` renders it). The same attempt again answers what the first
    one made, however many come at once. Records `application.submitted`, and a ticket for each disputed evidence.
    """
    async with desk.database.read() as conn:
        if (made := await _made_before(conn, attempt, caller=caller)) is not None:
            return made
        try:
            draft = await usable(conn, confirmed.draft, caller=caller, at=at)
        except DraftAlreadySubmitted:
            # By this very attempt, perhaps, which was still under way when its key was looked for.
            if (made := await _made_before(conn, attempt, caller=caller)) is None:
                raise
            return made
        release = await desk.releases.get(conn, draft.release)
    today = legal_date(at, desk.zone)
    said = _said(draft, release, confirmed, today=today)
    current = await _reread(desk, said, release, at=at)
    if current.fingerprint != draft.fingerprint:
        try:
            raise DraftStale(draft=show(await _keep(desk, current, release, at=at)))
        except DraftChanged:
            # Submitted by this very attempt, perhaps, which came before and took longer than its caller waited.
            async with desk.database.read() as conn:
                if (made := await _made_before(conn, attempt, caller=caller)) is None:
                    raise
                return made
    plan = _complete(current, release, confirmed, today=today)
    async with desk.database.transaction() as conn:
        application = _application(current, confirmed, today=today, at=at)
        known = await once(
            conn,
            caller=caller.sub,
            operation=OPERATION,
            key=attempt.key,
            body=attempt.body,
            resource=application.id,
        )
        if known is not None:
            return await get_opened(conn, known)
        await _claim(conn, current, application)
        return await _open(conn, application, current, plan, release, zone=desk.zone)


async def _made_before(conn: AsyncConnection, attempt: Attempt, *, caller: Caller) -> Opened | None:
    """What this attempt made when it came before."""
    made = await find_resource(conn, caller=caller.sub, operation=OPERATION, key=attempt.key, body=attempt.body)
    return None if made is None else await get_opened(conn, made)


async def get_opened(conn: AsyncConnection, application: UUID, *, caller: Caller | None = None) -> Opened:
    """The application as it is now; with a caller, only if it is theirs to see."""
    found = await queries.find_application(conn, application)
    if found is None or (caller is not None and not may_see(caller, found)):
        raise ApplicationNotFound
    return Opened(found, tuple(await case_queries.list_of_application(conn, application)))


def _said(draft: Draft, release: Release, confirmed: Confirmed, *, today: date) -> Draft:
    """The draft with all that the applicant says. Refuses early, before any source is asked."""
    disputes = {*map(str, draft.disputes), *confirmed.disputes}
    thing = release.definition(draft.thing)
    said = stated(draft, thing, answers=confirmed.answers, disputes=disputes, today=today)
    _complete(said, release, confirmed, today=today)
    return said


def _complete(draft: Draft, release: Release, confirmed: Confirmed, *, today: date) -> Plan:
    """The plan, if nothing is missing from it."""
    thing = release.definition(draft.thing)
    if confirmed.materials:
        raise MaterialNotFound(count=len(confirmed.materials))
    commitments = committed(confirmed.commitments, plan=plan_of(draft, thing, on=today))
    plan = plan_of(draft, thing, on=today, commitments=commitments)
    check_complete(plan)
    return plan


async def _reread(desk: Desk, draft: Draft, release: Release, *, at: datetime) -> Draft:
    """The draft with what its sources say now; a source that has fallen silent keeps what it said before."""
    reading = await read_evidence(desk, draft, release.definition(draft.thing), at=at)
    evidence, unavailable = reread(
        reading.evidence,
        unavailable=reading.unavailable,
        before=draft.evidence,
        unavailable_before=draft.unavailable,
    )
    current = read_at(draft, Reading(evidence, unavailable), at=at)
    return replace(current, evidence_at=draft.evidence_at) if reading.unavailable else current


async def _keep(desk: Desk, current: Draft, release: Release, *, at: datetime) -> Sheet:
    """The draft is the one that is true now, with what the applicant has said."""
    kept = replace(current, version=current.version + 1)
    async with desk.database.single() as conn:
        if not await queries.store_draft(conn, kept, read_version=current.version):
            raise DraftChanged
    return await sheet_of(desk, kept, release, at=at)


def _application(draft: Draft, confirmed: Confirmed, *, today: date, at: datetime) -> Application:
    return Application(
        id=new_id(),
        number=application_number(region=draft.region, on=today, serial=randbelow(_SERIALS)),
        version=1,
        draft=draft.id,
        applicant=draft.sub,
        app=draft.act,
        thing=draft.thing,
        region=draft.region,
        applicant_region=draft.statement.regions.get(draft.sub, draft.region),
        release=draft.release,
        delivery=confirmed.delivery,
        state="submitted",
        submitted_at=at,
        ended_at=None,
    )


async def _claim(conn: AsyncConnection, draft: Draft, application: Application) -> None:
    """The draft becomes this application; refuses where another request was faster."""
    if not await queries.claim_draft(conn, draft, application=application.id):
        now = await queries.find_draft(conn, draft.id)
        if now is None or now.application is None:
            raise DraftChanged
        raise DraftAlreadySubmitted(application=str(now.application))


async def _open(
    conn: AsyncConnection, application: Application, draft: Draft, plan: Plan, release: Release, *, zone: str
) -> Opened:
    """The application with its cases, its tickets and its events."""
    thing, at = release.definition(draft.thing), application.submitted_at
    held = held_plan(draft, thing, on=legal_date(at, zone))
    ground = Ground(
        catalogue=release.catalogue,
        thing=thing,
        release=release.number,
        region=draft.region,
        bindings=draft.bindings,
        homes=draft.statement.regions,
        held={field.element: field.source for field in held.fields if field.source is not None},
        evidence={piece.id: piece for piece in draft.evidence},
    )
    facts = ApplicationFacts(
        id=application.id,
        number=application.number,
        thing=application.thing,
        region=application.region,
        applicant=application.applicant,
        submitted_at=at,
        evidence_at=draft.evidence_at,
        app=application.app,
    )
    await queries.insert_application(conn, application)
    opened = await cases.open_cases(conn, facts, planned_cases(plan, ground), at=at, zone=zone)
    disputed = tickets(plan, held=held, evidence=draft.evidence)
    ids = await queries.insert_tickets(conn, disputed, application=application.id, at=at)
    submitted = ApplicationSubmitted(
        application=application.id, thing=application.thing, cases=tuple(case.id for case in opened)
    )
    await outbox.record_many(
        conn,
        [
            _recorded(application, submitted),
            *(_opened(application, ticket, id_) for id_, ticket in zip(ids, disputed, strict=True)),
        ],
    )
    return Opened(application, tuple(opened))


def _recorded(application: Application, event: ApplicationSubmitted) -> Recorded:
    return Recorded(
        event=event,
        subject=application.id,
        version=application.version,
        region=application.applicant_region,
        kind=application.thing,
        at=application.submitted_at,
    )


def _opened(application: Application, ticket: Ticket, ticket_id: UUID) -> Recorded:
    """Told to the department whose evidence is disputed, and to nobody else."""
    event = CorrectionTicketOpened(
        ticket=ticket_id,
        evidence=ticket.evidence,
        kind=ticket.evidence_kind,
        party=ticket.party,
        attributes=tuple(sorted(ticket.claims)),
    )
    return Recorded(
        event=event,
        subject=ticket_id,
        version=1,
        region=application.applicant_region,
        kind=ticket.evidence_kind,
        at=application.submitted_at,
        department=ticket.department,
    )
