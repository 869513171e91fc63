"""What a key directory holds, for people to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import yaml
from cryptography import x509

from certificates.sealing.authority import SEAL_LIFETIME, Office, SealingDepartment
from certificates.sealing.directory import SealDirectory, load_certificate
from certificates.sealing.errors import CeremonyRefused
from certificates.sealing.ports import all_certificates
from certificates.sealing.rules import Revocation, revocations_in, thumbprint_of
from shared.schemas import Strict

# Time enough to bring the root's key from where it lies.
SEAL_NOTICE = timedelta(days=90)
CRL_NOTICE = timedelta(days=30)


class KeyState(Strict):
    """One seal as `onevisit keys list` shows it."""

    holder: str
    kid: str
    serial: str
    valid_until: datetime
    state: Literal["current", "retired", "revoked"]
    where: Literal["file", "PKCS#11", "destroyed"]


class Concern(Strict):
    """Something that ends; `is_urgent` when it has."""

    text: str
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """When something ends, how long before that somebody must act, and by which command."""

    what: str
    at: datetime
    notice: timedelta
    title: str
    remedy: str


def listed(directory: SealDirectory) -> list[KeyState]:
    """Every seal there is or was, the present one of each holder first."""
    seals = directory.read()
    revoked = revocations_in(seals.root_crl, seals.root_pem)
    return [
        KeyState(
            holder=holder,
            kid=thumbprint_of(certificate),
            serial=f"{certificate.serial_number:x}",
            valid_until=certificate.not_valid_after_utc,
            state=_state_of(certificate, revoked, is_current=seals.current.get(holder) == certificate),
            where=_where(directory, holder, certificate.serial_number),
        )
        for holder, certificates in all_certificates(seals.current, seals.retired).items()
        for certificate in certificates
    ]


def endings(directory: SealDirectory) -> list[Ending]:
    """Until when each of them is good: the root, the list of revoked seals, the present seal of each holder."""
    root = load_certificate(directory.root)
    until = x509.load_der_x509_crl(directory.crl.read_bytes()).next_update_utc
    assert until is not None
    return [
        # A seal must not outlive its root.
        Ending("root", root.not_valid_after_utc, SEAL_LIFETIME, "The root", "onevisit keys init, in a new directory"),
        Ending("revocations", until, CRL_NOTICE, "The list of revoked seals", "onevisit keys crl"),
        *(
            Ending(
                f"seal:{seal.holder}",
                seal.valid_until,
                SEAL_NOTICE,
                f"The seal of {seal.holder}",
                f"onevisit keys rotate {_option(seal.holder)}",
            )
            for seal in listed(directory)
            if seal.state == "current"
        ),
    ]


def concerns(directory: SealDirectory, *, at: datetime) -> list[Concern]:
    """What will stop sealing, or verifying, unless somebody does something about it soon."""
    return [
        Concern(
            text=f"{each.title} {'ended' if each.at <= at else 'ends'} on {each.at.date()}; run: {each.remedy}",
            is_urgent=each.at <= at,
        )
        for each in sorted(endings(directory), key=lambda ending: (ending.at, ending.title))
        if each.at - at < each.notice
    ]


def _option(holder: str) -> str:
    return f"--office {holder.partition(':')[2]}" if holder in set(Office) else f"--department {holder}"


def read_departments(path: Path) -> list[SealingDepartment]:
    """The departments of a catalogue file (`departments.yaml`)."""
    return [SealingDepartment.model_validate(entry) for entry in yaml.safe_load(path.read_text("utf-8"))["departments"]]


def serial_of_key(directory: SealDirectory, holder: str, kid: str) -> int:
    """The serial number of the certificate with this key (RFC 7638). Refuses (CeremonyRefused) where there is none."""
    seals = directory.read()
    held = [*([seals.current[holder]] if holder in seals.current else []), *seals.retired.get(holder, ())]
    for certificate in held:
        if thumbprint_of(certificate) == kid:
            return certificate.serial_number
    raise CeremonyRefused(f"{holder} never had a key {kid}; see: onevisit keys list")


def _state_of(
    certificate: x509.Certificate, revoked: Mapping[int, Revocation], *, is_current: bool
) -> Literal["current", "retired", "revoked"]:
    if certificate.serial_number in revoked:
        return "revoked"
    return "current" if is_current else "retired"


def _where(directory: SealDirectory, holder: str, serial: int) -> Literal["file", "PKCS#11", "destroyed"]:
    if directory.token_mark(holder, serial).exists():
        return "PKCS#11"
    return "file" if directory.key(holder, serial).exists() else "destroyed"
