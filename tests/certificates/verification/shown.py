"""What people show: every form of a certificate, made without a service."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from certificates.copies.rules import COPY_TYPE, copy_file
from certificates.copies.schemas import CertificateCopy
from certificates.documents.rules import QR_TYPE
from certificates.issuing.model import State
from certificates.sealing.authority import Office
from certificates.sealing.commands import sealed
from certificates.sealing.ports import Signer
from certificates.sealing.rules import (
    ALGORITHM,
    compact_jws,
    header_for,
    number_of_crl,
    sealed_file,
    thumbprint_of,
)
from certificates.sealing.schemas import CertificateDocument, StatusEntry
from certificates.status.rules import list_uri, packed, signed_list
from certificates.status.schemas import VerificationBundle
from shared.canonical import canonical_json
from tests.certificates.seals import AT, HEALTH

PLATFORM = "https://onevisit.test"


def file_of(document: CertificateDocument, signer: Signer) -> bytes:
    return sealed_file(sealed(document, signer))


def file_of_copy(copy: CertificateCopy, signer: Signer) -> bytes:
    """A copy as its holder hands it on."""
    seal = signer.certificate_of(copy.certificate.issuer.department)
    token = compact_jws(header_for(seal, typ=COPY_TYPE), copy.canonical(), partial(signer.sign, seal))
    return copy_file(token)


def said_by_code(document: CertificateDocument, *, holder: str | None = "𠮷***") -> dict[str, Any]:
    """What the QR code of this document says."""
    return {
        "certificate": str(document.certificate),
        "number": document.number,
        "kind": document.kind,
        "issuer": document.issuer.department,
        "holder": holder,
        "issued_on": document.issued_on.isoformat(),
        "valid_until": document.valid_until.isoformat() if document.valid_until else None,
        "status": (document.status or StatusEntry(list=0, index=0)).model_dump(),
    }


def code_of(
    said: dict[str, Any] | bytes, signer: Signer, *, by: str = HEALTH.code, header: Mapping[str, Any] | None = None
) -> str:
    """The QR code that says this, sealed by this department; with these members changed in its header."""
    seal = signer.certificate_of(by)
    head: Any = {"alg": ALGORITHM, "kid": thumbprint_of(seal), "typ": QR_TYPE, **(header or {})}
    payload = said if isinstance(said, bytes) else canonical_json(said)
    return compact_jws(head, payload, partial(signer.sign, seal))


def bundle_of(
    signer: Signer, states: Mapping[State, Iterable[int]] | None = None, *, at: datetime = AT, crl: bytes | None = None
) -> bytes:
    """The bundle that this platform gives out, with these places of its one list not valid."""
    office = signer.certificate_of(Office.STATUS)
    uri, sign = list_uri(PLATFORM, 0), partial(signer.sign, office)
    seals = [each for of_one in signer.certificates().values() for each in of_one]
    bundle = VerificationBundle(
        made_at=at,
        lists=(
            signed_list(
                packed(states or {}),
                uri=uri,
                certificate=office,
                sign=sign,
                crl_number=number_of_crl(crl or signer.root_crl),
                at=at,
            ),
        ),
        seals=tuple(b64encode(each.public_bytes(Encoding.DER)).decode() for each in seals),
        crl=b64encode(crl or signer.root_crl).decode(),
    )
    return bundle.model_dump_json().encode()


def leading_to(token: str, *, platform: str = PLATFORM) -> str:
    """The text of the code as a phone reads it."""
    return f"{platform}/verify#{token}"
