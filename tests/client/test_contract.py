"""What the fake platform says is what the real one says: the platform's own models read its answers.

The journeys drive the client against the platform itself.
"""

from typing import Any

import httpx2

from identity.subscriptions.schemas import Subscribe, Subscription
from shared.messaging.api import EventPage, FeedHeads
from tests.client.fake import BIRTHS, DEATHS, EVERYTHING, FakePlatform, token
from tests.gateway.serving import serving


async def ask(fake: FakePlatform, method: str, path: str, **request: Any) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token()}"}
    async with serving(fake.app()) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        answer: dict[str, Any] = (await http.request(method, path, headers=headers, **request)).json()
        return answer


async def test_a_page_of_the_feed() -> None:
    fake = FakePlatform()
    fake.record_many(3)
    said = await ask(fake, "GET", "/v1/events", params={"topic": EVERYTHING})
    assert said.pop("unavailable") == []
    assert len(EventPage.model_validate(said).items) == 3


async def test_heads() -> None:
    fake = FakePlatform()
    fake.record_many(3)
    fake.record(DEATHS, source="/licensing")
    said = await ask(fake, "GET", "/v1/events/heads", params={"topic": EVERYTHING})
    heads = [FeedHeads.model_validate(service) for service in said["services"]]
    assert [(each.service, [(head.topic, head.sequence) for head in each.topics]) for each in heads] == [
        ("certificates", [(BIRTHS, "3")]),
        ("licensing", [(DEATHS, "1")]),
    ]
    assert set(said) == {"services", "unavailable", "next"}


async def test_a_subscription() -> None:
    body = Subscribe(name="births", topics=[BIRTHS])
    said = await ask(FakePlatform(), "POST", "/v1/subscriptions", json=body.model_dump())
    assert Subscription.model_validate(said).nats.consumer == "tax_births"
