"""Stand in for identity and licensing, behind HTTP and on the bus, for the services that hold evidence."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
import orjson

from shared.auth import Revocations
from shared.contracts.evidence import Grant
from shared.contracts.numbers import number_digest
from shared.contracts.sharing import SharingRules
from shared.contracts.yields import CaseYield
from shared.ids import new_id
from shared.jose import SigningKey
from shared.messaging.envelope import Envelope, EventContract, topic_of
from shared.messaging.jetstream import JetStream, Message
from tests.support.clock import START

SALT = "5a" * 32


def number_seal(number: str) -> dict[str, str]:
    """As identity makes one, but for the salt, which is the same each time."""
    return {"digest": number_digest(number, SALT), "salt": "c2FsdC1pcy1jbG9zZWQ"}


@dataclass
class Neighbours:
    """They answer what each test puts in; who is `silent` answers nothing."""

    rules: SharingRules
    key: SigningKey = field(default_factory=SigningKey.generate)
    regions: dict[UUID, str] = field(default_factory=dict)
    cases: dict[UUID, CaseYield] = field(default_factory=dict)
    revocations: Revocations = field(default_factory=Revocations)
    # Numbers as identity has them, by party; `refused`: identity gives none of them out.
    numbers: dict[UUID, str] = field(default_factory=dict)
    refused: bool = False
    silent: set[str] = field(default_factory=set)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        service, path = request.url.host.removesuffix(".test"), request.url.path
        if service in self.silent:
            return httpx2.Response(503, json={"code": "service-unavailable"})
        if path == "/internal/parties/regions":
            asked = {party: self.regions.get(UUID(party)) for party in orjson.loads(request.content)["parties"]}
            return httpx2.Response(200, json={party: region for party, region in asked.items() if region})
        if path.startswith("/internal/numbers/"):
            return self._number(path.rsplit("/", 1)[1], orjson.loads(request.content))
        if path in (fixed := self._fixed()):
            return httpx2.Response(200, json=fixed[path])
        if path in (told := {"/internal/sharing-rules": self.rules, "/internal/revocations": self.revocations}):
            return httpx2.Response(200, content=told[path].model_dump_json())
        return self._yield_of(UUID(path.split("/")[3]))

    def _fixed(self) -> dict[str, dict[str, Any]]:
        return {
            "/oauth/token": {"access_token": "token", "expires_in": 600},
            "/.well-known/jwks.json": {"keys": [self.key.public_jwk()]},
        }

    def _number(self, asked: str, body: dict[str, Any]) -> httpx2.Response:
        if asked == "seals":
            known = {party: self.numbers[UUID(party)] for party in body["parties"] if UUID(party) in self.numbers}
            return httpx2.Response(200, json={party: number_seal(number) for party, number in known.items()})
        if self.refused:
            return httpx2.Response(403, json={"code": "number-not-for-caller"})
        return httpx2.Response(200, json={"number": self.numbers[UUID(body["party"])], "salt": SALT})

    def _yield_of(self, case: UUID) -> httpx2.Response:
        decided = self.cases.get(case)
        if decided is None:
            return httpx2.Response(404, json={"code": "not-found"})
        return httpx2.Response(200, content=decided.model_dump_json())

    def signed(self, grant: Grant, *, typ: str = "grant+jwt") -> str:
        """The grant as licensing signs it."""
        return self.key.sign(grant.model_dump(mode="json"), typ=typ)


async def publish(bus: JetStream, *events: EventContract, subject: UUID, kind: str, at: datetime = START) -> None:
    """As licensing's relay would. An event given twice is one that the bus acknowledged too late."""
    generation = await bus.connected()
    await bus.ensure_stream()
    ids: dict[int, UUID] = {}
    for event in events:
        envelope = Envelope(
            id=ids.setdefault(id(event), new_id()),
            source="/licensing",
            type=event.type,
            topic=topic_of(type(event), kind=kind, region="330782"),
            subject=subject,
            time=at,
            entityversion=1,
            position=1,
            sequence=1,
            data=event.model_dump_json(),
        )
        # Under another message id each time, so that the bus does not spare us the repetition.
        message = Message(envelope.topic, str(new_id()), envelope.to_json())
        await bus.publish([message], generation=generation)
