"""`verify`: is a certificate genuine and in force, on a machine without any network."""

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.home import Home

if TYPE_CHECKING:
    from cryptography import x509

    from certificates.credentials.rules import Challenge
    from certificates.verification.bundle import OpenedBundle
    from certificates.verification.offline import Verdict

app = typer.Typer()
HOLDS, DOES_NOT, UNJUDGED = range(3)
BUNDLE_FILE = "verification-bundle.json"
BUNDLE_PATH = "/v1/verification-bundle"
_FETCHING_SECONDS = 60.0


@app.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(help="A PDF or sealed file, or the text of a QR code, seal or credential; - reads it."),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Root certificate; the data directory's if left out."),
    ] = None,
    status: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Verification bundle; the data directory's, if there is one, if left out."),
    ] = None,
    crl: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Without a bundle: revoked seals (DER); or root.crl by the root."
        ),
    ] = None,
    timestamp_root: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Who issued a time-stamping authority elsewhere (PEM)."),
    ] = None,
    fetch: Annotated[
        str | None, typer.Option(metavar="URL", help="First get the bundle from this platform, and keep it.")
    ] = None,
    audience: Annotated[str | None, typer.Option(help="Who asked the wallet; with --nonce.")] = None,
    nonce: Annotated[str | None, typer.Option(help="What the wallet was to sign, this once.")] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Say whether a certificate is genuine, and in force as of when the bundle was made. Nothing is sent to anybody.

    Exit status 0: genuine and in force; 1: not; 2: it could not be judged, for lack of a bundle or of a root.
    """
    from certificates.sealing.errors import NotASeal  # noqa: PLC0415
    from certificates.verification.offline import verify_document  # noqa: PLC0415
    from shared.clock import now  # noqa: PLC0415

    if file is None and fetch is None:
        raise typer.BadParameter("name a FILE to verify, or a platform to --fetch from")
    at, challenge = now(), _challenge(audience, nonce)
    root_pem = _root(root or Home(data_dir).seals / "root.pem")
    kept = status or data_dir / BUNDLE_FILE
    anchors = _certificates(timestamp_root)
    if fetch is not None:
        _fetch(fetch.rstrip("/") + BUNDLE_PATH, kept, root_pem, at)
    if file is None:
        typer.echo(f"{kept} is good until {_minute(at + timedelta(days=1))}")
        return
    bundle = _bundle(kept, root_pem, at, anchors=anchors, wanted=status is not None)
    revoked = None if bundle is not None else _revoked(root or Home(data_dir).seals / "root.pem", crl)
    try:
        shown = _shown(file)
        verdict = verify_document(shown, root_pem, at, bundle=bundle, anchors=anchors, crl=revoked, challenge=challenge)
    except NotASeal:
        _cannot("the list of revoked seals is not one by this root")
    _say(verdict, at, json=json)


def _say(verdict: "Verdict", at: datetime, *, json: bool) -> NoReturn:
    if json:
        answer(verdict.model_dump(mode="json"))
    else:
        for line in _lines(verdict, at):
            typer.echo(line)
    raise typer.Exit({True: HOLDS, False: DOES_NOT, None: UNJUDGED}[verdict.holds])


def _challenge(audience: str | None, nonce: str | None) -> "Challenge | None":
    from certificates.credentials.rules import Challenge  # noqa: PLC0415

    if (audience is None) != (nonce is None):
        raise typer.BadParameter("--audience and --nonce are what a wallet was asked: name both")
    return None if audience is None or nonce is None else Challenge(audience, nonce)


def _root(path: Path) -> bytes:
    if not path.exists():
        _cannot(f"There is no root certificate at {path}; name one with --root")
    root_pem = path.read_bytes()
    if len(_certificates(path)) != 1:
        _cannot(f"{path} is not a root certificate (PEM)")
    return root_pem


def _revoked(root: Path, crl: Path | None) -> bytes | None:
    listed = crl or root.with_suffix(".crl")
    return listed.read_bytes() if listed.exists() else None


def _certificates(path: Path | None) -> "list[x509.Certificate]":
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    try:
        return [] if path is None else load_pem_x509_certificates(path.read_bytes())
    except ValueError:
        _cannot(f"{path} holds no certificate (PEM)")


def _bundle(
    path: Path, root_pem: bytes, at: datetime, *, anchors: "list[x509.Certificate]", wanted: bool
) -> "OpenedBundle | None":
    """The bundle; None where there is none and nobody asked for it."""
    from certificates.verification.bundle import open_bundle  # noqa: PLC0415
    from certificates.verification.errors import BundleRefused, reason  # noqa: PLC0415

    if not path.exists() and not wanted:
        return None
    try:
        return open_bundle(path.read_bytes(), root_pem, at, anchors=anchors)
    except OSError as error:
        _cannot(f"{path} cannot be read ({error.strerror})")
    except BundleRefused as refusal:
        if wanted:
            _cannot(f"{path}: {reason(refusal.code).en}")
        return None


def _fetch(url: str, kept: Path, root_pem: bytes, at: datetime) -> None:
    """Keep the platform's bundle, if it is of this root: a bad answer replaces nothing, nor does one from before."""
    import httpx2  # noqa: PLC0415

    from certificates.verification.bundle import open_bundle  # noqa: PLC0415
    from certificates.verification.errors import BundleRefused  # noqa: PLC0415

    try:
        content = _downloaded(url)
        opened = open_bundle(content, root_pem, at)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        _cannot(f"{url} does not answer as it should ({type(error).__name__})")
    except BundleRefused:
        _cannot(f"{url} answers with a bundle that is not of this root")
    before = _bundle(kept, root_pem, at, anchors=[], wanted=False)
    if before is not None and opened.is_older_than(before):
        return
    partial = kept.with_name(f".{kept.name}.partial")
    partial.write_bytes(content)
    partial.replace(kept)


