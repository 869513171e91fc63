"""The key directory, and the command that fills it: `python -m certificates.sealing.keys init DIR --departments FILE`.

DIR/root.pem, root.key, root.crl, departments/<code>.pem and .key, platform/<office>.pem and .key. A service needs no
root.key: keep it elsewhere.
"""

import os
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certificates.sealing.authority import (
    Issued,
    Office,
    SealingDepartment,
    new_crl,
    new_office,
    new_root,
    new_seal,
)
from certificates.sealing.ports import CRL_FILE, DEPARTMENTS, ROOT_FILE, office_path
from shared.clock import now

ROOT_KEY_FILE = "root.key"


def init(directory: Path, departments: Iterable[SealingDepartment], *, at: datetime) -> list[str]:
    """There is a root, a certificate for each of the platform's offices, and a seal for each department.

    Keeps what is there; returns what was made.
    """
    for holders in (directory / DEPARTMENTS, office_path(directory, Office.STATUS).parent):
        holders.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    if not (directory / ROOT_FILE).exists():
        _write(new_root(at=at), key=directory / ROOT_KEY_FILE, certificate=directory / ROOT_FILE)
        made.append("root")
    root = _load(directory / ROOT_KEY_FILE, directory / ROOT_FILE)
    if not (directory / CRL_FILE).exists():
        _write_file(directory / CRL_FILE, new_crl(root, at=at), mode=0o644)
    for office in Office:
        certificate = office_path(directory, office)
        if not certificate.exists():
            _write(new_office(root, office, at=at), key=certificate.with_suffix(".key"), certificate=certificate)
            made.append(office.value)
    for department in departments:
        certificate = directory / DEPARTMENTS / f"{department.code}.pem"
        if not certificate.exists():
            _write(new_seal(root, department, at=at), key=certificate.with_suffix(".key"), certificate=certificate)
            made.append(department.code)
    return made


def read_departments(path: Path) -> list[SealingDepartment]:
    """The departments of a catalogue file (`departments.yaml`)."""
    return [SealingDepartment.model_validate(entry) for entry in yaml.safe_load(path.read_text("utf-8"))["departments"]]


def _write(issued: Issued, *, key: Path, certificate: Path) -> None:
    # The certificate is written last and complete: its presence is what says that the pair is done.
    _write_file(key, issued.key_pem(), mode=0o600)
    _write_file(certificate, issued.certificate_pem(), mode=0o644)


def _write_file(path: Path, content: bytes, *, mode: int) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _load(key: Path, certificate: Path) -> Issued:
    private = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise TypeError(f"{key} is not an EC key")
    return Issued(private, x509.load_pem_x509_certificate(certificate.read_bytes()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = ArgumentParser(prog="python -m certificates.sealing.keys", description="Make sealing keys.")
    initialise = parser.add_subparsers(required=True).add_parser("init", help="make what is missing")
    initialise.add_argument("directory", type=Path)
    initialise.add_argument("--departments", type=Path, required=True, help="departments.yaml of the catalogue")
    given = parser.parse_args(arguments)
    made = init(given.directory, read_departments(given.departments), at=now())
    print(f"made: {', '.join(made)}" if made else "nothing to make")  # noqa: T201 - a command answers on stdout


if __name__ == "__main__":
    main()
