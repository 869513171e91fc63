"""`make bench`: ours beside a hand-written floor, in one run on one machine. Prints; asserts nothing."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.platform import start_detached, stop_running
from deploy.embedded import ports
from deploy.embedded.home import Home
from deploy.world import World
from tests.bench import drafts, events, imports, register, replay, subscriptions, visits
from tests.bench.load import Figures

Row = dict[str, Any]
WORKLOADS = ("draft", "events", "replay", "subscriptions", "register", "imports", "visits")


@dataclass(frozen=True)
class Plan:
    """How much of what."""

    seconds: float
    slices: int
    callers: int
    burst: int
    replayed: int
    stored: int
    imported: int
    only: Sequence[str]


def main(
    seconds: Annotated[float, typer.Option(help="Length of a slice of load.")] = 5.0,
    slices: Annotated[int, typer.Option(help="Slices of each side, in turn.")] = 3,
    callers: Annotated[int, typer.Option(help="Callers at once.")] = 8,
    burst: Annotated[int, typer.Option(help="Events in a burst.")] = 10_000,
    replayed: Annotated[int, typer.Option(help="Events in the log that is replayed.")] = 50_000,
    stored: Annotated[int, typer.Option(help="Certificates in the register that is full.")] = 1_000,
    imported: Annotated[int, typer.Option(help="Rows of the register that is imported.")] = 50_000,
    only: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(WORKLOADS)}; all by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Drafts, events, the feed replayed, what subscriptions cost, the register, imports, and the visits of a day."""
    plan = Plan(seconds, slices, callers, burst, replayed, stored, imported, only or WORKLOADS)
    with tempfile.TemporaryDirectory(prefix="onevisit-bench-") as directory:
        home = Home(Path(directory))
        home.prepare()
        (port,) = ports.free_ports(1)
        # The limits of a door that faces the public would measure themselves.
        home.write_secret(home.directory / "settings.json", '{"gateway": {"limits_enforced": "false"}}')
        start_detached(home, port=port)
        try:
            found = asyncio.run(_measure(home, plan))
        finally:
            stop_running(home)
    _print(found, as_json=as_json)


async def _measure(home: Home, plan: Plan) -> dict[str, list[Row]]:
    state = home.running()
    passwords = home.passwords(["postgres", "nats-operator"])
    servers = drafts.Servers(
        postgres=f"postgresql://postgres:{passwords['postgres']}@{ports.LOOPBACK}:{state.postgres_port}/postgres",
        nats=f"nats://{ports.LOOPBACK}:{state.nats_port}",
        nats_user="nats-operator",
        nats_password=passwords["nats-operator"],
    )
    found: dict[str, list[Row]] = {"speed": [], "replay": [], "subscriptions": [], "register": [], "imports": []}
    if "visits" in plan.only:
        async with World.open(home.directory) as world:
            done = await visits.measure(world, callers=plan.callers, seconds=plan.seconds, slices=plan.slices)
        found["visits"] = [_done(what, one) for what, one in done.items()]
    if "draft" in plan.only:
        async with World.open(home.directory) as world:
            sides = await drafts.measure(world, servers, seconds=plan.seconds, slices=plan.slices, callers=plan.callers)
        found["speed"].append(_speed("draft through the gateway", *sides))
    if "events" in plan.only:
        sides = await events.measure(servers, keys=home.keys, events=plan.burst, slices=plan.slices)
        found["speed"].append(_speed("events: outbox to subscriber", *sides))
    if "replay" in plan.only:
        replays = await replay.measure(home, servers, events=plan.replayed)
        found["replay"] = [_replayed(name, one) for name, one in zip(("ours", "floor"), replays, strict=True)]
    if "subscriptions" in plan.only:
        costs = await subscriptions.measure(home, servers)
        found["subscriptions"] = list(map(_cost, costs))
    if "register" in plan.only:
        compared = await register.measure(
            home, servers, stored=plan.stored, callers=plan.callers, seconds=plan.seconds, slices=plan.slices
        )
        found["register"] = [_speed(f"{one.workload}, {one.stored:,} stored", one.ours, one.floor) for one in compared]
    if "imports" in plan.only:
        loadings = await imports.measure(home, servers, rows=plan.imported)
        found["imports"] = [_loaded(what, one) for what, one in zip(("new", "sent again"), loadings, strict=True)]
    return {name: rows for name, rows in found.items() if rows}


def _speed(name: str, ours: Figures, floor: Figures) -> Row:
    return {
        "workload": name,
        "ours_per_second": round(ours.rate, 1),
        "floor_per_second": round(floor.rate, 1),
        "ratio": round(ours.rate / floor.rate, 2) if floor.rate else None,
        "p50_ms": round(ours.percentile_ms(0.5), 1),
        "p99_ms": round(ours.percentile_ms(0.99), 1),
        "floor_p99_ms": round(floor.percentile_ms(0.99), 1),
        "failures": ours.failures + floor.failures,
    }


def _done(what: str, one: Figures) -> Row:
    return {
        "what is done": what,
        "per_second": round(one.rate, 1),
        "p50_ms": round(one.percentile_ms(0.5), 1),
        "p99_ms": round(one.percentile_ms(0.99), 1),
        "failures": one.failures,
    }


def _replayed(name: str, one: replay.Replay) -> Row:
    memory = {f"{process}_mib": f"{early:.0f} -> {late:.0f}" for process, (early, late) in one.memory.items()}
    return {
        "replay of the feed": name,
        "events": one.events,
        "minutes": round(one.seconds / 60, 2),
        "events_per_second": round(one.rate),
        **memory,
    }


def _loaded(what: str, one: imports.Loading) -> Row:
    counted = {name: one.report[name] for name in ("added", "repeated", "mismatched", "rejected")}
    memory = {
        f"{process}_mib": f"{before:.0f} -> {most:.0f} -> {after:.0f}"
        for process, (before, most, after) in one.memory.items()
    }
    return {
        "imported": what,
        "rows": one.rows,
        "minutes": round(one.seconds / 60, 2),
        "rows_per_second": round(one.rate),
        "cpu_us_per_row": {name: round(spent / one.rows * 1e6) for name, spent in one.cpu.items() if spent >= 0.1},
        **counted,
        **memory,
    }


def _cost(one: subscriptions.Cost) -> Row:
    return {
        "subscriptions": one.subscriptions,
        "events_in_a_row": one.in_a_row,
        "deliveries_of_an_event": one.deliveries,
        "relay_and_database_us": round(one.ours),
        "bus_us": round(one.server),
        "bus_us_per_delivery": round(one.server / one.deliveries),
        "elapsed_ms": round(one.milliseconds, 2),
    }


def _print(found: dict[str, list[Row]], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    for rows in found.values():
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        Console(width=160).print(table)


if __name__ == "__main__":
    typer.run(main)
