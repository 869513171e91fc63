"""Couriers: the one of tests keeps to what the one elsewhere is held to."""

from collections.abc import Callable
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest

from certificates.delivery.errors import CourierAway, ParcelRefused
from certificates.delivery.ports import Courier, HttpCourier, NullCourier
from certificates.delivery.schemas import Parcel, Progress

NOT_SERVED = "659000"


def a_parcel(**changes: object) -> Parcel:
    fields: dict[str, object] = {
        "id": uuid4(),
        "recipient": "李娃",
        "phone": "0579 8500 0000",
        "region": "330782",
        "address": "稠城街道一号",
    }
    return Parcel.model_validate(fields | changes)


class Elsewhere:
    """A courier's system behind HTTP, which keeps to the agreement."""

    def __init__(self) -> None:
        self.inner = NullCourier()
        self.inner.refused.add(NOT_SERVED)
        self.seen: list[httpx2.Request] = []
        self.answer: httpx2.Response | None = None

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        if self.answer is not None:
            return self.answer
        try:
            if request.method == "POST":
                tracking = await self.inner.dispatch(Parcel.model_validate_json(request.content))
                return httpx2.Response(201, json={"tracking": tracking, "branch": "Yiwu"})
            progress = await self.inner.progress(UUID(request.url.path.rpartition("/")[2]))
            return httpx2.Response(200, json={**progress.model_dump(), "note": "more than was agreed"})
        except ParcelRefused:
            return httpx2.Response(422, json={})
        except CourierAway:
            return httpx2.Response(503)


def elsewhere() -> tuple[Courier, NullCourier]:
    system = Elsewhere()
    return courier_at(system), system.inner


def nowhere() -> tuple[Courier, NullCourier]:
    courier = NullCourier()
    courier.refused.add(NOT_SERVED)
    return courier, courier


def courier_at(system: Elsewhere) -> HttpCourier:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(system))
    return HttpCourier(http, "https://courier.test/api/", token="known-to-both")


@pytest.mark.parametrize("made", [nowhere, elsewhere])
class TestEveryCourier:
    async def test_takes_a_parcel_once_however_often_it_is_told(
        self, made: Callable[[], tuple[Courier, NullCourier]]
    ) -> None:
        courier, system = made()
        parcel = a_parcel()
        assert await courier.dispatch(parcel) == await courier.dispatch(parcel)
        assert list(system.taken.values()) == [parcel]
        assert await courier.dispatch(a_parcel()) != await courier.dispatch(parcel)

    async def test_says_how_far_it_has_come(self, made: Callable[[], tuple[Courier, NullCourier]]) -> None:
        courier, system = made()
        parcel = a_parcel()
        await courier.dispatch(parcel)
        assert await courier.progress(parcel.id) == Progress(state="under-way")
        system.come[parcel.id] = Progress(state="delivered", tries=1)
        assert await courier.progress(parcel.id) == Progress(state="delivered", tries=1)

    async def test_refuses_an_address_that_it_does_not_serve(
        self, made: Callable[[], tuple[Courier, NullCourier]]
    ) -> None:
        courier, _ = made()
        with pytest.raises(ParcelRefused):
            await courier.dispatch(a_parcel(region=NOT_SERVED))

    async def test_is_away_at_times_and_knows_nothing_of_what_it_never_took(
        self, made: Callable[[], tuple[Courier, NullCourier]]
    ) -> None:
        courier, system = made()
        with pytest.raises(CourierAway):
            await courier.progress(uuid4())
        system.away = True
        with pytest.raises(CourierAway):
            await courier.dispatch(a_parcel())


class TestElsewhere:
    async def test_is_told_under_the_agreed_token_and_its_addresses_hold_no_address_of_a_person(self) -> None:
        system = Elsewhere()
        courier, parcel = courier_at(system), a_parcel()
        await courier.dispatch(parcel)
        await courier.progress(parcel.id)
        assert {request.headers["authorization"] for request in system.seen} == {"Bearer known-to-both"}
        paths = [request.url.path for request in system.seen]
        assert paths == ["/api/parcels", f"/api/parcels/{parcel.id}"]
        assert orjson.loads(system.seen[0].content) == parcel.model_dump(mode="json")

    @pytest.mark.parametrize(
        "answer",
        [
            httpx2.Response(500),
            httpx2.Response(302, headers={"location": "https://elsewhere.test/"}),
            httpx2.Response(401),
            httpx2.Response(200, content=b"<html>"),
            httpx2.Response(200, json={"tracking": "a b"}),
            httpx2.Response(200, json={"tracking": "x" * 65}),
            httpx2.Response(200, json={"state": "lost", "tries": 0}),
            httpx2.Response(200, json={"state": "under-way", "tries": -1}),
        ],
    )
    async def test_another_answer_than_agreed_is_none(self, answer: httpx2.Response) -> None:
        system = Elsewhere()
        system.answer = answer
        for asked in (courier_at(system).dispatch(a_parcel()), courier_at(system).progress(uuid4())):
            with pytest.raises(CourierAway):
                await asked

    async def test_a_line_that_is_cut_names_nothing_that_was_sent(self) -> None:
        async def cut(request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError(f"cut while sending {request.content!r}")

        http = httpx2.AsyncClient(transport=httpx2.MockTransport(cut))
        with pytest.raises(CourierAway) as refused:
            await HttpCourier(http, "https://courier.test", token="t").dispatch(a_parcel())
        assert "李娃" not in str(refused.value)
