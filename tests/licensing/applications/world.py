"""Licensing over HTTP as an applicant meets it: real database and catalogue, evidence from the port's twin."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
import orjson
from pydantic import JsonValue
from sqlalchemy import text

from licensing.cases import commands as cases
from licensing.cases.model import Actor, CaseSummary
from licensing.cases.queries import list_of_application
from licensing.ports import HeldEvidence, Types
from licensing.service import LicensingService
from shared.contracts.evidence import Evidence, EvidenceFound, Want
from shared.database import Database
from shared.ids import new_id
from shared.jose import SigningKey
from tests.licensing.applications.factories import ANSWERS, CHILD, MOTHER, YIWU, family_evidence, statement
from tests.support.clock import FrozenClock
from tests.support.tokens import ISSUER, Headers, Issuer

ZONE = "Asia/Shanghai"
OFFICER = UUID("019a0000-0000-7000-8000-00000000aaaa")
Answer = httpx2.Response


class MeanwhileEvidence(HeldEvidence):
    """While the sources are asked for the next time, something else happens."""

    def __init__(self, evidence: Iterable[Evidence], happens: Callable[[], Awaitable[object]]) -> None:
        super().__init__(evidence)
        self.happens: Callable[[], Awaitable[object]] | None = happens

    async def search(self, wants: Sequence[Want], *, types: Types, grant: str) -> EvidenceFound:
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        return await super().search(wants, types=types, grant=grant)


@dataclass
class World:
    """The mother and her app, by default; anybody else by their headers."""

    http: httpx2.AsyncClient
    service: LicensingService
    issuer: Issuer
    clock: FrozenClock

    def __post_init__(self) -> None:
        self.source.evidence = family_evidence()

    @property
    def database(self) -> Database:
        return self.service.database

    @property
    def source(self) -> HeldEvidence:
        held = self.service.source
        assert isinstance(held, HeldEvidence)
        return held

    # --- calls ---

    def person(self, party: UUID = MOTHER, *, app: str = "app") -> Headers:
        token = self.issuer.token(
            sub=str(party), kind="person", scopes=["applicant"], client_id=app, acr=2, act={"sub": app}
        )
        return {"authorization": f"Bearer {token}"}

    def representations(
        self,
        party: UUID = MOTHER,
        *,
        children: tuple[UUID, ...] = (CHILD,),
        age: int = 0,
        key: SigningKey | None = None,
    ) -> str:
        """Identity's signed statement, made some seconds ago."""
        issued = int(self.clock().timestamp()) - age
        said = statement(sub=party, issued=issued, issuer=ISSUER, children=children)
        return (key or self.issuer.key).sign(said.model_dump(mode="json"), typ="representation+jwt")

    async def identify(
        self,
        thing: str = "newborn",
        *,
        party: UUID = MOTHER,
        children: tuple[UUID, ...] = (CHILD,),
        region: str = YIWU,
        headers: Headers | None = None,
        **more: JsonValue,
    ) -> Answer:
        body = {"thing": thing, "region": region, "representations": self.representations(party, children=children)}
        return await self.http.post(
            "/v1/one-identification", json={**body, **more}, headers=headers or self.person(party)
        )

    async def draft(self, thing: str = "newborn", **more: Any) -> dict[str, Any]:
        answer = await self.identify(thing, **more)
        assert answer.status_code == 200, answer.text
        draft: dict[str, Any] = answer.json()
        return draft

    async def change(self, draft: dict[str, Any], *, headers: Headers | None = None, **change: JsonValue) -> Answer:
        path = f"/v1/drafts/{draft['draft']}"
        return await self.http.patch(path, json=change, headers=headers or self.person())

    async def submit(
        self,
        draft: dict[str, Any],
        *,
        answers: Mapping[str, JsonValue] = ANSWERS,
        key: str | None = None,
        headers: Headers | None = None,
        **more: Any,
    ) -> Answer:
        body = {"draft": draft["draft"], "answers": dict(answers), **more}
        headers = {**(headers or self.person()), "idempotency-key": key or str(new_id())}
        return await self.http.post("/v1/applications", json=body, headers=headers)

    async def apply(self, **more: Any) -> dict[str, Any]:
        """An application for the newborn."""
        answer = await self.submit(await self.draft(), **more)
        assert answer.status_code == 201, answer.text
        application: dict[str, Any] = answer.json()
        return application

    async def get(self, path: str, *, headers: Headers | None = None, **params: Any) -> Answer:
        return await self.http.get(path, params=params, headers=headers or self.person())

    async def withdraw(self, application: dict[str, Any], *, key: str | None = None) -> Answer:
        headers = {**self.person(), "idempotency-key": key or str(new_id())}
        return await self.http.post(f"/v1/applications/{application['id']}/withdrawal", json={}, headers=headers)

    async def progress(self, application: dict[str, Any], *, last: str | None = None) -> list[dict[str, Any]]:
        """The whole stream, once it has ended."""
        headers = self.person() | ({"last-event-id": last} if last else {})
        answer = await self.http.get(f"/v1/applications/{application['id']}/progress", headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
        return stream_of(answer.text)

    # --- what departments do ---

    async def case(self, application: dict[str, Any], item: str) -> CaseSummary:
        async with self.database.read() as conn:
            found = await list_of_application(conn, UUID(application["id"]))
        return next(case for case in found if case.item == item)

    async def decide(self, application: dict[str, Any], item: str, *, granted: bool = True) -> CaseSummary:
        """Accept and decide; a granted case concludes with its last certificate or record."""
        case = await self.case(application, item)
        by = Actor("officer", OFFICER, case.department, "330000")
        at = self.clock.advance(seconds=1)
        async with self.database.transaction() as conn:
            await cases.accept(conn, case.id, by=by, at=at, zone=ZONE)
            await cases.decide(
                conn,
                case.id,
                by=by,
                outcome="granted" if granted else "denied",
                claims={},
                reasons=None if granted else "材料与事实不符",
                remedies=None if granted else "可在六十日内申请行政复议",
                at=at,
                office=self.service.office,
            )
        return case

    async def grant(self, application: dict[str, Any], item: str) -> None:
        """Decided, and everything that it yields exists."""
        case = await self.decide(application, item)
        for result in case.results:
            news = cases.Arrived(new_id(), result.kind, result.party, case.id, result.index)
            async with self.database.transaction() as conn:
                await cases.evidence_arrived(conn, news, at=self.clock.advance(seconds=1), office=self.service.office)

    async def grant_all(self, application: dict[str, Any]) -> None:
        for case in application["cases"]:
            await self.grant(application, case["item"])

    async def refuse(self, application: dict[str, Any], item: str) -> None:
        case = await self.case(application, item)
        by = Actor("officer", OFFICER, case.department, "330000")
        async with self.database.transaction() as conn:
            await cases.refuse(
                conn,
                case.id,
                by=by,
                reasons="不属于本机关职权范围",
                remedies="可申请行政复议",
                at=self.clock.advance(seconds=1),
                office=self.service.office,
            )

    # --- what is in the database ---

    async def count(self, table: str) -> int:
        async with self.database.read() as conn:
            return int((await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.database.read() as conn:
            return [dict(row) for row in (await conn.execute(text(query))).mappings()]

    async def events(self, prefix: str) -> list[dict[str, Any]]:
        rows = await self.rows("SELECT type, topic, subject, version, data::jsonb AS data FROM outbox ORDER BY id")
        return [row for row in rows if row["type"].startswith(prefix)]

    def meanwhile(self, happens: Callable[[], Awaitable[object]]) -> HeldEvidence:
        """Something else happens the next time that the sources are asked; answers what is asked then."""
        source = MeanwhileEvidence(self.source.evidence, happens)
        self.service.desk = replace(self.service.desk, source=source)
        return source

    def later(self, **by: float) -> datetime:
        return self.clock.advance(**by)


def stream_of(body: str) -> list[dict[str, Any]]:
    """Server-sent events with their ids."""
    events = []
    for block in body.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in lines:
            events.append({**orjson.loads(lines["data"]), "id": lines["id"]})
    return events


def fields_of(draft: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of a draft by element."""
    return {shown["element"]: shown for shown in draft["fields"]}


def asked_in(draft: dict[str, Any]) -> set[str]:
    """What the applicant must still answer."""
    return {shown["element"] for shown in draft["fields"] if shown["required"]}


async def at_once(*calls: Any) -> list[Any]:
    """All of them in parallel."""
    return list(await asyncio.gather(*calls))
