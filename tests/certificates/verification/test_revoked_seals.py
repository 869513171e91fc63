"""A seal that was revoked: what it sealed before, what it seals after, and who can tell."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509

from certificates.sealing.authority import Issued, new_crl, new_seal
from certificates.sealing.commands import sealed
from certificates.sealing.errors import NotASeal
from certificates.sealing.ports import SealCredential, SoftwareSigner
from certificates.sealing.schemas import CertificateDocument
from certificates.verification.offline import Verdict, open_document, verify_document
from tests.certificates.seals import AT, HEALTH, a_document, a_root
from tests.certificates.world import World

ROOT = a_root()
SEAL = new_seal(ROOT, HEALTH, at=AT - timedelta(days=30))
REVOKED_AT = AT + timedelta(days=10)
COMPROMISE = x509.ReasonFlags.key_compromise


def crl(reason: x509.ReasonFlags | None, *, of: Issued = SEAL, by: Issued = ROOT, at: datetime = REVOKED_AT) -> bytes:
    entry = x509.RevokedCertificateBuilder().serial_number(of.certificate.serial_number).revocation_date(at)
    if reason is not None:
        entry = entry.add_extension(x509.CRLReason(reason), critical=False)
    return new_crl(by, [entry.build()], at=at)


def file_of(document: CertificateDocument) -> bytes:
    held = {HEALTH.code: SealCredential(key=SEAL.key, certificate=SEAL.certificate)}
    signer = SoftwareSigner(root_pem=ROOT.certificate_pem(), root_crl=new_crl(ROOT, at=AT), credentials=held)
    return sealed(document, signer).encode()


def judge(document: bytes, revoked: bytes | None) -> Verdict:
    return verify_document(document, ROOT.certificate_pem(), REVOKED_AT + timedelta(days=1), crl=revoked)


def refusal(verdict: Verdict) -> str | None:
    return None if verdict.genuine else verdict.reasons[0].code


BEFORE = file_of(a_document())
AFTER = file_of(a_document(sealed_at=REVOKED_AT + timedelta(hours=1)))


class TestOffline:
    @pytest.mark.parametrize("reason", [x509.ReasonFlags.superseded, x509.ReasonFlags.cessation_of_operation])
    def test_what_was_sealed_before_a_key_was_laid_aside_stays_genuine(self, reason: x509.ReasonFlags) -> None:
        assert refusal(judge(BEFORE, crl(reason))) is None
        assert refusal(judge(AFTER, crl(reason))) == "seal-revoked"

    @pytest.mark.parametrize("reason", [COMPROMISE, x509.ReasonFlags.unspecified, None])
    def test_nothing_by_a_key_in_wrong_hands_counts_for_they_can_write_any_date(
        self, reason: x509.ReasonFlags | None
    ) -> None:
        assert refusal(judge(BEFORE, crl(reason))) == "seal-revoked"
        assert refusal(judge(AFTER, crl(reason))) == "seal-revoked"

    def test_the_very_second_of_the_revocation_is_after_it(self) -> None:
        at_once = file_of(a_document(sealed_at=REVOKED_AT))
        assert refusal(judge(at_once, crl(x509.ReasonFlags.superseded))) == "seal-revoked"

    def test_others_on_the_list_and_no_list_at_all_change_nothing(self) -> None:
        other = new_seal(ROOT, HEALTH, at=AT)
        for revoked in (crl(COMPROMISE, of=other), new_crl(ROOT, at=AT), None):
            assert refusal(judge(BEFORE, revoked)) is None

    def test_a_list_of_another_root_or_none_is_no_answer(self) -> None:
        damaged = bytearray(crl(COMPROMISE))
        damaged[-1] ^= 1
        for wrong in (crl(COMPROMISE, by=a_root()), b"no list", bytes(damaged)):
            with pytest.raises(NotASeal):
                judge(BEFORE, wrong)


class TestOnline:
    async def test_what_a_thief_seals_is_not_genuine_though_key_and_number_are(self, world: World) -> None:
        certificate = await world.issued()
        [row] = await world.rows("SELECT seal FROM certificates WHERE id = :id", id=certificate)
        for change in ({"holder": certificate}, {}):
            seal = sealed(opened(world, row["seal"]).model_copy(update=change), world.service.signer)
            answer = (await world.http.post("/v1/verifications", json={"token": seal})).json()
            assert (answer["genuine"], answer["reasons"][0]["code"]) == (False, "seal-not-in-register")
        assert (await world.http.post("/v1/verifications", json={"token": row["seal"]})).json()["genuine"]


def opened(world: World, seal: str) -> CertificateDocument:
    return open_document(seal.encode(), world.service.signer.root_pem)
