"""`catalogue` and `verify`: what the platform offers, and what it issued."""

import asyncio
from collections.abc import Iterator, Sequence
from http.client import CREATED
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

if TYPE_CHECKING:
    from certificates.verification.offline import Verdict
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


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A certificate as it was handed out.")],
    root: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Root certificate; the data directory's if left out."),
    ] = None,
    crl: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="List of revoked seals (DER); root.crl beside the root if left out."
        ),
    ] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Say whether a certificate is genuine, without any network. Exit status 1 unless it is genuine and in force.

    Whether it was revoked since, only `POST /v1/verifications` knows.
    """
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    from certificates.sealing.errors import NotASeal  # noqa: PLC0415
    from certificates.verification.offline import verify_document  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    trusted = root or Home(data_dir).seals / "root.pem"
    if not trusted.exists():
        raise LaunchError(f"There is no root certificate at {trusted}; name one with --root")
    root_pem = trusted.read_bytes()
    try:
        load_pem_x509_certificate(root_pem)
    except ValueError:
        raise LaunchError(f"{trusted} is not a root certificate (PEM)") from None
    listed = crl or trusted.with_suffix(".crl")
    try:
        revoked = listed.read_bytes() if listed.exists() else None
        verdict = verify_document(file.read_bytes(), root_pem, now(), crl=revoked)
    except NotASeal:
        raise LaunchError(f"{listed} is not a list of revoked seals by the root in {trusted}") from None
    if json:
        answer(verdict.model_dump(mode="json"))
    else:
        typer.echo("genuine" if verdict.genuine else "NOT GENUINE")
        for line in _lines(verdict):
            typer.echo(line)
    if not (verdict.genuine and verdict.state == "in force"):
        raise typer.Exit(1)


def _tell(findings: "Sequence[Finding]", *, json: bool) -> None:
    """Every finding on a line of its own, and how many there are."""
    if json:
        answer({"findings": [finding._asdict() for finding in findings]})
        return
    for finding in findings:
        typer.echo(f"{finding.file}: {finding.item}: {finding.code}: {finding.cause}")
    typer.echo(f"{len(findings)} finding{'s' if len(findings) > 1 else ''}" if findings else "nothing to refuse")


def _lines(verdict: "Verdict") -> Iterator[str]:
    """What a person wants to know of it; the reasons in both languages."""
    shown = {"state": verdict.state, "number": verdict.number, "kind": verdict.kind, "issuer": verdict.issuer}
    dates = {"issued on": verdict.issued_on, "valid until": verdict.valid_until}
    yield from (f"{label:<12} {value}" for label, value in {**shown, **dates}.items() if value is not None)
    yield from (f"{'because':<12} {reason.zh} / {reason.en}" for reason in verdict.reasons)
