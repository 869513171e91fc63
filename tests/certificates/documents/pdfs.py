"""Sealed PDFs of fictional certificates, made without a service."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from certificates.copies.schemas import CertificateCopy
from certificates.documents.opening import OpenedPdf, open_pdf
from certificates.documents.pades import Evidence, Unstamped, seal_pdf, stamped
from certificates.documents.ports import OwnTimestamps
from certificates.documents.rules import copy_page, page
from certificates.documents.typesetting import Typesetter
from certificates.sealing.authority import Issued, Office
from certificates.sealing.commands import sealed
from certificates.sealing.ports import SoftwareSigner
from certificates.sealing.rules import sealed_file
from certificates.sealing.schemas import CertificateDocument
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document, a_root, signer_for
from tests.certificates.verification.shown import file_of_copy

VERIFY = "https://onevisit.test/verify"


@cache
def typesetter() -> Typesetter:
    """With the font that the embedded profile brings."""
    return Typesetter.of(None)


@dataclass
class City:
    """A city with a root, two departments that seal, and an office for timestamps."""

    root: Issued = field(default_factory=a_root)
    at: datetime = AT
    signer: SoftwareSigner = field(init=False)

    def __post_init__(self) -> None:
        self.signer = signer_for(self.root, HEALTH, SECURITY, at=self.at)

    @property
    def evidence(self) -> Evidence:
        seals = [self.signer.certificate_of(holder) for holder in (HEALTH.code, Office.TIMESTAMP)]
        return Evidence(certificates=[self.root.certificate, *seals], crls=[self.signer.root_crl])

    def file(self, document: CertificateDocument | None = None) -> bytes:
        return sealed_file(sealed(document or a_document(), self.signer))

    def set(self, document: CertificateDocument | None = None) -> bytes:
        """The page, not sealed yet."""
        document = document or a_document()
        shown = page(document, labels={}, words=typesetter().words, order=(), verify=VERIFY)
        return typesetter().pdf(document.kind, shown, qr=VERIFY, file=self.file(document), at=AT)

    def copy_file(self, copy: CertificateCopy) -> bytes:
        return file_of_copy(copy, self.signer)

    def set_copy(self, copy: CertificateCopy) -> bytes:
        """Its page, not sealed yet."""
        shown = page(copy.certificate, labels={}, words=typesetter().words, order=(), verify=VERIFY)
        marked, file = copy_page(shown, copy), self.copy_file(copy)
        return typesetter().pdf(copy.certificate.kind, marked, qr=VERIFY, file=file, at=AT)

    def unstamped(self, pdf: bytes, *, by: str = HEALTH.code) -> Unstamped:
        seal = self.signer.certificate_of(by)
        return seal_pdf(
            pdf,
            certificate=seal,
            sign=lambda message: self.signer.sign(seal, message),
            evidence=self.evidence,
            at=AT,
        )

    def pdf(self, document: CertificateDocument | None = None, *, by: str = HEALTH.code) -> bytes:
        """Sealed and timestamped."""
        return self.stamped(self.set(document), by=by)

    def copy_pdf(self, copy: CertificateCopy) -> bytes:
        """The page of a copy, sealed and timestamped."""
        return self.stamped(self.set_copy(copy))

    def stamped(self, pdf: bytes, *, by: str = HEALTH.code) -> bytes:
        sealed_page = self.unstamped(pdf, by=by)
        authority = OwnTimestamps(self.signer, lambda: self.at)
        return stamped(sealed_page, asyncio.run(authority.stamp(sealed_page.imprint)))

    def opened(self, file: bytes, **more: object) -> OpenedPdf:
        return open_pdf(file, self.signer.root_pem, **more)  # type: ignore[arg-type]
