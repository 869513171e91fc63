"""Sealed PDFs before verifiers that nobody here wrote: pyHanko's, with what is in the file alone, and poppler's."""

import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel

from certificates.sealing.authority import Issued
from tests.certificates.documents.pdfs import City
from tests.certificates.seals import AT, a_root
from tests.support.programs import needs


@pytest.fixture(scope="module")
def city() -> City:
    return City()


@pytest.fixture(scope="module")
def pdf(city: City) -> bytes:
    return city.pdf()


async def judged(pdf: bytes, root: Issued) -> PdfSignatureStatus:
    """By what is in the file and one trusted root, three months later, without a network."""
    reader = PdfFileReader(BytesIO(pdf))
    trusted = asn1_x509.Certificate.load(root.certificate.public_bytes(Encoding.DER))
    context = DocumentSecurityStore.read_dss(reader).as_validation_context(
        {
            "trust_roots": [trusted],
            "allow_fetching": False,
            "revocation_mode": "require",
            "moment": AT + timedelta(days=90),
        }
    )
    (signature,) = reader.embedded_signatures
    return await async_validate_pdf_signature(signature, context, context)


class TestPyHanko:
    async def test_finds_the_seal_valid_with_what_the_file_brings(self, city: City, pdf: bytes) -> None:
        status = await judged(pdf, city.root)
        assert status.bottom_line
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE

    async def test_finds_a_trusted_timestamp_of_the_seal(self, city: City, pdf: bytes) -> None:
        status = await judged(pdf, city.root)
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.valid
        assert status.timestamp_validity.trusted
        assert status.timestamp_validity.timestamp == AT

    async def test_trusts_no_other_root(self, pdf: bytes) -> None:
        assert not (await judged(pdf, a_root())).bottom_line

    def test_finds_a_certification_that_allows_no_change(self, pdf: bytes) -> None:
        (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
        assert signature.docmdp_level is MDPPerm.NO_CHANGES

    def test_finds_one_revision(self, pdf: bytes) -> None:
        assert PdfFileReader(BytesIO(pdf)).xrefs.total_revisions == 1


class TestPoppler:
    @needs("pdfsig", package="poppler-utils")
    def test_finds_the_whole_document_signed_and_the_signature_valid(self, pdf: bytes, tmp_path: Path) -> None:
        (tmp_path / "certificate.pdf").write_bytes(pdf)
        said = subprocess.run(
            ["pdfsig", "-nocert", "certificate.pdf"], cwd=tmp_path, capture_output=True, check=True, text=True
        ).stdout
        assert "Signature is Valid." in said
        assert "Total document signed" in said
        assert "ETSI.CAdES.detached" in said
        assert said.count("Signature #") == 1


OPENSSL = """
set -e -- $(grep -a -o '/ByteRange \\[[0-9 ]*\\]' certificate.pdf | tail -1 | tr -dc '0-9 ')
[ $(($3 + $4)) = $(wc -c < certificate.pdf) ]
{ head -c $2 certificate.pdf; tail -c $4 certificate.pdf; } > covered
tail -c +$(($2 + 2)) certificate.pdf | head -c $(($3 - $2 - 2)) | xxd -r -p > seal.der
openssl cms -verify -inform DER -in seal.der -content covered -binary -CAfile root.pem -purpose any -out /dev/null \\
    -attime {moment}
"""


@needs("openssl", package="openssl")
@needs("xxd", package="xxd")
class TestOpenSsl:
    """As docs/certificates.md says: without any software for PDF."""

    def test_finds_the_seal_valid(self, city: City, pdf: bytes, tmp_path: Path) -> None:
        assert "Verification successful" in self._said_of(city, pdf, tmp_path)

    def test_finds_it_broken_in_another_file(self, city: City, pdf: bytes, tmp_path: Path) -> None:
        altered = pdf.replace(b"%PDF-1.7", b"%PDF-1.6")
        assert "Verification successful" not in self._said_of(city, altered, tmp_path)

    @staticmethod
    def _said_of(city: City, pdf: bytes, directory: Path) -> str:
        (directory / "certificate.pdf").write_bytes(pdf)
        (directory / "root.pem").write_bytes(city.signer.root_pem)
        command = OPENSSL.replace("{moment}", str(int(AT.timestamp()) + 60))
        said = subprocess.run(["bash", "-c", command], cwd=directory, capture_output=True, check=False, text=True)
        return said.stderr
