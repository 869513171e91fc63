"""`catalogue`: what the platform offers."""

import asyncio
from collections.abc import Sequence
from http.client import CREATED
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
def publish(folder: Folder = None, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Publish a catalogue to the running platform as its next release; the same content again changes nothing.

    What lint refuses is not published, and told as lint tells it.
    """
    from deploy.world import World  # noqa: PLC0415
    from licensing.catalogue.lint import judge  # noqa: PLC0415
    from licensing.catalogue.load import DATA, read_files  # noqa: PLC0415

    async def send() -> tuple[int, dict[str, Any]]:
        async with World.open(data_dir) as world:
            headers = await world.headers("ops")
            response = await world.http.post("/v1/catalogue/releases", json={"content": content}, headers=headers)
            return response.status_code, response.json()

    content, unreadable = read_files(folder or DATA)
    if findings := unreadable or judge(content)[1]:
        _tell(findings, json=json)
        raise LaunchError("refused; nothing was published")
    status, told = asyncio.run(send())
    if json:
        answer(told)
    elif status == CREATED:
        typer.echo(f"release {told['number']} is published")
    if status != CREATED:
        raise LaunchError(f"refused: {told.get('title')}; nothing was published")


def _tell(findings: "Sequence[Finding]", *, json: bool) -> None:
    """Every finding on a line of its own, and how many there are."""
    if json:
        answer({"findings": [finding._asdict() for finding in findings]})
        return
    for finding in findings:
        typer.echo(f"{finding.file}: {finding.item}: {finding.code}: {finding.cause}")
    typer.echo(f"{len(findings)} finding{'s' if len(findings) > 1 else ''}" if findings else "nothing to refuse")
