"""A small government for tests: two departments, a hospital, an app backend, a couple, and software identity cards."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import text

from identity.identification.ports import CodeSender
from identity.service import IdentityService
from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion
from shared.contracts.sharing import EvidenceKind, OfferedItem, OfferedThing, SharingRule, SharingRules
from shared.ids import new_id
from shared.jose import SigningKey
from shared.schemas import Text
from tests.support.tokens import ISSUER

MOTHER_NUMBER, FATHER_NUMBER = "330782188808080012", "330102188808080018"
NEWBORN_NUMBER, UNKNOWN_NUMBER = "330782188808080020", "331121188808080018"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
HOUSEHOLD_PAGE, BIRTH_CERTIFICATE = "household-register-page", "birth-medical-certificate"
RULES = SharingRules(
    release=1,
    rules=(
        SharingRule(
            item="social-security-card",
            reader="medical-insurance",
            kind=HOUSEHOLD_PAGE,
            attributes=("name",),
            regions=("330000",),
        ),
        SharingRule(
            item="social-security-card",
            reader="medical-insurance",
            kind=BIRTH_CERTIFICATE,
            attributes=("name",),
            regions=("330700",),
        ),
    ),
    kinds=(
        EvidenceKind(
            code=HOUSEHOLD_PAGE,
            type="certificate",
            label=Text(zh="户口页", en="Page"),
            issuer="public-security",
            attributes=("name",),
        ),
        EvidenceKind(
            code=BIRTH_CERTIFICATE,
            type="certificate",
            label=Text(zh="出生医学证明", en="Birth certificate"),
            issuer="hospital",
            attributes=("name",),
        ),
    ),
    vocabulary={},
    items=(OfferedItem(code="social-security-card", department="medical-insurance"),),
    things=(OfferedThing(code="newborn", items=("social-security-card",)),),
)
OFFICERS = {
    "hospital": UUID("019a0000-0000-7000-8000-00000000000a"),
    "public-security": UUID("019a0000-0000-7000-8000-00000000000b"),
    "medical-insurance": UUID("019a0000-0000-7000-8000-00000000000c"),
}
KEYS = {
    name: SigningKey.generate()
    for name in (
        "app",
        "other-app",
        "hospital",
        "public-security",
        "medical-insurance",
        "licensing",
        "certificates",
        "auditor",
        "ops",
        "admin",
    )
}
CARDS = {name: SigningKey.generate() for name in ("mother", "father")}
EVENTS = "SELECT type, topic, subject::text, data FROM outbox ORDER BY 1, 2"
CONTENT_OF_THE_DATABASE = "SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} AS t"


@dataclass
class Inbox(CodeSender):
    """A code sender that keeps what it was given."""

    sent: list[tuple[UUID, str | None, str]] = field(default_factory=list)

    async def send(self, *, identification: UUID, phone: str | None, code: str) -> None:
        self.sent.append((identification, phone, code))


def document() -> dict[str, Any]:
    """What a deployment would load."""
    return {
        "departments": [
            _department("hospital", "11330105002500287C", duties=[DUTY]),
            _department("public-security", "113301000025000021"),
            _department("medical-insurance", "11330000002500001Q"),
        ],
        "officers": [
            {"id": str(officer), "department": code, "name_zh": "经办人", "name_en": "Officer", "roles": ["officer"]}
            for code, officer in OFFICERS.items()
        ],
        "clients": [
            _client("app", "app", ["identify"]),
            _client("other-app", "app", ["identify"]),
            _client("hospital", "department", ["events", "parties:register", "parties:resolve"]),
            _client(
                "public-security",
                "department",
                ["parties:number", "parties:resolve", "cases"],
                roles=["number-authority"],
            ),
            _client("medical-insurance", "department", ["events", "parties:number", "parties:resolve"]),
            _client("licensing", "service", ["internal"]),
            _client("certificates", "service", ["internal", "numbers:print"]),
            _client("auditor", "ops", ["audit"]),
            _client("ops", "ops", ["clients:manage"]),
            _client("admin", "ops", ["platform:administer"]),
        ],
        "people": [
            _person("mother", MOTHER_NUMBER, "330782", phone="+86-000-0001"),
            _person("father", FATHER_NUMBER, "330102"),
        ],
        "relations": [{"kind": "spouse", "party": "father", "of": "mother"}],
    }


DUTY = {"code": "birth-registration", "basis_zh": "母婴保健法第二十三条", "basis_en": "Maternal Health Law Art 23"}


def _department(code: str, uscc: str, *, duties: list[dict[str, str]] | None = None) -> dict[str, Any]:
    names = {"name_zh": "部门", "name_en": code}
    return {"code": code, "uscc": uscc, "region": "330782", "duties": duties or [], **names}


def _client(name: str, kind: str, scopes: list[str], *, roles: list[str] | None = None) -> dict[str, Any]:
    department = name if kind == "department" else None
    jwks = {"keys": [KEYS[name].public_jwk()]}
    return {
        "client_id": name,
        "kind": kind,
        "department": department,
        "scopes": scopes,
        "roles": roles or [],
        "jwks": jwks,
    }


def _person(name: str, number: str, region: str, *, phone: str | None = None) -> dict[str, Any]:
    card = CARDS[name].public_jwk()
    return {"name": name, "id_number": number, "region": region, "card_jwk": card, "phone": phone}


@dataclass
class World:
    """The service under test, who lives in it, and how they talk to it."""

    service: IdentityService
    http: httpx2.AsyncClient
    people: Mapping[str, UUID]
    inbox: Inbox

    async def ask_token(self, client: str, **form: str) -> httpx2.Response:
        """What the token endpoint answers to this client."""
        assertion = client_assertion(KEYS[client], client_id=client, audience=ISSUER, at=self.service.clock())
        filled = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **form,
        }
        return await self.http.post("/oauth/token", data=filled)

    async def bearer(self, client: str, **form: str) -> dict[str, str]:
        """The Authorization header of a client; departments act for their officer."""
        officer = {"officer": str(OFFICERS[client])} if client in OFFICERS else {}
        answer = await self.ask_token(client, **{**officer, **form})
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    async def start(self, number: str, *, method: str = "id-card", client: str = "app", device: str = "-") -> Any:
        """An identification that this app backend started."""
        body = {"method": method, "id_number": number, "device": device}
        return await self.http.post("/v1/identifications", json=body, headers=await self.bearer(client))

    async def prove(self, identification: str, response: str, *, client: str = "app") -> httpx2.Response:
        path = f"/v1/identifications/{identification}/proof"
        return await self.http.post(path, json={"response": response}, headers=await self.bearer(client))

    async def identify(self, name: str) -> str:
        """The identification token of a person who used their card."""
        started = (await self.start({"mother": MOTHER_NUMBER, "father": FATHER_NUMBER}[name])).json()
        proved = await self.prove(started["id"], card_response(name, started["challenge"]))
        assert proved.status_code == 200, proved.text
        return str(proved.json()["identification_token"])

    async def exchange(self, token: str, *, client: str = "app", **form: str) -> httpx2.Response:
        """What the token endpoint answers to an identification token."""
        subject = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": JWT_TYPE}
        return await self.ask_token(client, **{**subject, **form})

    async def person(self, name: str) -> dict[str, str]:
        """The Authorization header of somebody who identified themselves."""
        answer = await self.exchange(await self.identify(name))
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    async def register(self, mother: UUID, *, key: str | None = None, **body: Any) -> httpx2.Response:
        """What the registration of a newborn by the hospital answers."""
        filled = {"kind": "person", "relation": {"kind": "mother", "of": str(mother)}, **body}
        headers = {**await self.bearer("hospital"), "idempotency-key": key or str(new_id())}
        return await self.http.post("/v1/parties", json=filled, headers=headers)

    async def child_of_mother(self) -> str:
        """A newborn whom the hospital has registered."""
        answer = await self.register(self.people["mother"])
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def assign(self, party: str, number: str, *, client: str = "public-security") -> httpx2.Response:
        path = f"/v1/parties/{party}/number"
        return await self.http.post(path, json={"id_number": number}, headers=await self.bearer(client))

    async def resolve(self, *numbers: str, client: str = "hospital", **body: Any) -> httpx2.Response:
        filled = {"parties": [{"id_number": number} for number in numbers], "purpose": "duty", **body}
        return await self.http.post("/v1/parties/resolve", json=filled, headers=await self.bearer(client))

    async def rows(self, question: str) -> list[Any]:
        """What the database answers."""
        async with self.service.database.read() as conn:
            return list((await conn.execute(text(question))).all())

    async def count(self, table: str) -> int:
        """How many rows there are."""
        [(rows,)] = await self.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 - the name is ours
        return int(rows)

    async def everything_stored(self) -> str:
        """All rows of all tables as text."""
        tables = await self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        parts = [str(await self.rows(CONTENT_OF_THE_DATABASE.format(table=f'"{table[0]}"'))) for table in tables]
        return "\n".join(parts)


def oauth_error(answer: httpx2.Response) -> tuple[int, str]:
    """How the token endpoint refused."""
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


def assertion_claims(at: datetime, **claims: object) -> dict[str, Any]:
    """A good client assertion of the app backend, but for `claims`; None leaves one out."""
    now = int(at.timestamp())
    filled = {"iss": "app", "sub": "app", "aud": ISSUER, "jti": "jti-1", "iat": now, "exp": now + 120, **claims}
    return {name: value for name, value in filled.items() if value is not None}


def card_response(name: str, challenge: str) -> str:
    """What the chip of this person's card answers."""
    private = CARDS[name].key.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(challenge.encode(), ec.ECDSA(SHA256())))
    return urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).decode().rstrip("=")
