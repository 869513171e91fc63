"""`keys init | list | rotate | revoke | crl | prune | protect`: what is done to the keys themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.keys.options import (
    Department,
    Directory,
    Module,
    Office,
    PassphraseFile,
    PinFile,
    Place,
    RootKey,
    RootPassphraseFile,
    TokenLabel,
    holder_of,
    new_secret,
    refused_clearly,
)
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError

app = typer.Typer()

Departments = Annotated[
    Path | None,
    typer.Option(
        "--departments",
        exists=True,
        dir_okay=False,
        help="Catalogue file that names the departments (departments.yaml).",
        show_default=False,
    ),
]


@app.command()
def init(
    departments: Departments = None,
    directory: Directory = None,
    passphrase_file: PassphraseFile = None,
    root_key: RootKey = None,
    root_passphrase_file: RootPassphraseFile = None,
    pkcs11: Module = None,
    token: TokenLabel = None,
    pin_file: PinFile = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Make the root, the platform's own seals and one for each department; keep what is there."""
    from certificates.sealing import keys  # noqa: PLC0415
    from deploy.embedded.offices import CATALOGUE  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    if departments is None and directory is not None:
        raise LaunchError("Name the departments: --departments departments.yaml")
    place = Place(directory, data_dir, passphrase_file, root_key, root_passphrase_file, pkcs11, token, pin_file)
    with refused_clearly():
        made = keys.init(place.desk(), keys.read_departments(departments or CATALOGUE), at=now())
    if json:
        answer({"made": made})
    else:
        typer.echo(f"made: {', '.join(made)}" if made else "nothing to make")
        if "root" in made:
            typer.echo("Keep root.key elsewhere: the service does not need it, and whoever has it can make any seal.")


