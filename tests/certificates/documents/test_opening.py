"""The way back from a PDF: genuine ones open, and no other byte sequence does."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from certificates.documents.cms import Signed, attributes_for, der_signature, opened, signed_data
from certificates.documents.errors import NotSealed
from certificates.documents.opening import MAX_BYTES
from certificates.documents.pades import RESERVED, stamped
from certificates.documents.timestamps import Timestamp, imprint_of, new_token
from certificates.sealing.authority import Office, new_crl
from certificates.sealing.ports import SoftwareSigner
from certificates.sealing.rules import credit_code_of
from tests.certificates.documents.pdfs import City
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document, signer_for

SEED = 20_261_125
# The order of P-256 (FIPS 186-4 D.1.2.3): for every signature (r, s) there is a second one, (r, n - s).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(scope="module")
def city() -> City:
    return City()


@pytest.fixture(scope="module")
def pdf(city: City) -> bytes:
    return city.pdf()


def refused(city: City, file: bytes, **more: object) -> str | None:
    """Why a file does not open; None where it does."""
    try:
        city.opened(file, **more)
    except NotSealed as refusal:
        return refusal.code
    return None


def gap_of(pdf: bytes) -> tuple[int, int]:
    """Where the seal's digits begin and end."""
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    return start, start + RESERVED


def seal_in(pdf: bytes) -> bytes:
    start, end = gap_of(pdf)
    return bytes.fromhex(pdf[start:end].decode()).rstrip(b"\0")


def with_seal(pdf: bytes, seal: bytes) -> bytes:
    start, end = gap_of(pdf)
    return pdf[:start] + seal.hex().upper().encode().ljust(RESERVED, b"0") + pdf[end:]


class TestGenuine:
    def test_the_sealed_file_comes_out_byte_for_byte(self, city: City, pdf: bytes) -> None:
        document = a_document(claims={"name": "𠮷娃"})
        assert b"\xf0\xa0\xae\xb7" in city.opened(city.pdf(document)).file

    def test_it_says_whose_seal_it_is_and_since_when(self, city: City, pdf: bytes) -> None:
        found = city.opened(pdf)
        assert credit_code_of(found.certificate) == HEALTH.uscc
        assert found.sealed_at == AT

    def test_a_seal_that_was_revoked_later_was_a_good_one(self, city: City, pdf: bytes) -> None:
        assert refused(city, pdf, crls=[revoking(city, HEALTH.code, at=AT + timedelta(hours=1))]) is None

    def test_an_authority_elsewhere_may_stamp_if_the_verifier_trusts_it(self, city: City) -> None:
        elsewhere = City()
        unstamped = city.unstamped(city.set())
        file = stamped(unstamped, token_by(elsewhere.signer, unstamped.imprint))
        assert refused(city, file) == "timestamp-wrong"
        assert refused(city, file, timestamp_anchors=[elsewhere.root.certificate]) is None


class TestForm:
    @pytest.mark.parametrize("file", [b"", b"%", b"GIF89a", b"PK\x03\x04", b"%PDF-1.7\n", b"\0" * 5000], ids=repr)
    def test_what_is_no_sealed_pdf_is_not_parsed(self, city: City, file: bytes) -> None:
        assert refused(city, file) in ("not-a-pdf", "seal-incomplete")

    def test_what_is_too_large_is_not_looked_at(self, city: City, pdf: bytes) -> None:
        assert refused(city, pdf + b"\0" * MAX_BYTES) == "not-a-pdf"

    def test_a_page_without_a_seal_is_none(self, city: City) -> None:
        assert refused(city, city.set()) == "seal-incomplete"

    @pytest.mark.parametrize("length", [1, 100, 20_000, 50_000, -1, -2, -700])
    def test_a_part_of_one_is_none(self, city: City, pdf: bytes, length: int) -> None:
        assert refused(city, pdf[:length]) is not None


