"""Drafts: made of one identification, read, changed and replanned. The network is never called in a transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.applications import queries
from licensing.applications.commands.desk import Desk
from licensing.applications.errors import DraftAlreadySubmitted, DraftChanged, DraftExpired, DraftNotFound
from licensing.applications.model import Draft, Sheet
from licensing.applications.permissions import may_use, shown_roles
from licensing.applications.rules.answers import (
    check_answers,
    check_roles,
    check_situation,
    disputed,
    merged,
    named,
)
from licensing.applications.rules.drafting import plan_of
from licensing.applications.rules.evidence import fingerprint
from licensing.catalogue.releases import Release
from licensing.grants import make_grant
from licensing.planning.model import ThingDefinition
from licensing.planning.plan import needed_evidence
from licensing.planning.roles import resolve_roles
from licensing.planning.structure import situation_of
from shared.auth import Caller
from shared.clock import legal_date
from shared.contracts.evidence import Evidence, Want
from shared.ids import new_id

READER = "licensing"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done, and where; their choice among relatives and situations, where they made one."""

    thing: str
    region: str
    roles: dict[str, UUID]
    situation: dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What changes in a draft. An answer of None takes an earlier one back; `disputes` None leaves them as they are."""

    answers: dict[str, JsonValue]
    roles: dict[str, UUID]
    situation: dict[str, str]
    disputes: frozenset[str] | None


class Reading(NamedTuple):
    """What the sources answered, and the kinds of which nobody knows whether they are held."""

    evidence: tuple[Evidence, ...]
    unavailable: frozenset[str]


async def make_draft(desk: Desk, wish: Wish, *, representations: str, caller: Caller, at: datetime) -> Sheet:
    """The draft of a thing: what any department holds is in it, and only what nobody holds is asked.

    Refuses a statement that is not identity's own about the caller, a thing that is unknown or not offered in the
    region, and roles that nobody or several could take. A source that is down makes fields unavailable, no more.
    """
    statement = await desk.trusted(representations, party=caller.party, at=at)
    release = await desk.current_release()
    thing = release.definition(wish.thing, region=wish.region)
    check_roles(wish.roles, thing=thing)
    check_situation(wish.situation, thing=thing)
    draft = Draft(
        id=new_id(),
        version=1,
        sub=caller.party,
        act=caller.act,
        thing=wish.thing,
        region=wish.region,
        release=release.number,
        statement=statement,
        chosen=wish.roles,
        bindings=resolve_roles(thing.roles, statement=statement, chosen=wish.roles),
        situation=situation_of(thing, wish.situation),
        answers={},
        disputes=frozenset(),
        evidence=(),
        unavailable=frozenset(),
        fingerprint="",
        evidence_at=at,
        created_at=at,
        expires_at=at,
    )
    draft = read_at(draft, await read_evidence(desk, draft, thing, at=at), at=at)
    sheet = await sheet_of(desk, draft, release, at=at)
    async with desk.database.single() as conn:
        await queries.insert_draft(conn, draft)
    return sheet


async def get_draft(desk: Desk, draft_id: UUID, *, caller: Caller, at: datetime) -> Sheet:
    """The draft as it is, and longer valid for being used. Refuses as `usable` does."""
    async with desk.database.transaction() as conn:
        draft = await usable(conn, draft_id, caller=caller, at=at)
        draft = replace(draft, expires_at=draft.expiry_at(at))
        await queries.prolong_draft(conn, draft.id, expires_at=draft.expires_at)
        release = await desk.releases.get(conn, draft.release)
    return await sheet_of(desk, draft, release, at=at)


async def change_draft(desk: Desk, draft_id: UUID, change: Change, *, caller: Caller, at: datetime) -> Sheet:
    """The draft with the change, replanned; evidence is read again where other roles or situations need other evidence.

    Refuses as `usable` does, and answers, disputes, roles and situations that the thing does not ask for; also when
    another request has changed the draft meanwhile.
    """
    async with desk.database.read() as conn:
        draft = await usable(conn, draft_id, caller=caller, at=at)
        release = await desk.releases.get(conn, draft.release)
    thing = release.definition(draft.thing)
    changed = _rearranged(draft, change, thing)
    if (changed.bindings, changed.situation) != (draft.bindings, draft.situation):
        changed = read_at(changed, await read_evidence(desk, changed, thing, at=at), at=at)
    today = legal_date(at, desk.zone)
    changed = stated(changed, thing, answers=change.answers, disputes=change.disputes, today=today)
    changed = replace(changed, version=draft.version + 1, expires_at=draft.expiry_at(at))
    async with desk.database.single() as conn:
        if not await queries.store_draft(conn, changed, read_version=draft.version):
            raise DraftChanged
    return await sheet_of(desk, changed, release, at=at)


async def usable(conn: AsyncConnection, draft_id: UUID, *, caller: Caller, at: datetime) -> Draft:
    """The caller's draft. Refuses one that is not theirs, that has become an application, or that has expired."""
    draft = await queries.find_draft(conn, draft_id)
    if draft is None or not may_use(caller, draft):
        raise DraftNotFound
    if draft.application is not None:
        raise DraftAlreadySubmitted(application=str(draft.application))
    if draft.expires_at <= at:
        raise DraftExpired
    return draft


