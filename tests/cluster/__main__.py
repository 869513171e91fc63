"""`make test-cluster`: under load the leader among the NATS servers is killed, then the primary of PostgreSQL; what was
acknowledged is counted, and how long it took until things went on. Exit status 0 where nothing was lost.
"""

import asyncio
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tests.cluster import audit
from tests.cluster.applications import ApplicationsRun, summary
from tests.cluster.audit import Told
from tests.cluster.receiver import TOPIC
from tests.cluster.recovery import Watch, recovery
from tests.cluster.servers import Cluster
from tests.faults.__main__ import finish, reported, revision, say, show
from tests.faults.checker import judge
from tests.faults.facts import READER, SERVICE
from tests.faults.plan import Fault
from tests.faults.run import Run, processors

BUS_AWAY_SECONDS = 15.0
DATABASE_AWAY_SECONDS = 35.0


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Seconds = Annotated[float, typer.Option(help="How long the load lasts.")]
Rate = Annotated[float, typer.Option(help="A second, a target.")]
Report = Annotated[Path | None, typer.Option("--json", help="Write a report to this file.")]
Keep = Annotated[bool, typer.Option(help="Keep logs, also of a clean run.")]


@app.command()
def applications(seconds: Seconds = 120.0, rate: Rate = 50.0, as_json: Report = None, keep: Keep = False) -> None:
    """The whole platform: people apply at the edge."""
    say(f"commit {revision()}, {seconds:.0f} s of load at {rate:.0f} applications/s, {processors()} cores")
    directory, begun = Path(tempfile.mkdtemp(prefix="onevisit-cluster-")), time.monotonic()
    run = ApplicationsRun(directory, rate=rate, seconds=seconds, tell=say)
    try:
        run.start()
        caught_up = run.endure()
        told, recoveries = Told.read(run.journal), run.recoveries()
        verdict = audit.judge(told, run.read(), topic=TOPIC)
    finally:
        run.close()
    report = {
        "passed": verdict.is_clean and caught_up is not None and run.was_a_test() and not run.mistakes(),
        "applications": {"tried": len(told.tried), "acknowledged": len(told.acknowledged)},
        "applications_per_second": {"target": rate, "achieved": round(len(told.acknowledged) / seconds, 1)},
        "asked again after": summary(run),
        "tallies": {name: asdict(tally) for name, tally in verdict.tallies.items()},
        "wrong": {**verdict.wrong, "mistakes of ours": run.mistakes()},
        "caught_up_seconds": caught_up,
        "recovery": recoveries,
        "took_seconds": round(time.monotonic() - begun, 1),
    }
    _show(report)
    finish(report, directory, as_json=as_json, keep=keep, left="logs")


def _show(report: dict[str, Any]) -> None:
    for name in ("applications", "applications_per_second", "asked again after", "wrong"):
        say(f"{name.replace('_', ' ')}: " + ", ".join(f"{key} {value}" for key, value in report[name].items()))
    for name, tally in report["tallies"].items():
        say(f"{name:>28}: " + ", ".join(f"{key} {value}" for key, value in tally.items()))
    for victim, times in report["recovery"].items():
        say(f"kill -9 of {victim}: " + ", ".join(f"{name} again after {took} s" for name, took in times.items()))
    say(f"{'PASSED' if report['passed'] else 'FAILED'} in {report['took_seconds']} s")


@app.command()
def events(
    seconds: Annotated[float, typer.Option(help="How long the load lasts.")] = 120.0,
    rate: Annotated[float, typer.Option(help="Commits a second, a target.")] = 50.0,
    seed: Annotated[int, typer.Option(help="What is drawn by chance is drawn from this.")] = 1,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write a report to this file.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep logs, also of a clean run.")] = False,
) -> None:
    """kill -9 of a machine of the bus, then of the primary, under load; then count."""
    say(f"commit {revision()}, {seconds:.0f} s of load at {rate:.0f} commits/s, {processors()} cores")
    directory = Path(tempfile.mkdtemp(prefix="onevisit-cluster-"))
    faults = [
        Fault(seconds / 6, "kill nats", BUS_AWAY_SECONDS),
        Fault(seconds / 2, "kill postgres", DATABASE_AWAY_SECONDS),
    ]
    begun = time.monotonic()
    cluster = Cluster(directory)
    run = Run(directory, seed=seed, rate=rate, seconds=seconds, tell=say, servers=cluster, faults=faults)
    try:
        run.start()
        watch = Watch(log=run.url(SERVICE), effects=run.url(READER))
        watch.begin()
        injection, caught_up = run.endure()
        watch.end()
        again = cluster.wait_until_synchronous()
        run.end()
        found = asyncio.run(run.gather())
        report = reported(run, injection, found, judge(found), caught_up)
        report["took_seconds"] = round(time.monotonic() - begun, 1)
        report["recovery"] = _recoveries(cluster, watch, directory / "journal.jsonl")
        (directory / "servers.log").write_text(cluster.project.logs())
    finally:
        run.close()
    show(report)
    for what, times in report["recovery"].items():
        say(f"{what}: " + ", ".join(f"{name} again after {took} s" for name, took in times.items()))
    say(f"both copies of PostgreSQL synchronous again: {again:.0f} s after the load")
    finish(report, directory, as_json=as_json, keep=keep, left="logs")


def _recoveries(cluster: Cluster, watch: Watch, journal: Path) -> dict[str, Any]:
    kills = [each for machines in (cluster.bus, cluster.database) for each in machines.kills]
    return {
        f"kill -9 of {kill.victim}": asdict(recovery(kill.at, journal=journal, samples=watch.samples)) for kill in kills
    }


if __name__ == "__main__":
    app()
