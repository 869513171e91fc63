"""QR codes: what fits on a page, sealed like the page itself, and only as good as the seals that a verifier knows."""

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from certificates.sealing.authority import Office, new_seal
from certificates.sealing.rules import lower_of
from certificates.sealing.schemas import StatusEntry
from certificates.verification.errors import NotGenuine
from certificates.verification.forms import Form, Presented, form_of, open_shown
from certificates.verification.trust import Trust
from shared.canonical import canonical_json
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document, a_root, signer_for
from tests.certificates.verification.shown import PLATFORM, code_of, leading_to, said_by_code

ROOT = a_root()
SIGNER = signer_for(ROOT, HEALTH, SECURITY)
SEALS = [each for of_one in SIGNER.certificates().values() for each in of_one]
TRUST = Trust.of(ROOT.certificate_pem(), crl=SIGNER.root_crl, seals=SEALS, platform=PLATFORM)
DOCUMENT = a_document(status=StatusEntry(list=0, index=7))
SAID = said_by_code(DOCUMENT)
CODE = code_of(SAID, SIGNER)


def opened(text: str, *, trust: Trust = TRUST) -> Presented:
    return open_shown(text.encode(), trust, AT)


def refused_for(text: str, *, trust: Trust = TRUST) -> str:
    with pytest.raises(NotGenuine) as refusal:
        opened(text, trust=trust)
    return refusal.value.code


@pytest.mark.parametrize("text", [CODE, leading_to(CODE)], ids=["the token", "the whole address"])
def test_a_code_says_which_certificate_it_is_and_lets_people_compare(text: str) -> None:
    found = opened(text)
    assert form_of(text.encode()) is found.form is Form.QR
    assert (found.certificate, found.number, found.kind) == (DOCUMENT.certificate, DOCUMENT.number, DOCUMENT.kind)
    assert (found.holder, found.issuer) == ("𠮷***", HEALTH.code)
    assert (found.issued_on, found.valid_until) == (date(2026, 11, 22), date(2029, 11, 21))
    assert found.status == DOCUMENT.status


def test_it_is_small_enough_to_be_printed_and_photographed() -> None:
    """Version 20 of ISO/IEC 18004 with the least error correction, 97 modules wide, holds 858 bytes."""
    assert len(leading_to(CODE)) <= 858


def test_a_code_that_leads_elsewhere_is_a_trap() -> None:
    for address in ("https://onevisit.test.example", "http://onevisit.test", f"{PLATFORM}/x"):
        assert refused_for(leading_to(CODE, platform=address)) == "address-wrong"
    assert refused_for(f"{PLATFORM}/verify?x#{CODE}") == "address-wrong"


def test_a_seal_that_the_verifier_does_not_have_cannot_be_checked() -> None:
    assert refused_for(CODE, trust=replace(TRUST, seals={})) == "seal-unknown"
    assert refused_for(code_of(SAID, signer_for(a_root(), HEALTH))) == "seal-unknown"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"kid": 1},
        {"kid": None},
        {"jku": "https://example.org/keys"},
        {"x5u": "https://example.org/cert"},
        {"jwk": {}},
        {"x5c": []},
        {"crit": ["x"], "x": 1},
        {"zip": "DEF"},
    ],
)
def test_any_other_header_even_under_the_true_key(header: dict[str, Any]) -> None:
    assert refused_for(code_of(SAID, SIGNER, header=header)) == "header-not-allowed"


@pytest.mark.parametrize("kid", ["", "../../dev/null", "' OR 1=1--", "https://example.org/key"])
def test_a_key_of_any_other_name_is_looked_up_nowhere(kid: str) -> None:
    assert refused_for(code_of(SAID, SIGNER, header={"kid": kid})) == "seal-unknown"


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"[]",
        b"null",
        canonical_json({**SAID, "extra": 1}),
        canonical_json({**SAID, "status": None}),
        canonical_json({**SAID, "certificate": "1"}),
        canonical_json({name: value for name, value in SAID.items() if name != "holder"}),
    ],
)
def test_a_payload_that_no_code_of_ours_has(payload: bytes) -> None:
    assert refused_for(code_of(payload, SIGNER)) == "content-wrong"


def test_another_spelling_of_the_payload() -> None:
    assert refused_for(code_of(orjson.dumps(SAID, option=orjson.OPT_INDENT_2), SIGNER)) == "altered"
    assert refused_for(code_of({**SAID, "certificate": SAID["certificate"].replace("-", "")}, SIGNER)) == "altered"


def test_a_number_that_is_wrong_in_itself() -> None:
    assert refused_for(code_of({**SAID, "number": DOCUMENT.number[:-1] + "0"}, SIGNER)) == "number-wrong"
    assert refused_for(code_of({**SAID, "number": "1"}, SIGNER)) == "number-wrong"


@pytest.mark.parametrize("by", [SECURITY.code, Office.STATUS, Office.TIMESTAMP])
def test_another_body_s_seal(by: str) -> None:
    assert refused_for(code_of(SAID, SIGNER, by=by)) == "issuer-differs"


def test_the_same_signature_in_its_other_spelling() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signature = bytes(31) + b"\1" + (order - 1).to_bytes(32)
    assert lower_of(signature) == bytes(31) + b"\1" + bytes(31) + b"\1"
    assert lower_of(lower_of(signature)) == lower_of(signature)


def test_seals_of_another_root_are_no_trust_at_all() -> None:
    stranger = new_seal(a_root(), HEALTH, at=AT)
    with pytest.raises(ValueError, match="another root"):
        Trust.of(ROOT.certificate_pem(), seals=[stranger.certificate])
    with pytest.raises(ValueError, match="not this root's"):
        Trust.of(ROOT.certificate_pem(), crl=signer_for(a_root(), HEALTH).root_crl)
