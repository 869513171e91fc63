"""Access tokens of a test issuer, and the verifier that accepts them.

def test_something(issuer: Issuer) -> None:
    service = Service("notes", settings, keys=issuer.keys())
    headers = issuer.person(party, acr=2)                 # {"authorization": "Bearer ..."}
    headers = issuer.department("public-security", scopes=["cases"], region="330782")
    headers = issuer.service("licensing", audience="records")
    headers = issuer.app(), issuer.ops("catalogue:publish"), issuer.token(kind=..., ...)
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.auth import CallerKind, TokenVerifier
from shared.clock import Clock
from shared.ids import new_id
from shared.jose import SigningKey, StaticKeys
from tests.support.clock import FrozenClock

ISSUER = "https://onevisit.test"
PLATFORM = "onevisit"
OFFICER = UUID("019a0000-0000-7000-8000-000000000001")
DEPARTMENT_SCOPES = ("cases", "evidence", "events", "records:file", "parties:resolve")

Headers = dict[str, str]


class Issuer:
    """Signs tokens as identity would."""

    def __init__(self, clock: Clock) -> None:
        self.key = SigningKey.generate()
        self.clock = clock

    def keys(self) -> StaticKeys:
        """The public key, for apps under test."""
        return StaticKeys(self.key.public_jwk())

    def jwks(self) -> dict[str, Any]:
        """The public key as identity would publish it."""
        return {"keys": [self.key.public_jwk()]}

    def verifier(self, *audiences: str) -> TokenVerifier:
        """Accepts this issuer's tokens for the platform and for the services named."""
        return TokenVerifier(self.keys(), issuer=ISSUER, audiences=(PLATFORM, *audiences), clock=self.clock)

    def person(self, party: UUID, *, acr: int = 2, scopes: Iterable[str] = ("applicant",)) -> Headers:
        """A citizen who identified themselves in the demo app."""
        return self._bearer(sub=str(party), kind="person", scopes=scopes, acr=acr, act="app", client_id="app")

    def department(
        self,
        code: str,
        *,
        scopes: Iterable[str] = DEPARTMENT_SCOPES,
        region: str = "330782",
        officer: UUID = OFFICER,
        roles: Iterable[str] = ("officer",),
    ) -> Headers:
        """A department's system acting for one of its officers."""
        return self._bearer(
            sub=f"department:{code}",
            kind="department",
            scopes=scopes,
            client_id=code,
            act=str(officer),
            department=code,
            region=region,
            roles=roles,
        )

    def service(self, name: str, *, audience: str) -> Headers:
        """One of our own services calling another."""
        return self._bearer(
            sub=f"service:{name}", kind="service", scopes=["internal"], audience=audience, client_id=name
        )

    def app(self, name: str = "app", *, scopes: Iterable[str] = ("identify",)) -> Headers:
        """A mobile app's backend."""
        return self._bearer(sub=f"app:{name}", kind="app", scopes=scopes, client_id=name)

    def ops(self, *scopes: str) -> Headers:
        """The operations team."""
        return self._bearer(sub="ops:ops", kind="ops", scopes=scopes, client_id="ops")

    def token(
        self,
        *,
        sub: str,
        kind: CallerKind,
        scopes: Iterable[str] = (),
        audience: str = PLATFORM,
        lifetime: timedelta = timedelta(minutes=10),
        **claims: Any,
    ) -> str:
        """A token with any claims; `claims` win over what is filled in, None leaves a claim out."""
        at = int(self.clock().timestamp())
        filled: dict[str, object] = {
            "iss": ISSUER,
            "aud": audience,
            "sub": sub,
            "kind": kind,
            "scope": " ".join(scopes),
            "iat": at,
            "exp": at + int(lifetime.total_seconds()),
            "jti": str(new_id()),
            **claims,
        }
        return self.key.sign({name: value for name, value in filled.items() if value is not None}, typ="at+jwt")

    def _bearer(
        self,
        *,
        sub: str,
        kind: CallerKind,
        scopes: Iterable[str],
        client_id: str,
        audience: str = PLATFORM,
        act: str | None = None,
        roles: Iterable[str] = (),
        **claims: Any,
    ) -> Headers:
        actor = None if act is None else {"sub": act}
        token = self.token(
            sub=sub,
            kind=kind,
            scopes=scopes,
            audience=audience,
            client_id=client_id,
            act=actor,
            roles=list(roles),
            **claims,
        )
        return {"authorization": f"Bearer {token}"}


@pytest.fixture
def issuer(clock: FrozenClock) -> Issuer:
    return Issuer(clock)
