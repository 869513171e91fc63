"""`admin init`: the first administrator, made on the machine that holds identity's database."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.admin.clients import new_pair
from deploy.cli.admin.options import PublicKey, public_jwk
from deploy.cli.door import DEFAULT_CLIENT
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

if TYPE_CHECKING:
    from identity.settings import IdentitySettings

app = typer.Typer()


@app.command()
def init(
    name: Annotated[str, typer.Option("--name", help="What the client is called.")] = DEFAULT_CLIENT,
    new_key: Annotated[
        Path | None,
        typer.Option("--new-key", help="Make its key here: private in this file.", show_default=False),
    ] = None,
    public_key: PublicKey = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Register the first administrator, in identity's database as identity's own settings name it.

    Refused once there is one: that one registers others, with `admin client add NAME --kind ops`.
    """
    if (new_key is None) == (public_key is None):
        raise LaunchError("give either --new-key FILE, or --public-key FILE of a pair that was made elsewhere")
    settings = _settings(data_dir)
    jwk = public_jwk(public_key) if public_key else new_pair(new_key) if new_key else {}
    try:
        kid = asyncio.run(_begin(settings, name, jwk))
    except LaunchError:
        if new_key is not None:
            for file in (new_key, new_key.with_name(f"{new_key.name}.pub")):
                file.unlink(missing_ok=True)
        raise
    if json:
        answer({"client_id": name, "kid": kid})
    else:
        typer.echo(f"{name} administers this platform, by the key {kid}")


def _settings(data_dir: Path) -> "IdentitySettings":
    """Those of the environment, as identity itself reads them; else of the platform that runs on the directory."""
    from pydantic import ValidationError  # noqa: PLC0415 - brings the service, which few commands need

    from deploy.embedded.environment import Addresses, settings_for  # noqa: PLC0415
    from identity.settings import IdentitySettings  # noqa: PLC0415

    try:
        return IdentitySettings()
    except ValidationError:
        home = Home(data_dir)
        if home.state() is None:
            raise LaunchError("set identity's settings (ONEVISIT_DATABASE_URL, ...) as for the service") from None
        return IdentitySettings.model_validate(settings_for(home, Addresses.of(home.running()), "identity"))


async def _begin(settings: "IdentitySettings", name: str, jwk: dict[str, Any]) -> str:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from identity.administration.commands import begin  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415
    from shared.database import Database  # noqa: PLC0415
    from shared.errors import ServiceError  # noqa: PLC0415

    address = settings.database_address()
    if address is None:
        raise LaunchError("set ONEVISIT_DATABASE_URL to identity's database")
    database = Database(address, pool_size=1)
    try:
        async with database.transaction() as conn:
            return await begin(conn, name, jwk, at=now())
    except ServiceError as refusal:
        raise LaunchError(f"refused: {refusal.title_en} ({refusal.code})") from None
    except (SQLAlchemyError, OSError) as error:
        raise LaunchError(f"identity's database cannot be used: {type(error).__name__}") from None
    finally:
        await database.close()
