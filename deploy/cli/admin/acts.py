"""`admin acts`: who changed what, and when."""

from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Annotated

import typer

from deploy.cli.admin.options import listed
from deploy.cli.door import Door
from deploy.cli.options import DATA_DIR, DataDir, Json

app = typer.Typer()


@app.command()
def acts(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most, the latest first.")] = 50,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """What administrators did, the latest first."""
    platform = Door.of(context).open(data_dir)
    books = (platform.pages(f"/v1/admin/{book}") for book in ("acts", "content-acts"))
    found = list(islice(merge(*books, key=lambda act: datetime.fromisoformat(act["at"]), reverse=True), limit))
    listed(
        found,
        lambda row: (row["at"][:19], row["by"], row["act"], row["subject"], _details(row["details"])),
        as_json=json,
    )


def _details(details: dict[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in details.items())
