"""Starting an identification and proving it. What is answered never depends on whether the number is known."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.identification import queries, rules
from identity.identification.errors import (
    IdentificationClosed,
    IdentificationNotFound,
    ProofNotAccepted,
    TooManyIdentifications,
)
from identity.identification.rules import Ceremony, Given, Method
from identity.parties.commands import index_of
from identity.parties.queries import find_party, find_phone, parties_by_number
from identity.parties.rules import IdentityNumber
from identity.vault import Vault
from shared.auth import Caller
from shared.errors import ServiceError
from shared.ids import random_id

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Start:
    """A ceremony that begins. `code` is to be delivered to `party` after the commit, if there is one to deliver."""

    id: UUID
    challenge: str
    expires_at: datetime
    party: UUID | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who proved to be whom, how strongly; or why not. A failed try is booked, so a refusal is no exception here."""

    party: UUID | None = None
    assurance: int = 0
    refusal: ServiceError | None = None


async def start_identification(
    conn: AsyncConnection,
    vault: Vault,
    *,
    number: IdentityNumber,
    method: Method,
    device: str,
    by: Caller,
    at: datetime,
) -> Start:
    """There is a challenge that the holder of this number, and nobody else, can answer within five minutes.

    Refuses the eleventh within a minute that was not proved, by the same device or for the same number; and a code
    for a number for which too many wrong ones were tried today: six digits do not stand up to patience.
    """
    blind_index = index_of(vault, number)
    await queries.lock_starts(conn, by.client_id, device, blind_index=blind_index)
    open_ones = await queries.count_open(
        conn, client_id=by.client_id, device=device, blind_index=blind_index, since=at - rules.WINDOW
    )
    if max(open_ones) >= rules.OPEN_PER_WINDOW:
        raise TooManyIdentifications(retry_after=int(rules.WINDOW.total_seconds()))
    if method == "one-time-code":
        since = at - rules.GUESSING_WINDOW
        if await queries.count_wrong_codes(conn, blind_index=blind_index, since=since) >= rules.WRONG_CODES:
            raise TooManyIdentifications(retry_after=int(timedelta(hours=1).total_seconds()))
    party = (await parties_by_number(conn, [blind_index])).get(blind_index)
    identification, code = random_id(), f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"
    challenge, expires_at = secrets.token_urlsafe(32), at + rules.LIFE
    await queries.add_identification(
        conn,
        {
            "id": identification,
            "client_id": by.client_id,
            "device": device,
            "method": method,
            "party": party,
            "blind_index": blind_index,
            "challenge": challenge,
            "code_digest": _code_digest(vault, identification, code),
            "started_at": at,
            "expires_at": expires_at,
        },
    )
    return Start(identification, challenge, expires_at, party, code if method == "one-time-code" else None)


async def prove_identification(
    conn: AsyncConnection, vault: Vault, *, identification: UUID, response: str, by: Caller, at: datetime
) -> Outcome:
    """The ceremony is used up by a right answer, and by the fifth wrong one.

    Refused: another client's ceremony as if there were none; one that is over; an answer that proves nothing.
    """
    row = await queries.lock_identification(conn, identification, client_id=by.client_id)
    if row is None:
        raise IdentificationNotFound
    ceremony = Ceremony(
        method=row.method,
        known=row.party is not None,
        challenge=row.challenge,
        expected_code=row.code_digest,
        card=row.public_jwk,
        tries=row.tries,
        expires_at=row.expires_at,
        proved=row.proved_at is not None,
    )
    if rules.is_closed(ceremony, at=at):
        raise IdentificationClosed
    proved = rules.proves(ceremony, Given(response, _code_digest(vault, identification, response)))
    await queries.count_try(conn, identification, proved_at=at if proved else None)
    if not proved:
        return Outcome(refusal=ProofNotAccepted(tries_left=rules.MAX_TRIES - ceremony.tries - 1))
    return Outcome(party=row.party, assurance=rules.METHODS[ceremony.method].assurance)


async def find_phone_of(conn: AsyncConnection, vault: Vault, party: UUID) -> str | None:
    """Where codes for this person go."""
    row, sealed = await find_party(conn, party), await find_phone(conn, party)
    return vault.open_for(party, row.wrapped_key, sealed, purpose="phone") if row and sealed else None


async def forget_ended(conn: AsyncConnection, *, at: datetime) -> None:
    """Ceremonies of yesterday are gone."""
    await queries.forget_identifications(conn, before=at - KEPT)


def _code_digest(vault: Vault, identification: UUID, code: str) -> bytes:
    # Bound to its ceremony: a code of another one is a wrong code.
    return vault.blind_index(f"{identification}:{code}", purpose="one-time-code")
