"""Offline verification: a genuine document is always accepted, and nothing else ever is."""

import hmac
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from certificates.issuing.rules import CertificateNumber
from certificates.sealing.authority import Issued, new_crl, new_seal
from certificates.sealing.commands import sealed
from certificates.sealing.errors import NotSealable
from certificates.sealing.ports import SealCredential, SoftwareSigner
from certificates.sealing.rules import MAX_CONTENT_BYTES, Sign, compact_jws, header_for, lower_of, sealed_file
from certificates.sealing.schemas import CertificateDocument
from certificates.verification.offline import Verdict, verify_document
from shared.canonical import canonical_json
from tests.certificates.seals import AT, HEALTH, SECURITY, TYPE_CODE, a_document, a_root, signer_for

ROOT = a_root()
ROOT_PEM = ROOT.certificate_pem()
SEAL = new_seal(ROOT, HEALTH, at=AT)
KEY = ECKey.import_key(SEAL.key_pem())


def signer_with(root: Issued, seal: Issued) -> SoftwareSigner:
    held = {HEALTH.code: SealCredential(key=seal.key, certificate=seal.certificate)}
    return SoftwareSigner(root_pem=root.certificate_pem(), root_crl=new_crl(root, at=AT), credentials=held)


def by(issued: Issued) -> Sign:
    """Signs with this key."""

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(issued.key.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


SIGNER = signer_with(ROOT, SEAL)
BARE = sealed(a_document(), SIGNER).encode()
FILE = sealed_file(BARE.decode())


# Beyond 2**53 a JSON number is not one value for all readers; such documents are not sealed (see below).
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-(2.0**52), 2.0**52) | st.floats(1e21, 1e300)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text()


def judge(document: bytes, *, at: datetime = AT) -> Verdict:
    return verify_document(document, ROOT_PEM, at)


def refused_for(document: bytes) -> str:
    verdict = judge(document)
    assert (verdict.genuine, verdict.state, verdict.number, verdict.holder) == (False, "unknown", None, None)
    return verdict.reasons[0].code


def signed(payload: bytes) -> bytes:
    """A seal by the true key over any payload."""
    return compact_jws(header_for(SEAL.certificate), payload, by(SEAL)).encode()


