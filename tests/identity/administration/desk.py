"""An administrator at work, over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion
from shared.jose import SigningKey
from tests.identity.world import World
from tests.support.tokens import ISSUER

TAX = {"name": {"zh": "税务部门", "en": "Taxation"}, "uscc": "11330000MB9X00074P", "region": "330000"}
OFFICER = UUID("019a0000-0000-7000-8000-0000000000aa")


@dataclass
class Desk:
    """Calls as the administrator `admin`."""

    world: World

    async def call(self, method: str, path: str, body: object = None) -> httpx2.Response:
        headers = await self.world.bearer("admin")
        return await self.world.http.request(method, f"/v1/admin{path}", json=body, headers=headers)

    async def put(self, path: str, body: object) -> httpx2.Response:
        return await self.call("PUT", path, body)

    async def done(self, method: str, path: str, body: object = None) -> Any:
        """What is answered to a call that is not refused."""
        answer = await self.call(method, path, body)
        assert answer.is_success, answer.text
        return answer.json()

    async def tax(self, *scopes: str) -> None:
        """A department with an officer and a client that has no key yet."""
        await self.done("PUT", "/departments/tax", TAX)
        await self.done("PUT", f"/officers/{OFFICER}", {"department": "tax", "name": {"zh": "办税员", "en": "Officer"}})
        says = {"kind": "department", "department": "tax", "scopes": list(scopes or ("cases",))}
        await self.done("PUT", "/clients/tax", says)

    async def add_key(self, client: str, key: SigningKey) -> httpx2.Response:
        return await self.call("POST", f"/clients/{client}/keys", {"jwk": key.public_jwk()})

    async def acts(self) -> list[tuple[str, str]]:
        """What is in the books, oldest first."""
        page = await self.done("GET", "/acts")
        assert {act["by"] for act in page["items"]} <= {"ops:admin", "ops:ops"}
        return [(act["act"], act["subject"]) for act in reversed(page["items"])]

    async def ask(self, client: str, key: SigningKey, **form: str) -> httpx2.Response:
        """What the token endpoint answers to a client that proves itself by this key."""
        assertion = client_assertion(key, client_id=client, audience=ISSUER, at=self.world.service.clock())
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return await self.world.http.post("/oauth/token", data={"grant_type": "client_credentials", **proof, **form})


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """How a change was refused."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]
