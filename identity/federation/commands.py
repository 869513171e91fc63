"""Who a signed-in person or officer is here, and what their token may say; officers' logins are linked."""

from datetime import date, datetime
from typing import NoReturn
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.administration.queries import get_officer, own
from identity.federation import queries
from identity.federation.errors import LoginTaken, OfficerHasLogin
from identity.federation.rules import SignIn
from identity.parties.commands import index_of
from identity.parties.errors import NumberNotValid
from identity.parties.queries import find_party, parties_by_number
from identity.parties.rules import person_number
from identity.tokens.errors import InvalidGrant
from identity.tokens.queries import find_officer, use_once
from identity.tokens.rules import Client, department_claims, person_claims
from identity.vault import Vault
from shared.administration import record_act
from shared.jose import Claims

LOGIN, USED = "external-login", "external-token"
# So that the table does not say which of them is somebody's first sign-in by themselves.
BY_SIGN_IN = "sign-in"
log = structlog.get_logger(__name__)


def login_of(vault: Vault, *, issuer: str, subject: str) -> bytes:
    """By what a login is found again: it tells nothing to who lacks the index key."""
    return vault.blind_index(f"{issuer}\0{subject}", purpose=LOGIN)


async def sign_in_person(
    conn: AsyncConnection,
    signed_in: SignIn,
    *,
    client: Client,
    vault: Vault,
    today: date,
    max_age_years: int,
    at: datetime,
) -> Claims:
    """What a person's token says: the party who was linked to this login, or whom the provider's number is of.

    Refused alike (InvalidGrant): nobody of this number, a number that is none, a login that is another's.
    """
    login = login_of(vault, issuer=signed_in.provider.issuer, subject=signed_in.subject)
    known = await queries.find_login(conn, login)
    numbered = await _party_of_number(conn, signed_in, vault=vault, today=today, max_age_years=max_age_years)
    party = known.party if known else numbered
    if party is None or (numbered is not None and numbered != party):
        _refuse(signed_in, "nobody of this login" if party is None else "the provider's number is another's")
    if known is None:
        linked = await queries.link(
            conn, login, issuer=signed_in.provider.issuer, party=party, by=f"{BY_SIGN_IN}:{client.client_id}", at=at
        )
        if linked.party != party:
            _refuse(signed_in, "linked to another meanwhile")
    found = await find_party(conn, party)
    if found is None:
        raise InvalidGrant
    return person_claims(client, party=found.id, region=found.region, acr=signed_in.acr)


async def sign_in_officer(conn: AsyncConnection, signed_in: SignIn, *, client: Client, vault: Vault) -> Claims:
    """What the token of a department's system says that acts for an officer who signed in themselves.

    Refused alike (InvalidGrant): a login of nobody, an officer of another department or out of office.
    """
    login = login_of(vault, issuer=signed_in.provider.issuer, subject=signed_in.subject)
    known = await queries.find_login(conn, login)
    if known is None or known.officer is None:
        _refuse(signed_in, "nobody of this login")
    officer = await find_officer(conn, known.officer)
    return {**department_claims(client, officer), "acr": signed_in.acr}


async def use_up(conn: AsyncConnection, signed_in: SignIn, *, fingerprint: str) -> None:
    """The ID token is good once; refuses (InvalidGrant) the second time."""
    if not await use_once(conn, issuer=USED, jti=fingerprint, expires_at=signed_in.expires_at):
        raise InvalidGrant


async def link_officer(
    conn: AsyncConnection, officer: UUID, login: bytes, *, issuer: str, by: str, at: datetime
) -> None:
    """Whoever signs in by this login acts for the officer. The same again changes nothing.

    Refuses a login of somebody else (LoginTaken), and a second one at the same provider (OfficerHasLogin). In the
    books: for whom, at which provider; not by which name.
    """
    await own(conn, f"officer:{officer}")
    await get_officer(conn, officer)
    mine = await queries.find_login_of(conn, officer, issuer=issuer)
    if mine is not None:
        if bytes(mine.login) != login:
            raise OfficerHasLogin
        return
    if (await queries.link(conn, login, issuer=issuer, officer=officer, by=by, at=at)).officer != officer:
        raise LoginTaken
    await record_act(conn, "officer.linked", subject=str(officer), by=by, at=at, details={"issuer": issuer})


async def unlink_officer(conn: AsyncConnection, officer: UUID, *, issuer: str, by: str, at: datetime) -> None:
    """Nobody signs in as the officer at this provider any more. Again: nothing changes."""
    await own(conn, f"officer:{officer}")
    await get_officer(conn, officer)
    if await queries.unlink(conn, officer, issuer=issuer):
        await record_act(conn, "officer.unlinked", subject=str(officer), by=by, at=at, details={"issuer": issuer})


async def _party_of_number(
    conn: AsyncConnection, signed_in: SignIn, *, vault: Vault, today: date, max_age_years: int
) -> UUID | None:
    if signed_in.number is None:
        return None
    try:
        index = index_of(vault, person_number(signed_in.number, today=today, max_age_years=max_age_years))
    except NumberNotValid:
        _refuse(signed_in, "the provider's number is none")
    return (await parties_by_number(conn, [index])).get(index)


def _refuse(signed_in: SignIn, reason: str) -> NoReturn:
    log.info("sign-in refused", issuer=signed_in.provider.issuer, reason=reason)
    raise InvalidGrant
