"""What readers of credentials fetch: names in both languages, and the keys that may be believed."""

from datetime import timedelta

from certificates.credentials.rules.metadata import issuer_metadata, not_compromised, type_metadata
from certificates.sealing.authority import new_seal
from certificates.sealing.rules import Revocation, thumbprint_of
from shared.contracts.sharing import EvidenceKind
from shared.schemas import Text
from tests.certificates.credentials.making import ROOT, SEAL
from tests.certificates.seals import AT, HEALTH
from tests.support.tokens import ISSUER

KIND = EvidenceKind(
    code="birth-medical-certificate",
    type="certificate",
    label=Text(zh="出生医学证明", en="Birth medical certificate"),
    issuer=HEALTH.code,
    attributes=("name", "birth-date"),
)
BEFORE = new_seal(ROOT, HEALTH, at=AT - timedelta(days=365)).certificate


def test_a_claim_is_called_what_the_catalogue_calls_it_in_both_languages() -> None:
    told = type_metadata(KIND, labels={"name": Text(zh="姓名", en="Name")}, platform=ISSUER)
    labels = {each.path: [display.label for display in each.display] for each in told.claims}
    assert labels[("name",)] == ["姓名", "Name"]
    assert labels[("certificate_number",)] == ["证照编号", "Certificate number"]


def test_a_claim_without_a_label_is_called_by_its_code() -> None:
    told = type_metadata(KIND, labels={}, platform=ISSUER)
    assert [each.label for each in told.claims[1].display] == ["birth-date", "birth-date"]


def test_an_issuer_has_the_keys_of_today_and_of_before() -> None:
    told = issuer_metadata(HEALTH.code, [SEAL, BEFORE], platform=ISSUER)
    assert told.issuer == f"{ISSUER}/departments/{HEALTH.code}"
    assert [key.kid for key in told.jwks.keys] == [thumbprint_of(SEAL), thumbprint_of(BEFORE)]


def test_a_key_that_was_replaced_is_believed_and_one_in_wrong_hands_is_not() -> None:
    replaced = {BEFORE.serial_number: Revocation(at=AT, is_compromise=False)}
    lost = {BEFORE.serial_number: Revocation(at=AT, is_compromise=True)}
    assert not_compromised([SEAL, BEFORE], replaced) == [SEAL, BEFORE]
    assert not_compromised([SEAL, BEFORE], lost) == [SEAL]
