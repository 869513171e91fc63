"""What readers of credentials fetch: what a type says, and who issues by which keys (SD-JWT VC sections 3, 4). Pure."""

from base64 import b64encode
from collections.abc import Iterable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.credentials.rules.claims import ISSUED_ON, NUMBER, issuer_uri, type_uri
from certificates.credentials.schemas import (
    ClaimDisplay,
    ClaimMetadata,
    IssuerMetadata,
    PublishedKey,
    PublishedKeys,
    TypeDisplay,
    TypeMetadata,
)
from certificates.sealing.rules import Revocation, key_of
from shared.contracts.sharing import EvidenceKind
from shared.schemas import Text

ZH, EN = "zh-CN", "en"
OWN = {
    NUMBER: Text(zh="证照编号", en="Certificate number"),
    ISSUED_ON: Text(zh="颁发日期", en="Date of issue"),
}


def type_metadata(kind: EvidenceKind, *, labels: Mapping[str, Text], platform: str) -> TypeMetadata:
    """What a credential of this kind says: each claim by its name, and each shown only where the holder wants."""
    names = {attribute: labels.get(attribute, Text(zh=attribute, en=attribute)) for attribute in kind.attributes}
    return TypeMetadata(
        vct=type_uri(platform, kind.code),
        name=kind.label.en,
        display=(TypeDisplay(locale=ZH, name=kind.label.zh), TypeDisplay(locale=EN, name=kind.label.en)),
        claims=tuple(_claim(name, label) for name, label in (names | OWN).items()),
    )


def issuer_metadata(department: str, certificates: Iterable[x509.Certificate], *, platform: str) -> IssuerMetadata:
    """A department as an issuer, with the keys of these certificates."""
    keys = tuple(_published(certificate) for certificate in certificates)
    return IssuerMetadata(issuer=issuer_uri(platform, department), jwks=PublishedKeys(keys=keys))


def not_compromised(
    certificates: Iterable[x509.Certificate], revocations: Mapping[int, Revocation]
) -> list[x509.Certificate]:
    """Those of them whose keys are not in wrong hands: what they signed before they were replaced still counts."""
    lost = {serial for serial, revocation in revocations.items() if revocation.is_compromise}
    return [each for each in certificates if each.serial_number not in lost]


def _claim(name: str, label: Text) -> ClaimMetadata:
    display = (ClaimDisplay(locale=ZH, label=label.zh), ClaimDisplay(locale=EN, label=label.en))
    return ClaimMetadata(path=(name,), display=display, sd="always")


def _published(certificate: x509.Certificate) -> PublishedKey:
    key = key_of(certificate)
    encoded = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return PublishedKey.model_validate({**key.as_dict(private=False), "kid": key.thumbprint(), "x5c": (encoded,)})
