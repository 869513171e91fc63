"""Is this certificate genuine, and in force? Answered without a network, by what is shown and what was fetched before.

The root certificate is enough for the first question. The second needs a bundle (`GET /v1/verification-bundle`), and
the answer is as of when that was made. Pure.
"""

from collections.abc import Iterable
from datetime import date, datetime

from cryptography import x509

from certificates.credentials.rules import Challenge
from certificates.sealing.schemas import CertificateDocument
from certificates.status.rules import Status
from certificates.verification.bundle import OpenedBundle
from certificates.verification.errors import BundleRefused, NotGenuine, Reason, ReasonCode, reason
from certificates.verification.forms import Form, KeyBinding, Presented, form_of, open_shown
from certificates.verification.rules import state_on
from certificates.verification.schemas import OfflineState
from certificates.verification.sealed import opened_document
from certificates.verification.trust import Trust
from shared.clock import legal_date
from shared.schemas import Strict, Text

_BY_STATUS: dict[Status, tuple[OfflineState, ReasonCode]] = {
    Status.INVALID: ("ended", "ended"),
    Status.SUSPENDED: ("withheld", "withheld"),
    Status.EXPIRED: ("expired", "expired"),
}


class Verdict(Strict):
    """What can be said. Where it is not genuine, nothing of its content is repeated.

    `state` goes by the days of the certificate, and by the lists as of `as_of`; `None` there: they were not asked, so
    that what was revoked since cannot be seen. Not `judged`: the seal that it names was not there to check it with.
    """

    genuine: bool
    judged: bool = True
    state: OfflineState
    form: Form
    as_of: datetime | None = None
    number: str | None = None
    kind: str | None = None
    kind_label: Text | None = None
    holder: str | None = None
    issuer: str | None = None
    issuer_name: Text | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    purpose: str | None = None
    purpose_until: date | None = None
    key_binding: KeyBinding | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def holds(self) -> bool | None:
        """Whether it is genuine and in force; None where that could not be judged."""
        if not self.judged:
            return None
        if not self.genuine or self.state != "in force":
            return False
        return None if self.as_of is None else True


def verify_document(
    document: bytes,
    root_pem: bytes,
    at: datetime,
    *,
    bundle: OpenedBundle | None = None,
    anchors: Iterable[x509.Certificate] = (),
    crl: bytes | None = None,
    zone: str = "Asia/Shanghai",
    challenge: Challenge | None = None,
) -> Verdict:
    """Judge what is shown, in any form. Raises for none of them; refuses (NotASeal) a `crl` that is not this root's.

    Genuine: every byte is as a department sealed it, with a certificate of this root that was valid at that time and,
    where there is a bundle or a `crl`, is not revoked; one that was merely replaced counts for what it sealed before.
    `challenge`: what the wallet was asked that shows it.
    """
    trust = bundle.trust if bundle is not None else Trust.of(root_pem, anchors=anchors, crl=crl, zone=zone)
    try:
        shown = open_shown(document, trust, at, challenge=challenge)
        trust.check_not_revoked(shown.sealed_by, sealed_at=shown.sealed_at, dated_at=shown.dated_at)
    except NotGenuine as refusal:
        judged = bundle is not None or refusal.code != "seal-unknown"
        why = (reason(refusal.code),)
        return Verdict(genuine=False, judged=judged, state="unknown", form=form_of(document), reasons=why)
    day = legal_date(at, zone)
    state, reasons = state_on(day, valid_from=shown.valid_from, valid_until=shown.valid_until)
    if shown.purpose_until is not None and state == "in force" and day > shown.purpose_until:
        state, reasons = "expired", ["copy-ended"]
    return _verdict(shown, *_by_lists(shown, state, reasons, bundle=bundle, at=at))


def open_document(document: bytes, root_pem: bytes, *, crl: bytes | None = None) -> CertificateDocument:
    """The content of a genuine document, the file or its bare seal; raises `NotGenuine`.

    Without a list of revoked certificates it is for the caller to know that this seal was set.
    """
    opened = opened_document(document, root_pem)
    Trust.of(root_pem, crl=crl).check_not_revoked(opened.certificate, sealed_at=opened.content.sealed_at)
    return opened.content


def _by_lists(
    shown: Presented, state: OfflineState, why: list[ReasonCode], *, bundle: OpenedBundle | None, at: datetime
) -> tuple[OfflineState, list[ReasonCode], datetime | None]:
    """What its issuer did to it counts before its dates, as far as the lists tell."""
    if bundle is None or shown.status is None:
        return state, [*why, "not-checked"], None
    try:
        status, told = bundle.status_of(shown.status, at)
    except BundleRefused as refusal:
        return state, [*why, "not-checked", refusal.code], None
    if status in _BY_STATUS:
        ended, named = _BY_STATUS[status]
        return ended, [named], told.made_at
    return state, why, told.made_at


def _verdict(shown: Presented, state: OfflineState, why: list[ReasonCode], as_of: datetime | None) -> Verdict:
    return Verdict(
        genuine=True,
        state=state,
        form=shown.form,
        as_of=as_of,
        number=shown.number,
        kind=shown.kind,
        kind_label=shown.kind_label,
        holder=shown.holder,
        issuer=shown.issuer,
        issuer_name=shown.issuer_name,
        issued_on=shown.issued_on,
        valid_until=shown.valid_until,
        purpose=shown.purpose,
        purpose_until=shown.purpose_until,
        key_binding=shown.key_binding,
        reasons=tuple(reason(code) for code in (*why, *_unproven(shown))),
    )


def _unproven(shown: Presented) -> tuple[ReasonCode, ...]:
    return ("key-binding-not-checked",) if shown.key_binding is KeyBinding.NOT_CHECKED else ()
