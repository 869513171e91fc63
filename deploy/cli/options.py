"""The options that every command has."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.embedded.home import DEFAULT

DataDir = Annotated[
    Path,
    typer.Option("--data-dir", envvar="ONEVISIT_DATA_DIR", help="Where the platform keeps everything it owns."),
]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
DATA_DIR = DEFAULT


def answer(value: object) -> None:
    """Print a value as JSON, alone on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
