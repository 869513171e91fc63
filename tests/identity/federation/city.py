"""The city's platform and the two providers, as whoever signs in meets them."""

from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
from joserfc import jws

from tests.identity.federation.provider import Provider
from tests.identity.world import EXCHANGE, OFFICERS, World, oauth_error

ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
# What the providers call our clients.
HERE = {"app": "city-app-at-sso", "hospital": "ward-system", "public-security": "police-system"}
REFUSED = (400, "invalid_grant")


@dataclass
class City:
    world: World
    people: Provider
    officers: Provider

    async def exchange(self, token: str, *, client: str = "app", **form: str) -> httpx2.Response:
        """What our token endpoint answers to an ID token."""
        subject = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ID_TOKEN}
        return await self.world.ask_token(client, **{**subject, **form})

    async def enter(self, name: str, *, client: str = "app") -> httpx2.Response:
        """Somebody signs in at the provider, and their ID token is exchanged."""
        provider = self.people if client == "app" else self.officers
        return await self.exchange(await provider.sign_in(name, HERE[client]), client=client)

    def said(self, answer: httpx2.Response) -> dict[str, Any]:
        """What our token says."""
        assert answer.status_code == 200, answer.text
        return dict(orjson.loads(jws.extract_compact(answer.json()["access_token"].encode()).payload))

    async def refuses(self, token: str, *, client: str = "app") -> bool:
        """Whether an ID token is good for nothing, told as all that are good for nothing."""
        answer = await self.exchange(token, client=client)
        told = answer.json().get("error_description")
        return oauth_error(answer) == REFUSED and told == "The identification token is not accepted."

    async def link(self, name: str, department: str = "hospital") -> httpx2.Response:
        """The administrator says which officer a login is."""
        body = {"issuer": self.officers.issuer, "subject": self.officers.users[name].subject}
        path = f"/v1/admin/officers/{OFFICERS[department]}/login"
        return await self.world.http.put(path, json=body, headers=await self.world.bearer("admin"))
