"""Runs the demonstration against a platform that is up, and says whether every check held."""

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime

from rich.console import Console

from deploy.demo import loop as closing
from deploy.demo import story
from deploy.demo.api import Api
from deploy.demo.checks import Check, check_all
from deploy.demo.departments import Department, open_desks
from deploy.demo.report import Report
from deploy.world import World


async def run(world: World, console: Console, as_json: bool = False, *, stays: bool = True) -> int:
    """Drive the newborn thing (出生一件事) from birth to certificates. 0 only if every check held.

    The addresses of a platform that does not stay are not told.
    """
    report = Report(console, as_json=as_json)
    checks = await _tell(Api(world), report, stays=stays)
    return 0 if all(check.held for check in checks) else 1


async def _tell(api: Api, report: Report, *, stays: bool) -> list[Check]:
    started, outcome = time.perf_counter(), story.Outcome()
    async with closing.departments_listening(api) as listeners:
        departments, child = await _newborn(api, report, outcome)
        report.heading("What was issued is reused, and whoever used it hears when it no longer holds")
        loop = await closing.reuse(api, listeners, child, report.step)
        await closing.withhold_and_give_back(api, loop, outcome, listeners, report.step)
    elapsed = time.perf_counter() - started
    root = await api.document(None, "/v1/seal-root")
    checks = _check(api, outcome, loop, departments, root)
    report.finish(outcome, checks, elapsed=elapsed, urls=_urls(api.world.gateway) if stays else {})
    return checks


async def _newborn(api: Api, report: Report, outcome: story.Outcome) -> tuple[list[Department], str]:
    """From the birth to the certificates: who was at work, and the child."""
    departments, at_work = open_desks(api, report.step)
    try:
        report.heading("A child is born in Yiwu (义乌, 330782)")
        child = await story.register_birth(api, born_on=story.a_recent_day())
        report.step("hospital", "registered the child by its mother, without a number, and filed the birth record")
        report.heading("The mother identifies herself once")
        await story.draft(api, outcome, child)
        report.draft(outcome.draft)
        report.heading("She answers what nobody holds, and submits")
        await story.submit(api, outcome)
        report.step("mother", f"application {outcome.application['number']}")
        await _first_to_end(story.follow(api, outcome, lambda what: report.step("progress", what)), at_work)
        await story.collect(api, outcome, child)
    finally:
        at_work.cancel()
        await asyncio.gather(at_work, return_exceptions=True)
    return departments, child


async def _first_to_end(followed: Coroutine[None, None, None], at_work: "asyncio.Task[list[None]]") -> None:
    """Wait for the application to end; a department that fails ends the wait with its failure."""
    task = asyncio.ensure_future(followed)
    await asyncio.wait({task, at_work}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        await at_work
    await task


def _check(
    api: Api, outcome: story.Outcome, loop: closing.Loop, departments: list[Department], root: bytes
) -> list[Check]:
    numbers = [api.world.id_number(name) for name in ("mother", "father")]
    return check_all(outcome, loop, departments, root_pem=root, numbers=numbers, at=datetime.now(UTC))


def _urls(gateway: str) -> dict[str, str]:
    guide = f"{gateway}/v1/things/newborn?region=330782"
    return {"API": f"{gateway}/docs", "OpenAPI": f"{gateway}/openapi.json", "guide": guide}
