"""From a certificate to a credential. Pure: salts and the key that signs are given."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from cryptography import x509
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from certificates.credentials.rules.disclosures import NEVER_HIDDEN, digest_of, disclosure_of
from certificates.issuing.model import Certificate
from certificates.issuing.rules import STATUS_LIST_LENGTH, CertificateNumber
from certificates.sealing.rules import Sign, compact_jws, header_for
from certificates.sealing.schemas import Seconds
from certificates.status.rules import list_uri
from shared.canonical import canonical_json
from shared.clock import end_of, legal_date, start_of
from shared.schemas import Strict

TYPE = "dc+sd-jwt"
ISSUERS = "/departments/"
TYPES = "/v1/credential-types/"
# Members of ours beside the claims. Codes of claims have no underscore, so that neither can be taken for the other.
NUMBER, ISSUED_ON = "certificate_number", "issued_on"

Coordinate = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]


class WalletKey(Strict):
    """The public key of a wallet (RFC 7517), and nothing else of it."""

    crv: Literal["P-256"]
    kty: Literal["EC"]
    x: Coordinate
    y: Coordinate

    def imported(self) -> ECKey:
        """The key, ready to verify. Refuses (ValueError) what is no point of the curve."""
        return ECKey.import_key(self.model_dump())


class Confirmation(Strict):
    """Who shows the credential proves to hold this key (RFC 7800)."""

    jwk: WalletKey


class StatusPlace(Strict):
    """An entry of a status list, by its address."""

    idx: Annotated[int, Field(ge=0, lt=STATUS_LIST_LENGTH)]
    uri: str


class StatusClaim(Strict):
    """Where the certificate's state is published."""

    status_list: StatusPlace


class CredentialClaims(BaseModel):
    """What everybody sees to whom the credential is shown, whatever else is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    digests: Annotated[tuple[str, ...], Field(alias="_sd")]
    digest_algorithm: Annotated[Literal["sha-256"], Field(alias="_sd_alg")]
    cnf: Confirmation
    exp: Seconds | None = None
    iat: Seconds
    iss: str
    nbf: Seconds
    status: StatusClaim
    vct: str

    def canonical(self) -> bytes:
        """The bytes that are signed: no others say the same."""
        return canonical_json(self.model_dump(mode="json", by_alias=True, exclude_none=True))


def issuer_uri(platform: str, department: str) -> str:
    """Who issues, as `iss` names them. Each department by itself: none can issue in another's name."""
    return f"{platform}{ISSUERS}{department}"


def type_uri(platform: str, kind: str) -> str:
    """The type of a credential, as `vct` names it, and where its metadata is."""
    return f"{platform}{TYPES}{kind}"


def can_be_said(held: Certificate, *, credit_code: str | None) -> bool:
    """Whether a reader would believe it: a right number, of the department whose seal this is, and no claim whose name
    has another meaning in a credential.
    """
    try:
        number = CertificateNumber.parse(held.number)
    except ValueError:
        return False
    return number.agrees and number.issuer == credit_code and NEVER_HIDDEN.isdisjoint(held.claims)


def disclosures_of(held: Certificate, *, salts: Sequence[bytes]) -> list[str]:
    """A disclosure for each claim of the certificate, its number and its date; each takes a salt of its own."""
    said: dict[str, JsonValue] = {**held.claims, NUMBER: held.number, ISSUED_ON: held.issued_on.isoformat()}
    pairs = zip(said.items(), salts[: len(said)], strict=True)
    return [disclosure_of(name, value, salt=salt) for (name, value), salt in pairs]


def signed_credential(
    held: Certificate,
    *,
    disclosures: Sequence[str],
    key: WalletKey,
    platform: str,
    zone: str,
    certificate: x509.Certificate,
    sign: Sign,
    at: datetime,
) -> str:
    """The credential with all its disclosures, for the wallet that holds `key`; by the issuing department's key.

    Valid on the days on which the certificate is. All its instants are midnights, which say nothing of who asked when.
    """
    claims = CredentialClaims.model_validate(
        {
            # Sorted: their order must not tell which is which (RFC 9901 section 4.2.4.1).
            "_sd": sorted(map(digest_of, disclosures)),
            "_sd_alg": "sha-256",
            "cnf": {"jwk": key},
            "exp": None if held.valid_until is None else int(end_of(held.valid_until, zone).timestamp()),
            "iat": int(start_of(legal_date(at, zone), zone).timestamp()),
            "iss": issuer_uri(platform, held.issuer),
            "nbf": int(start_of(held.valid_from, zone).timestamp()),
            "status": {"status_list": {"idx": held.status_index, "uri": list_uri(platform, held.status_list)}},
            "vct": type_uri(platform, held.kind),
        }
    )
    signed = compact_jws(header_for(certificate, typ=TYPE), claims.canonical(), sign)
    return "~".join((signed, *disclosures, ""))
