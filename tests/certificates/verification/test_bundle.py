"""Without a network: the verdict is as of when the bundle was made, and a bundle is believed for its signatures."""

import asyncio
from base64 import b64encode
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
import pytest
from cryptography import x509

from certificates.documents.pades import stamped
from certificates.documents.ports import OwnTimestamps
from certificates.issuing.model import State
from certificates.sealing.authority import Office, new_crl
from certificates.sealing.rules import number_of_crl
from certificates.sealing.schemas import StatusEntry
from certificates.status.rules import LIFETIME, list_uri, packed, signed_list
from certificates.verification.bundle import OpenedBundle, open_bundle
from certificates.verification.errors import BundleRefused
from certificates.verification.forms import Form
from certificates.verification.offline import Verdict, verify_document
from tests.certificates.documents.pdfs import City
from tests.certificates.seals import AT, HEALTH, a_document, a_root, signer_for
from tests.certificates.verification.shown import PLATFORM, bundle_of, code_of, file_of, leading_to, said_by_code

CITY = City()
SIGNER, PEM = CITY.signer, CITY.signer.root_pem
DOCUMENT = a_document(status=StatusEntry(list=0, index=7))
LATER = AT + timedelta(hours=5)
SHOWN = {
    Form.PDF: CITY.pdf(DOCUMENT),
    Form.FILE: file_of(DOCUMENT, SIGNER),
    Form.QR: leading_to(code_of(said_by_code(DOCUMENT), SIGNER)).encode(),
}


def opened(content: bytes | None = None, *, at: datetime = LATER) -> OpenedBundle:
    return open_bundle(bundle_of(SIGNER) if content is None else content, PEM, at)


def judged(form: Form, bundle: OpenedBundle | None, *, at: datetime = LATER) -> Verdict:
    return verify_document(SHOWN[form], PEM, at, bundle=bundle)


def codes(verdict: Verdict) -> list[str]:
    return [why.code for why in verdict.reasons]


@pytest.mark.parametrize("form", SHOWN)
class TestEveryForm:
    def test_is_in_force_as_of_when_the_list_was_made(self, form: Form) -> None:
        verdict = judged(form, opened())
        assert (verdict.holds, verdict.form, verdict.as_of, codes(verdict)) == (True, form, AT, [])

    @pytest.mark.parametrize(
        ("state", "said"),
        [
            (State.WITHHELD, "withheld"),
            (State.EXPIRED, "expired"),
            (State.REVOKED, "ended"),
            (State.CANCELLED, "ended"),
            (State.WITHDRAWN, "ended"),
        ],
    )
    def test_is_not_in_force_once_a_list_says_so(self, form: Form, state: State, said: str) -> None:
        verdict = judged(form, opened(bundle_of(SIGNER, {state: [7]})))
        assert (verdict.genuine, verdict.holds, verdict.state, codes(verdict)) == (True, False, said, [said])

    def test_cannot_be_judged_by_a_list_of_yesterday(self, form: Form) -> None:
        bundle = opened()
        verdict = judged(form, bundle, at=AT + LIFETIME + timedelta(seconds=1))
        assert (verdict.genuine, verdict.holds, verdict.as_of) == (True, None, None)
        assert codes(verdict) == ["not-checked", "bundle-too-old"]

    def test_is_over_by_its_own_days_too(self, form: Form) -> None:
        then = AT + timedelta(days=1200)
        verdict = judged(form, opened(bundle_of(SIGNER, at=then, crl=new_crl(CITY.root, at=then)), at=then), at=then)
        assert (verdict.holds, verdict.state) == (False, "expired")


@pytest.mark.parametrize("form", [Form.PDF, Form.FILE])
def test_without_a_bundle_it_is_genuine_and_no_more_can_be_said(form: Form) -> None:
    verdict = judged(form, None)
    assert (verdict.genuine, verdict.state, verdict.holds, codes(verdict)) == (True, "in force", None, ["not-checked"])


