"""Reading certificates as evidence: only under a grant, only what a rule names, never without leaving a trace."""

from datetime import date
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from certificates.app import compose
from shared.contracts.evidence import Grant
from shared.jose import SigningKey
from tests.certificates.conftest import NewService
from tests.certificates.seals import HEALTH
from tests.certificates.world import CHILD, STRANGER, World, a_decided_case, a_yield
from tests.shared.evidence.grants import BIRTH, CARD, READER, RECORD, a_grant
from tests.support.statements import statements_of
from tests.support.tokens import OFFICER, Headers


def reading(world: World, department: str = READER) -> Headers:
    return world.issuer.department(department, scopes=["evidence"])


def granting(**changes: object) -> Grant:
    return a_grant(**{"parties": (CHILD,), **changes})


async def search(
    world: World, grant: Grant | str, *, wants: object = None, headers: Headers | None = None
) -> httpx2.Response:
    token = grant if isinstance(grant, str) else world.licensing.signed(grant)
    body = {"wants": wants or [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": token}
    return await world.http.post("/v1/evidence/search", json=body, headers=headers or reading(world))


async def refused(world: World, grant: Grant | str, *, wants: object = None, headers: Headers | None = None) -> str:
    """The reason of a refusal that left no trace of a read."""
    reply = await search(world, grant, wants=wants, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, "grant-refused")
    assert "𠮷娃" not in reply.text
    assert await world.events("data.accessed%") == []
    return str(reply.json()["reason"])


class TestGranted:
    async def test_the_answer_holds_only_what_the_rule_names(self, world: World) -> None:
        certificate = await world.issued()
        reply = await search(world, granting())
        assert reply.status_code == 200
        (found,) = reply.json()["evidence"]
        assert found | {"number": ""} == {
            "id": str(certificate),
            "type": "certificate",
            "kind": BIRTH,
            "party": str(CHILD),
            "issuer": HEALTH.code,
            "as_of": "2026-03-11",
            "valid_until": None,
            "state": "valid",
            "claims": {"name": "𠮷娃", "birth-date": "2026-03-01"},
            "number": "",
            "origin": "issued",
        }
        assert reply.json()["unavailable"] == []

    async def test_the_access_says_who_read_what_of_whom_and_why(self, world: World) -> None:
        certificate = await world.issued()
        grant = granting()
        await search(world, grant)
        (event,) = await world.events("data.accessed%")
        assert event["topic"].startswith("int.data.accessed.")
        assert event["data"] == {
            "reader": READER,
            "officer": str(OFFICER),
            "purpose": "case",
            "ref": str(grant.ref),
            "items": ["household-registration"],
            "region": "330782",
            "accessed": [
                {
                    "party": str(CHILD),
                    "kind": BIRTH,
                    "attributes": ["birth-date", "name"],
                    "evidence": str(certificate),
                }
            ],
            "duty": None,
            "basis": None,
        }

    async def test_licensing_reads_for_a_draft_with_its_own_token(self, world: World) -> None:
        await world.issued()
        grant = granting(sub="licensing", purpose="draft", items=("newborn-draft",))
        headers = world.issuer.service("licensing", audience="certificates")
        reply = await search(world, grant, headers=headers)
        assert [found["claims"] for found in reply.json()["evidence"]] == [{"name": "𠮷娃"}]
        assert len(await world.events("data.accessed%")) == 1

    async def test_a_standing_duty_is_granted_by_identity(self, world: World) -> None:
        await world.issued()
        grant = granting(iss="identity", purpose="duty")
        token = world.issuer.key.sign(grant.model_dump(mode="json"), typ="grant+jwt")
        assert len((await search(world, token)).json()["evidence"]) == 1

    async def test_many_parties_cost_as_many_statements_as_one(self, world: World) -> None:
        parties = [uuid4() for _ in range(50)]
        for party in parties:
            await world.issued(a_decided_case(a_yield(party=party)))
        grant = granting(parties=tuple(parties))
        counted = []
        for wanted in (parties[:1], parties):
            wants = [{"party": str(party), "kinds": [BIRTH]} for party in wanted]
            with statements_of(world.service.database) as statements:
                reply = await search(world, grant, wants=wants)
            assert len(reply.json()["evidence"]) == len(wanted)
            counted.append(len(statements))
        assert counted[0] == counted[1]

    async def test_a_batch_is_answered_at_once_and_recorded_at_once(self, world: World) -> None:
        for party, kind in ((CHILD, BIRTH), (CHILD, CARD), (STRANGER, BIRTH)):
            await world.issued(a_decided_case(a_yield(party=party, kind=kind)))
        grant = granting(parties=(CHILD, STRANGER), kinds=(BIRTH, CARD), items=("household-registration", "moving"))
        wants = [{"party": str(CHILD), "kinds": [BIRTH, CARD]}, {"party": str(STRANGER), "kinds": [BIRTH]}]
        reply = await search(world, grant, wants=wants)
        found = {(each["party"], each["kind"]) for each in reply.json()["evidence"]}
        assert found == {(str(CHILD), BIRTH), (str(CHILD), CARD), (str(STRANGER), BIRTH)}
        (event,) = await world.events("data.accessed%")
        assert len(event["data"]["accessed"]) == 3

    async def test_kinds_of_another_source_are_left_to_it(self, world: World) -> None:
        await world.issued()
        grant = granting(kinds=(BIRTH, RECORD, "never-heard-of"))
        wants = [{"party": str(CHILD), "kinds": [BIRTH, RECORD, "never-heard-of"]}]
        reply = await search(world, grant, wants=wants)
        assert [found["kind"] for found in reply.json()["evidence"]] == [BIRTH]

    async def test_what_is_not_held_leaves_an_empty_answer_and_no_access(self, world: World) -> None:
        reply = await search(world, granting())
        assert reply.json() == {"evidence": [], "unavailable": []}
        assert await world.events() == []

    @pytest.mark.parametrize("state", ["withheld", "revoked", "cancelled", "expired", "transferred", "withdrawn"])
    async def test_what_is_not_in_force_is_no_evidence(self, world: World, state: str) -> None:
        await world.issued()
        async with world.service.database.transaction() as conn:
            await conn.execute(text("UPDATE certificates SET state = :state"), {"state": state})
        assert (await search(world, granting())).json()["evidence"] == []

    @pytest.mark.parametrize(
        "dates",
        [
            {"valid_from": date(2026, 3, 12)},
            {"valid_from": date(2026, 3, 1), "valid_until": date(2026, 3, 10)},
        ],
    )
    async def test_what_is_not_valid_today_is_no_evidence(self, world: World, dates: dict[str, object]) -> None:
        await world.issued(a_decided_case(a_yield(**dates)))
        assert (await search(world, granting())).json()["evidence"] == []

    async def test_a_party_who_lives_where_no_rule_reaches_is_not_shown(self, world: World) -> None:
        await world.issued(a_decided_case(a_yield(region="440305")))
        assert (await search(world, granting())).json()["evidence"] == []
        assert await world.events("data.accessed%") == []


class TestRefused:
    async def test_a_forged_grant(self, world: World) -> None:
        await world.issued()
        claims = granting().model_dump(mode="json")
        good = world.licensing.signed(granting())
        head, payload, signature = good.split(".")
        forgeries = [
            SigningKey.generate().sign(claims, typ="grant+jwt"),
            world.licensing.key.sign(claims, typ="at+jwt"),
            world.licensing.key.sign(claims | {"more": 1}, typ="grant+jwt"),
            world.issuer.key.sign(claims, typ="grant+jwt"),  # identity has no say in a case
            f"{head}.{payload}.",
            f"{head}.{payload}.{signature[::-1]}",
            f"e30.{payload}.{signature}",
            good + ".",
            good + " ",
            "",
            "none",
        ]
        assert {await refused(world, forged) for forged in forgeries} == {"not-genuine"}

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"exp": 1}, "expired"),
            ({"iat": 2**40, "exp": 2**41}, "expired"),
            ({"sub": "tax"}, "another-reader"),
            ({"sub": "licensing"}, "another-reader"),
            ({"parties": (STRANGER,)}, "party-outside-grant"),
            ({"parties": ()}, "party-outside-grant"),
            ({"kinds": (CARD,)}, "kind-outside-grant"),
            ({"items": ("another-item",)}, "no-sharing-rule"),
            ({"items": ()}, "no-sharing-rule"),
            ({"iss": "identity"}, "not-genuine"),
            ({"purpose": "duty"}, "not-genuine"),
        ],
    )
    async def test_a_grant_that_does_not_reach(self, world: World, changes: dict[str, object], reason: str) -> None:
        await world.issued()
        assert await refused(world, granting(**changes)) == reason

    async def test_another_department_with_a_good_grant(self, world: World) -> None:
        await world.issued()
        assert await refused(world, granting(), headers=reading(world, "tax")) == "another-reader"

    async def test_one_foreign_party_in_a_batch_refuses_the_whole(self, world: World) -> None:
        await world.issued()
        wants = [{"party": str(CHILD), "kinds": [BIRTH]}, {"party": str(STRANGER), "kinds": [BIRTH]}]
        assert await refused(world, granting(), wants=wants) == "party-outside-grant"

    async def test_the_grant_of_a_closed_case(self, world: World) -> None:
        await world.issued()
        grant = granting(ref=uuid4())
        async with world.service.database.transaction() as conn:
            closed = text('INSERT INTO closed_cases ("case", closed_at) VALUES (:case, now())')
            await conn.execute(closed, {"case": grant.ref})
        assert await refused(world, grant) == "case-closed"
        assert (await search(world, granting(ref=uuid4()))).status_code == 200

    async def test_another_service_with_a_good_grant(self, world: World) -> None:
        headers = world.issuer.service("records", audience="certificates")
        grant = granting(sub="licensing", purpose="draft", items=("newborn-draft",))
        assert await refused(world, grant, headers=headers) == "another-reader"


