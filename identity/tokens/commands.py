"""Issuing access tokens to authenticated clients, and rotating the keys that sign them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from joserfc import jws
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.parties.queries import find_party
from identity.tokens import queries, rules
from identity.tokens.errors import (
    ClientNotFound,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    LastAdministrator,
    UnsupportedGrantType,
)
from identity.tokens.rules import Client, required
from identity.vault import Vault
from shared.administration import record_act
from shared.ids import new_id
from shared.jose import (
    Claims,
    Keys,
    NotTrusted,
    SigningKey,
    StaticKeys,
    check_claims,
    open_jws,
    peek_header,
    verify_jws,
)

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a name, not a secret

# Whom somebody else has authenticated: what the token says of them, found inside the transaction.
Outside = Callable[[AsyncConnection], Awaitable[Claims]]


@dataclass(frozen=True, slots=True)
class Issuance:
    """The claims of an access token that is to be signed."""

    claims: Claims
    exchanged: bool


async def authenticate_client(conn: AsyncConnection, form: Mapping[str, str], *, issuer: str, at: datetime) -> Client:
    """The client whose key signed the assertion; it is used up from now on, whatever becomes of the request.

    Refused alike: an unknown or revoked client, another key, another audience, too long a life, a second use.
    """
    if required(form, "client_assertion_type") != ASSERTION:
        raise InvalidRequest("The client_assertion_type is not supported.")
    assertion = required(form, "client_assertion")
    try:
        client = await _signer(conn, assertion)
        claims = await _opened(assertion, client)
    except NotTrusted:
        raise InvalidClient from None
    rules.check_assertion(claims, client_id=client.client_id, audiences=(issuer, f"{issuer}/oauth/token"), at=at)
    if form.get("client_id", client.client_id) != client.client_id:
        raise InvalidClient
    if not await queries.use_once(
        conn, issuer=f"client:{client.client_id}", jti=claims["jti"], expires_at=at + 2 * rules.ASSERTION_LIFE
    ):
        raise InvalidClient
    return client


async def issue_token(
    conn: AsyncConnection,
    form: Mapping[str, str],
    *,
    client: Client,
    keys: Keys,
    issuer: str,
    at: datetime,
    outside: Outside | None = None,
    withheld: frozenset[str] = frozenset(),
) -> Issuance:
    """What the access token of this client says; an exchanged identification token is used up.

    `outside`: of whom somebody else has authenticated. `withheld`: scopes for which an officer signs in themselves.
    """
    grant_type = required(form, "grant_type")
    kind: str = client.kind
    if grant_type == "client_credentials":
        scopes = rules.granted_scopes(client, form.get("scope"), withheld=withheld)
        claims = {**await _own_claims(conn, form, client), "scope": " ".join(scopes)}
    elif grant_type == EXCHANGE and outside is not None and client.kind == "department":
        scopes = rules.granted_scopes(client, form.get("scope"))
        claims = {**await outside(conn), "scope": " ".join(scopes)}
    elif grant_type == EXCHANGE:
        scopes = rules.check_may_exchange(client, form.get("scope"))
        if outside is not None:
            person = await outside(conn)
        else:
            person = await _exchange(conn, form, client=client, keys=keys, issuer=issuer, at=at)
        claims, kind = {**person, "scope": " ".join(scopes)}, "person"
    else:
        raise UnsupportedGrantType
    now = int(at.timestamp())
    common = {
        "iss": issuer,
        "client_id": client.client_id,
        "kind": kind,
        "iat": now,
        "exp": now + int(rules.ACCESS_TOKEN_LIFE.total_seconds()),
        "jti": str(new_id()),
    }
    return Issuance({**common, **claims}, exchanged=grant_type == EXCHANGE)


def identification_claims(*, issuer: str, client_id: str, party: UUID, assurance: int, at: datetime) -> Claims:
    """What says that somebody proved to be this party; good once, at this client, for two minutes."""
    now = int(at.timestamp())
    return {
        "iss": issuer,
        "aud": client_id,
        "sub": str(party),
        "acr": assurance,
        "iat": now,
        "exp": now + int(rules.IDENTIFICATION_TOKEN_LIFE.total_seconds()),
        "jti": str(new_id()),
    }


async def revoke_client(conn: AsyncConnection, client_id: str, *, by: str, at: datetime) -> datetime:
    """The client authenticates no more, for good; answers since when. Refuses a client that there is not, and the last
    one that may administer the platform (LastAdministrator).
    """
    await check_not_last_administrator(conn, client_id)
    since = await queries.revoke_client(conn, client_id, by=by, at=at)
    if since is None:
        raise ClientNotFound
    if since == at:
        await record_act(conn, "client.revoked", subject=client_id, by=by, at=at)
    return since


async def check_not_last_administrator(conn: AsyncConnection, client_id: str) -> None:
    """Somebody else can administer the platform, too, until this transaction ends; else LastAdministrator."""
    await queries.own_administrators(conn)
    if await queries.list_administrators(conn) == [client_id]:
        raise LastAdministrator


async def ensure_keys(conn: AsyncConnection, vault: Vault, *, at: datetime) -> None:
    """There is a key that signs and a next one that is published already."""
    await queries.lock_keys(conn)
    if not await queries.list_published_keys(conn, at=at):
        await _add_next_key(conn, vault, at=at)
        await queries.promote_next_key(conn, at=at)
        await _add_next_key(conn, vault, at=at)


async def rotate_keys(conn: AsyncConnection, vault: Vault, *, at: datetime) -> None:
    """The next key signs from now on; the one before stays published until nothing that it signed is in use."""
    await ensure_keys(conn, vault, at=at)
    await queries.retire_current_key(conn, published_until=at + rules.PUBLISHED_AFTER_RETIREMENT)
    await queries.promote_next_key(conn, at=at)
    await _add_next_key(conn, vault, at=at)


async def rotate_keys_when_due(conn: AsyncConnection, vault: Vault, *, at: datetime) -> None:
    """No key signs for longer than its life."""
    await ensure_keys(conn, vault, at=at)
    if at - await queries.signs_since(conn) >= rules.KEY_LIFE:
        await rotate_keys(conn, vault, at=at)


async def forget_expired(conn: AsyncConnection, *, at: datetime) -> None:
    """What has expired is gone: used tokens, and keys that are not published any more."""
    await queries.forget_used(conn, before=at)
    await queries.forget_keys(conn, before=at)


async def _add_next_key(conn: AsyncConnection, vault: Vault, *, at: datetime) -> None:
    key = SigningKey.generate()
    sealed = vault.seal(key.pem(), purpose=f"signing-key:{key.kid}")
    await queries.add_key(conn, kid=key.kid, public_jwk=key.public_jwk(), sealed=sealed, at=at)


async def _signer(conn: AsyncConnection, assertion: str) -> Client:
    """The client that the assertion claims to be by; not yet believed."""
    peek_header(assertion)
    try:
        client_id = orjson.loads(jws.extract_compact(assertion.encode()).payload)["iss"]
    except (ValueError, KeyError, TypeError):
        raise InvalidClient from None
    client = await queries.find_client(conn, client_id) if rules.is_client_id(client_id) else None
    if client is None or client.revoked:
        raise InvalidClient
    return client


async def _opened(assertion: str, client: Client) -> Claims:
    header = peek_header(assertion)
    key = await StaticKeys(*client.jwks["keys"]).find(header["kid"])
    if key is None or header.get("typ") not in rules.ASSERTION_TYPES:
        raise InvalidClient
    return open_jws(assertion, key)


async def _own_claims(conn: AsyncConnection, form: Mapping[str, str], client: Client) -> Claims:
    match client.kind:
        case "service":
            return rules.service_claims(client, required(form, "audience"))
        case "department":
            officer = await queries.find_officer(conn, _uuid(required(form, "officer")))
            return rules.department_claims(client, officer)
        case _:
            return rules.client_claims(client)


async def _exchange(
    conn: AsyncConnection, form: Mapping[str, str], *, client: Client, keys: Keys, issuer: str, at: datetime
) -> Claims:
    if required(form, "subject_token_type") != JWT_TYPE:
        raise InvalidRequest("The subject_token_type is not supported.")
    try:
        claims = await verify_jws(required(form, "subject_token"), keys=keys, typ=rules.IDENTIFICATION_TYPE)
        check_claims(claims, issuer=issuer, audiences=(client.client_id,), at=at)
    except NotTrusted:
        raise InvalidGrant from None
    if not await queries.use_once(
        conn, issuer=issuer, jti=claims["jti"], expires_at=at + 2 * rules.IDENTIFICATION_TOKEN_LIFE
    ):
        raise InvalidGrant
    party = await find_party(conn, UUID(claims["sub"]))
    if party is None:
        raise InvalidGrant
    return rules.person_claims(client, party=party.id, region=party.region, acr=claims["acr"])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequest("The officer is not given by id.") from None
