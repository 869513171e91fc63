"""What is done to keys: made, replaced, revoked, destroyed.

The root's key is asked for only by what needs it, so that it can lie elsewhere the rest of the year.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.sealing.authority import (
    Office,
    SealingDepartment,
    certified,
    new_crl,
    new_root,
    private_pem,
    subject_of,
)
from certificates.sealing.directory import SealDirectory, load_certificate, write_file
from certificates.sealing.errors import CeremonyRefused, UnsafeSealKey
from certificates.sealing.keys.desk import KeyDesk
from certificates.sealing.ports import load_key
from certificates.sealing.rules import Revocation, revocations_in


class RevocationReason(StrEnum):
    """Why a seal may sign no more (RFC 5280 section 5.3.1)."""

    KEY_COMPROMISE = "key-compromise"
    SUPERSEDED = "superseded"
    CESSATION = "cessation-of-operation"

    @property
    def flag(self) -> x509.ReasonFlags:
        return x509.ReasonFlags[self.value.replace("-", "_")]


def init(desk: KeyDesk, departments: Iterable[SealingDepartment], *, at: datetime) -> list[str]:
    """There is a root, its list of revoked certificates, and a seal for each office of the platform and department.

    Keeps what is there; returns what was made. The root's key is needed only where something is.
    """
    directory, made = desk.directory, []
    wanted: list[SealingDepartment | Office] = [*Office, *departments]
    with directory.changing():
        _adopt(directory)
        if not directory.root.exists():
            _make_root(desk, at=at)
            made.append("root")
        if not directory.crl.exists():
            write_file(directory.crl, new_crl(desk.root(), at=at), mode=0o644)
        for holder in wanted:
            name = holder.value if isinstance(holder, Office) else holder.code
            if not directory.certificate(name).exists():
                _replace(desk, name, subject_of(holder), at=at)
                made.append(name)
    return made


def rotate(
    desk: KeyDesk, holders: Sequence[str], *, at: datetime, departments: Iterable[SealingDepartment] = ()
) -> dict[str, x509.Certificate]:
    """Each holder signs by a new key from now on; the old certificate is kept among the retired ones.

    The name in the certificate stays, unless `departments` has another one. What the old keys sealed stays genuine;
    they are destroyed by `prune`, when no process signs with them any more. Refuses (CeremonyRefused) whoever has no
    seal, before anything is changed.
    """
    named = {department.code: subject_of(department) for department in departments}
    with desk.directory.changing():
        if missing := [holder for holder in holders if not desk.directory.certificate(holder).exists()]:
            raise CeremonyRefused(
                f"No seal to replace: {', '.join(missing)}; make a first one with: onevisit keys init"
            )
        return {
            holder: _replace(
                desk,
                holder,
                named.get(holder) or load_certificate(desk.directory.certificate(holder)).subject,
                at=at,
            )
            for holder in holders
        }


def revoke(
    desk: KeyDesk,
    holder: str,
    serial: int,
    reason: RevocationReason,
    *,
    at: datetime,
    since: datetime | None = None,
) -> bool:
    """The certificate is on a new list of revoked ones, and its key destroyed. Answers whether it was the present seal.

    If it was, the holder signs no more until `init` or `rotate` makes another: except that a key which is in wrong
    hands or replaced gets its successor at once. Refuses (CeremonyRefused) a certificate that the holder never had,
    or that is revoked already: only that its key was stolen, or stolen earlier, can be said later, too.

    `since`: when it may have been stolen; between then and now whoever has it could have had timestamps set elsewhere.
    It is the date on the list, as the Baseline Requirements of the CA/Browser Forum have it (section 7.2.2).
    """
    if since is not None and (reason is not RevocationReason.KEY_COMPROMISE or since > at):
        raise CeremonyRefused("A day in the past can be given for key-compromise alone")
    directory = desk.directory
    with directory.changing():
        certificate, is_current = _find(directory, holder, serial)
        root = desk.root()
        crl = directory.crl.read_bytes()
        before = revocations_in(crl, directory.root.read_bytes()).get(serial)
        when = min(since or at, at if before is None else before.at)
        if before is not None and not _is_worse(reason, before, when=when):
            raise CeremonyRefused(f"{serial:x} of {holder} is revoked already")
        if is_current and reason is RevocationReason.CESSATION:
            _retire(directory, holder, certificate)
            directory.certificate(holder).unlink()
        elif is_current:
            _replace(desk, holder, certificate.subject, at=at)
        others = [each for each in x509.load_der_x509_crl(crl) if each.serial_number != serial]
        revoked = [*others, _revoked(serial, reason, at=when)]
        write_file(directory.crl, new_crl(root, revoked, at=at), mode=0o644)
        desk.store.destroy(holder, serial)
    return is_current


def renew_crl(desk: KeyDesk, *, at: datetime) -> datetime:
    """The list of revoked certificates says the same anew; answers until when it can be relied on."""
    with desk.directory.changing():
        revoked = list(x509.load_der_x509_crl(desk.directory.crl.read_bytes()))
        renewed = new_crl(desk.root(), revoked, at=at)
        write_file(desk.directory.crl, renewed, mode=0o644)
    until = x509.load_der_x509_crl(renewed).next_update_utc
    assert until is not None
    return until


def prune(desk: KeyDesk, *, before: datetime) -> list[tuple[str, int]]:
    """The keys of seals that were retired before this instant are destroyed; answers whose, with serial numbers.

    Not sooner than every process has noticed the new ones: until then they finish with the old what they began.
    """
    directory = desk.directory
    with directory.changing():
        return [
            (holder, certificate.serial_number)
            for holder, certificates in directory.read().retired.items()
            for certificate in certificates
            if directory.retired(holder, certificate.serial_number).stat().st_mtime < before.timestamp()
            and desk.store.destroy(holder, certificate.serial_number)
        ]


def protect(directory: SealDirectory, *, old: bytes | None, new: bytes) -> list[Path]:
    """Every key file of the directory is opened by the new passphrase, and only by it; answers which were changed."""
    with directory.changing():
        paths = sorted(path for path in directory.path.rglob("*.key") if not path.name.startswith("."))
        opened = {path: _opened_by_either(path, old, new) for path in paths}
        for path, key in opened.items():
            write_file(path, private_pem(key, new), mode=0o600)
    return paths


def _make_root(desk: KeyDesk, *, at: datetime) -> None:
    if desk.root_key.exists():
        raise CeremonyRefused(f"{desk.root_key} is there, its certificate is not: bring {desk.directory.root} back")
    root = new_root(at=at)
    # The certificate is written last: its presence is what says that there is a root.
    write_file(desk.root_key, root.key_pem(desk.root_passphrase), mode=0o600)
    write_file(desk.directory.root, root.certificate_pem(), mode=0o644)


def _replace(desk: KeyDesk, holder: str, subject: x509.Name, *, at: datetime) -> x509.Certificate:
    directory, path = desk.directory, desk.directory.certificate(holder)
    root, serial = desk.root(), x509.random_serial_number()
    public = desk.store.make(holder, serial)
    certificate = certified(root, subject, public, at=at, serial=serial)
    if path.exists():
        _retire(directory, holder, load_certificate(path))
    write_file(path, certificate.public_bytes(Encoding.PEM), mode=0o644)
    return certificate


def _retire(directory: SealDirectory, holder: str, certificate: x509.Certificate) -> None:
    kept = directory.retired(holder, certificate.serial_number)
    write_file(kept, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _opened_by_either(path: Path, old: bytes | None, new: bytes) -> EllipticCurvePrivateKey:
    try:
        return load_key(path, old)
    except UnsafeSealKey:
        # A run that was interrupted had come past this one.
        return load_key(path, new)


def _adopt(directory: SealDirectory) -> None:
    """Keys once had the name of their holder alone; a directory from then goes on."""
    for holder in directory.holders():
        path = directory.certificate(holder)
        if path.with_suffix(".key").exists():
            path.with_suffix(".key").rename(directory.key(holder, load_certificate(path).serial_number))


def _find(directory: SealDirectory, holder: str, serial: int) -> tuple[x509.Certificate, bool]:
    present, former = directory.certificate(holder), directory.retired(holder, serial)
    if present.exists() and (certificate := load_certificate(present)).serial_number == serial:
        return certificate, True
    if former.exists():
        return load_certificate(former), False
    raise CeremonyRefused(f"{holder} never had a certificate {serial:x}; see: onevisit keys list")


def _is_worse(reason: RevocationReason, before: Revocation, *, when: datetime) -> bool:
    return reason is RevocationReason.KEY_COMPROMISE and (not before.is_compromise or when < before.at)


def _revoked(serial: int, reason: RevocationReason, *, at: datetime) -> x509.RevokedCertificate:
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
    return entry.add_extension(x509.CRLReason(reason.flag), critical=False).build()