@app.command(name="list")
def list_(directory: Directory = None, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Show every seal there is or was: whose, until when, in use or not, and where its key lies."""
    from certificates.sealing.directory import SealDirectory  # noqa: PLC0415
    from certificates.sealing.keys import listed  # noqa: PLC0415

    place = Place(directory, data_dir)
    with refused_clearly():
        found = listed(SealDirectory(place.existing()))
    if json:
        answer([seal.model_dump(mode="json") for seal in found])
        return
    for seal in found:
        until = seal.valid_until.date().isoformat()
        typer.echo(f"{seal.holder:<24} {seal.state:<8} until {until}  {seal.where:<10} {seal.serial:<40} {seal.kid}")


@app.command()
def rotate(
    department: Department = None,
    office: Office = None,
    everybody: Annotated[bool, typer.Option("--all", help="Every seal there is.")] = False,
    departments: Departments = None,
    directory: Directory = None,
    passphrase_file: PassphraseFile = None,
    root_key: RootKey = None,
    root_passphrase_file: RootPassphraseFile = None,
    pkcs11: Module = None,
    token: TokenLabel = None,
    pin_file: PinFile = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Replace a seal's key and certificate. A running service goes over to them by itself within seconds.

    What the old key sealed stays genuine. --departments gives the new certificate the names in that file.
    """
    from certificates.sealing import keys  # noqa: PLC0415
    from certificates.sealing.rules import thumbprint_of  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    place = Place(directory, data_dir, passphrase_file, root_key, root_passphrase_file, pkcs11, token, pin_file)
    place.existing()
    with refused_clearly():
        desk = place.desk()
        holders = desk.directory.holders() if everybody else [holder_of(department, office)]
        named = [] if departments is None else keys.read_departments(departments)
        made = keys.rotate(desk, holders, at=now(), departments=named)
    told = [
        {"holder": holder, "kid": thumbprint_of(new), "serial": f"{new.serial_number:x}"}
        for holder, new in made.items()
    ]
    _tell(told, "{holder} signs by {kid} (certificate {serial}) from now on", json=json)


@app.command()
def revoke(
    reason: Annotated[
        str, typer.Option("--reason", help="key-compromise, superseded or cessation-of-operation (RFC 5280).")
    ],
    department: Department = None,
    office: Office = None,
    serial: Annotated[
        str | None, typer.Option("--serial", help="Serial number of the certificate, as `keys list` shows it.")
    ] = None,
    kid: Annotated[str | None, typer.Option("--kid", help="Or the name of its key.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Since when its key may have been in wrong hands, UTC; now, if left out.",
        ),
    ] = None,
    directory: Directory = None,
    passphrase_file: PassphraseFile = None,
    root_key: RootKey = None,
    root_passphrase_file: RootPassphraseFile = None,
    pkcs11: Module = None,
    token: TokenLabel = None,
    pin_file: PinFile = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Put a seal on the list of revoked ones and destroy its key; where it was in use, another takes its place.

    Unless the holder ceased to operate: then there is none. After key-compromise nothing by that key counts offline,
    whatever its date; online what is registered stays genuine. Seal it again with `onevisit keys reseal`.
    """
    from certificates.sealing import keys  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    place = Place(directory, data_dir, passphrase_file, root_key, root_passphrase_file, pkcs11, token, pin_file)
    place.existing()
    holder = holder_of(department, office)
    with refused_clearly():
        desk = place.desk()
        number = _serial(desk, holder, serial=serial, kid=kid)
        from_ = None if since is None else since.replace(tzinfo=UTC)
        was_current = keys.revoke(desk, holder, number, _reason(reason), at=now(), since=from_)
    told = {"holder": holder, "serial": f"{number:x}", "reason": reason, "was_current": was_current}
    _tell([told], "{holder}: certificate {serial} is revoked", json=json)


@app.command()
def crl(
    directory: Directory = None,
    root_key: RootKey = None,
    root_passphrase_file: RootPassphraseFile = None,
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Renew the list of revoked certificates: verifiers rely on one for 180 days."""
    from certificates.sealing import keys  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    place = Place(directory, data_dir, passphrase_file, root_key, root_passphrase_file)
    place.existing()
    with refused_clearly():
        until = keys.renew_crl(place.desk(), at=now())
    _tell([{"valid_until": until.isoformat()}], "the list can be relied on until {valid_until}", json=json)


@app.command()
def prune(
    hours: Annotated[float, typer.Option("--older-than", min=0.1, help="Only keys retired so many hours ago.")] = 1,
    directory: Directory = None,
    pkcs11: Module = None,
    token: TokenLabel = None,
    pin_file: PinFile = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Destroy the keys of retired seals. Their certificates stay: what they sealed must be verifiable."""
    from certificates.sealing import keys  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    place = Place(directory, data_dir, pkcs11=pkcs11, token=token, pin_file=pin_file)
    place.existing()
    with refused_clearly():
        gone = keys.prune(place.desk(), before=now() - timedelta(hours=hours))
    told = [{"holder": holder, "serial": f"{serial:x}"} for holder, serial in gone]
    _tell(told, "{holder}: the key of certificate {serial} is destroyed", json=json)


@app.command()
def protect(
    passphrase_file: PassphraseFile = None,
    old_passphrase_file: Annotated[
        Path | None, typer.Option("--old-passphrase-file", help="What opens them now, if anything does.")
    ] = None,
    directory: Directory = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Give every key file in the directory this passphrase."""
    from certificates.sealing.directory import SealDirectory  # noqa: PLC0415
    from certificates.sealing.keys import protect as give  # noqa: PLC0415

    place = Place(directory, data_dir)
    with refused_clearly():
        new = new_secret(passphrase_file)
        if new is None:
            raise LaunchError("Name the file with the passphrase: --passphrase-file")
        paths = give(SealDirectory(place.existing()), old=new_secret(old_passphrase_file), new=new)
    _tell([{"file": str(path)} for path in paths], "{file}", json=json)


def _serial(desk: Any, holder: str, *, serial: str | None, kid: str | None) -> int:
    from certificates.sealing.keys import serial_of_key  # noqa: PLC0415

    if (serial is None) == (kid is None):
        raise LaunchError("Name either --serial or --kid; see: onevisit keys list")
    if kid is not None:
        return serial_of_key(desk.directory, holder, kid)
    try:
        return int(serial or "", 16)
    except ValueError:
        raise LaunchError(f"--serial {serial!r} is no serial number") from None


def _reason(text: str) -> Any:
    from certificates.sealing.keys import RevocationReason  # noqa: PLC0415

    try:
        return RevocationReason(text)
    except ValueError:
        raise LaunchError(f"--reason is one of: {', '.join(RevocationReason)}") from None


def _tell(told: Sequence[dict[str, Any]], line: str, *, json: bool) -> None:
    """Each on a line of its own; for programs, all of them as they are."""
    if json:
        answer(told)
        return
    for each in told:
        typer.echo(line.format(**each))
    if not told:
        typer.echo("nothing to do")