def plainly_signed(document: bytes) -> bool:
    """A second opinion that shares no code with the product: the signature alone, by primitives."""
    header, payload, signature = document.split(b".")
    raw = urlsafe_b64decode(signature + b"==")
    encoded = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    chain = orjson.loads(urlsafe_b64decode(header + b"=="))["x5c"]
    certificate = x509.load_der_x509_certificate(b64decode(chain[0]))
    key, root_key = certificate.public_key(), ROOT.certificate.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert isinstance(root_key, EllipticCurvePublicKey)
    try:
        root_key.verify(certificate.signature, certificate.tbs_certificate_bytes, ECDSA(SHA256()))
        key.verify(encoded, header + b"." + payload, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


class TestGenuine:
    @pytest.mark.parametrize("document", [BARE, FILE])
    def test_both_forms_show_what_was_issued(self, document: bytes) -> None:
        verdict = judge(document)
        assert verdict.genuine
        assert verdict.state == "in force"
        assert [why.code for why in verdict.reasons] == ["not-checked"]
        assert verdict.number == a_document().number
        assert (verdict.issuer, verdict.kind) == (HEALTH.code, "birth-medical-certificate")
        assert (verdict.issued_on, verdict.valid_until) == (date(2026, 11, 22), date(2029, 11, 21))

    def test_a_second_opinion_agrees(self) -> None:
        assert plainly_signed(BARE)

    def test_a_seal_outlives_its_certificate(self) -> None:
        late = AT + timedelta(days=6 * 365)
        document = sealed(a_document(valid_until=None), SIGNER).encode()
        assert (judge(document, at=late).genuine, judge(document, at=late).state) == (True, "in force")

    @pytest.mark.parametrize(
        ("at", "state"),
        [
            (datetime(2026, 11, 21, 15, 59, tzinfo=UTC), "not yet"),
            (datetime(2026, 11, 21, 16, 0, tzinfo=UTC), "in force"),  # midnight in Shanghai
            (datetime(2029, 11, 21, 15, 59, tzinfo=UTC), "in force"),
            (datetime(2029, 11, 21, 16, 0, tzinfo=UTC), "expired"),
        ],
    )
    def test_days_are_counted_where_the_law_counts_them(self, at: datetime, state: str) -> None:
        assert judge(BARE, at=at).genuine
        assert judge(BARE, at=at).state == state

    @settings(max_examples=40, deadline=None)
    @given(
        st.dictionaries(
            st.from_regex(r"\A[a-z]{1,12}(-[a-z]{1,12})?\Z"),
            st.recursive(
                LEAVES,
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
                max_leaves=8,
            ),
            max_size=6,
        )
    )
    def test_whatever_is_claimed(self, claims: dict[str, object]) -> None:
        document = sealed(a_document(claims=claims), SIGNER).encode()
        assert judge(document).genuine
        assert plainly_signed(document)


class TestNeverAccepted:
    @settings(max_examples=400, deadline=None)
    @given(document=st.sampled_from([BARE, FILE]), place=st.integers(0, 10_000), mask=st.integers(1, 255))
    def test_a_changed_byte(self, document: bytes, place: int, mask: int) -> None:
        mutant = bytearray(document)
        mutant[place % len(mutant)] ^= mask
        assert not judge(bytes(mutant)).genuine

    @settings(max_examples=200, deadline=None)
    @given(document=st.sampled_from([BARE, FILE]), start=st.integers(0, 10_000), length=st.integers(1, 200))
    def test_a_missing_or_repeated_stretch(self, document: bytes, start: int, length: int) -> None:
        start %= len(document)
        stretch = document[start : start + length]
        assert not judge(document[:start] + document[start + length :]).genuine
        assert not judge(document[: start + length] + stretch + document[start + length :]).genuine

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=2_000))
    def test_noise(self, document: bytes) -> None:
        assert not judge(document).genuine

    @pytest.mark.parametrize("extra", [b"\n", b" ", b"\0", b"=", b".", b"{}", b"\xef\xbb\xbf"])
    @pytest.mark.parametrize("document", [BARE, FILE])
    def test_bytes_before_or_after(self, document: bytes, extra: bytes) -> None:
        assert not judge(document + extra).genuine
        assert not judge(extra + document).genuine

    @pytest.mark.parametrize(
        "document", [b"", b"{", b"a", b"..", b"{}", b"[]", b"null", b"{" * 100_000, b"a" * 400_000]
    )
    def test_what_is_no_certificate_at_all(self, document: bytes) -> None:
        assert refused_for(document) in {"unreadable", "altered"}

    def test_a_file_whose_readable_part_differs_from_the_sealed_one(self) -> None:
        told = {**a_document().model_dump(mode="json"), "valid_until": None}
        assert refused_for(canonical_json({"certificate": told, "seal": BARE.decode()})) == "altered"

    def test_a_file_with_something_added(self) -> None:
        assert refused_for(canonical_json({**orjson.loads(FILE), "note": "valid for ever"})) == "altered"

    def test_a_file_written_another_way(self) -> None:
        assert refused_for(orjson.dumps(orjson.loads(FILE), option=orjson.OPT_INDENT_2)) == "altered"

    @pytest.mark.parametrize(
        "header",
        [
            {"crit": ["b64"], "b64": False},
            {"crit": ["x"], "x": 1},
            {"jku": "https://example.org/keys"},
            {"x5u": "https://example.org/cert"},
            {"jwk": KEY.as_dict(private=False)},
            {"typ": "JWT"},
            {"typ": None},
            {"kid": "../../dev/null"},
            {"x5c": []},
            {"x5c": ["AAAA"]},
            {"x5c": ["not base64"]},
            {"x5c": 1},
            {"x5c": header_for(SEAL.certificate)["x5c"] * 2},
            {
                "x5c": [
                    *header_for(SEAL.certificate)["x5c"],
                    b64encode(ROOT.certificate.public_bytes(Encoding.DER)).decode(),
                ]
            },
        ],
    )
    def test_any_other_header_even_under_the_true_key(self, header: dict[str, object]) -> None:
        changed = canonical_json({**header_for(SEAL.certificate), **header})  # type: ignore[dict-item]
        body = urlsafe_b64encode(changed).rstrip(b"=") + b"." + BARE.split(b".")[1]
        signature = urlsafe_b64encode(lower_of(by(SEAL)(body))).rstrip(b"=")
        assert refused_for(body + b"." + signature) == "header-not-allowed"

    def test_no_algorithm_and_one_keyed_with_the_public_key(self) -> None:
        head, payload, signature = BARE.split(b".")
        parsed = orjson.loads(urlsafe_b64decode(head + b"=="))
        none = urlsafe_b64encode(canonical_json({**parsed, "alg": "none"})).rstrip(b"=")
        assert refused_for(none + b"." + payload + b"." + signature) == "header-not-allowed"
        assert refused_for(none + b"." + payload + b".") == "unreadable"
        body = urlsafe_b64encode(canonical_json({**parsed, "alg": "HS256"})).rstrip(b"=") + b"." + payload
        forged = hmac.digest(KEY.as_pem(private=False), body, "sha256")
        assert refused_for(body + b"." + urlsafe_b64encode(forged).rstrip(b"=")) == "header-not-allowed"

    def test_a_signature_of_zeros(self) -> None:
        head, payload, _ = BARE.split(b".")
        assert (
            refused_for(head + b"." + payload + b"." + urlsafe_b64encode(bytes(64)).rstrip(b"=")) == "signature-wrong"
        )

    def test_a_signature_by_another_department(self) -> None:
        other = by(new_seal(ROOT, SECURITY, at=AT))
        forged = compact_jws(header_for(SEAL.certificate), a_document().canonical(), other)
        assert refused_for(forged.encode()) == "signature-wrong"

    def test_a_look_alike_root(self) -> None:
        assert refused_for(sealed(a_document(), signer_for(a_root(), HEALTH)).encode()) == "seal-not-trusted"

    def test_a_certificate_issued_by_a_department(self) -> None:
        below = new_seal(SEAL, HEALTH, at=AT)
        forged = sealed(a_document(), signer_with(ROOT, below))
        assert refused_for(forged.encode()) == "seal-not-trusted"

    def test_the_root_itself_as_a_seal(self) -> None:
        forged = compact_jws(header_for(ROOT.certificate), a_document().canonical(), by(ROOT))
        assert refused_for(forged.encode()) == "seal-not-trusted"

    def test_another_department_sealing_in_the_issuer_s_name(self) -> None:
        other = new_seal(ROOT, SECURITY, at=AT)
        forged = compact_jws(header_for(other.certificate), a_document().canonical(), by(other))
        assert refused_for(forged.encode()) == "issuer-differs"

    def test_another_department_sealing_in_the_issuer_s_name_where_both_have_one_credit_code(self) -> None:
        """Two departments can be of one legal body."""
        branch = new_seal(ROOT, HEALTH.model_copy(update={"code": "health-branch"}), at=AT)
        forged = compact_jws(header_for(branch.certificate), a_document().canonical(), by(branch))
        assert refused_for(forged.encode()) == "issuer-differs"

    def test_a_certificate_that_is_larger_than_any_of_ours_is_not_even_looked_at(self) -> None:
        """What is looked at is remembered for a while, so that strangers would fill the memory with theirs."""
        names = HEALTH.model_copy(update={"name": HEALTH.name.model_copy(update={"zh": "卫" * 2_000})})
        large = new_seal(ROOT, names, at=AT)
        forged = compact_jws(header_for(large.certificate), a_document().canonical(), by(large))
        assert refused_for(forged.encode()) == "header-not-allowed"

    @pytest.mark.parametrize("sealed_at", [AT - timedelta(days=2), AT + timedelta(days=6 * 365)])
    def test_a_seal_set_outside_its_certificate_s_validity(self, sealed_at: datetime) -> None:
        assert refused_for(signed(a_document(sealed_at=sealed_at).canonical())) == "seal-not-in-time"

    @pytest.mark.parametrize(
        "changes",
        [
            {"number": a_document().number[:-1] + "0"},
            {"number": "1"},
            {"version": "002"},
        ],
    )
    def test_a_number_that_is_wrong_in_itself(self, changes: dict[str, object]) -> None:
        assert refused_for(sealed(a_document(**changes), SIGNER).encode()) == "number-wrong"

    def test_a_number_of_another_issuer(self) -> None:
        number = CertificateNumber.compose(type_code=TYPE_CODE, issuer=SECURITY.uscc, serial="1")
        assert refused_for(sealed(a_document(number=str(number)), SIGNER).encode()) == "issuer-differs"

    @pytest.mark.parametrize(
        "payload",
        [
            b"{}",
            b"null",
            b"[]",
            orjson.dumps(orjson.loads(a_document().canonical())) + b" ",
            a_document().canonical().replace(b'"version":"001"', b'"version":"001","version":"001"'),
            a_document().canonical().replace(b'"version"', b'"extra":1,"version"'),
            a_document().canonical().replace(b"3250", b"3250.0"),
            a_document().canonical().replace(b"Z", b"+00:00"),
        ],
    )
    def test_a_payload_that_is_not_the_canonical_document(self, payload: bytes) -> None:
        assert refused_for(signed(payload)) in {"content-wrong", "altered"}


