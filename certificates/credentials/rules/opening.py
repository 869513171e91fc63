"""Reading what a wallet shows: a credential, some of its disclosures, the proof that the wallet holds its key. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated

from cryptography import x509
from joserfc.util import urlsafe_b64encode
from pydantic import BaseModel, Field, JsonValue

from certificates.credentials.errors import NotACredential
from certificates.credentials.rules.claims import (
    ISSUERS,
    NUMBER,
    TYPE,
    TYPES,
    CredentialClaims,
    WalletKey,
    issuer_uri,
    type_uri,
)
from certificates.credentials.rules.disclosures import disclosed
from certificates.credentials.rules.wallets import is_signed_by, parts_of
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import MAX_DOCUMENT_BYTES, OpenedSeal, credit_code_of, holder_of, open_seal
from certificates.sealing.schemas import Seconds, StatusEntry
from certificates.status.rules import PATH, list_uri

BINDING_TYPE = "kb+jwt"
BINDING_HEADER = {"alg", "typ"}
# A presentation is made for the verifier who asked, now.
BINDING_LIFETIME = timedelta(minutes=5)
SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a verifier asked the wallet to sign: who asks, and this once."""

    audience: str
    nonce: str


@dataclass(frozen=True, slots=True)
class OpenedCredential:
    """A genuine credential. Whether it is in force is for its days, and for the status list at `status`.

    `is_held`: who shows it has just proven, to who asked the challenge, to hold the key that it was issued to;
    `is_bound`: there is a proof of that key, which holds in itself, whoever it was made for.
    """

    department: str
    credit_code: str
    kind: str
    claims: Mapping[str, JsonValue]
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    status: StatusEntry
    is_held: bool
    is_bound: bool
    seal: x509.Certificate

    @property
    def number(self) -> str | None:
        """The certificate's number, where it is shown."""
        shown = self.claims.get(NUMBER)
        return None if shown is None else str(shown)


class _Binding(BaseModel):
    """What a wallet says of this presentation (RFC 9901 section 4.3). What else it says has no meaning here."""

    aud: str
    exp: Seconds | None = None
    iat: Annotated[int, Field(strict=True)]
    nbf: Seconds | None = None
    nonce: str
    sd_hash: str


def open_credential(
    text: str, root_pem: bytes, at: datetime, *, challenge: Challenge | None = None
) -> OpenedCredential:
    """What a credential says, as it was shown. Refuses (NotACredential) what no department of this root issued, a
    disclosure that is not its own, and a proof of the wallet's key that does not hold or, where a challenge was
    given, does not answer it or is missing (RFC 9901 section 7, SD-JWT VC section 2.4).
    """
    shown, _, binding = text.rpartition("~")
    signed, *disclosures = shown.split("~")
    if not shown or len(text) > 2 * MAX_DOCUMENT_BYTES or not text.isascii():
        raise NotACredential("unreadable")
    try:
        opened = open_seal(signed, root_pem, typ=TYPE)
    except SealRefused as refusal:
        raise NotACredential(refusal.code) from None
    claims = _claims(opened.payload)
    department, kind, status = _names(claims)
    credit_code = _issuer(opened, department, issued_at=_instant(claims.iat))
    said = disclosed(disclosures, digests=claims.digests)
    _check_number(said.get(NUMBER), credit_code)
    is_held = _is_held(binding, shown + "~", claims, challenge=challenge, at=at)
    return OpenedCredential(
        department=department,
        credit_code=credit_code,
        kind=kind,
        claims=said,
        issued_at=_instant(claims.iat),
        valid_from=_instant(claims.nbf),
        valid_until=None if claims.exp is None else _instant(claims.exp),
        status=status,
        is_held=is_held,
        is_bound=bool(binding),
        seal=opened.certificate,
    )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _claims(payload: bytes) -> CredentialClaims:
    try:
        claims = CredentialClaims.model_validate_json(payload)
    except ValueError:
        raise NotACredential("content-wrong") from None
    if claims.canonical() != payload or len(set(claims.digests)) != len(claims.digests):
        raise NotACredential("content-wrong")
    return claims


def _names(claims: CredentialClaims) -> tuple[str, str, StatusEntry]:
    """Department, kind and place, which are the last parts of addresses of one platform."""
    platform, _, department = claims.iss.rpartition(ISSUERS)
    kind = claims.vct.rpartition(TYPES)[2]
    place = claims.status.status_list
    number = place.uri.rpartition(PATH)[2]
    if not platform or not number.isdecimal() or len(number) > 9:
        raise NotACredential("content-wrong")
    status = StatusEntry(list=int(number), index=place.idx)
    named = (issuer_uri(platform, department), type_uri(platform, kind), list_uri(platform, status.list))
    if named != (claims.iss, claims.vct, place.uri):
        raise NotACredential("content-wrong")
    return department, kind, status


def _issuer(opened: OpenedSeal, department: str, *, issued_at: datetime) -> str:
    """The issuer's credit code. Only a department's seal has one, and it seals in that department's name alone."""
    credit_code = credit_code_of(opened.certificate)
    if credit_code is None or holder_of(opened.certificate) != department:
        raise NotACredential("issuer-differs")
    if not opened.was_in_time(issued_at):
        raise NotACredential("seal-not-in-time")
    return credit_code


def _check_number(number: JsonValue, credit_code: str) -> None:
    if number is None:
        return
    try:
        read = CertificateNumber.parse(str(number))
    except ValueError:
        raise NotACredential("number-wrong") from None
    if not read.agrees:
        raise NotACredential("number-wrong")
    if read.issuer != credit_code:
        raise NotACredential("issuer-differs")


def _is_held(token: str, shown: str, claims: CredentialClaims, *, challenge: Challenge | None, at: datetime) -> bool:
    """Whether the wallet answers the challenge. A proof that is shown must hold in itself, whoever it was made for."""
    if not token:
        if challenge is not None:
            raise NotACredential("key-binding-missing")
        return False
    binding = _binding(token, claims.cnf.jwk)
    now = at.timestamp()
    if binding.sd_hash != urlsafe_b64encode(sha256(shown.encode()).digest()).decode():
        raise NotACredential("key-binding-wrong")
    if not claims.iat - SKEW.total_seconds() <= binding.iat <= now + SKEW.total_seconds():
        raise NotACredential("key-binding-wrong")
    if challenge is None:
        return False
    if (binding.aud, binding.nonce) != (challenge.audience, challenge.nonce):
        raise NotACredential("key-binding-wrong")
    if now - binding.iat > BINDING_LIFETIME.total_seconds() or not (binding.nbf or 0) <= now <= (binding.exp or now):
        raise NotACredential("key-binding-wrong")
    return True


def _binding(token: str, key: WalletKey) -> _Binding:
    try:
        header, said = parts_of(token)
        binding = _Binding.model_validate(said)
    except ValueError:
        raise NotACredential("key-binding-wrong") from None
    if header.keys() != BINDING_HEADER or header["typ"] != BINDING_TYPE or not is_signed_by(token, key):
        raise NotACredential("key-binding-wrong")
    return binding
