"""A small OpenID Connect provider: discovery, authorization code with PKCE, ID tokens, keys that change.

Its users are signed in at once, by the name in `login_hint`; everything else is as the standards say.
"""

import asyncio
import warnings
from base64 import urlsafe_b64encode
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import orjson
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from joserfc import jws
from joserfc.jwk import ECKey, Key, RSAKey

from shared.clock import Clock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that one of them is short is the point
    RSA = {bits: RSAKey.generate_key(bits) for bits in (1024, 2048)}
CALLBACK = "https://app.test/callback"


@dataclass
class User:
    """What the provider knows of somebody."""

    subject: str
    acr: str | None = "urn:sso:card"
    claims: dict[str, Any] = field(default_factory=dict)


@dataclass
class Provider:
    """The provider. `said` replaces what an address answers: a body, or a status. Its documents wait for `answers`."""

    clock: Clock
    issuer: str = ""
    users: dict[str, User] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    signs_with: str = "first"
    said: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.keys.setdefault("first", ECKey.generate_key("P-256"))
        self.answers.set()

    def rotate(self, kid: str, key: Key | None = None, *, withdraw: str | None = None) -> None:
        """Signs by another key from now on."""
        self.keys[kid] = key or ECKey.generate_key("P-256")
        self.signs_with = kid
        if withdraw:
            del self.keys[withdraw]

    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        }

    def claims(self, name: str, audience: str, **more: Any) -> dict[str, Any]:
        """A good ID token's, but for `more`; None leaves one out."""
        user, now = self.users[name], int(self.clock().timestamp())
        filled = {
            "iss": self.issuer,
            "aud": audience,
            "sub": user.subject,
            "acr": user.acr,
            "iat": now,
            "exp": now + 300,
            "jti": token_urlsafe(8),
            **user.claims,
            **more,
        }
        return {claim: value for claim, value in filled.items() if value is not None}

    def sign(self, claims: object, *, key: Key | None = None, **header: Any) -> str:
        """A JWS by the current key, with a good header but for `header`; None leaves a parameter out."""
        signing = key or self.keys[self.signs_with]
        alg = header.get("alg") or ("RS256" if isinstance(signing, RSAKey) else "ES256")
        filled = {"alg": alg, "typ": "JWT", "kid": self.signs_with, **header}
        protected = {name: value for name, value in filled.items() if value is not None}
        return jws.serialize_compact(protected, orjson.dumps(claims), signing, algorithms=[alg])

    def app(self) -> FastAPI:
        """The provider's addresses."""
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def discovery() -> Response:
            return await self._answer("discovery", self.discovery())

        @app.get("/keys")
        async def keys() -> Response:
            return await self._answer("keys", self.jwks())

        @app.get("/authorize")
        async def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            if asked["code_challenge_method"] != "S256" or asked["redirect_uri"] != CALLBACK:
                raise HTTPException(400)
            code = token_urlsafe(16)
            self.codes[code] = asked
            return RedirectResponse(f"{CALLBACK}?{urlencode({'code': code, 'state': asked['state']})}")

        @app.post("/token")
        async def token(request: Request) -> dict[str, Any]:
            form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            asked = self.codes.pop(form["code"], None)
            if asked is None or _challenge(form["code_verifier"]) != asked["code_challenge"]:
                raise HTTPException(400)
            claims = self.claims(asked["login_hint"], asked["client_id"], nonce=asked["nonce"])
            return {"access_token": token_urlsafe(8), "token_type": "Bearer", "id_token": self.sign(claims)}

        return app

    async def sign_in(self, name: str, audience: str) -> str:
        """The ID token of somebody who signed in at an application that is called `audience` here."""
        verifier, nonce, state = token_urlsafe(32), token_urlsafe(8), token_urlsafe(8)
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": audience,
            "redirect_uri": CALLBACK,
            "login_hint": name,
            "nonce": nonce,
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        async with httpx2.AsyncClient(trust_env=False) as http:
            sent_back = await http.get(f"{self.issuer}/authorize", params=asked)
            answer = parse_qs(urlsplit(sent_back.headers["location"]).query)
            assert answer["state"] == [state]
            form = {"grant_type": "authorization_code", "code": answer["code"][0], "code_verifier": verifier}
            return str((await http.post(f"{self.issuer}/token", data=form)).json()["id_token"])

    async def _answer(self, what: str, document: dict[str, Any]) -> Response:
        self.asked[what] += 1
        await self.answers.wait()
        said = self.said.get(what, document)
        if isinstance(said, int):
            return Response(status_code=said, headers={"location": f"{self.issuer}/elsewhere"})
        return Response(said if isinstance(said, bytes) else orjson.dumps(said), media_type="application/json")


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
