"""`keys reseal | uses`: what was sealed with the keys, in the database of the certificates service."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from deploy.cli.keys.options import Directory, refused_clearly
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

if TYPE_CHECKING:
    from certificates.resealing.commands import Progress
    from certificates.settings import CertificatesSettings
    from shared.database import Database

app = typer.Typer()
_NAMED_AT_MOST = 100


@app.command()
def reseal(
    department: Annotated[
        list[str] | None,
        typer.Option("--department", metavar="CODE", help="Only this one's; may be given several times."),
    ] = None,
    kid: Annotated[str | None, typer.Option("--kid", help="Only what this key sealed.", show_default=False)] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, max=5000, help="How many to look at at once.")] = 200,
    directory: Directory = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Seal certificates again with the present keys; holders' old files stay genuine. Interrupted, run it again.

    With a data directory it works on its running platform; otherwise on what the service's own ONEVISIT_ variables
    name. Exit status 1 where a certificate could not be sealed; those are named.
    """
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    started = time.monotonic()
    columns = (TextColumn("certificates"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

    async def run() -> "Progress":
        with Bar(*columns, console=Console(stderr=True), disable=json) as bar:
            task, last = bar.add_task("", total=None), None
            async for last in _resealing(_settings(directory, data_dir), department or [], kid, batch):
                bar.update(task, total=last.total, completed=last.looked_at)
        assert last is not None
        return last

    with refused_clearly():
        end = asyncio.run(run())
    seconds = time.monotonic() - started
    left = [str(each) for each in list(end.left)[:_NAMED_AT_MOST]]
    told = {
        "resealed": end.done,
        "left": end.reasons,
        "certificates_left": left,
        "seconds": round(seconds, 1),
        "per_second": round(end.done / seconds, 1),
    }
    if json:
        answer(told)
    else:
        typer.echo(f"{end.done} sealed again in {seconds:.1f} s, {end.done / seconds:.0f}/s")
        for certificate in left:
            typer.echo(f"{certificate} keeps its seal: {end.left[UUID(certificate)]}")
    if end.left:
        raise typer.Exit(1)


@app.command()
def uses(
    kid: Annotated[str | None, typer.Option("--kid", help="Only of this key.", show_default=False)] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Only from then on, UTC."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many on a page.")] = 50,
    before: Annotated[
        str | None, typer.Option("--before", help="`next` of the page before.", show_default=False)
    ] = None,
    directory: Directory = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Show for what keys were used, newest first: when, whose, which key, what was signed, of which certificate."""
    from certificates.sealing.queries import list_uses  # noqa: PLC0415

    from_ = None if since is None else since.replace(tzinfo=UTC)

    async def ask() -> list[Any]:
        async with _database(_settings(directory, data_dir)) as database, database.read() as conn:
            return list(await list_uses(conn, key=kid, since=from_, limit=limit, before=_use(before)))

    found = asyncio.run(ask())
    page = [dict(row._mapping) for row in found[:limit]]  # noqa: SLF001 - the public name of a row's columns
    following = str(page[-1]["id"]) if len(found) > limit else None
    if json:
        answer({"items": page, "next": following})
        return
    for use in page:
        at = use["at"].astimezone(UTC).isoformat(timespec="seconds")
        typer.echo(f"{at}  {use['holder']:<24} {use['form']:<12} {use['key']}  {use['certificate'] or 'many'}")
    if following:
        typer.echo(f"more: --before {following}", err=True)


async def _resealing(
    settings: "CertificatesSettings", departments: list[str], kid: str | None, batch: int
) -> "AsyncGenerator[Progress]":
    from certificates.resealing.commands import reseal_all, wanted_of  # noqa: PLC0415
    from certificates.sealing.errors import NoSealKey  # noqa: PLC0415
    from certificates.service import signer_of  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    signer = signer_of(settings)
    try:
        wanted = wanted_of(signer, departments, kid=kid)
    except NoSealKey as missing:
        raise LaunchError(f"{missing.holder} has no seal; make one with: onevisit keys init") from None
    async with _database(settings) as database:
        async for progress in reseal_all(database, wanted, signer=signer, clock=now, batch=batch):
            yield progress


@asynccontextmanager
async def _database(settings: "CertificatesSettings") -> "AsyncGenerator[Database]":
    from shared.database import Database  # noqa: PLC0415

    address = settings.database_address()
    if address is None:
        raise LaunchError("Set ONEVISIT_DATABASE_URL to the database of the certificates service")
    database = Database(address, pool_size=2)
    try:
        yield database
    finally:
        await database.close()


def _settings(directory: Path | None, data_dir: Path) -> "CertificatesSettings":
    """What the certificates service itself is told: by a running platform, or where there is a directory, by the
    environment.
    """
    from pydantic import ValidationError  # noqa: PLC0415

    from certificates.settings import CertificatesSettings  # noqa: PLC0415
    from deploy.embedded.environment import Addresses, settings_for  # noqa: PLC0415

    if directory is None:
        home = Home(data_dir)
        return CertificatesSettings.model_validate(settings_for(home, Addresses.of(home.running()), "certificates"))
    try:
        return CertificatesSettings.model_validate({"seal_directory": directory})
    except ValidationError as error:
        missing = ", ".join(f"ONEVISIT_{str(each['loc'][0]).upper()}" for each in error.errors() if each["loc"])
        raise LaunchError(f"This needs the settings of the certificates service; see to: {missing}") from None


def _use(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise LaunchError(f"--before {text!r} is no page; take it from the page before") from None
