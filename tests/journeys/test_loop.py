"""A certificate is revoked: every department that used it is told, with its own cases, and nobody else is."""

import asyncio
from typing import Any

import pytest

from deploy.demo import loop as closing
from deploy.demo import story
from deploy.demo.api import Api, CallFailed
from deploy.demo.departments import open_desks
from deploy.world import World
from tests.journeys.conftest import Platform

BIRTH = "birth-medical-certificate"
# Only so that a fault ends the test: how long a busy machine takes is no fault.
PATIENCE_SECONDS = 120


def say(*_: str) -> None:
    """A demonstration tells what happens; a test asks afterwards."""


async def a_newborn(api: Api) -> tuple[story.Outcome, str]:
    """A whole newborn thing, from the birth to the certificates."""
    outcome = story.Outcome()
    _, at_work = open_desks(api, say)
    try:
        # The desks listen from now on.
        await asyncio.sleep(1)
        child = await story.register_birth(api, born_on=story.a_recent_day())
        await story.draft(api, outcome, child)
        await story.submit(api, outcome)
        await asyncio.wait_for(story.follow(api, outcome, say), PATIENCE_SECONDS)
        await story.collect(api, outcome, child)
    finally:
        at_work.cancel()
        await asyncio.gather(at_work, return_exceptions=True)
    return outcome, child


async def notices(api: Api, department: str, about: str) -> list[dict[str, Any]]:
    """All that this department alone was ever told of this evidence, oldest first."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        topic = f"to.{department}.evidence.>"
        page = await api.get(department, "/v1/events", topic=topic, limit=500, **after)
        found += [event for event in page["items"] if event["subject"] == about]
        after = {"after": page["next"]}
        if not page["items"]:
            return found


async def told(api: Api, about: str, *, at_least: int) -> dict[str, list[dict[str, Any]]]:
    """What each department was told of this evidence; after a moment more, in which nothing is added."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = {name: await notices(api, name, about) for name in api.world.departments}
            if sum(map(len, found.values())) >= at_least:
                break
            await asyncio.sleep(0.2)
    await asyncio.sleep(1)
    again = {name: await notices(api, name, about) for name in api.world.departments}
    assert again == found
    return {name: events for name, events in found.items() if events}


def test_of_a_revoked_certificate_each_department_that_used_it_hears_with_its_own_case(platform: Platform) -> None:
    asyncio.run(_a_revocation(platform))


async def _a_revocation(platform: Platform) -> None:
    async with World.open(platform.directory) as world:
        api = Api(world)
        async with closing.departments_listening(api) as listeners:
            outcome, child = await a_newborn(api)
            loop = await closing.reuse(api, listeners, child, say)
        page = loop.page
        cases = {case["item"]: case["id"] for case in outcome.application["cases"]}

        with pytest.raises(CallFailed):
            await api.post("tax", f"/v1/certificates/{page}/revocation", {"ground": "fraud", "reason": "另案"})
        await api.post("public-security", f"/v1/certificates/{page}/revocation", {"ground": "fraud", "reason": "虚假"})

        found = await told(api, page, at_least=3)
        assert {name: sorted(event["data"]["case"] for event in events) for name, events in found.items()} == {
            "medical-insurance": sorted([cases["resident-medical-insurance"], loop.reference]),
            "human-resources": [cases["social-security-card"]],
        }
        for name, events in found.items():
            for event in events:
                assert event["topic"] == f"to.{name}.evidence.used-revoked"
                assert (event["data"]["change"], event["data"]["ground"]) == ("revoked", "fraud")
                assert event["data"]["party"] == child
        with pytest.raises(CallFailed) as refused:
            await api.get("tax", "/v1/events", topic="to.medical-insurance.evidence.used-revoked")
        assert refused.value.status == 403


def test_of_a_corrected_record_its_users_hear_what_is_right_instead(platform: Platform) -> None:
    asyncio.run(_a_correction(platform))


async def _a_correction(platform: Platform) -> None:
    async with World.open(platform.directory) as world:
        api = Api(world)
        outcome, _ = await a_newborn(api)
        (born,) = {
            field["source"]["evidence"]
            for field in outcome.draft["fields"]
            if field.get("source") and field["source"]["evidence_kind"] == "birth-record"
        }
        claims = {**story.BIRTH, "birth-date": story.a_recent_day().isoformat(), "birth-weight-grams": 3290}
        correction = {"claims": claims, "reason": "Weighed again"}
        right = await api.post("hospital", f"/v1/records/{born}/corrections", correction)

        cases = {case["item"]: case["id"] for case in outcome.application["cases"]}
        found = await told(api, born, at_least=len(cases))
        heard = {event["data"]["item"]: event for events in found.values() for event in events}
        assert {item: event["data"]["case"] for item, event in heard.items()} == cases
        assert {event["data"]["successor"] for event in heard.values()} == {right["id"]}
        assert BIRTH in heard