def test_every_reason_is_told_in_both_languages() -> None:
    for text in (judge(b"").reasons[0], judge(BARE, at=AT + timedelta(days=3650)).reasons[0]):
        assert text.zh != text.en


def test_the_content_has_one_byte_representation() -> None:
    content = a_document()
    assert CertificateDocument.model_validate_json(content.canonical()).canonical() == content.canonical()


@pytest.mark.parametrize("number", [2**53, -(2**53), 2.0**53, 1e20, float("nan"), float("inf")])
def test_a_number_that_not_every_reader_reads_alike_is_not_sealed(number: float) -> None:
    with pytest.raises(NotSealable):
        sealed(a_document(claims={"amount": number}), SIGNER)


def test_what_is_larger_than_verifiers_read_is_not_sealed_and_the_largest_is_read() -> None:
    signer, beside = signer_with(ROOT, SEAL), len(a_document(claims={"name": ""}).canonical())
    largest = a_document(claims={"name": "x" * (MAX_CONTENT_BYTES - beside)})
    seal = sealed(largest, signer)
    assert judge(sealed_file(seal)).genuine
    assert judge(seal.encode()).genuine
    with pytest.raises(NotSealable):
        sealed(a_document(claims={"name": "x" * (MAX_CONTENT_BYTES - beside + 1)}), signer)


def test_the_file_is_canonical_json_of_content_and_seal() -> None:
    assert canonical_json({"certificate": orjson.loads(a_document().canonical()), "seal": BARE.decode()}) == FILE
