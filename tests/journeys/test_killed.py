"""A service is killed while a newborn's application is under way, and comes back: all ends as it should, once."""

import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from deploy.demo import story
from deploy.demo.api import Api, CallFailed
from deploy.demo.departments import Department, open_desks
from deploy.embedded.errors import LaunchError
from deploy.world import World
from tests.journeys.conftest import ROOT, Platform

AWAY = (502, 503, 504)
# Who takes over from a killed process waits for its lease to end, and for what it had in hand to be given again.
PATIENCE_SECONDS = 180


@pytest.fixture
def compose() -> str:
    """The command that speaks to the stack."""
    if "ONEVISIT_TEST_COMPOSE" not in os.environ:
        pytest.skip("there are no containers to kill; see make test-compose")
    return os.environ["ONEVISIT_TEST_COMPOSE"]


class PatientApi(Api):
    """As every client should: what is not answered is asked again, under the same key."""

    async def _ask(self, method: str, name: str | None, path: str, **request: Any) -> httpx2.Response:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await super()._ask(method, name, path, **request)
                except (httpx2.TransportError, LaunchError):
                    pass
                except CallFailed as failure:
                    if failure.status not in AWAY:
                        raise
                await asyncio.sleep(0.5)

    async def stream(self, name: str, path: str) -> AsyncGenerator[dict[str, Any]]:
        """Taken up again where it broke off; it begins with what was."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    async for step in super().stream(name, path):
                        yield step
                except (httpx2.TransportError, LaunchError, CallFailed):
                    await asyncio.sleep(0.5)
                if (await self.get(name, path.removesuffix("/progress")))["state"] in ("completed", "partly-completed"):
                    return


def of_compose(compose: str, *arguments: str) -> None:
    subprocess.run([ROOT / compose, *arguments], check=True, capture_output=True, timeout=PATIENCE_SECONDS)


def kill(compose: str, service: str) -> None:
    of_compose(compose, "kill", service)


def start(compose: str, service: str) -> None:
    """The same container again, as the engine does by itself with one that crashed. `docker compose start` would first
    run all steps that the service depends on again: secrets, provision, migrate and bootstrap, for most of a minute.
    """
    of_compose(compose, "up", "--no-deps", "--no-recreate", service)


async def a_newborn(api: Api, compose: str, service: str) -> tuple[story.Outcome, list[Department]]:
    """Registered from birth to certificates; the service dies when the first department has decided."""
    outcome, decided = story.Outcome(), asyncio.Event()

    def listen(what: str) -> None:
        if what.endswith(("concluded", "decided")):
            decided.set()

    async def kill_and_start() -> None:
        await decided.wait()
        await asyncio.to_thread(kill, compose, service)
        await asyncio.sleep(1)
        await asyncio.to_thread(start, compose, service)

    departments, at_work = open_desks(api, lambda *_: None)
    try:
        child = await story.register_birth(api, born_on=story.a_recent_day())
        await story.draft(api, outcome, child)
        await story.submit(api, outcome)
        killing = asyncio.create_task(kill_and_start())
        following = asyncio.create_task(story.follow(api, outcome, listen))
        await asyncio.wait({following, at_work}, return_when=asyncio.FIRST_COMPLETED)
        if at_work.done():
            following.cancel()
            await at_work  # a department that failed says why
        await following
        await killing
        await story.collect(api, outcome, child)
    finally:
        # Also where the test failed before: others need it.
        await asyncio.to_thread(start, compose, service)
        at_work.cancel()
        await asyncio.gather(at_work, return_exceptions=True)
    return outcome, departments


@pytest.mark.parametrize("service", ["licensing"])
def test_a_service_that_is_killed_loses_nothing_and_repeats_nothing(
    platform: Platform, compose: str, service: str
) -> None:
    async def journey() -> None:
        async with World.open(platform.directory) as world:
            outcome, departments = await a_newborn(PatientApi(world), compose, service)
        assert outcome.application["state"] == "completed"
        assert sorted(certificate["kind"] for certificate in outcome.certificates) == [
            "birth-medical-certificate",
            "household-register-page",
            "social-security-card",
        ]
        assert all(verdict["genuine"] for verdict in outcome.verdicts)
        positions = [event["id"] for department in departments for event in department.woken]
        assert len(positions) == len(set(positions))

    asyncio.run(journey())
