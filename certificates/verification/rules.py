"""The register's verdict on a certificate that it holds. Pure."""

from collections.abc import Sequence
from datetime import date

from certificates.issuing.model import Certificate, State
from certificates.verification.errors import ReasonCode, reason
from certificates.verification.offline import state_on
from certificates.verification.schemas import RegisterState, VerificationView
from shared.schemas import Text

_ENDED: dict[State, tuple[RegisterState, ReasonCode]] = {
    State.WITHHELD: ("withheld", "withheld"),
    State.REVOKED: ("revoked", "revoked"),
    State.CANCELLED: ("cancelled", "cancelled"),
    State.EXPIRED: ("expired", "expired"),
    State.TRANSFERRED: ("transferred", "transferred"),
    State.WITHDRAWN: ("withdrawn", "withdrawn"),
}


def standing(certificate: Certificate, *, day: date, and_also: Sequence[ReasonCode] = ()) -> VerificationView:
    """A genuine certificate, and whether it is in force: what its issuer did to it counts before its dates.

    `and_also` is what else is to be said of what was shown.
    """
    if certificate.state in _ENDED:
        state, why = _ENDED[certificate.state]
        reasons: list[ReasonCode] = ["replaced" if _ended_early(certificate, day=day) else why]
    else:
        state, reasons = state_on(day, valid_from=certificate.valid_from, valid_until=certificate.valid_until)
    if certificate.check_mismatch:
        reasons.append("check-mismatch")
    return VerificationView(
        genuine=True,
        origin=certificate.origin,
        state=state,
        kind=certificate.kind,
        kind_label=Text.model_validate(certificate.kind_label),
        issuer=certificate.issuer,
        issuer_name=Text.model_validate(certificate.issuer_name),
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        reasons=tuple(reason(code) for code in (*reasons, *and_also)),
    )


def _ended_early(certificate: Certificate, *, day: date) -> bool:
    """Expired before its time: then by what took its place."""
    over = certificate.valid_until is not None and day > certificate.valid_until
    return certificate.state is State.EXPIRED and not over


def unknown(why: ReasonCode) -> VerificationView:
    """Not genuine, as far as anybody can tell."""
    return VerificationView(genuine=False, state="unknown", reasons=(reason(why),))
