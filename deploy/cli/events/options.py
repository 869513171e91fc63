"""The options that the commands of `onevisit events` share."""

from typing import Annotated

import typer

Topics = Annotated[
    list[str],
    typer.Argument(
        metavar="TOPIC...",
        help="Topics as NATS writes them; * is one part, > at the end the rest. Quote them: '>' means more to a shell.",
        show_default=False,
    ),
]
Department = Annotated[str, typer.Option("--as", metavar="DEPARTMENT", help="hospital, medical-insurance, tax, ...")]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Name of the subscription, unique on the platform; by default, made of department and topics.",
        show_default=False,
    ),
]