async def sheet_of(desk: Desk, draft: Draft, release: Release, *, at: datetime) -> Sheet:
    """What is shown of a draft today."""
    today = legal_date(at, desk.zone)
    thing = release.definition(draft.thing)
    plan = plan_of(draft, thing, on=today)
    promised = await desk.ahead.deadline(desk.database, today, plan.promised_days)
    return Sheet(draft, release, thing, plan, promised)


async def read_evidence(desk: Desk, draft: Draft, thing: ThingDefinition, *, at: datetime) -> Reading:
    """All that could meet a need of the draft, read in one batch under a grant that says so."""
    wanted = needed_evidence(thing, bindings=draft.bindings, situation=draft.situation)
    if not wanted:
        return Reading((), frozenset())
    grant = make_grant(
        desk.grant_key,
        reader=READER,
        purpose="draft",
        ref=draft.id,
        items=[item.code for item in thing.items if item.applies(draft.situation)],
        region=draft.region,
        parties=list(wanted),
        kinds=sorted(frozenset[str]().union(*wanted.values())),
        at=at,
    )
    wants = [Want(party=party, kinds=sorted(kinds)) for party, kinds in wanted.items()]
    types = {code: kind.type for code, kind in thing.kinds.items()}
    found = await desk.source.search(wants, types=types, grant=grant)
    return Reading(tuple(found.evidence), frozenset(found.unavailable))


def read_at(draft: Draft, reading: Reading, *, at: datetime) -> Draft:
    """The draft with the evidence behind it; to read it is to use it."""
    return replace(
        draft,
        evidence=reading.evidence,
        unavailable=reading.unavailable,
        fingerprint=fingerprint(reading.evidence, unavailable=reading.unavailable),
        evidence_at=at,
        expires_at=draft.expiry_at(at),
    )


def stated(
    draft: Draft,
    thing: ThingDefinition,
    *,
    answers: Mapping[str, JsonValue],
    disputes: Collection[str] | None,
    today: date,
) -> Draft:
    """The draft with what the applicant says, once it is found to be asked, well-formed and theirs to dispute."""
    if disputes is not None:
        fields = plan_of(draft, thing, on=today).fields
        wrong = disputed(disputes, fields=fields, before=draft.disputes, shown=shown_roles(draft))
        draft = replace(draft, disputes=wrong)
    fields = plan_of(draft, thing, on=today).fields
    given = named(answers, fields=fields)
    check_answers(given, fields=fields)
    return replace(draft, answers=merged(draft.answers, given))


def _rearranged(draft: Draft, change: Change, thing: ThingDefinition) -> Draft:
    """The draft with other roles and another situation. What was said of a role that changes hands is forgotten."""
    check_roles(change.roles, thing=thing)
    check_situation(change.situation, thing=thing)
    chosen = {**draft.chosen, **change.roles}
    bindings = resolve_roles(thing.roles, statement=draft.statement, chosen=chosen)
    same = {role for role, party in bindings.items() if draft.bindings.get(role) == party}
    return replace(
        draft,
        chosen=chosen,
        bindings=bindings,
        situation={**draft.situation, **change.situation},
        answers={element: value for element, value in draft.answers.items() if element.role in same},
        disputes=frozenset(element for element in draft.disputes if element.role in same),
    )
