"""`make faults`: a run under fire, and the checker's verdict. Exit status 0 where nothing was wrong."""

import asyncio
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tests.faults.checker import Found, Verdict, judge
from tests.faults.injection import Injection
from tests.faults.run import CATCH_UP_SECONDS, Run, processors
from tests.faults.servers import Embedded

# Starting, the last catching up and the checker have their share of the time.
OVERHEAD_SECONDS = 110.0


def main(
    minutes: Annotated[float, typer.Option(help="How long in all.")] = 5.0,
    seed: Annotated[int | None, typer.Option(help="What is drawn by chance is drawn from this.")] = None,
    rate: Annotated[float, typer.Option(help="Commits a second, a target.")] = 200.0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write a report to this file.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep logs and data, also of a clean run.")] = False,
) -> None:
    """kill -9 of everything, under load; then count."""
    seed = random.randrange(1_000_000) if seed is None else seed
    seconds = max(30.0, minutes * 60 - OVERHEAD_SECONDS)
    say(f"seed {seed}, commit {revision()}, {seconds:.0f} s of load at {rate:.0f} commits/s, {processors()} cores")
    directory = Path(tempfile.mkdtemp(prefix="onevisit-faults-"))
    run = Run(directory, seed=seed, rate=rate, seconds=seconds, tell=say, servers=Embedded(directory))
    begun = time.monotonic()
    try:
        run.start()
        injection, caught_up = run.endure()
        run.end()
        found = asyncio.run(run.gather())
    finally:
        run.close()
    verdict = judge(found)
    report = reported(run, injection, found, verdict, caught_up)
    report["took_seconds"] = round(time.monotonic() - begun, 1)
    show(report)
    finish(report, directory, as_json=as_json, keep=keep, left="logs and data")


def reported(run: Run, injection: Injection, found: Found, verdict: Verdict, caught_up: float | None) -> dict[str, Any]:
    """Everything that was counted."""
    orders = found.orders
    unknown = orders.unknown
    unknown_committed = unknown.intersection(found.rows.values())
    committed = len(set(found.rows.values()))
    faults = sum(injection.counts.values())
    return {
        "passed": verdict.is_clean and caught_up is not None and not injection.died,
        "seed": run.seed,
        "revision": revision(),
        "load_seconds": run.seconds,
        "commits_per_second": {"target": run.rate, "achieved": round(committed / run.seconds, 1)},
        "orders": {
            "ordered": len(orders.ordered),
            "acknowledged": len(orders.acknowledged),
            "rolled back": len(orders.rolled_back),
            "outcome unknown": len(unknown),
            "of these committed": len(unknown_committed),
        },
        "events": {"committed": len(found.rows), "logged": len(found.log), "stored": len(found.stream)},
        "faults": {"injected": faults, **dict(sorted(injection.counts.items()))},
        "chance_of_loss_per_fault_at_most_95": round(3 / faults, 4) if faults and verdict.is_clean else None,
        "ended_by_themselves": injection.died,
        "caught_up_seconds": None if caught_up is None else round(caught_up, 1),
        "tallies": {name: asdict(tally) for name, tally in verdict.tallies.items()},
        "wrong": verdict.wrong,
        "injected": [asdict(done) for done in injection.done],
    }


def show(report: dict[str, Any]) -> None:
    """The report for eyes."""
    for name in ("commits_per_second", "orders", "events", "faults", "wrong"):
        say(f"{name.replace('_', ' ')}: " + ", ".join(f"{key} {value}" for key, value in report[name].items()))
    for name, tally in report["tallies"].items():
        say(f"{name:>12}: " + ", ".join(f"{key} {value}" for key, value in tally.items()))
    late = report["caught_up_seconds"]
    say(f"ended by themselves: {report['ended_by_themselves'] or 'nobody'}")
    say(f"caught up after the last fault: {'NOT within' if late is None else 'in'} {late or CATCH_UP_SECONDS} s")
    say(f"{'PASSED' if report['passed'] else 'FAILED'}: seed {report['seed']}, {report['took_seconds']} s in all")


def finish(report: dict[str, Any], directory: Path, *, as_json: Path | None, keep: bool, left: str) -> NoReturn:
    """Ends with the exit status of the report; what is `left` in the directory stays where it failed, or to `keep`."""
    if as_json is not None:
        as_json.write_text(json.dumps(report, indent=2) + "\n")
    if report["passed"] and not keep:
        shutil.rmtree(directory)
    else:
        say(f"{left}: {directory}")
    raise typer.Exit(0 if report["passed"] else 1)


def revision() -> str:
    """Which commit this is."""
    asked = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
