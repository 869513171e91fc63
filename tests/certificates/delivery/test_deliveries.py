"""Paper, from the holder's wish to the holder's hand; and an address that is kept no longer than it is needed."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from certificates.delivery.commands import LEASE, carry_due
from certificates.delivery.errors import CourierAway
from certificates.delivery.ports import NullCourier
from certificates.delivery.rules import pause_after
from certificates.delivery.schemas import Parcel, Progress
from tests.certificates.conftest import NewService, running
from tests.certificates.issuing.acts import revoke, withhold
from tests.certificates.issuing.test_api import managing, representing
from tests.certificates.seals import SECURITY
from tests.certificates.world import CHILD, MOTHER, World
from tests.shared.messaging.parts import until
from tests.support.neighbours import Neighbours
from tests.support.tokens import Headers, Issuer

ADDRESS = {"recipient": "李娃", "phone": "13800000000", "region": "330782", "address": "稠城街道一号"}
BY_COURIER = {"method": "courier", "address": ADDRESS}
PICK_UP = {"method": "pick-up"}
EVERY = timedelta(minutes=15)


def holder(world: World, party: UUID = CHILD) -> Headers:
    return world.issuer.person(party) | {"idempotency-key": f"key-{uuid4()}"}


async def ask(world: World, certificate: UUID, body: object = BY_COURIER) -> httpx2.Response:
    path = f"/v1/certificates/{certificate}/deliveries"
    return await world.http.post(path, json=body, headers=holder(world))


async def asked(world: World, certificate: UUID, body: object = BY_COURIER) -> str:
    reply = await ask(world, certificate, body)
    assert reply.status_code == 201, reply.json()
    return f"/v1/certificates/{certificate}/deliveries/{reply.json()['id']}"


async def state(world: World, path: str) -> str:
    return str((await world.http.get(path, headers=holder(world))).json()["state"])


def courier_of(world: World) -> NullCourier:
    assert isinstance(world.service.courier, NullCourier)
    return world.service.courier


async def carry(world: World, courier: NullCourier | None = None) -> int:
    service = world.service
    courier = courier or courier_of(world)
    return await carry_due(service.database, courier, every=EVERY, zone="Asia/Shanghai", clock=service.clock)


async def later(world: World, courier: NullCourier | None = None, by: timedelta = EVERY) -> int:
    world.service.clock.advance(seconds=by.total_seconds())  # type: ignore[attr-defined]  # the clock of tests
    return await carry(world, courier)


async def told(world: World) -> list[tuple[str, str]]:
    return [(event["type"], event["data"]["state"]) for event in await world.events("delivery.%")]


async def addresses(world: World) -> list[object]:
    return [row["address"] for row in await world.rows("SELECT address FROM deliveries WHERE address IS NOT NULL")]


async def test_who_acts_for_the_holder_no_more_is_told_no_more_also_under_the_same_key(world: World) -> None:
    path, key = f"/v1/certificates/{await world.issued()}/deliveries", {"idempotency-key": "a-key-of-hers"}
    replies = [
        await world.http.post(path, json=PICK_UP, headers=headers | key)
        for headers in (representing(world, CHILD), world.issuer.person(MOTHER))
    ]
    assert [reply.status_code for reply in replies] == [201, 404]


class TestByCourier:
    async def test_is_dispatched_and_then_delivered(self, world: World) -> None:
        path = await asked(world, await world.issued())
        assert await state(world, path) == "requested"
        await carry(world)
        shown = (await world.http.get(path, headers=holder(world))).json()
        assert (shown["state"], shown["tracking"][:5]) == ("dispatched", "NULL-")
        await later(world)
        assert await state(world, path) == "delivered"
        assert await told(world) == [
            ("delivery.dispatched.v1", "dispatched"),
            ("delivery.delivered.v1", "delivered"),
        ]

    async def test_the_address_goes_to_the_courier_alone_and_is_forgotten_on_delivery(self, world: World) -> None:
        reply = await ask(world, await world.issued())
        assert "稠城" not in reply.text
        assert await addresses(world) == [ADDRESS]
        await carry(world)
        [parcel] = courier_of(world).taken.values()
        assert parcel.model_dump(exclude={"id"}) == ADDRESS
        await later(world)
        assert await addresses(world) == []
        assert "稠城" not in str(await world.events())

    async def test_events_go_where_the_holder_lives_and_say_whose_paper_it_is(self, world: World) -> None:
        certificate = await world.issued()
        path = await asked(world, certificate)
        await carry(world)
        (event,) = await world.events("delivery.%")
        assert event["topic"] == "evt.delivery.dispatched.birth-medical-certificate.33.07.82"
        assert event["data"] == {
            "delivery": path.rpartition("/")[2],
            "certificate": str(certificate),
            "kind": "birth-medical-certificate",
            "party": str(CHILD),
            "issuer": "health-commission",
            "state": "dispatched",
        }

    async def test_after_the_third_try_in_vain_it_waits_to_be_picked_up(self, world: World) -> None:
        path, courier = await asked(world, await world.issued()), NullCourier()
        await carry(world, courier)
        delivery = UUID(path.rpartition("/")[2])
        seen = []
        for tries in (1, 1, 2, 3, 4):
            courier.come[delivery] = Progress(state="under-way", tries=tries)
            await later(world, courier)
            seen.append(await state(world, path))
        assert seen == ["failed", "failed", "failed", "pick-up", "pick-up"]
        assert [state for _, state in await told(world)] == ["dispatched", "failed", "failed", "pick-up"]
        assert await addresses(world) == []

    async def test_after_a_try_in_vain_it_may_still_be_delivered(self, world: World) -> None:
        path, courier = await asked(world, await world.issued()), NullCourier()
        await carry(world, courier)
        for progress in (Progress(state="under-way", tries=2), Progress(state="delivered", tries=2)):
            courier.come[UUID(path.rpartition("/")[2])] = progress
            await later(world, courier)
        assert await state(world, path) == "delivered"

    async def test_where_the_courier_does_not_go_it_waits_to_be_picked_up(self, world: World) -> None:
        path, courier = await asked(world, await world.issued()), NullCourier()
        courier.refused.add("330782")
        await carry(world, courier)
        assert await state(world, path) == "pick-up"
        assert await told(world) == [("delivery.failed.v1", "pick-up")]
        assert await addresses(world) == []

    async def test_a_courier_that_is_away_is_asked_again_after_longer_and_longer_pauses(self, world: World) -> None:
        path, courier = await asked(world, await world.issued()), NullCourier()
        courier.away = True
        for attempts in range(5):
            assert await later(world, courier, pause_after(attempts)) == 1
            assert await later(world, courier, timedelta(0)) == 0
        assert await state(world, path) == "requested"
        courier.away = False
        await later(world, courier, timedelta(hours=1))
        assert await state(world, path) == "dispatched"

    @pytest.mark.parametrize("end", [revoke, withhold])
    async def test_what_ended_before_it_was_dispatched_is_not_sent(self, world: World, end: object) -> None:
        certificate = await world.issued()
        path = await asked(world, certificate)
        await end(world, certificate)  # type: ignore[operator]
        await carry(world)
        assert await state(world, path) == "cancelled"
        assert courier_of(world).taken == {}
        assert await addresses(world) == []

    async def test_who_dies_after_the_courier_took_it_has_it_done_again_as_one_parcel(self, world: World) -> None:
        class Dying(NullCourier):
            async def dispatch(self, parcel: Parcel) -> str:
                await super().dispatch(parcel)
                raise KeyboardInterrupt

        path, courier = await asked(world, await world.issued()), Dying()
        with pytest.raises(KeyboardInterrupt):
            await carry(world, courier)
        assert (await later(world, courier, timedelta(seconds=1)), await state(world, path)) == (0, "requested")
        revived = NullCourier()
        revived.taken = courier.taken
        await later(world, revived, LEASE)
        assert await state(world, path) == "dispatched"
        assert len(revived.taken) == 1

    async def test_many_carriers_at_once_tell_each_once(self, world: World) -> None:
        for _ in range(6):
            await asked(world, await world.issued())
        due = await asyncio.gather(*(carry(world) for _ in range(4)))
        assert sum(due) == 6
        assert [type_ for type_, _ in await told(world)] == ["delivery.dispatched.v1"] * 6

    async def test_no_connection_is_held_while_the_courier_speaks(self, world: World) -> None:
        pool = world.service.database.engine.pool

        class Watching(NullCourier):
            async def dispatch(self, parcel: Parcel) -> str:
                seen.append(pool.checkedout())  # type: ignore[attr-defined]  # of a pool of connections
                raise CourierAway("does not answer")

        seen: list[int] = []
        await asked(world, await world.issued())
        await carry(world, Watching())
        assert seen == [0]


class TestPickUp:
    async def test_its_issuer_hands_it_over(self, world: World) -> None:
        path = await asked(world, await world.issued(), PICK_UP)
        assert await state(world, path) == "pick-up"
        headers = managing(world)
        replies = [await world.http.post(f"{path}/hand-over", headers=headers) for _ in range(2)]
        assert [(reply.status_code, reply.json()["state"]) for reply in replies] == [(200, "delivered")] * 2
        (event,) = await world.events("delivery.%")
        assert (event["data"]["state"], event["data"]["method"]) == ("delivered", "pick-up")

    async def test_nobody_else_does(self, world: World) -> None:
        path = await asked(world, await world.issued(), PICK_UP)
        other = await world.issued()
        elsewhere = path.replace(path.split("/")[3], str(other))
        for each, department in ((path, SECURITY.code), (elsewhere, "health-commission")):
            reply = await world.http.post(f"{each}/hand-over", headers=managing(world, department))
            assert reply.status_code == 404

    async def test_what_is_on_its_way_is_not_handed_over(self, world: World) -> None:
        path = await asked(world, await world.issued())
        reply = await world.http.post(f"{path}/hand-over", headers=managing(world))
        assert (reply.status_code, reply.json()["code"]) == (409, "not-ready-for-pick-up")


class TestAsking:
    async def test_one_at_a_time(self, world: World) -> None:
        certificate = await world.issued()
        replies = await asyncio.gather(*(ask(world, certificate) for _ in range(10)))
        assert sorted(reply.status_code for reply in replies) == [201] + [409] * 9
        assert {reply.json()["code"] for reply in replies if reply.status_code == 409} == {"delivery-under-way"}
        await carry(world)
        await later(world)
        assert (await ask(world, certificate, PICK_UP)).status_code == 201

    async def test_only_of_what_is_in_force(self, world: World) -> None:
        certificate = await world.issued()
        await withhold(world, certificate)
        reply = await ask(world, certificate)
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-to-be-delivered")

    async def test_without_a_courier_it_is_picked_up(self, world: World) -> None:
        world.service.courier = None
        certificate = await world.issued()
        assert (await ask(world, certificate)).json()["code"] == "courier-not-offered"
        assert (await ask(world, certificate, PICK_UP)).status_code == 201

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"method": "courier"},
            {"method": "pick-up", "address": ADDRESS},
            {"method": "pigeon"},
            BY_COURIER | {"state": "delivered"},
            *(
                {"method": "courier", "address": {**ADDRESS, **wrong}}
                for wrong in (
                    {"recipient": ""},
                    {"recipient": "x" * 51},
                    {"recipient": "a\u202eb"},
                    {"phone": "abc"},
                    {"phone": "1\n2345678"},
                    {"region": "33"},
                    {"address": "x" * 201},
                    {"address": "two\nlines"},
                    {"more": 1},
                )
            ),
        ],
    )
    async def test_a_wish_that_is_none_is_refused_and_not_repeated(self, world: World, body: object) -> None:
        reply = await ask(world, await world.issued(), body)
        assert reply.status_code == 422
        assert "稠城" not in reply.text
        assert await world.rows("SELECT id FROM deliveries") == []

    async def test_the_same_key_asks_once(self, world: World) -> None:
        path, headers = f"/v1/certificates/{await world.issued()}/deliveries", holder(world)
        replies = [await world.http.post(path, json=BY_COURIER, headers=headers) for _ in range(3)]
        assert {(reply.status_code, reply.text) for reply in replies} == {(201, replies[0].text)}
        listed = (await world.http.get(path, headers=headers)).json()["items"]
        assert [each["id"] for each in listed] == [replies[0].json()["id"]]


async def test_the_database_keeps_no_address_of_what_has_arrived(world: World) -> None:
    await asked(world, await world.issued())
    with pytest.raises(IntegrityError, match="address_while_open"):
        await keep_it(world)


async def keep_it(world: World) -> None:
    async with world.service.database.transaction() as conn:
        await conn.execute(text("UPDATE deliveries SET state = 'delivered'"))


async def test_the_service_carries_by_itself(
    new_service: NewService, licensing: Neighbours, issuer: Issuer, nats_server: str
) -> None:
    service = new_service(run="api,worker", nats_url=nats_server)
    async with running(service, licensing, issuer) as world:
        path = await asked(world, await world.issued())

        async def dispatched() -> bool:
            return await state(world, path) == "dispatched"

        await until(dispatched)