class TestTrust:
    def test_a_seal_of_another_root_is_not_trusted(self, city: City) -> None:
        assert refused(city, City().pdf()) == "seal-not-trusted"

    def test_a_seal_that_was_revoked_before_is_not_either(self, city: City, pdf: bytes) -> None:
        assert refused(city, pdf, crls=[revoking(city, HEALTH.code, at=AT - timedelta(hours=1))]) == "seal-revoked"

    def test_nor_one_whose_timestamping_office_was(self, city: City, pdf: bytes) -> None:
        assert refused(city, pdf, crls=[revoking(city, Office.TIMESTAMP, at=AT)]) == "seal-revoked"

    def test_nor_one_by_a_timestamping_key_that_was_stolen_later_for_a_thief_writes_any_date(
        self, city: City, pdf: bytes
    ) -> None:
        """RFC 3161 section 4."""
        after = AT + timedelta(hours=1)
        stolen, replaced = (
            revoking(city, Office.TIMESTAMP, at=after, reason=reason)
            for reason in (x509.ReasonFlags.key_compromise, x509.ReasonFlags.superseded)
        )
        assert refused(city, pdf, crls=[stolen]) == "seal-revoked"
        assert refused(city, pdf, crls=[replaced]) is None

    def test_a_list_of_revoked_certificates_by_another_root_says_nothing(self, city: City, pdf: bytes) -> None:
        revoked = revoking(city, HEALTH.code, at=AT - timedelta(hours=1), root=City())
        assert refused(city, pdf, crls=[revoked]) is None

    def test_a_department_seals_no_document_of_another(self, city: City) -> None:
        assert refused(city, city.pdf(by=SECURITY.code)) == "issuer-differs"

    def test_a_seal_without_a_timestamp_is_not_enough(self, city: City, pdf: bytes) -> None:
        bare = signed_data(replace(opened(seal_in(pdf)), timestamp=None))
        assert refused(city, with_seal(pdf, bare)) == "timestamp-wrong"

    def test_a_timestamp_of_another_seal_proves_nothing(self, city: City) -> None:
        file = stamped(city.unstamped(city.set()), token_by(city.signer, b"\1" * 32))
        assert refused(city, file) == "timestamp-wrong"

    def test_a_department_gives_no_timestamps(self, city: City) -> None:
        unstamped = city.unstamped(city.set())
        file = stamped(unstamped, token_by(city.signer, unstamped.imprint, office=HEALTH.code))
        assert refused(city, file) == "timestamp-wrong"

    def test_a_seal_after_its_certificates_end_is_too_late(self, city: City) -> None:
        late = AT + timedelta(days=6 * 365)
        unstamped = city.unstamped(city.set())
        authority = signer_for(city.root, at=late)
        file = stamped(unstamped, token_by(authority, unstamped.imprint, at=late))
        assert refused(city, file) == "seal-not-in-time"


