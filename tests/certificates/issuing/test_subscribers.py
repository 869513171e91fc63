"""What the bus brings: decided cases, in whatever order and number, and news that concerns evidence."""

from uuid import UUID, uuid4

from shared.contracts.events import CaseConcluded, ThingPublished
from shared.contracts.yields import CaseYield
from shared.messaging.envelope import EventContract
from tests.certificates.seals import HEALTH
from tests.certificates.world import CHILD, World, a_decided_case, a_yield
from tests.shared.evidence.grants import BIRTH, READER, a_grant
from tests.shared.messaging.parts import stored, until
from tests.support import neighbours
from tests.support.decisions import announced


async def publish(world: World, *events: EventContract, subject: UUID) -> None:
    at = world.service.clock()
    await neighbours.publish(world.service.messaging.bus, *events, subject=subject, kind=BIRTH, at=at)


async def decide(world: World, decided: CaseYield, **changes: object) -> None:
    world.licensing.cases[decided.case] = decided
    await publish(world, announced(decided, **changes), subject=decided.case)


async def handled(world: World, count: int) -> None:
    """So many events had their effect."""

    async def enough() -> bool:
        return len(await world.rows("SELECT event_id FROM inbox")) >= count

    await until(enough)


async def parked(world: World) -> dict[str, object]:
    """The event that waits for a person."""

    async def any_parked() -> bool:
        return bool(await world.rows("SELECT event_id FROM parked"))

    await until(any_parked)
    return (await world.rows("SELECT * FROM parked"))[0]


class TestDecidedCase:
    async def test_becomes_certificates_that_are_told_on_the_bus(self, working: World) -> None:
        decided = a_decided_case(a_yield(), a_yield(index=1, type="record", type_code=None))
        await decide(working, decided)
        url = str(working.service.settings.nats_url)

        async def told() -> bool:
            return any(event.topic.startswith("evt.certificate.issued.") for event in await stored(url))

        await until(told)
        (row,) = await working.rows("SELECT * FROM certificates")
        (event,) = [event for event in await stored(url) if event.topic.startswith("evt.certificate.")]
        assert event.topic == "evt.certificate.issued.birth-medical-certificate.33.07.82"
        assert (row["case"], row["holder"], event.subject) == (decided.case, CHILD, row["id"])

    async def test_delivered_ten_times_under_two_ids_becomes_one_certificate(self, working: World) -> None:
        decided = a_decided_case()
        working.licensing.cases[decided.case] = decided
        one, other = announced(decided), announced(decided)
        await publish(working, *[one] * 5, *[other] * 5, subject=decided.case)
        await handled(working, 2)
        last = a_decided_case()
        await decide(working, last)
        await handled(working, 3)
        rows = await working.rows('SELECT "case" FROM certificates ORDER BY issued_at')
        assert sorted(str(row["case"]) for row in rows) == sorted([str(decided.case), str(last.case)])

    async def test_that_licensing_tells_otherwise_is_parked_and_holds_up_nobody(self, working: World) -> None:
        await decide(working, a_decided_case(), digest="sha256:" + "0" * 64)
        row = await parked(working)
        assert (row["reason"], row["retry_at"]) == ("Poison: the yield is not what was decided", None)
        await decide(working, a_decided_case())
        await handled(working, 1)
        assert len(await working.rows("SELECT id FROM certificates")) == 1

    async def test_waits_for_licensing_as_long_as_it_takes(self, working: World) -> None:
        working.licensing.silent.add("licensing")
        await decide(working, a_decided_case())
        assert (await parked(working))["reason"] == "Retry: licensing does not answer"
        working.licensing.silent.discard("licensing")
        await handled(working, 1)
        assert len(await working.rows("SELECT id FROM certificates")) == 1

    async def test_that_cannot_be_sealed_waits_for_a_person_and_its_reason_repeats_no_claim(
        self, working: World
    ) -> None:
        await decide(working, a_decided_case(a_yield(claims={"name": "李小明", "Amount ¥": 1})))
        row = await parked(working)
        assert row["reason"] == "Poison: the yield is not what a certificate can say"
        assert await working.rows("SELECT id FROM certificates") == []


class TestNewsAboutEvidence:
    async def test_a_concluded_case_ends_its_grants(self, working: World) -> None:
        await working.issued()
        grant = a_grant(ref=uuid4(), parties=(CHILD,))
        concluded = CaseConcluded(
            case=grant.ref,
            application=uuid4(),
            item="household-registration",
            department=READER,
            state="concluded",
            outcome="granted",
        )
        body = {"wants": [{"party": str(CHILD), "kinds": [BIRTH]}], "grant": working.licensing.signed(grant)}
        headers = working.issuer.department(READER, scopes=["evidence"])
        before = await working.http.post("/v1/evidence/search", json=body, headers=headers)
        await publish(working, concluded, concluded, subject=grant.ref)
        await handled(working, 1)
        after = await working.http.post("/v1/evidence/search", json=body, headers=headers)
        assert (before.status_code, after.status_code, after.json()["reason"]) == (200, 403, "case-closed")

    async def test_a_published_release_takes_effect(self, working: World) -> None:
        working.licensing.rules = working.licensing.rules.model_copy(update={"release": 8})
        await publish(working, ThingPublished(thing="newborn", release=8), subject=uuid4())
        await handled(working, 1)
        assert working.service.evidence.policy.table.release == 8


class TestFeed:
    async def test_gives_entitled_departments_what_the_bus_gave(self, working: World) -> None:
        certificate = await working.issued()
        path = f"/v1/events?topic=evt.certificate.issued.{BIRTH}.33.>&wait=10"
        for department in (READER, HEALTH.code):
            reply = await working.http.get(path, headers=working.issuer.department(department, scopes=["events"]))
            assert [event["subject"] for event in reply.json()["items"]] == [str(certificate)]

    async def test_gives_nobody_else_anything(self, world: World) -> None:
        for department, topics in (("tax", f"evt.certificate.issued.{BIRTH}.33.>"), (READER, "evt.certificate.>")):
            headers = world.issuer.department(department, scopes=["events"])
            for path in ("/v1/events", "/v1/events/heads"):
                reply = await world.http.get(f"{path}?topic={topics}", headers=headers)
                assert (reply.status_code, reply.json()["code"]) == (403, "topic-not-allowed")
