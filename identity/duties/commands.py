"""A department asks for a grant on its standing duty. Granted or refused, it is in the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.duties import queries
from identity.duties.errors import DutyNotFound
from identity.duties.rules import grant_of, refusal
from identity.parties.queries import DUTY_GRANT, add_lookup
from identity.tokens.queries import find_client, find_officer
from shared.auth import Caller
from shared.contracts.evidence import Grant
from shared.errors import NotAuthenticated, ServiceError
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Question:
    """Which duty, what is to be read of whom, and the department's own case if it names one."""

    duty: str
    kinds: Sequence[str]
    parties: Sequence[UUID]
    reference: UUID | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking. Both are booked, so a refusal is no exception here."""

    grant: Grant | None = None
    refusal: ServiceError | None = None


async def ask_duty_grant(conn: AsyncConnection, question: Question, *, by: Caller, at: datetime) -> Asked:
    """The grant, to be signed. Its id, the duty and the officer are booked, and how many parties it is about.

    Refused: a duty that the department does not have or that lets it read nothing (DutyNotFound), kinds that the duty
    does not name (KindsOutsideDuty), parties that it does not reach or nobody knows (PartiesOutsideDuty), a client
    that was revoked or an officer who was dismissed since the token was given (NotAuthenticated).
    """
    asked = await _ask(conn, question, by=by, at=at)
    await add_lookup(
        conn,
        {
            "id": asked.grant.jti if asked.grant else new_id(),
            "department": by.department or "",
            "officer": by.act or "-",
            "purpose": DUTY_GRANT,
            "reference": question.duty,
            "asked": len(question.parties),
            "unknown": 0,
            "refused": asked.refusal.code if asked.refusal else None,
            "at": at,
        },
    )
    return asked


async def _ask(conn: AsyncConnection, question: Question, *, by: Caller, at: datetime) -> Asked:
    if not await _in_good_standing(conn, by):
        return Asked(refusal=NotAuthenticated())
    has = await queries.list_of_department(conn, by.department or "")
    held = has.get(question.duty)
    if held is None or held.item is None:
        return Asked(refusal=DutyNotFound(duties=[*sorted(code for code, each in has.items() if each.item)]))
    known, region = await queries.list_known(conn, question.parties), by.region or ""
    refused = refusal(held, kinds=question.kinds, parties=question.parties, known=known, region=region)
    if refused is not None:
        return Asked(refusal=refused)
    grant = grant_of(
        held,
        item=held.item,
        kinds=question.kinds,
        parties=question.parties,
        reference=question.reference,
        region=region,
        officer=by.act,
        at=at,
    )
    return Asked(grant=grant)


async def _in_good_standing(conn: AsyncConnection, by: Caller) -> bool:
    """A token outlives the revocation of its client for a while; with it, no further grant shall be had."""
    client = await find_client(conn, by.client_id)
    officer = await find_officer(conn, UUID(by.act)) if by.act else None
    return client is not None and not client.revoked and officer is not None and not officer.dismissed
