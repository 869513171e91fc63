"""The certificates service over a database of its own, beside a licensing that says what each test needs."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import orjson
from sqlalchemy import text

from certificates.issuing.commands import issue_certificates
from certificates.service import CertificatesService
from deploy.embedded.provision import plain
from shared.contracts.evidence import Grant
from shared.contracts.sharing import SharingRules
from shared.contracts.yields import CaseYield, Yielded, yields_digest
from shared.jose import SigningKey
from shared.schemas import Text
from tests.certificates.seals import HEALTH, TYPE_CODE
from tests.shared.evidence.grants import BIRTH, RULES
from tests.support.roles import as_owner
from tests.support.tokens import Issuer

MOTHER, CHILD, STRANGER = (UUID(int=number) for number in (21, 22, 23))


def a_yield(**changes: object) -> Yielded:
    """A birth medical certificate for the child."""
    fields: dict[str, object] = {
        "index": 0,
        "type": "certificate",
        "kind": BIRTH,
        "label": Text(zh="出生医学证明", en="Birth medical certificate"),
        "type_code": TYPE_CODE,
        "party": CHILD,
        "region": "330782",
        "claims": {"name": "𠮷娃", "birth-date": "2026-03-01", "sex": "female"},
        "valid_from": date(2026, 3, 11),
    }
    return Yielded.model_validate(fields | changes)


def a_decided_case(*yields: Yielded, case: UUID | None = None) -> CaseYield:
    """What the health commission decided; of a new case unless told otherwise."""
    frozen = yields or (a_yield(),)
    return CaseYield(
        case=case or uuid4(),
        application=UUID(int=31),
        item="birth-medical-certificate",
        department=HEALTH.code,
        department_name=HEALTH.name,
        issuer_uscc=HEALTH.uscc,
        region="330782",
        decided_on=date(2026, 3, 11),
        outcome="granted",
        yields=frozen,
        digest=yields_digest(frozen),
    )


@dataclass
class Licensing:
    """Stands in for licensing (and for identity's token endpoint) behind HTTP."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    rules: SharingRules = RULES
    cases: dict[UUID, CaseYield] = field(default_factory=dict)
    answers: bool = True

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path == "/oauth/token":
            return httpx2.Response(200, json={"access_token": "token", "expires_in": 600})
        if not self.answers:
            return httpx2.Response(503, json={"code": "service-unavailable"})
        if path == "/.well-known/jwks.json":
            return httpx2.Response(200, json={"keys": [self.key.public_jwk()]})
        if path == "/internal/sharing-rules":
            return httpx2.Response(200, content=self.rules.model_dump_json())
        decided = self.cases.get(UUID(path.split("/")[3]))
        if decided is None:
            return httpx2.Response(404, json={"code": "not-found"})
        return httpx2.Response(200, content=decided.model_dump_json())

    def signed(self, grant: Grant, *, typ: str = "grant+jwt") -> str:
        return self.key.sign(grant.model_dump(mode="json"), typ=typ)


@dataclass
class World:
    """What a test of this service holds in its hands."""

    service: CertificatesService
    http: httpx2.AsyncClient
    licensing: Licensing
    issuer: Issuer

    async def issued(self, decided: CaseYield | None = None) -> UUID:
        """A certificate that exists; its id."""
        async with self.service.database.transaction() as conn:
            found = await issue_certificates(
                conn,
                decided or a_decided_case(),
                signer=self.service.signer,
                zone=self.service.settings.zone,
                at=self.service.clock(),
            )
        return found[0]

    async def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        async with self.service.database.read() as conn:
            return [dict(row) for row in (await conn.execute(text(statement), values)).mappings()]

    async def as_owner(self, statement: str) -> None:
        """What no service may do to its tables."""
        url = self.service.settings.database_url
        assert url is not None
        conn = await asyncpg.connect(plain(as_owner(url.get_secret_value())))
        await conn.execute(statement)
        await conn.close()

    async def events(self, type: str = "%") -> list[dict[str, Any]]:  # noqa: A002 - the envelope's own word
        """Events recorded and not yet published, oldest first; `data` parsed."""
        found = await self.rows("SELECT * FROM outbox WHERE type LIKE :type ORDER BY id", type=type)
        return [{**row, "data": orjson.loads(row["data"])} for row in found]
