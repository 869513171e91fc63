"""`catalogue`: what the platform offers."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.door import Administrator, Door
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError

if TYPE_CHECKING:
    from licensing.catalogue.model import Finding

app = typer.Typer()
catalogue = typer.Typer(help="The catalogue of things and items.", no_args_is_help=True)
app.add_typer(catalogue, name="catalogue")

Folder = Annotated[
    Path | None,
    typer.Argument(exists=True, file_okay=False, help="Folder of YAML files; the one that ships if left out."),
]


@catalogue.command()
def lint(folder: Folder = None, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:  # noqa: ARG001 - every command has it
    """Judge a catalogue as publication would: every refusal names file, item and cause. Exit status 1 if refused."""
    from licensing.catalogue.lint import lint_folder  # noqa: PLC0415

    findings = lint_folder(folder)
    _tell(findings, json=json)
    if findings:
        raise typer.Exit(1)


@catalogue.command()
def check(context: typer.Context, folder: Folder = None, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Ask the running platform what publishing this would change. Nothing is published. Exit status 1 if refused.

    Says, too, which of its departments are not registered, so that nobody could decide or issue for them.
    """
    content = _readable(folder, json=json)
    platform = Door.of(context).open(data_dir)
    _, judged = platform.post("/v1/catalogue/checks", {"content": content})
    judged["departments_not_registered"] = [*_not_registered(platform, content)]
    answer(judged) if json else _tell_judgement(judged)
    if judged["findings"]:
        raise typer.Exit(1)


@catalogue.command()
def publish(context: typer.Context, folder: Folder = None, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Publish a catalogue to the running platform as its next release; the same content again changes nothing.

    What lint refuses is not published, and told as lint tells it.
    """
    from licensing.catalogue.lint import judge  # noqa: PLC0415

    content = _readable(folder, json=json)
    if findings := judge(content)[1]:
        _tell(findings, json=json)
        raise LaunchError("refused; nothing was published")
    _, release = Door.of(context).open(data_dir).post("/v1/catalogue/releases", {"content": content})
    answer(release) if json else typer.echo(f"release {release['number']} is published")


@catalogue.command()
def rollback(
    context: typer.Context,
    to: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The release to go back to.")],
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Publish the content of an earlier release again, as the next one. What is running keeps its own release."""
    _, release = Door.of(context).open(data_dir).post(f"/v1/catalogue/releases/{to}/restoration")
    answer(release) if json else typer.echo(f"release {release['number']} is published; it says what release {to} said")


@catalogue.command("list")
def list_releases(context: typer.Context, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """All releases, the current one first."""
    found = list(Door.of(context).open(data_dir).pages("/v1/catalogue/releases"))
    if json:
        answer(found)
        return
    for row in found:
        again = f"says again what {row['restores']} said" if row["restores"] else ""
        typer.echo(f"{row['number']:>5}  {row['published_at'][:19]}  {row['published_by']}  {again}".rstrip())


def _readable(folder: Path | None, *, json: bool) -> Mapping[str, Any]:
    """What the files say; refuses files that are no YAML, and tells them."""
    from licensing.catalogue.load import DATA, read_files  # noqa: PLC0415

    content, unreadable = read_files(folder or DATA)
    if unreadable:
        _tell(unreadable, json=json)
        raise LaunchError("refused; some files cannot be read")
    return content


def _not_registered(platform: Administrator, content: Mapping[str, Any]) -> Iterator[str]:
    """The catalogue's departments that identity does not know, or knows as retired."""
    known = {row["code"] for row in platform.pages("/v1/admin/departments") if not row["retired_at"]}
    listed = content.get("departments.yaml")
    for department in listed.get("departments", []) if isinstance(listed, dict) else []:
        if isinstance(department, dict) and department.get("code") not in known:
            yield str(department.get("code"))


def _tell_judgement(judged: Mapping[str, Any]) -> None:
    for change in judged["changes"]:
        typer.echo(f"{change['change']:<8} {change['thing']}")
    for department in judged["departments_not_registered"]:
        typer.echo(f"department {department} is not registered: onevisit admin department add")
    _tell_all(judged["findings"])
    typer.echo(f"compared with release {judged['release'] or '-'}")


def _tell(findings: "Sequence[Finding]", *, json: bool) -> None:
    """Every finding on a line of its own, and how many there are."""
    told = [finding._asdict() for finding in findings]
    answer({"findings": told}) if json else _tell_all(told)


def _tell_all(findings: Sequence[Mapping[str, Any]]) -> None:
    for finding in findings:
        typer.echo(f"{finding['file']}: {finding['item']}: {finding['code']}: {finding['cause']}")
    typer.echo(f"{len(findings)} finding{'s' if len(findings) > 1 else ''}" if findings else "nothing to refuse")