class TestTheTrace:
    async def test_no_answer_leaves_without_it(self, world: World) -> None:
        """The outbox refuses: what was read stays here."""
        await world.issued()
        await world.as_owner("ALTER TABLE outbox ADD CHECK (false) NOT VALID")
        reply = await search(world, granting())
        assert reply.status_code == 500
        assert "𠮷娃" not in reply.text

    async def test_it_is_committed_before_the_answer_leaves(self, world: World) -> None:
        """Seen from a second connection at the moment when the first byte of the answer is sent."""
        await world.issued()
        seen: list[int] = []
        app = compose(world.service)

        async def watched(scope: object, receive: object, send: object) -> None:
            async def sending(message: dict[str, object]) -> None:
                if message["type"] == "http.response.start":
                    seen.append(len(await world.events("data.accessed%")))
                await send(message)  # type: ignore[operator]

            await app(scope, receive, sending)  # type: ignore[arg-type]

        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=watched), base_url="http://x") as http:
            body = {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": world.licensing.signed(granting())}
            reply = await http.post("/v1/evidence/search", json=body, headers=reading(world))
        assert len(reply.json()["evidence"]) == 1
        assert seen == [1]


class TestBeforeTheRulesAreKnown:
    async def test_nothing_is_read_and_the_service_is_not_ready(self, world: World, new_service: NewService) -> None:
        world.licensing.silent.add("licensing")
        other = new_service()
        transport = httpx2.ASGITransport(app=compose(other), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://x") as http:
            body = {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": world.licensing.signed(granting())}
            reply = await http.post("/v1/evidence/search", json=body, headers=reading(world))
            assert (reply.status_code, reply.json()["code"]) == (503, "sharing-rules-not-loaded")
            assert (await http.get("/readyz")).status_code == 503
            world.licensing.silent.discard("licensing")
            await other.evidence.policy.refresh()
            assert (await http.get("/readyz")).status_code == 200
            assert (await http.post("/v1/evidence/search", json=body, headers=reading(world))).status_code == 200
        await other.database.close()

    async def test_an_older_release_does_not_replace_a_newer_one(self, world: World) -> None:
        world.licensing.rules = world.licensing.rules.model_copy(update={"release": 1, "rules": ()})
        await world.service.evidence.policy.refresh()
        assert world.service.evidence.policy.table.release == 7


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"wants": [], "grant": "g"},
            {"wants": [{"party": str(CHILD), "kinds": []}], "grant": "g"},
            {"wants": [{"party": str(CHILD), "kinds": [BIRTH] * 51}], "grant": "g"},
            {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}] * 51, "grant": "g"},
            {"wants": [{"party": "x", "kinds": [BIRTH]}], "grant": "g"},
            {"wants": [{"party": str(CHILD), "kinds": ["evt.>"]}], "grant": "g"},
            {"wants": [{"party": str(CHILD), "kinds": ["*"]}], "grant": "g"},
            {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": "g" * 8193},
            {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": {"alg": "none"}},
            {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": "g", "fields": "*"},
        ],
    )
    async def test_a_search_that_is_none(self, world: World, body: object) -> None:
        await world.issued()
        reply = await world.http.post("/v1/evidence/search", json=body, headers=reading(world))
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid-request")
        assert await world.events("data.accessed%") == []
