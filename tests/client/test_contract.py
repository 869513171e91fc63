"""What the fake platform says is what the real one says, and what it is told, the real one takes: by its own models.

The journeys drive the client against the platform itself.
"""

import json
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from gateway.routing.model import ROUTES
from gateway.routing.rules import RoutingTable
from identity.duties.schemas import AskDutyGrant
from identity.subscriptions.schemas import Subscribe, Subscription
from licensing.cases.schemas import Decision
from records.filing.schemas import RecordCorrection, RecordFiling
from shared.contracts.evidence import EvidenceSearch
from shared.messaging.api import EventPage, FeedHeads
from tests.client.fake import BIRTHS, DEATHS, EVERYTHING, FakePlatform, token
from tests.client.test_platform import CALLS
from tests.gateway.serving import serving

READ_BY: dict[str, type[BaseModel]] = {
    "duty-grants": AskDutyGrant,
    "search": EvidenceSearch,
    "records": RecordFiling,
    "corrections": RecordCorrection,
    "decision": Decision,
}


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


@pytest.mark.parametrize(("path", "body"), [call[1:] for call in CALLS], ids=[path for _, path, _ in CALLS])
def test_a_call_is_one_that_the_platform_takes(path: str, body: dict[str, Any] | None) -> None:
    assert ("GET" if body is None else "POST") in RoutingTable(ROUTES).find(path.encode())
    if body:
        READ_BY[path.rsplit("/", 1)[1]].model_validate_json(json.dumps(body))
