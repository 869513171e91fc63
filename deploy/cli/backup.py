"""`backup` and `restore`: everything that a deployment must not lose, in one folder."""

import asyncio
import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

if TYPE_CHECKING:
    from deploy.backup.manifest import Manifest
    from deploy.backup.places import Place
    from deploy.backup.restore import Opened

app = typer.Typer()


class Half(StrEnum):
    """Of a deployment whose databases are not in its data directory."""

    KEYS = "keys"
    DATABASES = "databases"


Passphrase = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="ONEVISIT_BACKUP_PASSPHRASE_FILE",
        exists=True,
        dir_okay=False,
        help="File with the passphrase; asked for at the terminal if left out.",
    ),
]
Elsewhere = Annotated[
    list[Path] | None,
    typer.Option("--with", file_okay=False, help="A folder of secrets outside the data directory; may be repeated."),
]


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder; appears when the backup is whole.")],
    passphrase_file: Passphrase = None,
    elsewhere: Elsewhere = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Back up everything that cannot be made again, while the platform works: databases at one moment, keys, secrets.

    The databases are those of the data directory, or those that ONEVISIT_MIGRATE_<SERVICE>_URL name. Every file is
    sealed; without the passphrase nobody can read a backup, you included. Keys in a hardware module stay there.
    """
    from deploy.backup import places  # noqa: PLC0415
    from deploy.backup.take import take  # noqa: PLC0415

    os.umask(0o077)
    place = places.Place(Home(data_dir), tuple(elsewhere or ()))
    phrase = _passphrase(passphrase_file, twice=True)
    if places.are_elsewhere():
        made = take(places.named_databases(), place.secrets(), folder, passphrase=phrase, say=_say)
    else:
        with places.databases_of(place.home) as urls:
            made = take(urls, place.secrets(), folder, passphrase=phrase, say=_say)
    _report(folder, made, json=json, headline=f"backed up to {folder}")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A backup.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether it could be restored.")] = False,
    only: Annotated[
        Half | None, typer.Option("--only", help="For containers: first the keys, which PostgreSQL needs to start.")
    ] = None,
    passphrase_file: Passphrase = None,
    elsewhere: Elsewhere = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Make an empty deployment what a backup says, and prove it by the digests of every table and the heads of events.

    Into a new data directory, which `onevisit up` then starts; or into the empty databases that
    ONEVISIT_MIGRATE_<SERVICE>_URL name, with a bus that holds nothing. The bus is filled again from the databases.
    """
    from deploy.backup import places  # noqa: PLC0415
    from deploy.backup.restore import opened  # noqa: PLC0415
    from deploy.backup.restore import restore as give_back  # noqa: PLC0415

    os.umask(0o077)
    place = places.Place(Home(data_dir), tuple(elsewhere or ()))
    if not check and only is not Half.DATABASES:
        place.refuse_secrets()
    found = opened(folder, passphrase=_passphrase(passphrase_file, twice=False), say=_say)
    if check:
        _report(folder, found.manifest, json=json, headline=f"{folder} is whole and can be restored")
        return
    if only or places.are_elsewhere():
        if only is not Half.KEYS:
            asyncio.run(give_back(found, places.named_databases(), say=_say))
        if only is not Half.DATABASES:
            place.keep(found.secrets)
    else:
        _into_new_home(place, found)
    _report(folder, found.manifest, json=json, headline=_restored(place, only))


def _restored(place: "Place", only: Half | None) -> str:
    return f"restored {only}" if only else f"restored into {place.home.directory}"


def _into_new_home(place: "Place", found: "Opened") -> None:
    """A data directory that only needs starting; what did not succeed leaves nothing behind."""
    from deploy import services  # noqa: PLC0415
    from deploy.backup import places  # noqa: PLC0415
    from deploy.backup.restore import restore as give_back  # noqa: PLC0415
    from deploy.embedded.environment import password_names  # noqa: PLC0415
    from deploy.provisioning.postgres import provision  # noqa: PLC0415

    home, existed = place.home, place.home.directory.exists()
    home.prepare()

    async def fill(url: str, owners: dict[str, str]) -> None:
        await provision(url, services.WITH_DATABASE, passwords=home.passwords(password_names()))
        await give_back(found, owners, say=_say)

    try:
        with home.held():
            place.keep(found.secrets)
            _say("starting an empty PostgreSQL")
            with places.cluster_of(home) as postgres:
                asyncio.run(fill(postgres.url(), places.owners(home, postgres)))
    except BaseException:
        shutil.rmtree(home.directory, ignore_errors=True)
        if existed:
            home.directory.mkdir(mode=0o700)
        raise


def _passphrase(file: Path | None, *, twice: bool) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    if not sys.stdin.isatty():
        raise LaunchError("Name the file with the passphrase: --passphrase-file, or ONEVISIT_BACKUP_PASSPHRASE_FILE")
    return str(typer.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=twice, err=True))


def _say(line: str) -> None:
    typer.echo(f"onevisit: {line}", err=True)


def _report(folder: Path, made: "Manifest", *, json: bool, headline: str) -> None:
    size = sum(each.bytes for each in made.files.values())
    if json:
        answer({"folder": str(folder), "cut_at": made.cut_at, "bytes": size, "services": _services(made)})
        return
    typer.echo(f"{headline}: {size / 2**20:.1f} MB, as of {made.cut_at:%Y-%m-%d %H:%M:%S} UTC")
    for name, service in _services(made).items():
        counts = f"{service['rows']:>10} rows {service['last_position']:>10} events"
        typer.echo(f"{name:<13} {counts}  revision {service['revision']}")


def _services(made: "Manifest") -> dict[str, dict[str, Any]]:
    return {
        name: {
            "revision": each.revision,
            "rows": sum(table.rows for table in each.tables.values()),
            "last_position": each.last_position,
            "topics": len(each.heads),
        }
        for name, each in made.services.items()
    }
