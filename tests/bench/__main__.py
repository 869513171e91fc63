"""`make bench`: ours beside a hand-written floor, in one run on one machine. Prints; asserts nothing."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.platform import start_detached, stop_running
from deploy.embedded import ports
from deploy.embedded.home import Home
from deploy.world import World
from tests.bench import drafts, events
from tests.bench.load import Figures


def main(
    seconds: Annotated[float, typer.Option(help="Length of a slice of load.")] = 5.0,
    slices: Annotated[int, typer.Option(help="Slices of each side, in turn.")] = 3,
    callers: Annotated[int, typer.Option(help="Callers at once.")] = 8,
    burst: Annotated[int, typer.Option(help="Events in a burst.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Draft through the gateway, and outbox to subscriber."""
    with tempfile.TemporaryDirectory(prefix="onevisit-bench-") as directory:
        home = Home(Path(directory))
        home.prepare()
        (port,) = ports.free_ports(1)
        # The limits of a door that faces the public would measure themselves.
        home.write_secret(home.directory / "settings.json", '{"gateway": {"limits_enforced": "false"}}')
        start_detached(home, port=port)
        try:
            found = asyncio.run(_measure(home, seconds=seconds, slices=slices, callers=callers, burst=burst))
        finally:
            stop_running(home)
    _print(found, as_json=as_json)


async def _measure(
    home: Home, *, seconds: float, slices: int, callers: int, burst: int
) -> dict[str, tuple[Figures, Figures]]:
    state = home.running()
    passwords = home.passwords(["postgres", "nats-operator"])
    servers = drafts.Servers(
        postgres=f"postgresql://postgres:{passwords['postgres']}@{ports.LOOPBACK}:{state.postgres_port}/postgres",
        nats=f"nats://{ports.LOOPBACK}:{state.nats_port}",
        nats_user="nats-operator",
        nats_password=passwords["nats-operator"],
    )
    async with World.open(home.directory) as world:
        drafted = await drafts.measure(world, servers, seconds=seconds, slices=slices, callers=callers)
    moved = await events.measure(servers, keys=home.keys, events=burst, slices=slices)
    return {"draft through the gateway": drafted, "events: outbox to subscriber": moved}


def _print(found: dict[str, tuple[Figures, Figures]], *, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [
        {
            "workload": name,
            "ours_per_second": round(ours.rate, 1),
            "floor_per_second": round(floor.rate, 1),
            "ratio": round(ours.rate / floor.rate, 2) if floor.rate else None,
            "p50_ms": round(ours.percentile_ms(0.5), 1),
            "p99_ms": round(ours.percentile_ms(0.99), 1),
            "floor_p99_ms": round(floor.percentile_ms(0.99), 1),
            "failures": ours.failures + floor.failures,
        }
        for name, (ours, floor) in found.items()
    ]
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(width=160).print(table)


if __name__ == "__main__":
    typer.run(main)