def test_without_a_bundle_a_code_cannot_be_judged_at_all() -> None:
    verdict = judged(Form.QR, None)
    assert (verdict.genuine, verdict.holds, codes(verdict)) == (False, None, ["seal-unknown"])


def test_a_document_from_before_there_were_lists_cannot_be_checked() -> None:
    verdict = verify_document(file_of(a_document(), SIGNER), PEM, LATER, bundle=opened())
    assert (verdict.genuine, verdict.holds, codes(verdict)) == (True, None, ["not-checked"])


def test_a_place_that_no_list_has_is_not_taken_for_valid() -> None:
    for place in (StatusEntry(list=1, index=7), StatusEntry(list=0, index=10**9)):
        shown = file_of(a_document(status=place), SIGNER)
        verdict = verify_document(shown, PEM, LATER, bundle=opened())
        assert (verdict.genuine, verdict.holds, codes(verdict)) == (True, None, ["not-checked", "bundle-wrong"])


class TestARevokedSeal:
    """F9: what was sealed after its revocation is false; what was sealed before is true, unless the key was stolen."""

    def crl(self, *, at: datetime, reason: x509.ReasonFlags | None) -> bytes:
        serial = SIGNER.certificate_of(HEALTH.code).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        return new_crl(CITY.root, [entry.build()], at=at)

    def judged(self, form: Form, *, at: datetime, reason: x509.ReasonFlags | None) -> Verdict:
        return judged(form, opened(bundle_of(SIGNER, crl=self.crl(at=at, reason=reason))))

    @pytest.mark.parametrize("form", [Form.PDF, Form.FILE])
    def test_before_the_seal_was_set(self, form: Form) -> None:
        verdict = self.judged(form, at=AT - timedelta(hours=1), reason=x509.ReasonFlags.superseded)
        assert (verdict.holds, codes(verdict)) == (False, ["seal-revoked"])

    @pytest.mark.parametrize("form", SHOWN)
    def test_after_the_seal_was_set_because_another_took_its_place(self, form: Form) -> None:
        assert self.judged(form, at=AT + timedelta(hours=1), reason=x509.ReasonFlags.superseded).holds

    @pytest.mark.parametrize("reason", [x509.ReasonFlags.superseded, x509.ReasonFlags.key_compromise])
    def test_on_the_file_in_a_page_that_was_printed_since(self, reason: x509.ReasonFlags) -> None:
        """By another seal, that of the day; the file in it was sealed before, as far as its own seal is believed."""
        later = City(root=CITY.root, at=AT + timedelta(hours=2))
        page = later.unstamped(CITY.set(DOCUMENT))
        shown = stamped(page, asyncio.run(OwnTimestamps(later.signer, lambda: later.at).stamp(page.imprint)))
        bundle = opened(bundle_of(SIGNER, crl=self.crl(at=AT + timedelta(hours=1), reason=reason)))
        verdict = verify_document(shown, PEM, LATER, bundle=bundle)
        is_thief_s = reason is x509.ReasonFlags.key_compromise
        assert (verdict.holds, codes(verdict)) == ((False, ["seal-revoked"]) if is_thief_s else (True, []))

    @pytest.mark.parametrize("reason", [None, x509.ReasonFlags.key_compromise])
    def test_after_the_seal_was_set_because_its_key_was_stolen(self, reason: x509.ReasonFlags | None) -> None:
        """A thief can write any date; only the PDF has one by somebody else."""
        then = AT + timedelta(hours=1)
        assert {form: self.judged(form, at=then, reason=reason).holds for form in SHOWN} == {
            Form.PDF: True,
            Form.FILE: False,
            Form.QR: False,
        }


def changed(**changes: Any) -> bytes:
    return orjson.dumps({**orjson.loads(bundle_of(SIGNER)), **changes})


