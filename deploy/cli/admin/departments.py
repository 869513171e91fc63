"""`admin department add | list | retire`."""

from typing import Annotated

import typer

from deploy.cli.admin.options import NameEn, NameZh, listed
from deploy.cli.door import Door
from deploy.cli.options import DATA_DIR, DataDir, Json, answer

app = typer.Typer()
department = typer.Typer(help="Departments (部门).", no_args_is_help=True)
app.add_typer(department, name="department")

Code = Annotated[str, typer.Argument(metavar="CODE", help="Its code, as the catalogue names it: `public-security`.")]


@department.command()
def add(
    context: typer.Context,
    code: Code,
    name_zh: NameZh,
    name_en: NameEn,
    uscc: Annotated[str, typer.Option("--uscc", help="Unified social credit code (统一社会信用代码, GB 32100).")],
    region: Annotated[str, typer.Option("--region", help="Where it acts, with everything below: 330000 or 330782.")],
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Register a department, or change its name, credit code or region. Safe to repeat."""
    says = {"name": {"zh": name_zh, "en": name_en}, "uscc": uscc, "region": region}
    is_new, made = Door.of(context).open(data_dir).put(f"/v1/admin/departments/{code}", says)
    if json:
        answer(made)
        return
    typer.echo(f"{code} is registered" if is_new else f"{code} is as you say")
    if is_new:
        typer.echo("it needs besides, to issue certificates: a seal (onevisit secrets admit; else onevisit keys init)")


@department.command("list")
def list_all(context: typer.Context, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """All departments, the retired ones too."""
    found = list(Door.of(context).open(data_dir).pages("/v1/admin/departments"))
    listed(found, lambda row: (row["code"], row["region"], row["uscc"], _state(row), row["name"]["zh"]), as_json=json)


@department.command()
def retire(context: typer.Context, code: Code, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """The department is no more, for good: its clients, officers and subscriptions end with it."""
    _, ended = Door.of(context).open(data_dir).post(f"/v1/admin/departments/{code}/retirement")
    if json:
        answer(ended)
        return
    typer.echo(
        f"{code} is retired; with it went {ended['clients_revoked']} clients, {ended['officers_suspended']} officers "
        f"and {ended['subscriptions_ended']} subscriptions"
    )


def _state(row: dict[str, object]) -> str:
    return "retired" if row["retired_at"] else "active"
