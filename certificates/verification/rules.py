"""The register's verdict on a certificate that it holds. Pure."""

from collections.abc import Sequence
from datetime import date

from certificates.documents.rules import holder_on_code
from certificates.issuing.model import Certificate, Standing, State
from certificates.verification.errors import ReasonCode, reason
from certificates.verification.forms import Form, KeyBinding, Presented
from certificates.verification.schemas import DayState, RegisterState, VerificationView
from shared.schemas import Text

_ENDED: dict[State, tuple[RegisterState, ReasonCode]] = {
    State.WITHHELD: ("withheld", "withheld"),
    State.REVOKED: ("revoked", "revoked"),
    State.CANCELLED: ("cancelled", "cancelled"),
    State.EXPIRED: ("expired", "expired"),
    State.TRANSFERRED: ("transferred", "transferred"),
    State.WITHDRAWN: ("withdrawn", "withdrawn"),
}


def standing(
    certificate: Certificate | Standing, *, form: Form, day: date, and_also: Sequence[ReasonCode] = ()
) -> VerificationView:
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
    if certificate.issuer_mismatch:
        reasons.append("issuer-mismatch")
    return VerificationView(
        genuine=True,
        origin=certificate.origin,
        form=form,
        state=state,
        kind=certificate.kind,
        kind_label=Text.model_validate(certificate.kind_label),
        issuer=certificate.issuer,
        issuer_name=Text.model_validate(certificate.issuer_name),
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        reasons=tuple(reason(code) for code in (*reasons, *and_also)),
    )


def _ended_early(certificate: Certificate | Standing, *, day: date) -> bool:
    """Expired before its time: then by what took its place."""
    over = certificate.valid_until is not None and day > certificate.valid_until
    return certificate.state is State.EXPIRED and not over


def state_on(day: date, *, valid_from: date | None, valid_until: date | None) -> tuple[DayState, list[ReasonCode]]:
    """In force from `valid_from` to `valid_until`, both days included; no end where there is none."""
    if valid_from is not None and day < valid_from:
        return "not yet", ["not-yet-valid"]
    if valid_until is not None and day > valid_until:
        return "expired", ["expired"]
    return "in force", []


def for_its_purpose(verdict: VerificationView, shown: Presented, *, day: date) -> VerificationView:
    """The verdict on a copy: its certificate's, with what the copy is for; ended after its own last day."""
    if shown.purpose_until is None:
        return verdict
    said = verdict.model_copy(update={"purpose": shown.purpose, "purpose_until": shown.purpose_until})
    if verdict.state != "in force" or day <= shown.purpose_until:
        return said
    return said.model_copy(update={"state": "expired", "reasons": (*verdict.reasons, reason("copy-ended"))})


def with_its_proof(verdict: VerificationView, shown: Presented) -> VerificationView:
    """The verdict on a credential, with whether its holder's key was proven to who asks."""
    if shown.key_binding is None:
        return verdict
    unchecked = [reason("key-binding-not-checked")] if shown.key_binding is KeyBinding.NOT_CHECKED else []
    return verdict.model_copy(
        update={"key_binding": shown.key_binding, "reasons": (*verdict.reasons, *unchecked)},
    )


def agrees(shown: Presented, held: Certificate) -> bool:
    """Whether the register holds what is shown by a form of which it keeps no seal: a stolen key is of no use here."""
    said = {
        "id": shown.certificate,
        "number": shown.number,
        "kind": shown.kind,
        "issuer": shown.issuer,
        "issued_on": shown.issued_on,
        "valid_from": shown.valid_from,
    }
    holder = holder_on_code(held) if shown.form is Form.QR else str(held.holder)
    return (
        all(value is None or value == getattr(held, name) for name, value in said.items())
        and shown.valid_until == held.valid_until
        # A credential names no holder.
        and (shown.form is Form.CREDENTIAL or shown.holder == holder)
        and all(name in held.claims and held.claims[name] == value for name, value in (shown.claims or {}).items())
    )


def unknown(form: Form, why: ReasonCode) -> VerificationView:
    """Not genuine, as far as anybody can tell."""
    return VerificationView(genuine=False, form=form, state="unknown", reasons=(reason(why),))
