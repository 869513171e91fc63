"""Registering parties, giving them numbers, relating them, and looking them up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.parties import queries
from identity.parties.errors import (
    BirthNotPossible,
    NumberTaken,
    PartyNotFound,
    PartyNumbered,
    PurposeRefused,
    RelationNotPossible,
    TooManyUnknown,
)
from identity.parties.permissions import acting, check_grant_is_callers, check_may_assign_numbers, unknown_allowed
from identity.parties.queries import DutyRow
from identity.parties.rules import IdentityNumber, PartyKind, adult_on, number_of
from identity.vault import Vault
from shared.auth import Caller
from shared.contracts.events import AccessedEvidence, DataAccessed, PartyRegistered
from shared.contracts.evidence import Grant
from shared.database import translate
from shared.errors import ServiceError
from shared.ids import new_id, random_id
from shared.messaging import outbox
from shared.schemas import Text

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a look-up found, or why it is refused. Both are booked, so a refusal is no exception here."""

    parties: Sequence[UUID | None] = ()
    refusal: ServiceError | None = None


def index_of(vault: Vault, number: IdentityNumber) -> bytes:
    """The blind index under which a number is found."""
    return vault.blind_index(number.value, purpose="identity-number")


async def create_party(
    conn: AsyncConnection,
    vault: Vault,
    *,
    kind: PartyKind,
    region: str,
    by: str,
    at: datetime,
    party: UUID | None = None,
) -> UUID:
    """There is a new party without a number; `party.registered` says so in its region."""
    party = party or random_id()
    await queries.add_party(
        conn, party=party, kind=kind, region=region, wrapped_key=vault.new_party_key(party), by=by, at=at
    )
    event = PartyRegistered(party=party, kind=kind)
    await outbox.record(conn, event, subject=party, version=1, region=region, kind=kind, at=at)
    return party


async def register_newborn(
    conn: AsyncConnection,
    vault: Vault,
    *,
    child: UUID,
    mother: UUID,
    born_on: date,
    today: date,
    by: Caller,
    at: datetime,
) -> None:
    """The child is a party of its mother's region, and hers to act for until it comes of age (Civil Code Art 27).

    Refuses a birth in the future, a mother who is not known, and one who is not a person.
    """
    if born_on > today:
        raise BirthNotPossible
    parent = await queries.find_party(conn, mother)
    if parent is None:
        raise PartyNotFound
    if parent.kind != "person":
        raise RelationNotPossible
    await create_party(conn, vault, kind="person", region=parent.region, by=acting(by), at=at, party=child)
    await queries.add_relation(
        conn,
        relation=new_id(),
        kind="mother",
        party=mother,
        of=child,
        valid_from=born_on,
        minor_until=adult_on(born_on),
    )


async def number_party(
    conn: AsyncConnection, vault: Vault, *, party: UUID, number: IdentityNumber, by: str, at: datetime
) -> None:
    """The party has this number, sealed. Refuses a number that another party has, and a second number."""
    row = await queries.lock_party(conn, party)
    if row is None:
        raise PartyNotFound
    blind_index = index_of(vault, number)
    if row.numbered:
        if await queries.find_blind_index(conn, party) == blind_index:
            return
        raise PartyNumbered
    sealed = vault.seal_for(party, row.wrapped_key, number.value, purpose="identity-number")
    with translate({"uq_identity_numbers_blind_index": NumberTaken}):
        await queries.add_number(
            conn, party=party, number_type=number.type, sealed=sealed, blind_index=blind_index, by=by, at=at
        )


async def assign_number(
    conn: AsyncConnection,
    vault: Vault,
    *,
    party: UUID,
    text: str,
    today: date,
    max_age_years: int,
    by: Caller,
    at: datetime,
) -> None:
    """The assigning authority gives a party its number; asking again for the same number changes nothing."""
    check_may_assign_numbers(by)
    row = await queries.find_party(conn, party)
    if row is None:
        raise PartyNotFound
    number = number_of(row.kind, text, today=today, max_age_years=max_age_years)
    await number_party(conn, vault, party=party, number=number, by=acting(by), at=at)


