"""How an application ends, and what an applicant sees of it meanwhile."""

from typing import Any
from uuid import UUID

import pytest

from licensing.cases import commands as cases
from shared.ids import new_id
from tests.licensing.applications.factories import MOTHER
from tests.licensing.applications.world import World, at_once


async def state_of(world: World, application: dict[str, Any]) -> str:
    return str((await world.get(f"/v1/applications/{application['id']}")).json()["state"])


async def ends(world: World) -> list[str]:
    """The events that tell of an end."""
    events = await world.events("application.")
    return [event["type"] for event in events if "submitted" not in event["type"]]


class TestCompletion:
    async def test_comes_with_the_last_department(self, world: World) -> None:
        application = await world.apply()
        for case in application["cases"]:
            assert await state_of(world, application) == "submitted"
            await world.grant(application, case["item"])
        assert await state_of(world, application) == "completed"
        assert await ends(world) == ["application.completed.v1"]

    async def test_shows_the_certificates_and_records_that_came_of_it(self, world: World) -> None:
        application = await world.apply()
        await world.grant_all(application)
        shown = (await world.get(f"/v1/applications/{application['id']}")).json()
        results = {result["kind"]: result for case in shown["cases"] for result in case["results"]}
        assert results["birth-medical-certificate"]["type"] == "certificate"
        assert results["medical-insurance-enrolment"]["type"] == "record"
        assert all(UUID(result["id"]) for result in results.values())
        assert shown["ended_at"]

    async def test_of_the_last_two_at_once_is_told_once(self, world: World) -> None:
        application = await world.apply()
        for item in ("birth-medical-certificate", "household-registration"):
            await world.grant(application, item)
        last = [
            await world.decide(application, item) for item in ("resident-medical-insurance", "social-security-card")
        ]

        async def conclude(case: Any) -> None:
            result = case.results[0]
            news = cases.Arrived(new_id(), result.kind, result.party, case.id, result.index)
            async with world.database.transaction() as conn:
                await cases.evidence_arrived(conn, news, at=world.clock(), office=world.service.office)

        await at_once(*(conclude(case) for case in last))
        assert await state_of(world, application) == "completed"
        assert await ends(world) == ["application.completed.v1"]


class TestPartialCompletion:
    async def test_follows_a_denial_that_blocks_the_rest(self, world: World) -> None:
        application = await world.apply()
        await world.grant(application, "birth-medical-certificate")
        await world.decide(application, "household-registration", granted=False)
        shown = (await world.get(f"/v1/applications/{application['id']}")).json()
        assert {case["item"]: case["state"] for case in shown["cases"]} == {
            "birth-medical-certificate": "concluded",
            "household-registration": "concluded",
            "resident-medical-insurance": "blocked",
            "social-security-card": "blocked",
        }
        assert shown["state"] == "partly-completed"
        assert await ends(world) == ["application.partly-completed.v1"]

    async def test_follows_a_refusal_at_the_start(self, world: World) -> None:
        application = await world.apply()
        await world.refuse(application, "birth-medical-certificate")
        assert await state_of(world, application) == "partly-completed"

    async def test_spares_a_case_that_does_not_need_what_was_denied(self, world: World) -> None:
        application = await world.apply()
        await world.grant(application, "birth-medical-certificate")
        await world.grant(application, "household-registration")
        await world.decide(application, "resident-medical-insurance", granted=False)
        assert await state_of(world, application) == "submitted"
        await world.grant(application, "social-security-card")
        assert await state_of(world, application) == "partly-completed"


class TestWithdrawal:
    async def test_withdraws_every_case_that_is_not_decided(self, world: World) -> None:
        application = await world.apply()
        answer = await world.withdraw(application)
        assert answer.status_code == 200, answer.text
        assert {case["state"] for case in answer.json()["cases"]} == {"withdrawn"}
        assert answer.json()["state"] == "withdrawn"
        assert await ends(world) == ["application.withdrawn.v1"]

    async def test_leaves_what_was_decided(self, world: World) -> None:
        application = await world.apply()
        await world.grant(application, "birth-medical-certificate")
        shown = (await world.withdraw(application)).json()
        assert shown["cases"][0]["state"] == "concluded"
        assert shown["state"] == "partly-completed"

    async def test_waits_for_a_decision_whose_certificate_is_on_its_way(self, world: World) -> None:
        application = await world.apply()
        case = await world.decide(application, "birth-medical-certificate")
        assert (await world.withdraw(application)).json()["state"] == "submitted"
        result = case.results[0]
        news = cases.Arrived(new_id(), result.kind, result.party, case.id, result.index)
        async with world.database.transaction() as conn:
            await cases.evidence_arrived(conn, news, at=world.clock(), office=world.service.office)
        assert await state_of(world, application) == "partly-completed"

    async def test_again_is_refused_and_with_the_same_key_is_the_same(self, world: World) -> None:
        application = await world.apply()
        first = await world.withdraw(application, key="withdrawal-1")
        assert (await world.withdraw(application, key="withdrawal-1")).json() == first.json()
        again = await world.withdraw(application)
        assert (again.status_code, again.json()["code"]) == (409, "nothing-to-withdraw")
        assert await ends(world) == ["application.withdrawn.v1"]


class TestOnesOwnApplications:
    async def test_are_listed_newest_first_page_by_page(self, world: World) -> None:
        made = []
        for _ in range(3):
            world.later(seconds=1)
            made.append((await world.apply())["id"])
        first = (await world.get("/v1/applications", limit=2)).json()
        assert [item["id"] for item in first["items"]] == [made[2], made[1]]
        rest = (await world.get("/v1/applications", limit=2, after=first["next"])).json()
        assert [item["id"] for item in rest["items"]] == [made[0]]
        assert "next" not in rest

    @pytest.mark.parametrize(
        "params", [{"limit": -1}, {"limit": 0}, {"limit": 10**9}, {"limit": "x"}, {"after": "AAAA"}, {"after": "🙂"}]
    )
    async def test_are_not_listed_for_a_page_that_cannot_be(self, world: World, params: dict[str, Any]) -> None:
        answer = await world.get("/v1/applications", **params)
        assert answer.status_code == 422
        assert answer.json()["code"] in {"invalid-request", "cursor-not-valid"}

    async def test_belong_to_the_applicant_through_any_app(self, world: World) -> None:
        application = await world.apply()
        answer = await world.get(f"/v1/applications/{application['id']}", headers=world.person(MOTHER, app="other"))
        assert answer.status_code == 200
