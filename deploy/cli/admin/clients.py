"""`admin client add | list | rotate | revoke | make-key`."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from deploy.cli.admin.options import OfDepartment, PublicKey, listed, public_jwk
from deploy.cli.door import Door
from deploy.cli.door import Json as Answer
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError

app = typer.Typer()
client = typer.Typer(help="Clients: the systems that may ask for tokens, and their public keys.", no_args_is_help=True)
app.add_typer(client, name="client")

Id = Annotated[str, typer.Argument(metavar="CLIENT", help="Its name: `tax`, `city-app`.")]


@client.command()
def add(
    context: typer.Context,
    client_id: Id,
    kind: Annotated[Literal["department", "app", "ops"], typer.Option("--kind", help="What it is.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it may ask for; may be given several times.")
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help="Whose system it is.")] = None,
    role: Annotated[list[str] | None, typer.Option("--role", help="number-authority, window-clerk, auditor")] = None,
    public_key: PublicKey = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Register a client with what it may ask for, or change that; and its public key, if one is given.

    Safe to repeat. Without a key it gets no token; `client make-key` makes a pair where the client is.
    """
    jwk = public_jwk(public_key) if public_key else None
    says = {"kind": kind, "department": department, "scopes": scope or [], "roles": role or []}
    platform = Door.of(context).open(data_dir)
    is_new, made = platform.put(f"/v1/admin/clients/{client_id}", says)
    if jwk is not None:
        _, made = platform.post(f"/v1/admin/clients/{client_id}/keys", {"jwk": jwk})
    if json:
        answer(made)
    else:
        typer.echo(f"{client_id} is {'registered' if is_new else 'as you say'}; keys: {_keys(made) or 'none yet'}")


@client.command("list")
def list_all(
    context: typer.Context,
    department: OfDepartment = None,
    kind: Annotated[
        Literal["service", "department", "app", "ops"] | None, typer.Option("--kind", help="Of this kind only.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Clients with their rights and the names of their keys, the revoked ones too."""
    found = list(Door.of(context).open(data_dir).pages("/v1/admin/clients", department=department, kind=kind))
    listed(
        found,
        lambda row: (
            row["client_id"],
            row["kind"],
            "revoked" if row["revoked_at"] else _keys(row),
            " ".join(row["scopes"]),
        ),
        as_json=json,
    )


@client.command()
def rotate(
    context: typer.Context,
    client_id: Id,
    public_key: PublicKey = None,
    remove: Annotated[
        str | None, typer.Option("--remove", metavar="KID", help="Take this key away.", show_default=False)
    ] = None,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Others may have it: the tokens that the client has end, too.")
    ] = False,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Go from one key to the next: add the new one (--public-key), let the client change over, remove the old one.

    Both are good meanwhile. What the removed key earned is good for ten minutes at most; --compromised ends it within
    half a minute, and for a minute the client gets nothing that holds.
    """
    if (public_key is None) == (remove is None) or (compromised and remove is None):
        raise LaunchError("give either --public-key FILE or --remove KID; --compromised goes with the latter")
    platform = Door.of(context).open(data_dir)
    if public_key is not None:
        _, made = platform.post(f"/v1/admin/clients/{client_id}/keys", {"jwk": public_jwk(public_key)})
    else:
        query = {"compromised": "true"} if compromised else {}
        made = platform.delete(f"/v1/admin/clients/{client_id}/keys/{remove}", **query)
    answer(made) if json else typer.echo(f"keys of {client_id}: {_keys(made) or 'none'}")


@client.command()
def revoke(context: typer.Context, client_id: Id, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """No token any more, for good; those in use are refused within half a minute, its connections cut off at once."""
    _, made = Door.of(context).open(data_dir).post(f"/v1/clients/{client_id}/revocation")
    answer(made) if json else typer.echo(f"{client_id} is revoked since {made['revoked_at']}")


@client.command("make-key")
def make_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes; nothing may be there.")],
    data_dir: DataDir = DATA_DIR,  # noqa: ARG001 - every command has it
    json: Json = False,
) -> None:
    """Make a key pair on this machine, which should be the client's: private in FILE, public in FILE.pub."""
    jwk = new_pair(file)
    answer(jwk) if json else typer.echo(f"{jwk['kid']}: private in {file}, public in {file}.pub (send that one)")


def new_pair(file: Path) -> Answer:
    """A new private key lies in the file, readable by its owner alone, its public half beside it; answers that."""
    import json  # noqa: PLC0415 - an option is called like it

    from shared.jose import SigningKey  # noqa: PLC0415

    key = SigningKey.generate()
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
            private.write(key.pem())
        file.with_name(f"{file.name}.pub").write_text(json.dumps(key.public_jwk(), indent=2) + "\n")
    except FileExistsError:
        raise LaunchError(f"{file} is there already; a key is not written over") from None
    except OSError as error:
        raise LaunchError(f"{file} cannot be written: {error.strerror}") from None
    return key.public_jwk()


def _keys(row: Answer) -> str:
    return " ".join(key["kid"] for key in row["keys"])