async def resolve_parties(
    conn: AsyncConnection,
    vault: Vault,
    *,
    numbers: Sequence[IdentityNumber],
    grant: Grant | None,
    named: str | None,
    by: Caller,
    at: datetime,
) -> Resolution:
    """A department learns the ids of people whom it knows by number; each of them sees that it did, and by which law.

    Refused without grant or standing duty, where it is open on which of several duties or the `named` one is not the
    department's, and when too many numbers were unknown within a minute; either way the look-up is booked, without a
    number. A grant answers its own parties only.
    """
    department = by.department or ""
    await queries.lock_lookups(conn, department)
    if grant is not None:
        check_grant_is_callers(by, grant)
    duties = {row.code: row for row in await queries.list_duties(conn, department)}
    duty = None if grant else _duty_meant(duties, named)
    indexes = [index_of(vault, number) for number in numbers]
    known = await queries.parties_by_number(conn, indexes)
    found = [_within(grant, known.get(index)) for index in indexes]
    unfounded = None if grant or duty else _unfounded(duties, named)
    refusal = unfounded or await _too_many(conn, department, unknown=found.count(None), most=unknown_allowed(by), at=at)
    lookup = new_id()
    await queries.add_lookup(
        conn,
        {
            "id": lookup,
            "department": department,
            "officer": by.act or "-",
            "purpose": grant.purpose if grant else "duty",
            "reference": str(grant.ref) if grant else duty.code if duty else named or "-",
            "asked": len(found),
            "unknown": found.count(None),
            "refused": refusal.code if refusal else None,
            "at": at,
        },
    )
    if refusal is not None:
        return Resolution(refusal=refusal)
    seen = [party for party in found if party]
    await _record_access(conn, seen, lookup=lookup, grant=grant, duty=duty, by=by, at=at)
    return Resolution(parties=found)


def _within(grant: Grant | None, party: UUID | None) -> UUID | None:
    return party if grant is None or party in grant.parties else None


def _duty_meant(duties: Mapping[str, DutyRow], named: str | None) -> DutyRow | None:
    """Of several none is guessed: those looked up read its law."""
    if named is None and len(duties) == 1:
        (named,) = duties
    return None if named is None else duties.get(named)


def _unfounded(duties: Collection[str], named: str | None) -> ServiceError:
    if not duties:
        return PurposeRefused(reason="no-standing-duty")
    return PurposeRefused(reason="duty-not-named" if named is None else "duty-of-another", duties=[*duties])


async def _too_many(
    conn: AsyncConnection, department: str, *, unknown: int, most: int, at: datetime
) -> ServiceError | None:
    before = await queries.count_unknown(conn, department, at=at, within=WINDOW)
    if before >= most or before + unknown > most:
        return TooManyUnknown(retry_after=int(WINDOW.total_seconds()))
    return None


async def _record_access(
    conn: AsyncConnection,
    found: Sequence[UUID],
    *,
    lookup: UUID,
    grant: Grant | None,
    duty: DutyRow | None,
    by: Caller,
    at: datetime,
) -> None:
    if not found or by.department is None or by.region is None:
        return
    event = DataAccessed(
        reader=by.department,
        officer=by.act,
        purpose=grant.purpose if grant else "duty",
        ref=grant.ref if grant else lookup,
        items=grant.items if grant else (),
        region=by.region,
        accessed=tuple(
            AccessedEvidence(party=party, kind="identity", attributes=("party",)) for party in dict.fromkeys(found)
        ),
        duty=None if duty is None else duty.code,
        basis=None if duty is None else Text(zh=duty.basis_zh, en=duty.basis_en),
    )
    await outbox.record(conn, event, subject=lookup, version=1, region=by.region, kind="identity", at=at)
