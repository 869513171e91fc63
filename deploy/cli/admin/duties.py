"""`admin duty set | list | end`."""

from typing import Annotated, Any

import typer

from deploy.cli.admin.options import OfDepartment, listed
from deploy.cli.door import Door
from deploy.cli.options import DATA_DIR, DataDir, Json, answer

app = typer.Typer()
duty = typer.Typer(
    help="Standing duties (法定职责): by which law a department may read without a case.", no_args_is_help=True
)
app.add_typer(duty, name="duty")

Department = Annotated[str, typer.Argument(metavar="DEPARTMENT", help="Whose duty it is.")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="Its code, of your making: `resident-enrolment`.")]


@duty.command("set")
def put(
    context: typer.Context,
    department: Department,
    code: Code,
    law_zh: Annotated[str, typer.Option("--law-zh", help="The article of the law, in Chinese.")],
    law_en: Annotated[str, typer.Option("--law-en", help="The same in English.")],
    item: Annotated[
        str | None, typer.Option("--item", help="Under whose sharing rules evidence is read; none: it reads none.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="A kind of evidence that it reads; may be given several times.")
    ] = None,
    about: Annotated[
        list[str] | None,
        typer.Option("--about", help="person, organisation; may be given several times; `person` if left out."),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", help="Where they live; may be given several times; where it acts if left out."),
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Give a department a standing duty, or change what it says. Safe to repeat. Everybody can read it (/v1/duties)."""
    parties = {"kinds": about or ["person"], "regions": region or []}
    says = {"law": {"zh": law_zh, "en": law_en}, "item": item, "kinds": kind or [], "parties": parties}
    platform = Door.of(context).open(data_dir)
    is_new, made = platform.put(f"/v1/admin/departments/{department}/duties/{code}", says)
    answer(made) if json else typer.echo(f"{department} {'has' if is_new else 'has, as you say,'} the duty {code}")


@duty.command("list")
def list_all(
    context: typer.Context,
    department: OfDepartment = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Standing duties, as everybody sees them."""
    everybodys: list[dict[str, Any]] = Door.of(context).open(data_dir).get("/v1/duties")["items"]
    found = [row for row in everybodys if department in (None, row["department"])]
    listed(
        found,
        lambda row: (
            row["department"],
            row["code"],
            row["item"] or "-",
            " ".join(row["kinds"]) or "-",
            row["law"]["zh"],
        ),
        as_json=json,
    )


@duty.command()
def end(
    context: typer.Context, department: Department, code: Code, data_dir: DataDir = DATA_DIR, json: Json = False
) -> None:
    """The department has this duty no more; a grant that it got on it holds for ten minutes at most."""
    Door.of(context).open(data_dir).delete(f"/v1/admin/departments/{department}/duties/{code}")
    answer({"department": department, "code": code}) if json else typer.echo(
        f"{department} has the duty {code} no more"
    )
