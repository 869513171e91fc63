"""What a client may ask for, and what the token then says (RFC 6749, 7523, 8693, 9068). Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeGuard
from urllib.parse import parse_qsl
from uuid import UUID

from identity.tokens.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    UnauthorizedClient,
)
from shared.administration import ADMINISTER
from shared.jose import LEEWAY_SECONDS, Claims
from shared.schemas import CODE_PATTERN

ClientKind = Literal["service", "department", "app", "ops"]

ACCESS_TOKEN_LIFE = timedelta(seconds=600)
IDENTIFICATION_TOKEN_LIFE = timedelta(seconds=120)
ASSERTION_LIFE = timedelta(seconds=300)
# Longer than any token lives, plus the time in which a process may not have noticed the rotation, plus skew.
PUBLISHED_AFTER_RETIREMENT = ACCESS_TOKEN_LIFE + timedelta(seconds=30 + 2 * LEEWAY_SECONDS)
KEY_LIFE = timedelta(days=30)
# By then every verifier, by whatever clock, refuses the tokens from before as expired.
REVOCATIONS_TOLD_FOR = ACCESS_TOKEN_LIFE + timedelta(seconds=60 + 2 * LEEWAY_SECONDS)

PLATFORM = "onevisit"
SERVICES = frozenset({"gateway", "identity", "licensing", "certificates", "records"})
PERSON_SCOPES = ("applicant",)
SCOPES = (
    "applicant",
    "audit",
    "calendar:administer",
    "cases",
    "catalogue:publish",
    "certificates:manage",
    "clients:manage",
    "events",
    "evidence",
    "evidence:import",
    "identify",
    "parties:number",
    "parties:register",
    "parties:resolve",
    ADMINISTER,
    "records:file",
)

ASSERTION_TYPES = (None, "JWT", "client-authentication+jwt")
IDENTIFICATION_TYPE = "identification+jwt"
ACCESS_TYPE = "at+jwt"


@dataclass(frozen=True, slots=True)
class Client:
    """One that may ask for tokens."""

    client_id: str
    kind: ClientKind
    department: str | None
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    jwks: Mapping[str, Any]
    revoked: bool = False
    refused_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Officer:
    """For whom a department's system acts, and where that department is."""

    id: UUID
    department: str
    region: str
    roles: tuple[str, ...]
    dismissed: bool


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of a token request; one that is sent twice is refused (RFC 6749 section 3.2)."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except ValueError:
        raise InvalidRequest("The body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequest("A parameter is sent twice.")
    return {name: value for name, value in form.items() if value}


def is_client_id(value: object) -> TypeGuard[str]:
    """Whether there can be a client of this name: PostgreSQL refuses to look for some others."""
    return isinstance(value, str) and re.fullmatch(CODE_PATTERN, value) is not None and value.isascii()


def required(form: Mapping[str, str], name: str) -> str:
    """The parameter, or a refusal that names it."""
    try:
        return form[name]
    except KeyError:
        raise InvalidRequest(f"The parameter {name} is missing.") from None


def check_assertion(claims: Claims, *, client_id: str, audiences: Collection[str], at: datetime) -> None:
    """A client assertion is by the client, for us, for one use within five minutes (RFC 7523 section 3)."""
    expires, jti, named = claims.get("exp"), claims.get("jti"), claims.get("aud")
    issued = claims.get("nbf", claims.get("iat", at.timestamp()))
    now = at.timestamp()
    holds = (
        claims.get("iss") == claims.get("sub") == client_id
        and any(name in audiences for name in (named if isinstance(named, list) else [named]))
        and isinstance(expires, int | float)
        and now - LEEWAY_SECONDS <= expires <= now + ASSERTION_LIFE.total_seconds() + LEEWAY_SECONDS
        and isinstance(issued, int | float)
        and issued <= now + LEEWAY_SECONDS
        and isinstance(jti, str)
        and 1 <= len(jti) <= 128
        and "\0" not in jti  # PostgreSQL stores none
    )
    if not holds:
        raise InvalidClient


def granted_scopes(client: Client, asked: str | None, *, withheld: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """What was asked for, if the client has all of it; everything that it has, if it asked for nothing.

    `withheld` from a department's system that nobody has signed in to: it gets the rest of what it has.
    """
    kept = withheld if client.kind == "department" else frozenset[str]()
    may = tuple(scope for scope in client.scopes if scope not in kept)
    scopes = may if asked is None else tuple(dict.fromkeys(asked.split()))
    if set(scopes) & kept & set(client.scopes):
        raise InvalidScope("For some of these scopes the officer signs in.")
    if (asked is not None and not scopes) or not set(scopes) <= set(may):
        raise InvalidScope
    return scopes


def department_claims(client: Client, officer: Officer | None) -> Claims:
    """A department's system acts for an officer of that department who is still in office."""
    if officer is None or officer.department != client.department or officer.dismissed:
        raise InvalidGrant("The officer is not one of this department.")
    return {
        "sub": f"department:{officer.department}",
        "aud": PLATFORM,
        "department": officer.department,
        "region": officer.region,
        "roles": sorted({*client.roles, *officer.roles}),
        "act": {"sub": str(officer.id)},
    }


def service_claims(client: Client, audience: str) -> Claims:
    """A service's token is good at the one service that it names."""
    if audience not in SERVICES:
        raise InvalidTarget
    return {"sub": f"service:{client.client_id}", "aud": audience}


def client_claims(client: Client) -> Claims:
    """An app backend or an operations client speaks for itself."""
    return {"sub": f"{client.kind}:{client.client_id}", "aud": PLATFORM, "roles": sorted(client.roles)}


def person_claims(client: Client, *, party: UUID, region: str, acr: int) -> Claims:
    """A person acts through the app backend that identified them."""
    return {"sub": str(party), "aud": PLATFORM, "region": region, "acr": acr, "act": {"sub": client.client_id}}


def check_may_exchange(client: Client, asked: str | None) -> tuple[str, ...]:
    """Only app backends exchange identifications, and only for what a person may do."""
    if client.kind != "app":
        raise UnauthorizedClient
    if asked is not None and set(asked.split()) != set(PERSON_SCOPES):
        raise InvalidScope
    return PERSON_SCOPES
