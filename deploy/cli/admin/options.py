"""What the commands of `onevisit admin` share: options, public keys, and how lists look."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.options import answer
from deploy.embedded.errors import LaunchError

OfDepartment = Annotated[str | None, typer.Option("--department", help="Of this one only.")]
NameZh = Annotated[str, typer.Option("--name-zh", help="Its name in Chinese.")]
NameEn = Annotated[str, typer.Option("--name-en", help="Its name in English.")]
PublicKey = Annotated[
    Path | None,
    typer.Option(
        "--public-key",
        exists=True,
        dir_okay=False,
        help="The public half of the client's key: JWK or PEM. The private half stays with the client.",
        show_default=False,
    ),
]


def public_jwk(path: Path) -> dict[str, Any]:
    """The key of a file, as the platform takes it. A private key is refused here, before anybody else sees it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - few commands need it
    from joserfc.jwk import ECKey, OKPKey  # noqa: PLC0415

    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if "PRIVATE" in text or '"d"' in text:
        raise LaunchError(f"{path} holds a private key; give the public half, and leave that file where it is")
    try:
        if text.startswith("{"):
            jwk: dict[str, Any] = json.loads(text)
            return jwk
        loaded = serialization.load_pem_public_key(text.encode())
        kind = OKPKey if loaded.__class__.__name__.startswith("Ed25519") else ECKey
        return dict(kind.import_key(text.encode()).as_dict(private=False))
    except (ValueError, TypeError):
        raise LaunchError(f"{path} is neither a JWK nor a public key in PEM (EC P-256 or Ed25519)") from None


def listed(
    found: Sequence[dict[str, Any]], cells: Callable[[dict[str, Any]], Sequence[object]], *, as_json: bool
) -> None:
    """What was found: as JSON, or as a table of the cells of each."""
    if as_json:
        answer(found)
    else:
        _table(map(cells, found))


def _table(rows: Iterable[Sequence[object]]) -> None:
    """Rows in columns as wide as they need; the last one as it is."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:-1]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        typer.echo("  ".join([*cells, line[-1]]).rstrip())
    if not lines:
        typer.echo("none")