def _downloaded(url: str) -> bytes:
    """What this address answers. Refuses (ValueError) more than a bundle may have, before it is in memory."""
    import httpx2  # noqa: PLC0415

    from certificates.verification.bundle import MAX_BYTES  # noqa: PLC0415

    content = bytearray()
    with httpx2.stream("GET", url, timeout=_FETCHING_SECONDS, follow_redirects=False) as reply:
        for part in reply.raise_for_status().iter_bytes():
            content += part
            if len(content) > MAX_BYTES:
                raise ValueError("larger than any bundle")
    return bytes(content)


def _shown(file: Path) -> bytes:
    """What is to be verified. To a token, which is text, an editor may have added a line's end; a file is as it is."""
    from certificates.verification.forms import MAX_BYTES  # noqa: PLC0415

    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
            content = source.read(MAX_BYTES + 1)
    except OSError as error:
        _cannot(f"{file} cannot be read ({error.strerror})")
    return content if content.startswith((b"%PDF-", b"{")) else content.strip()


def _lines(verdict: "Verdict", at: datetime) -> Iterator[str]:
    """What a person wants to know of it; the reasons in both languages."""
    yield _headline(verdict)
    if verdict.purpose is not None:
        yield f"{'only for':<12} {verdict.purpose}, until {verdict.purpose_until}"
    shown = {"state": verdict.state, "number": verdict.number, "kind": verdict.kind, "issuer": verdict.issuer}
    dates = {"issued on": verdict.issued_on, "valid until": verdict.valid_until}
    yield from (f"{label:<12} {value}" for label, value in {**shown, **dates}.items() if value is not None)
    if verdict.as_of is not None:
        yield f"{'as of':<12} {_minute(verdict.as_of)}, {_age(at - verdict.as_of)} ago"
    yield from (f"{'because':<12} {reason.zh} / {reason.en}" for reason in verdict.reasons)


def _headline(verdict: "Verdict") -> str:
    if verdict.holds:
        return "genuine and in force"
    if verdict.genuine:
        return "genuine, NOT IN FORCE" if verdict.holds is False else "genuine; whether in force COULD NOT BE JUDGED"
    return "NOT GENUINE" if verdict.holds is False else "COULD NOT BE JUDGED"


def _minute(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M %z")


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds())) // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _cannot(message: str) -> NoReturn:
    typer.echo(f"onevisit: {message}", err=True)
    raise typer.Exit(UNJUDGED)
