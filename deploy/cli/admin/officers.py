"""`admin officer add | list | suspend | reinstate`."""

from typing import Annotated
from uuid import UUID

import typer

from deploy.cli.admin.options import NameEn, NameZh, OfDepartment, listed
from deploy.cli.door import Door
from deploy.cli.options import DATA_DIR, DataDir, Json, answer

app = typer.Typer()
officer = typer.Typer(help="Officers (经办人): who is named in every act.", no_args_is_help=True)
app.add_typer(officer, name="officer")

Id = Annotated[UUID, typer.Argument(metavar="ID", help="The officer, as `officer list` names them.")]

Issuer = Annotated[str, typer.Option("--issuer", help="The provider, as identity's configuration names it.")]


@officer.command()
def add(
    context: typer.Context,
    department: Annotated[str, typer.Option("--department", help="The code of their department.")],
    name_zh: NameZh,
    name_en: NameEn,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="May be given several times; `officer` if left out.")
    ] = None,
    id_: Annotated[
        UUID | None, typer.Option("--id", help="Of your making, to repeat or to change; a new one if left out.")
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Register an officer; their department's systems name this id when they ask for a token."""
    from shared.ids import new_id  # noqa: PLC0415 - few commands need it

    officer = id_ or new_id()
    says = {"department": department, "name": {"zh": name_zh, "en": name_en}, "roles": role or ["officer"]}
    is_new, made = Door.of(context).open(data_dir).put(f"/v1/admin/officers/{officer}", says)
    if json:
        answer(made)
    else:
        typer.echo(f"{officer} is {'registered' if is_new else 'as you say'}")


@officer.command("list")
def list_all(
    context: typer.Context,
    department: OfDepartment = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Officers of one department, or of all."""
    found = list(Door.of(context).open(data_dir).pages("/v1/admin/officers", department=department))
    listed(
        found,
        lambda row: (
            row["id"],
            row["department"],
            "suspended" if row["suspended_at"] else "in office",
            row["name"]["zh"],
        ),
        as_json=json,
    )


@officer.command()
def suspend(context: typer.Context, id_: Id, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Nobody acts for the officer from now on; tokens in use are refused within half a minute."""
    _, found = Door.of(context).open(data_dir).post(f"/v1/admin/officers/{id_}/suspension")
    answer(found) if json else typer.echo(f"{id_} is suspended")


@officer.command()
def reinstate(context: typer.Context, id_: Id, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """The officer is in office again."""
    _, found = Door.of(context).open(data_dir).post(f"/v1/admin/officers/{id_}/reinstatement")
    answer(found) if json else typer.echo(f"{id_} is in office")


@officer.command()
def link(
    context: typer.Context,
    id_: Id,
    issuer: Issuer,
    subject: Annotated[str, typer.Option("--subject", help="By which name (`sub`) the provider knows them.")],
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Whoever signs in by this login at the city's provider acts for the officer. Safe to repeat."""
    Door.of(context).open(data_dir).put(f"/v1/admin/officers/{id_}/login", {"issuer": issuer, "subject": subject})
    answer({"officer": str(id_), "issuer": issuer}) if json else typer.echo(f"{id_} signs in at {issuer}")


@officer.command()
def unlink(context: typer.Context, id_: Id, issuer: Issuer, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Nobody signs in as the officer at this provider any more."""
    Door.of(context).open(data_dir).delete(f"/v1/admin/officers/{id_}/login", issuer=issuer)
    answer({"officer": str(id_), "issuer": None}) if json else typer.echo(f"{id_} does not sign in at {issuer}")