class TestMutants:
    """Whatever is done to a file that nobody but its issuer could do makes another file, which does not open."""

    def test_no_flipped_bit_opens(self, city: City, pdf: bytes) -> None:
        chance = random.Random(SEED)
        for _ in range(300):
            mutant = bytearray(pdf)
            mutant[chance.randrange(len(pdf))] ^= 1 << chance.randrange(8)
            assert refused(city, bytes(mutant)) is not None

    def test_no_flipped_bit_of_the_seal_itself_opens(self, city: City, pdf: bytes) -> None:
        chance = random.Random(SEED)
        seal = seal_in(pdf)
        for _ in range(600):
            mutant = bytearray(seal)
            mutant[chance.randrange(len(seal))] ^= 1 << chance.randrange(8)
            assert refused(city, with_seal(pdf, bytes(mutant))) is not None

    @pytest.mark.parametrize("tail", [b"\n", b"\0", b" ", b"%%EOF\n", b"PK\x03\x04", b"a" * 4096], ids=repr)
    def test_no_appended_byte_does(self, city: City, pdf: bytes, tail: bytes) -> None:
        assert refused(city, pdf + tail) == "seal-incomplete"

    @pytest.mark.parametrize("head", [b"\n", b"%PDF-1.7\n", b"MZ"], ids=repr)
    def test_no_byte_before_it_does(self, city: City, pdf: bytes, head: bytes) -> None:
        assert refused(city, head + pdf) is not None

    def test_a_later_revision_does_not(self, city: City, pdf: bytes) -> None:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        writer.root["/Note"] = generic.TextStringObject("added")
        writer.update_root()  # type: ignore[no-untyped-call]
        later = BytesIO()
        writer.write(later)  # type: ignore[no-untyped-call]
        assert refused(city, later.getvalue()) == "seal-incomplete"

    def test_a_second_seal_over_the_first_does_not(self, city: City, pdf: bytes) -> None:
        """By the same department, even: what it certified as final stays so."""
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        embedding = PdfCMSEmbedder().write_cms("Second", writer)
        next(embedding)
        seal = SignatureObject(timestamp=AT, bytes_reserved=RESERVED, subfilter=SigSeedSubFilter.PADES)
        embedding.send(SigObjSetup(sig_placeholder=seal))
        gap, output = embedding.send(SigIOSetup(md_algorithm="sha256", in_place=False, output=BytesIO()))
        certificate = city.signer.certificate_of(HEALTH.code)
        attributes = attributes_for("data", gap.document_digest, certificate)
        signature = der_signature(city.signer.sign(certificate, attributes))
        token = token_by(city.signer, imprint_of(signature)).token
        gap.fill_with_cms(output, signed_data(Signed(certificate, attributes, signature, timestamp=token)))
        assert refused(city, output.getvalue()) == "seal-incomplete"

    def test_a_range_that_leaves_something_out_does_not(self, city: City, pdf: bytes) -> None:
        start, end = gap_of(pdf)
        written = pdf[pdf.index(b"/ByteRange") :].split(b"]")[0] + b"]"
        for first, second, third in (
            (start - 2, end + 1, len(pdf) - end - 1),
            (start - 1, end + 2, len(pdf) - end - 2),
            (start - 1, end + 1, len(pdf) - end - 2),
            (start - 100, end + 1, len(pdf) - end - 1),
            (0, end + 1, len(pdf) - end - 1),
            (start - 1, end + 1, 0),
            (len(pdf), len(pdf), 0),
        ):
            other = b"/ByteRange [0 %d %d %d]" % (first, second, third)
            mutant = pdf.replace(written, other.ljust(len(written)))
            assert refused(city, mutant) is not None

    def test_a_second_range_elsewhere_does_not(self, city: City, pdf: bytes) -> None:
        start, end = gap_of(pdf)
        decoy = b"/ByteRange [0 %d %d %d]" % (start - 1, end + 1, len(pdf) - end - 1)
        assert refused(city, pdf + b"\n" + decoy) is not None
        assert refused(city, pdf.replace(b"%%EOF", decoy + b"%%EOF")) is not None

    def test_digits_in_another_case_or_padding_do_not(self, city: City, pdf: bytes) -> None:
        start, end = gap_of(pdf)
        lower = pdf[:start] + pdf[start:end].lower() + pdf[end:]
        padded = pdf[: end - 2] + b"01" + pdf[end:]
        assert {refused(city, lower), refused(city, padded)} == {"seal-incomplete"}

    @pytest.mark.parametrize("level", [b"\x30\x80", b"\xa0\x80", b"\x30\x84\x00\x00\x0f\x80"], ids=repr)
    def test_a_seal_that_is_nothing_but_nesting_does_not(self, city: City, pdf: bytes, level: bytes) -> None:
        bottomless = (level * (RESERVED // 2))[: RESERVED // 2]
        assert refused(city, with_seal(pdf, bottomless)) == "seal-incomplete"
        seal = seal_in(pdf)
        for place in range(0, len(seal), 40):
            mutant = (seal[:place] + bottomless)[: RESERVED // 2]
            assert refused(city, with_seal(pdf, mutant)) is not None

    def test_the_other_signature_of_the_same_key_does_not(self, city: City, pdf: bytes) -> None:
        """ECDSA knows two signatures for each; a seal is the lower one, and so is the one on a timestamp."""
        parts = opened(seal_in(pdf))
        assert parts.timestamp is not None
        stamp = opened(parts.timestamp)
        mutants = {
            "signature-wrong": other_signature(parts),
            "timestamp-wrong": replace(parts, timestamp=signed_data(other_signature(stamp))),
        }
        assert {refused(city, with_seal(pdf, signed_data(mutant))) for mutant in mutants.values()} == set(mutants)

    def test_the_seal_of_another_document_does_not(self, city: City, pdf: bytes) -> None:
        other = city.pdf(a_document(claims={"name": "林若溪"}))
        assert refused(city, with_seal(pdf, seal_in(other))) == "signature-wrong"

    def test_the_certificate_of_another_department_does_not(self, city: City, pdf: bytes) -> None:
        swapped = replace(opened(seal_in(pdf)), certificate=city.signer.certificate_of(SECURITY.code))
        assert refused(city, with_seal(pdf, signed_data(swapped))) == "signature-wrong"

    @pytest.mark.parametrize("change", ["algorithm", "digest"])
    def test_another_algorithm_does_not(self, city: City, pdf: bytes, change: str) -> None:
        parts = opened(seal_in(pdf))
        mutant = (
            replace(parts, algorithm=parts.algorithm[:-1] + b"\3")
            if change == "algorithm"
            else replace(parts, digest=parts.digest[:-1] + b"\2")
        )
        assert refused(city, with_seal(pdf, signed_data(mutant))) is not None


def other_signature(parts: Signed) -> Signed:
    r, s = decode_dss_signature(parts.signature)
    return replace(parts, signature=encode_dss_signature(r, ORDER - s))


def revoking(
    city: City,
    holder: str,
    *,
    at: datetime,
    root: City | None = None,
    reason: x509.ReasonFlags = x509.ReasonFlags.superseded,
) -> bytes:
    """A list of revoked certificates, with this holder's in it."""
    serial = city.signer.certificate_of(holder).serial_number
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
    revoked = entry.add_extension(x509.CRLReason(reason), critical=False).build()
    return new_crl((root or city).root, [revoked], at=AT)


def token_by(signer: SoftwareSigner, imprint: bytes, *, office: str = Office.TIMESTAMP, at: datetime = AT) -> Timestamp:
    """A timestamp by whoever holds this key."""
    certificate = signer.certificate_of(office)
    token = new_token(
        imprint,
        certificate=certificate,
        sign=lambda message: signer.sign(certificate, message),
        serial=1,
        at=at,
    )
    return Timestamp(token, AT, certificate)
