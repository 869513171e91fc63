"""The records service over a database of its own, beside neighbours that say what each test needs."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
from sqlalchemy import text

from records.service import RecordsService
from shared.contracts.evidence import Grant
from shared.contracts.sharing import EvidenceKind, SharingRule, SharingRules
from shared.contracts.yields import CaseYield, Yielded, yields_digest
from shared.jose import SigningKey
from shared.schemas import Text
from tests.support.tokens import Headers, Issuer

MOTHER, CHILD, STRANGER = (UUID(int=number) for number in (21, 22, 23))
BIRTH, IDENTITY, HOUSEHOLD, PAGE = "birth-record", "resident-identity", "household-registration", "household-page"
ITEM = "birth-medical-certificate"
COMMISSION = "health-commission"

CLAIMS: dict[str, Any] = {"sex": "female", "birth-date": "2026-03-01", "birth-weight-grams": 3200}


def _kind(code: str, issuer: str, *attributes: str, type: str = "record") -> EvidenceKind:  # noqa: A002
    label = Text(zh=code, en=code)
    return EvidenceKind.model_validate(
        {"code": code, "type": type, "label": label, "issuer": issuer, "attributes": attributes}
    )


RULES = SharingRules(
    release=1,
    kinds=(
        _kind(BIRTH, "hospital", "sex", "birth-date", "birth-weight-grams", "birth-place"),
        _kind(IDENTITY, "public-security", "name", "birth-date"),
        _kind(HOUSEHOLD, "public-security", "household-address"),
        _kind(PAGE, "public-security", "name", type="certificate"),
    ),
    vocabulary={
        "name": {"type": "string", "minLength": 1, "maxLength": 50},
        "sex": {"type": "string", "enum": ["female", "male"]},
        "birth-date": {"type": "string", "format": "date"},
        "birth-weight-grams": {"type": "integer", "minimum": 200, "maximum": 9000},
        "birth-place": {"type": "string", "maxLength": 100},
        "household-address": {"type": "string", "maxLength": 200},
    },
    rules=(
        SharingRule(item=ITEM, reader=COMMISSION, kind=BIRTH, attributes=("sex", "birth-date"), regions=("330000",)),
        SharingRule(item=ITEM, reader="licensing", kind=BIRTH, attributes=("birth-date",), regions=("330000",)),
        SharingRule(item=ITEM, reader="licensing", kind=IDENTITY, attributes=("name",), regions=("330000",)),
        SharingRule(item=ITEM, reader="tax", kind=BIRTH, attributes=("sex",), regions=("320000",)),
    ),
)


def a_yield(**changes: object) -> Yielded:
    """The child's household registration."""
    fields: dict[str, object] = {
        "index": 1,
        "type": "record",
        "kind": HOUSEHOLD,
        "label": Text(zh="户籍登记", en="Household registration"),
        "party": CHILD,
        "region": "330782",
        "claims": {"household-address": "义乌市某路1号"},
        "valid_from": date(2026, 3, 11),
    }
    return Yielded.model_validate(fields | changes)


def a_decided_case(*yields: Yielded, case: UUID | None = None) -> CaseYield:
    """What public security decided: a page of the register (a certificate) and the registration (a record)."""
    page = a_yield(index=0, type="certificate", kind=PAGE, claims={"name": "𠮷娃"})
    frozen = yields or (page, a_yield())
    return CaseYield(
        case=case or uuid4(),
        application=UUID(int=31),
        item="household-registration",
        department="public-security",
        department_name=Text(zh="公安局", en="Public security"),
        issuer_uscc="113307820025990000",
        region="330782",
        decided_on=date(2026, 3, 11),
        outcome="granted",
        yields=frozen,
        digest=yields_digest(frozen),
    )


@dataclass
class Neighbours:
    """Stand in for identity and licensing behind HTTP."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    rules: SharingRules = RULES
    regions: dict[str, str] = field(default_factory=lambda: {str(MOTHER): "330782", str(CHILD): "330782"})
    cases: dict[UUID, CaseYield] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        service, path = request.url.host.removesuffix(".test"), request.url.path
        if service in self.silent:
            return httpx2.Response(503, json={"code": "service-unavailable"})
        if path == "/oauth/token":
            return httpx2.Response(200, json={"access_token": "token", "expires_in": 600})
        if path == "/internal/parties/regions":
            asked = orjson.loads(request.content)["parties"]
            return httpx2.Response(200, json={party: self.regions[party] for party in asked if party in self.regions})
        if path == "/.well-known/jwks.json":
            return httpx2.Response(200, json={"keys": [self.key.public_jwk()]})
        if path == "/internal/sharing-rules":
            return httpx2.Response(200, content=self.rules.model_dump_json())
        return self._yield_of(UUID(path.split("/")[3]))

    def _yield_of(self, case: UUID) -> httpx2.Response:
        decided = self.cases.get(case)
        if decided is None:
            return httpx2.Response(404, json={"code": "not-found"})
        return httpx2.Response(200, content=decided.model_dump_json())

    def signed(self, grant: Grant, *, typ: str = "grant+jwt") -> str:
        return self.key.sign(grant.model_dump(mode="json"), typ=typ)


@dataclass
class World:
    """What a test of this service holds in its hands."""

    service: RecordsService
    http: httpx2.AsyncClient
    neighbours: Neighbours
    issuer: Issuer

    async def file(
        self, *, by: str = "hospital", key: str | None = None, headers: Headers | None = None, **changes: Any
    ) -> httpx2.Response:
        """Ask to file the child's birth record; `changes` replace fields, None leaves one out."""
        body = {"kind": BIRTH, "party": str(CHILD), "claims": CLAIMS} | changes
        sent = {name: value for name, value in body.items() if value is not None}
        return await self.http.post("/v1/records", json=sent, headers=headers or self.headers(by, key=key))

    async def filed(self, **changes: Any) -> UUID:
        """A record that exists; its id."""
        answer = await self.file(**changes)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def correct(
        self, record: UUID, *, by: str = "hospital", key: str | None = None, **changes: Any
    ) -> httpx2.Response:
        """Ask to correct a record's claims."""
        body = {"claims": CLAIMS | {"birth-weight-grams": 3210}, "reason": "Weighed again"} | changes
        url = f"/v1/records/{record}/corrections"
        return await self.http.post(url, json=body, headers=self.headers(by, key=key))

    def headers(self, department: str, *, key: str | None = None) -> Headers:
        return self.issuer.department(department) | {"idempotency-key": key or str(uuid4())}

    async def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        async with self.service.database.read() as conn:
            return [dict(row) for row in (await conn.execute(text(statement), values)).mappings()]

    async def events(self, type: str = "%") -> list[dict[str, Any]]:  # noqa: A002 - the envelope's own word
        """Events recorded and not yet published, oldest first; `data` parsed."""
        found = await self.rows("SELECT * FROM outbox WHERE type LIKE :type ORDER BY id", type=type)
        return [{**row, "data": orjson.loads(row["data"])} for row in found]

    async def is_untouched(self) -> bool:
        """Whether there is no record, no event and no used key."""
        tables = ("records", "outbox", "idempotency_keys")
        return not any([await self.rows(f"SELECT 1 FROM {table}") for table in tables])  # noqa: S608 - names of ours
