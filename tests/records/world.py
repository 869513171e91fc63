"""The records service over a database of its own, beside neighbours that say what each test needs."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx2

from records.service import RecordsService
from shared.contracts.sharing import EvidenceKind, SharingRule, SharingRules
from shared.contracts.yields import CaseYield, Yielded
from shared.schemas import Text
from tests.support.decisions import decided_case
from tests.support.neighbours import Neighbours
from tests.support.services import ServiceWorld
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
    return decided_case(*(yields or (page, a_yield())), case=case)


@dataclass
class World(ServiceWorld[RecordsService]):
    """What a test of this service holds in its hands."""

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

    async def is_untouched(self) -> bool:
        """Whether there is no record, no event and no used key."""
        tables = ("records", "outbox", "idempotency_keys")
        return not any([await self.rows(f"SELECT 1 FROM {table}") for table in tables])  # noqa: S608 - names of ours
