"""A client of a running demonstration world: its addresses, its people and offices, and their access tokens.

    async with World.open(Path(".onevisit")) as world:
        headers = await world.headers("mother")               # any NAME of `onevisit token --as NAME`
        response = await world.http.get("/v1/me/representations", headers=headers)

It does what an app backend or a department's system does, through the public API alone; only the keys come from the
data directory.
"""

import ssl
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from deploy.embedded import seed
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home, State
from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion
from shared.clock import now
from shared.jose import SigningKey

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT = "urn:ietf:params:oauth:token-type:jwt"
_RENEW_SECONDS_BEFORE_EXPIRY = 60


class World:
    """Everybody of the demonstration, as seen from outside the gateway."""

    def __init__(self, home: Home, state: State, http: httpx2.AsyncClient) -> None:
        self.home = home
        self.gateway = state.gateway
        self.services: Mapping[str, str] = state.services
        self.http = http
        fiction = seed.world()
        self.people: dict[str, dict[str, Any]] = {person["name"]: person for person in fiction["people"]}
        self.departments: dict[str, dict[str, Any]] = fiction["departments"]
        self.clients: dict[str, dict[str, Any]] = {entry["client_id"]: entry for entry in fiction["clients"]}
        self._tokens: dict[str, tuple[float, str]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, directory: Path, *, even_starting: bool = False) -> AsyncGenerator["World"]:
        """The world of a data directory, here or elsewhere; refuses where none runs, or it is not ready."""
        home = Home(directory)
        state = home.reached(even_starting=even_starting)
        # A proxy of the environment is not for this machine's own loopback. SSL_CERT_FILE may name who is trusted.
        trusted = ssl.create_default_context() if state.gateway.startswith("https://") else True
        async with httpx2.AsyncClient(base_url=state.gateway, timeout=30, trust_env=False, verify=trusted) as http:
            yield cls(home, state, http)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the platform runs on another machine, or in containers."""
        return self.home.elsewhere() is not None

    @property
    def names(self) -> list[str]:
        """Everybody a token can be had for."""
        return [*self.people, *self.departments, *self.clients]

    def id_number(self, person: str) -> str:
        """The (fictional) identity number of a person."""
        return str(self.people[person]["id_number"])

    async def headers(self, name: str) -> dict[str, str]:
        """The Authorization header of somebody."""
        return {"authorization": f"Bearer {await self.token(name)}"}

    async def token(self, name: str) -> str:
        """An access token for a person, a department's system acting for its officer, or another client."""
        expires, token = self._tokens.get(name, (0.0, ""))
        if now().timestamp() < expires - _RENEW_SECONDS_BEFORE_EXPIRY:
            return token
        answer = await self._ask(name)
        self._tokens[name] = (now().timestamp() + float(answer["expires_in"]), str(answer["access_token"]))
        return str(answer["access_token"])

    async def identify(self, person: str) -> str:
        """The identification token of a person who signs a challenge with their identity card at the demo app."""
        app = await self.headers("app")
        claim = {"method": "id-card", "id_number": self.id_number(person)}
        started = await self._post("/v1/identifications", headers=app, json=claim)
        response = sign_challenge(SigningKey.load(self.home.card_key(person)), started["challenge"])
        proof = {"response": response}
        proved = await self._post(f"/v1/identifications/{started['id']}/proof", headers=app, json=proof)
        return str(proved["identification_token"])

    async def _ask(self, name: str) -> dict[str, Any]:
        if name in self.people:
            identified = {"subject_token": await self.identify(name), "subject_token_type": _JWT}
            return await self._grant("app", {"grant_type": _EXCHANGE, **identified})
        if name in self.departments:
            scopes = " ".join(self.departments[name]["scopes"])
            return await self._credentials(name, {"scope": scopes, "officer": str(seed.officer_id(name))})
        if name in self.clients:
            return await self._credentials(name, {"scope": " ".join(self.clients[name]["scopes"])})
        raise LaunchError(f"Nobody here is called {name}; there are: {', '.join(self.names)}")

    async def _credentials(self, client_id: str, form: Mapping[str, str]) -> dict[str, Any]:
        return await self._grant(client_id, {"grant_type": "client_credentials", **form})

    async def _grant(self, client_id: str, form: Mapping[str, str]) -> dict[str, Any]:
        key = SigningKey.load(self.home.client_key(client_id))
        assertion = client_assertion(key, client_id=client_id, audience=self.gateway, at=now())
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return await self._post("/oauth/token", data={**form, **proof})

    async def _post(self, path: str, **request: Any) -> dict[str, Any]:
        try:
            response = await self.http.post(path, **request)
        except httpx2.HTTPError as error:
            raise LaunchError(f"The gateway at {self.gateway} does not answer ({type(error).__name__})") from None
        if response.is_error:
            raise LaunchError(f"POST {path} was refused with {response.status_code}: {response.text[:300]}")
        answer: dict[str, Any] = response.json()
        return answer


def sign_challenge(card: SigningKey, challenge: str) -> str:
    """What an identity card answers: base64url of the 64-byte ES256 signature over the challenge's characters."""
    private = card.key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(challenge.encode(), ec.ECDSA(SHA256())))
    return urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).rstrip(b"=").decode()
