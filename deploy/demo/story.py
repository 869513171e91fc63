"""The mother's side of the demonstration: identify once, answer what nobody holds, watch, receive."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from deploy.demo.api import Api, CallFailed
from deploy.demo.background import party_of
from shared.ids import new_id

YIWU = "330782"
BIRTH = {
    "sex": "female",
    "birth-time": "06:18",
    "birth-place": "浙江省义乌市",
    "birth-weight-grams": 3280,
    "gestation-weeks": 39,
    "hospital-name": "义乌市第一人民医院（演示）",
}
ANSWERS: dict[str, Any] = {
    "child.name": "陈小满",
    "child.household-parent": "mother",
    "applicant.delivery-address": "浙江省义乌市稠城街道一件事路1号2单元301室",
}

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What came of it, for the checks and the report."""

    draft: dict[str, Any] = field(default_factory=dict)
    application: dict[str, Any] = field(default_factory=dict)
    progress: list[dict[str, Any]] = field(default_factory=list)
    certificates: list[dict[str, Any]] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    pages: list[bytes] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    accesses: list[dict[str, Any]] = field(default_factory=list)
    stranger_status: int = 0


def a_recent_day() -> date:
    """When the child of the demonstration was born: two days ago."""
    return datetime.now(UTC).date() - timedelta(days=2)


async def register_birth(api: Api, born_on: date, *, of: str = "mother") -> str:
    """The hospital registers the child by its mother, without a number, and files the birth record."""
    mother = await party_of(api, "hospital", of)
    child = await api.post(
        "hospital",
        "/v1/parties",
        {"kind": "person", "relation": {"kind": "mother", "of": mother}, "born_on": born_on.isoformat()},
    )
    claims = {**BIRTH, "birth-date": born_on.isoformat()}
    await api.post("hospital", "/v1/records", {"kind": "birth-record", "party": child["id"], "claims": claims})
    return str(child["id"])


async def draft(api: Api, outcome: Outcome, child: str) -> None:
    """One identification, and the platform shows what it already knows."""
    outcome.draft = await api.post(
        "mother", "/v1/one-identification", {"thing": "newborn", "region": YIWU, "roles": {"child": child}}
    )


async def submit(api: Api, outcome: Outcome) -> None:
    """Answers only: what is known is not sent back. Sent twice with one key, as a phone on a bad line would."""
    asked = {item["element"] for item in outcome.draft["fields"] if item["state"] == "missing" and item["required"]}
    body = {"draft": outcome.draft["draft"], "answers": {name: ANSWERS[name] for name in sorted(asked)}}
    key = str(new_id())
    first, second = await asyncio.gather(*(api.post("mother", "/v1/applications", body, key=key) for _ in range(2)))
    if first["id"] != second["id"]:
        raise RuntimeError("one key made two applications")
    outcome.application = first


async def follow(api: Api, outcome: Outcome, say: Say) -> None:
    """Progress as it happens, until the application has ended."""
    async for step in api.stream("mother", f"/v1/applications/{outcome.application['id']}/progress"):
        outcome.progress.append(step)
        say(_describe(step))
    outcome.application = await api.get("mother", f"/v1/applications/{outcome.application['id']}")


def _describe(step: dict[str, Any]) -> str:
    what = step.get("item") or step.get("kind") or "application"
    return f"{what}: {step.get('state') or step.get('event')}"


async def collect(api: Api, outcome: Outcome, child: str) -> None:
    """The child's certificates, as files and pages, each verified online; and who has looked at the mother's data."""
    statement = (await api.get("mother", "/v1/me/representations"))["statement"]
    page = await api.get("mother", "/v1/certificates", statement=statement, holder=child, limit=100)
    outcome.certificates = page["items"]
    for certificate in outcome.certificates:
        path = f"/v1/certificates/{certificate['id']}/document"
        outcome.documents.append(await api.document("mother", path, statement=statement))
        outcome.pages.append(await api.document("mother", f"{path}.pdf", statement=statement))
        outcome.verdicts.append(await api.post(None, "/v1/verifications", {"number": certificate["number"]}))
    outcome.accesses = (await api.get("mother", "/v1/accesses", limit=100))["items"]
    outcome.stranger_status = await _status(api, "father", f"/v1/applications/{outcome.application['id']}")


async def _status(api: Api, name: str, path: str) -> int:
    try:
        await api.get(name, path)
    except CallFailed as refusal:
        return refusal.status
    return 200
