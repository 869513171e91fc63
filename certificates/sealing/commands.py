"""Setting seals, each on record."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cryptography import x509
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.sealing.errors import NoSealKey
from certificates.sealing.model import Form, seal_uses
from certificates.sealing.ports import Signer
from certificates.sealing.rules import compact_jws, header_for, may_seal, payload_of, thumbprint_of
from certificates.sealing.schemas import CertificateDocument
from shared.ids import new_id

Use = tuple[str, x509.Certificate, UUID | None]


def sealed(document: CertificateDocument, signer: Signer) -> str:
    """The sealed document, a compact JWS, by the key of the issuing department.

    Refuses where that department has no key here, one for another credit code or one that ran out (NoSealKey), and
    a document that no verifier could accept (NotSealable).
    """
    return sealed_with_use(document, signer)[0]


def sealed_with_use(document: CertificateDocument, signer: Signer) -> tuple[str, Use]:
    """The sealed document, and the use of the key that is to be noted. Refuses as `sealed`."""
    holder = document.issuer.department
    # Asked for once: the next answer may be another key.
    certificate = signer.certificate_of(holder)
    if not may_seal(certificate, document):
        raise NoSealKey(holder=holder)
    payload = payload_of(document)
    seal = compact_jws(header_for(certificate), payload, lambda message: signer.sign(certificate, message))
    return seal, (holder, certificate, document.certificate)


async def seal(
    conn: AsyncConnection, documents: Sequence[CertificateDocument], *, signer: Signer, at: datetime
) -> list[str]:
    """The documents sealed, in their order, and on record that they were. Refuses as `sealed`."""
    done = await signer.apart(lambda: [sealed_with_use(document, signer) for document in documents])
    await note_uses(conn, Form.CERTIFICATE, [use for _, use in done], at=at)
    return [seal for seal, _ in done]


async def note_uses(conn: AsyncConnection, form: Form, uses: Sequence[Use], *, at: datetime) -> None:
    """It is on record that these holders' keys signed, each for this certificate or for many (None)."""
    if uses:
        rows = [
            {"id": new_id(), "holder": holder, "key": thumbprint_of(key), "form": form, "certificate": of, "at": at}
            for holder, key, of in uses
        ]
        await conn.execute(insert(seal_uses), rows)