OTHER = orjson.loads(bundle_of(signer_for(a_root(), HEALTH)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"{" * 100_000,
        changed(extra=1),
        changed(crl=""),
        changed(crl="!!!"),
        changed(crl=OTHER["crl"]),
        changed(seals=OTHER["seals"]),
        changed(seals=["AAAA"]),
        changed(seals=[b64encode(b"x").decode()]),
        changed(lists=OTHER["lists"]),
        changed(lists=["x.y.z"]),
    ],
)
def test_a_bundle_that_is_not_of_this_root_is_refused_whole(content: bytes) -> None:
    with pytest.raises(BundleRefused, match="bundle-wrong"):
        opened(content)


def test_a_list_of_revoked_certificates_that_ran_out_is_too_old() -> None:
    long_ago = AT - timedelta(days=400)
    with pytest.raises(BundleRefused, match="bundle-too-old"):
        opened(bundle_of(SIGNER, crl=new_crl(CITY.root, at=long_ago)))


def test_when_it_was_made_is_what_its_lists_sign_and_not_what_it_says() -> None:
    verdict = judged(Form.FILE, opened(changed(made_at="2030-01-01T00:00:00Z")))
    assert verdict.as_of == AT


class TestAStatusOffice:
    """Its lists say whether certificates are in force; they need not say so truly once its key is in other hands."""

    def bundle(self, reason: x509.ReasonFlags, *, at: datetime) -> bytes:
        serial = SIGNER.certificate_of(Office.STATUS).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        revoked = entry.add_extension(x509.CRLReason(reason), critical=False).build()
        return bundle_of(SIGNER, crl=new_crl(CITY.root, [revoked], at=LATER))

    @pytest.mark.parametrize("at", [AT - timedelta(hours=1), AT + timedelta(hours=1)])
    def test_whose_key_was_stolen_says_nothing(self, at: datetime) -> None:
        with pytest.raises(BundleRefused, match="bundle-wrong"):
            opened(self.bundle(x509.ReasonFlags.key_compromise, at=at))

    def test_that_was_replaced_is_believed_for_what_it_signed_before(self) -> None:
        before = opened(self.bundle(x509.ReasonFlags.superseded, at=AT + timedelta(hours=1)))
        assert judged(Form.FILE, before).holds
        with pytest.raises(BundleRefused, match="bundle-wrong"):
            opened(self.bundle(x509.ReasonFlags.superseded, at=AT))


class TestAnOlderListOfRevokedSeals:
    """It is good for 180 days. Whoever stole a key would put the one from before into everybody's bundle."""

    OLD = new_crl(CITY.root, at=AT - timedelta(days=1))
    NEW = new_crl(CITY.root, at=AT + timedelta(hours=1))

    def swapped(self) -> bytes:
        fresh = orjson.loads(bundle_of(SIGNER, crl=self.NEW))
        return orjson.dumps(fresh | {"crl": b64encode(self.OLD).decode()})

    def test_than_there_was_when_the_status_lists_were_made_is_refused(self) -> None:
        with pytest.raises(BundleRefused, match="bundle-too-old"):
            opened(self.swapped())

    def test_is_no_answer_for_any_of_the_lists(self) -> None:
        second = SIGNER.certificate_of(Office.STATUS)
        token = signed_list(
            packed({}),
            uri=list_uri(PLATFORM, 1),
            certificate=second,
            sign=partial(SIGNER.sign, second),
            crl_number=number_of_crl(self.NEW),
            at=AT,
        )
        old = orjson.loads(bundle_of(SIGNER, crl=self.OLD))
        bundle = opened(orjson.dumps(old | {"lists": [*old["lists"], token]}))
        shown = file_of(a_document(status=StatusEntry(list=1, index=7)), SIGNER)
        verdict = verify_document(shown, PEM, LATER, bundle=bundle)
        assert (verdict.holds, codes(verdict)) == (None, ["not-checked", "bundle-too-old"])

    def test_and_a_newer_one_than_there_was_is_believed(self) -> None:
        old = orjson.loads(bundle_of(SIGNER, crl=self.OLD))
        newer = opened(orjson.dumps(old | {"crl": b64encode(self.NEW).decode()}))
        assert judged(Form.FILE, newer).holds
